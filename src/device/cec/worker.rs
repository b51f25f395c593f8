//! The thread that an adapter has for itself: all its calls are made here, so that a driver that does not come back holds
//! up nobody else.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use rustix::event::{EventfdFlags, eventfd};
use tokio::sync::mpsc;

use super::bus::{self, Addresses, Bus, Identity, Trouble};
use super::message::{self, Status};
use crate::program::Power;

/// What an adapter is told to do. It is told the next thing when it has answered the last, so there is no queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Claim(String),
    Release,
    Say(Power),
    Ask,
}

/// What it tells.
#[derive(Debug)]
pub(super) enum News {
    Opened(Identity, Addresses),
    /// By itself.
    Plugged(Addresses),
    /// By itself.
    Told(Status),
    Claimed(Result<Addresses, Trouble>),
    Released,
    Said(Power, Result<(), Trouble>),
    Asked(Option<Status>),
    /// The last word; an error, unless it was told to end.
    Ended(io::Result<()>),
}

/// News of which adapter.
pub(super) type Post = (u64, News);

/// Ends its thread when dropped, as soon as the thread looks.
#[derive(Debug)]
pub(super) struct Worker {
    orders: Sender<Order>,
    wake: Option<OwnedFd>,
}

impl Worker {
    /// `open` is called in the thread.
    pub(super) fn start<B: Bus>(
        name: &str,
        number: u64,
        open: impl FnOnce() -> io::Result<B> + Send + 'static,
        post: mpsc::Sender<Post>,
    ) -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let woken = wake.try_clone()?;
        let (orders, given) = channel();
        let work = move || {
            let tell = |news| post.blocking_send((number, news)).map_err(|_| nobody_listens());
            let outcome = open().and_then(|mut bus| work(&mut bus, &given, &woken, &tell));
            // Nobody listens at the end of the program.
            let _ = tell(News::Ended(outcome));
        };
        thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Self { orders, wake: Some(wake) })
    }

    /// One without a thread.
    #[cfg(test)]
    pub(super) fn idle() -> (Self, Receiver<Order>) {
        let (orders, given) = channel();
        (Self { orders, wake: None }, given)
    }

    /// A thread that has ended says so by its last word.
    pub(super) fn order(&self, order: Order) {
        let _ = self.orders.send(order);
        self.wake();
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            // Only a counter that overflows could fail, and then it is awake.
            let _ = rustix::io::write(wake, &1_u64.to_ne_bytes());
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // So that the thread finds nobody there when it is woken.
        self.orders = channel().0;
        self.wake();
    }
}

fn nobody_listens() -> io::Error {
    io::Error::other("nobody listens")
}

fn work(
    bus: &mut dyn Bus,
    orders: &Receiver<Order>,
    wake: &OwnedFd,
    tell: &dyn Fn(News) -> io::Result<()>,
) -> io::Result<()> {
    let identity = bus.identity()?;
    tell(News::Opened(identity, bus.addresses()?))?;
    // Whether the TV is to show us, if somebody asks who is to be shown.
    let mut shown = false;
    loop {
        match orders.try_recv() {
            Ok(order) => {
                if let Order::Say(power) = order {
                    shown = power == Power::On;
                }
                tell(carry_out(bus, order)?)?;
            }
            Err(TryRecvError::Disconnected) => return Ok(()),
            Err(TryRecvError::Empty) => {
                let seen = bus.wait(wake.as_fd())?;
                let _ = rustix::io::read(wake, &mut [0_u8; 8]);
                if seen.state {
                    tell(News::Plugged(bus.addresses()?))?;
                }
                if seen.message
                    && let Some(status) = listen(bus, shown)?
                {
                    tell(News::Told(status))?;
                }
            }
        }
    }
}

fn carry_out(bus: &mut dyn Bus, order: Order) -> io::Result<News> {
    Ok(match order {
        Order::Claim(name) => News::Claimed(match bus.claim(&name) {
            Ok(()) => Ok(bus.addresses()?),
            Err(error) => Err(bus::trouble(error)?),
        }),
        Order::Release => {
            if let Err(error) = bus.release() {
                log::debug!("a CEC address can't be given back: {}", bus::trouble(error)?);
            }
            News::Released
        }
        Order::Say(power) => News::Said(power, bus::say(bus, power)?),
        Order::Ask => News::Asked(bus::ask(bus)?),
    })
}

