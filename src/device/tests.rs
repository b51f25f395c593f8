//! LEDs and button on pins in memory.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::gpio::{Error, Gpio, Input, Output};
use super::{Facts, Phase, Pins, Press, run};
use crate::config::{Button, Leds};
use crate::task::{Stop, Stopper};

/// Far above what anything here takes, for a machine under load: waiting ends with the level, not with this.
const PATIENCE: Duration = Duration::from_secs(60);

/// The level of a pin in use, and who is told of its edges.
type Pin = (bool, Option<Arc<Notify>>);

/// A header with the pins in use.
#[derive(Clone, Default)]
struct Header {
    pins: Arc<Mutex<BTreeMap<u8, Pin>>>,
    /// Each attempt to take a pin.
    asked: Arc<Mutex<Vec<u8>>>,
    /// There is no header at all.
    absent: bool,
    broken: Option<u8>,
}

struct Held {
    header: Header,
    pin: u8,
}

impl Header {
    fn take(&self, pin: u8, high: bool, edges: Option<Arc<Notify>>) -> Result<Box<Held>, Error> {
        self.asked.lock().expect("whole").push(pin);
        if self.absent {
            return Err(Error::Board("no such board".into()));
        }
        if self.broken == Some(pin) {
            return Err(Error::Pin { pin, source: "no such pin".into() });
        }
        let before = self.pins.lock().expect("whole").insert(pin, (high, edges));
        assert!(before.is_none(), "pin {pin} was taken twice");
        Ok(Box::new(Held { header: self.clone(), pin }))
    }

    fn level(&self, pin: u8) -> Option<bool> {
        self.pins.lock().expect("whole").get(&pin).map(|(high, _)| *high)
    }

    fn set(&self, pin: u8, high: bool) {
        let mut pins = self.pins.lock().expect("whole");
        let (level, edges) = pins.get_mut(&pin).expect("in use");
        *level = high;
        edges.iter().for_each(|edges| edges.notify_one());
    }

    async fn until(&self, pin: u8, level: Option<bool>) {
        let reached = async {
            while self.level(pin) != level {
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("pin {pin} was never {level:?}"));
    }
}

impl Gpio for Header {
    fn output(&self, pin: u8, high: bool) -> Result<Box<dyn Output>, Error> {
        Ok(self.take(pin, high, None)?)
    }

