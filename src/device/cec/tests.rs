//! All of it together, but for the kernel: devices that come and go, and the threads they get.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::fake::{Fake, Tv};
use super::worker::News;
use super::*;
use crate::task::{self, Stopper, Task};
use crate::watched::Latest;

const WITHIN: Duration = Duration::from_secs(30);
const ON: Wish = Wish { allowed: true, power: Some(Power::On) };

fn device(number: u32) -> Device {
    Device { path: PathBuf::from(format!("/dev/cec{number}")), number, inode: u64::from(number) }
}

struct Scene {
    wishes: watch::Sender<Wishes>,
    told: watch::Receiver<Told>,
    stopper: Stopper,
    task: Task,
}

/// Runs with these adapters; one without a TV of its own never comes back from being opened.
fn scene(adapters: Vec<Option<Fake>>) -> Scene {
    let count = u32::try_from(adapters.len()).expect("few");
    let start = move |device: &Device, id, post| {
        let fake = adapters[device.number as usize].clone();
        let open = move || match fake {
            Some(fake) => Ok(fake.bus()),
            None => loop {
                std::thread::park();
            },
        };
        Worker::start("fake", id, open, post)
    };
    let (wishes, wished) = watch::channel(Wishes { name: "Bar".to_owned(), ..Wishes::default() });
    let (told_sender, told) = watch::channel(Told::default());
    let (stopper, stop) = Stopper::new();
    let list = move || (0..count).map(device).collect();
    let task = task::spawn("TVs", serve(list, start, wished, told_sender, stop));
    Scene { wishes, told, stopper, task }
}

impl Scene {
    fn wish(&self, wish: Wish) {
        self.wishes.send_modify(|wishes| wishes.ports[0] = wish);
    }

    async fn stop(self) {
        self.stopper.stop();
        tokio::time::timeout(WITHIN, self.task.join()).await.expect("it ends");
    }
}

#[tokio::test]
async fn a_tv_is_switched_and_told_of() {
    let fake = Fake::new(Tv { power: Power::Standby, ..Tv::at(0x1000) });
    let mut scene = scene(vec![Some(fake.clone())]);
    scene.wish(ON);
    let sent = tokio::task::spawn_blocking({
        let fake = fake.clone();
        move || fake.sent_soon(3)
    });
    assert_eq!(sent.await.expect("no panic"), ["40 8f", "40 04", "4f 82 10 00"]);
    assert_eq!(fake.name().as_deref(), Some("Bar"));
    // What the TV says by itself is told at once.
    fake.hear(&[0x04, 0x90, 0]);
    let told = scene.told.wait_for(|told| told[0] == Some(Power::On));
    tokio::time::timeout(WITHIN, told).await.expect("told").expect("it runs");
    fake.plug(Tv { plugged: None, ..Tv::at(0x1000) });
    let told = scene.told.wait_for(|told| told[0].is_none());
    tokio::time::timeout(WITHIN, told).await.expect("told").expect("it runs");
    scene.stop().await;
}

#[tokio::test]
async fn a_driver_that_hangs_does_not_hold_up_the_end() {
    let scene = scene(vec![None]);
    scene.wish(ON);
    let mut told = scene.told.clone();
    scene.stop().await;
    // It said its last word.
    assert!(told.changed().await.is_err() || told.latest() == Told::default());
}

/// A desk whose adapters have no threads.
struct Quiet {
    desk: Desk,
    orders: Arc<Mutex<Vec<std::sync::mpsc::Receiver<worker::Order>>>>,
    now: Instant,
}

impl Quiet {
    fn new() -> Self {
        Self { desk: Desk::default(), orders: Arc::default(), now: Instant::now() }
    }

    /// Looks at these devices; returns how many threads were started.
    fn look(&mut self, numbers: &[u32]) -> usize {
        let before = self.orders.lock().expect("no panic").len();
        let orders = Arc::clone(&self.orders);
        let mut start = move |_: &Device, _| {
            let (worker, given) = Worker::idle();
            orders.lock().expect("no panic").push(given);
            Ok(worker)
        };
        self.desk.look(numbers.iter().copied().map(device).collect(), &mut start, self.now);
        self.orders.lock().expect("no panic").len() - before
    }

    fn opened(&mut self, id: u64, physical: Option<u16>) {
        let addresses = Addresses { physical, logical: None };
        self.desk.hear(id, News::Opened(Identity::default(), addresses), self.now);
    }

    fn turn(&mut self) {
        let wishes = Wishes { name: "Bar".to_owned(), ports: [ON; 2] };
        self.desk.turn(&wishes, self.now);
    }

    /// Which of the threads that were started were told something.
    fn told(&self) -> Vec<usize> {
        let orders = self.orders.lock().expect("no panic");
        let told = orders.iter().enumerate().filter(|(_, orders)| orders.try_recv().is_ok());
        told.map(|(started, _)| started).collect()
    }
}

#[test]
fn ports_are_given_once_all_adapters_are_known() {
    let mut quiet = Quiet::new();
    assert_eq!(quiet.look(&[0, 1, 2]), 3);
    quiet.opened(3, Some(0x1000));
    quiet.opened(1, Some(0));
    quiet.turn();
    assert!(quiet.told().is_empty());
    quiet.opened(2, Some(0x1000));
    quiet.turn();
    // The first is an input's. Those that are left have a port each.
    assert_eq!(quiet.told(), [1, 2]);
    assert_eq!(quiet.look(&[0, 1, 2]), 0);
}

#[test]
fn one_that_hangs_while_it_is_opened_is_not_waited_for() {
    let mut quiet = Quiet::new();
    quiet.look(&[0, 1]);
    quiet.opened(2, Some(0x1000));
    quiet.turn();
    assert!(quiet.told().is_empty());
    quiet.now += Duration::from_secs(5);
    quiet.turn();
    assert_eq!(quiet.told(), [1]);
}

#[test]
fn one_that_goes_is_forgotten_and_one_that_fails_tried_again() {
    let mut quiet = Quiet::new();
    quiet.look(&[0]);
    let refused = || News::Ended(Err(io::Error::from_raw_os_error(libc::EACCES)));
    quiet.desk.hear(1, refused(), quiet.now);
    assert_eq!(quiet.look(&[0]), 1);
    quiet.opened(1, Some(0x1000));
    quiet.turn();
    assert_eq!(quiet.told(), [1]);
    quiet.look(&[]);
    // Its last words are nobody's.
    quiet.desk.hear(1, refused(), quiet.now);
    quiet.turn();
    assert_eq!(quiet.look(&[0]), 1);
}

#[test]
fn addresses_are_written_as_people_do() {
    assert_eq!((dotted(0x1000), dotted(0x2f10)), ("1.0.0.0".to_owned(), "2.15.1.0".to_owned()));
}

#[test]
fn a_machine_without_adapters_has_none() {
    let nowhere = Machine { dev: PathBuf::from("/nowhere"), ..Machine::default() };
    assert!(survey(&nowhere).is_empty());
}