/// Takes one message and answers it. What the TV tells of itself is handed on.
fn listen(bus: &mut dyn Bus, shown: bool) -> io::Result<Option<Status>> {
    let heard = bus.receive()?;
    let answer = bus.addresses()?.place().and_then(|place| message::answer(&heard, place, shown));
    if let Some(answer) = answer
        && let Err(error) = bus.send(&answer, None)
    {
        // Whoever asked asks again.
        bus::trouble(error)?;
    }
    Ok(message::told(&heard))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::fake::{Fake, Tv};
    use super::*;

    struct Scene {
        fake: Fake,
        worker: Option<Worker>,
        news: mpsc::Receiver<Post>,
    }

    impl Scene {
        async fn new(tv: Tv) -> Self {
            let fake = Fake::new(tv);
            let bus = fake.bus();
            let (post, news) = mpsc::channel(1);
            let worker = Some(Worker::start("cec0", 7, move || Ok(bus), post).expect("a thread"));
            let mut scene = Self { fake, worker, news };
            assert!(matches!(scene.next().await, News::Opened(..)));
            scene
        }

        async fn next(&mut self) -> News {
            let (number, news) =
                tokio::time::timeout(Duration::from_secs(30), self.news.recv()).await.unwrap().unwrap();
            assert_eq!(number, 7);
            news
        }

        async fn order(&mut self, order: Order) -> News {
            self.worker.as_ref().expect("it runs").order(order);
            self.next().await
        }
    }

    #[tokio::test]
    async fn orders_are_carried_out_and_answered() {
        let mut scene = Scene::new(Tv::at(0x1000)).await;
        let claimed = scene.order(Order::Claim("Bar".to_owned())).await;
        assert!(matches!(claimed, News::Claimed(Ok(Addresses { logical: Some(4), .. }))), "{claimed:?}");
        assert_eq!(scene.fake.name().as_deref(), Some("Bar"));
        assert!(matches!(scene.order(Order::Say(Power::Standby)).await, News::Said(Power::Standby, Ok(()))));
        assert!(matches!(scene.order(Order::Ask).await, News::Asked(Some(Status::Standby))));
        assert!(matches!(scene.order(Order::Release).await, News::Released));
        assert_eq!(scene.fake.name(), None);
    }

    #[tokio::test]
    async fn what_happens_on_the_wire_is_told_and_answered() {
        let mut scene = Scene::new(Tv::at(0x1000)).await;
        scene.fake.plug(Tv { plugged: None, ..Tv::at(0x1000) });
        assert!(matches!(scene.next().await, News::Plugged(Addresses { physical: None, .. })));
        scene.fake.plug(Tv::at(0x2000));
        assert!(matches!(scene.next().await, News::Plugged(Addresses { physical: Some(0x2000), .. })));
        // Each is answered, the last one is told of.
        scene.fake.hear(&[0x04, 0x8f]);
        scene.fake.hear(&[0x0f, 0x36]);
        assert!(matches!(scene.next().await, News::Told(Status::Standby)));
        assert_eq!(scene.fake.sent_soon(1), ["40 90 00"]);
    }

    #[tokio::test]
    async fn who_is_to_be_shown_says_so_when_asked() {
        let mut scene = Scene::new(Tv::at(0x1000)).await;
        scene.fake.hear(&[0x0f, 0x85]);
        scene.fake.hear(&[0x04, 0x8f]);
        assert_eq!(scene.fake.sent_soon(1), ["40 90 00"]);
        scene.order(Order::Say(Power::On)).await;
        scene.fake.hear(&[0x0f, 0x85]);
        assert_eq!(scene.fake.sent_soon(3), ["40 04", "4f 82 10 00", "4f 82 10 00"]);
    }

    #[tokio::test]
    async fn it_ends_when_told_or_when_its_adapter_is_gone() {
        let mut scene = Scene::new(Tv::at(0x1000)).await;
        drop(scene.worker.take());
        assert!(matches!(scene.next().await, News::Ended(Ok(()))));

        let mut scene = Scene::new(Tv { errno: Some(libc::ENODEV), ..Tv::at(0x1000) }).await;
        let ended = scene.order(Order::Say(Power::On)).await;
        assert!(matches!(&ended, News::Ended(Err(error)) if error.raw_os_error() == Some(libc::ENODEV)));
    }

    #[tokio::test]
    async fn one_that_can_not_be_opened_says_why() {
        let (post, mut news) = mpsc::channel(1);
        let open = || Err::<super::super::fake::FakeBus, _>(io::Error::from_raw_os_error(libc::EACCES));
        let _worker = Worker::start("cec0", 1, open, post).expect("a thread");
        let (_, last) = news.recv().await.expect("its last word");
        assert!(matches!(last, News::Ended(Err(error)) if error.raw_os_error() == Some(libc::EACCES)));
    }
}