    fn input(&self, pin: u8, edges: Arc<Notify>) -> Result<Box<dyn Input>, Error> {
        Ok(self.take(pin, true, Some(edges))?)
    }
}

impl Output for Held {
    fn set(&mut self, high: bool) {
        self.header.set(self.pin, high);
    }
}

impl Input for Held {
    fn is_high(&self) -> bool {
        self.header.level(self.pin).expect("in use")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.header.pins.lock().expect("whole").remove(&self.pin);
    }
}

struct Front {
    header: Header,
    pins: watch::Sender<Pins>,
    facts: watch::Sender<Facts>,
    presses: mpsc::Receiver<Press>,
    stopper: Stopper,
    task: JoinHandle<()>,
}

fn start(header: Header, pins: Pins) -> Front {
    let (pins, pins_watch) = watch::channel(pins);
    let (facts, facts_watch) = watch::channel(Facts::default());
    let (sender, presses) = mpsc::channel(1);
    let (stopper, stop): (_, Stop) = Stopper::new();
    let task = tokio::spawn(run(header.clone(), pins_watch, facts_watch, sender, stop));
    Front { header, pins, facts, presses, stopper, task }
}

fn pins(ready: u8, fault: u8, active_low: bool, button: Option<u8>) -> Pins {
    let leds = Leds { ready: Some(ready), live: None, fault: Some(fault), active_low };
    Pins { leds, button: Button { pin: button, message: None } }
}

impl Front {
    async fn stop(self) {
        self.stopper.stop();
        timeout(PATIENCE, self.task).await.expect("it ends").expect("without a panic");
        assert!(self.header.pins.lock().expect("whole").is_empty(), "every pin is let go of");
    }
}

#[tokio::test]
async fn leds_follow_the_facts_and_the_configuration() {
    let it = start(Header::default(), pins(17, 22, false, None));
    let running = Facts { phase: Phase::Running, ..Facts::default() };
    it.facts.send_replace(running.clone());
    it.header.until(17, Some(true)).await;
    it.header.until(22, Some(false)).await;
    it.facts.send_replace(Facts { config_wrong: true, ..running.clone() });
    for lit in [true, false, true, false] {
        it.header.until(22, Some(lit)).await;
    }
    assert_eq!(it.header.level(17), Some(true));

    // Wired the other way round, and two of them with each other's pins.
    it.facts.send_replace(running);
    it.pins.send_replace(pins(22, 5, true, None));
    it.header.until(17, None).await;
    it.header.until(22, Some(false)).await;
    it.header.until(5, Some(true)).await;
    it.stop().await;
}

#[tokio::test]
async fn a_short_press_is_told() {
    let mut it = start(Header::default(), pins(17, 22, false, Some(3)));
    it.header.until(3, Some(true)).await;
    let stall = Cell::new(Duration::ZERO);
    let watching = async {
        loop {
            let begun = Instant::now();
            sleep(Duration::from_millis(10)).await;
            stall.set(stall.get().max(begun.elapsed()));
        }
    };
    let pressing = async {
        loop {
            stall.set(Duration::ZERO);
            it.header.set(3, false);
            sleep(Duration::from_millis(200)).await;
            it.header.set(3, true);
            if let Ok(press) = timeout(Duration::from_secs(2), it.presses.recv()).await {
                return press;
            }
            // A machine that stands still in between makes a long press of it, which is none: once more, then.
            assert!(stall.get() > Duration::from_millis(500), "a short press was missed");
        }
    };
    let press = async {
        tokio::select! {
            press = pressing => press,
            () = watching => unreachable!("it watches on"),
        }
    };
    assert_eq!(timeout(PATIENCE, press).await.expect("told"), Some(Press::Next));
    it.stop().await;
}

#[tokio::test]
async fn a_held_button_makes_every_led_blink_and_then_switches_off() {
    let mut it = start(Header::default(), pins(17, 22, false, Some(3)));
    it.facts.send_replace(Facts { phase: Phase::Running, ..Facts::default() });
    it.header.until(17, Some(true)).await;
    it.header.set(3, false);
    for lit in [true, false, true, false] {
        it.header.until(22, Some(lit)).await;
    }
    it.header.until(17, Some(false)).await;
    assert_eq!(timeout(PATIENCE, it.presses.recv()).await.expect("told"), Some(Press::PowerOff));
    it.facts.send_replace(Facts { phase: Phase::PoweringOff, ..Facts::default() });
    it.header.until(17, Some(true)).await;
    it.header.until(22, Some(true)).await;
    it.stop().await;
}

#[tokio::test]
async fn without_pins_nothing_is_touched_and_without_a_board_it_is_tried_once() {
    let it = start(Header::default(), Pins::default());
    it.facts.send_replace(Facts { stuck: true, ..Facts::default() });
    it.pins.send_replace(pins(17, 22, false, None));
    it.header.until(22, Some(true)).await;
    assert_eq!(*it.header.asked.lock().expect("whole"), [17, 22], "not before it was configured");
    it.stop().await;

    let it = start(Header { absent: true, ..Header::default() }, pins(17, 22, false, Some(3)));
    it.facts.send_replace(Facts { stuck: true, ..Facts::default() });
    let asked = Arc::clone(&it.header.asked);
    it.stop().await;
    assert_eq!(*asked.lock().expect("whole"), [17], "what is true of one pin is true of all");
}

#[tokio::test]
async fn a_pin_that_can_not_be_used_leaves_the_others() {
    let it = start(Header { broken: Some(17), ..Header::default() }, pins(17, 22, false, None));
    it.facts.send_replace(Facts { stuck: true, ..Facts::default() });
    it.header.until(22, Some(true)).await;
    assert_eq!(it.header.level(17), None);
    it.stop().await;
}
