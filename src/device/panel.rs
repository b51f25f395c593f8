//! The front of the box: its LEDs and its button. One task; it sleeps until an edge, of a pattern or of the button.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Notify, mpsc, watch};

use super::button::{self, Press};
use super::gpio::{Error, Gpio, Input};
use super::led::Led;
use super::status::{Facts, lights};
use crate::config::{Button, Leds};
use crate::task::Stop;
use crate::watched::LatestSeen;

/// Which pin has what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    pub leds: Leds,
    pub button: Button,
}

impl Pins {
    pub fn any_led(&self) -> bool {
        let Leds { ready, live, fault, active_low: _ } = self.leds;
        ready.or(live).or(fault).is_some()
    }
}

/// Those that could be opened.
struct Panel {
    ready: Option<Led>,
    live: Option<Led>,
    fault: Option<Led>,
    button: Option<(Box<dyn Input>, button::Button)>,
}

/// Shows `facts` on the LEDs and tells of presses until told to stop. Pins that can't be opened are logged, once for each
/// change of `pins`, and done without.
pub async fn run(
    gpio: impl Gpio,
    mut pins: watch::Receiver<Pins>,
    mut facts: watch::Receiver<Facts>,
    presses: mpsc::Sender<Press>,
    mut stop: Stop,
) {
    let edges = Arc::new(Notify::new());
    let mut panel = Panel::open(&gpio, &pins.latest_seen(), &edges);
    loop {
        let now = Instant::now();
        if let Some(press) = panel.turn(&facts.latest_seen(), now) {
            // With nobody listening, or slower than a finger, a press is lost: better than acted on late.
            let _ = presses.try_send(press);
        }
        let due = panel.due(now);
        tokio::select! {
            () = stop.stopped() => break,
            changed = pins.changed() => {
                if changed.is_err() {
                    break;
                }
                // Lets go first: a pin may have changed its duty.
                drop(panel);
                panel = Panel::open(&gpio, &pins.latest_seen(), &edges);
            }
            changed = facts.changed() => {
                if changed.is_err() {
                    break;
                }
            }
            () = edges.notified() => panel.edge(Instant::now()),
            () = until(due) => {}
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

impl Panel {
    fn open(gpio: &dyn Gpio, pins: &Pins, edges: &Arc<Notify>) -> Self {
        let mut opened = Ok(());
        let now = Instant::now();
        let Leds { ready, live, fault, active_low } = pins.leds;
        let mut led =
            |pin: Option<u8>| kept(Led::new(gpio, usable(pin, &opened)?, active_low, now), &mut opened);
        let (ready, live, fault) = (led(ready), led(live), led(fault));
        let input = usable(pins.button.pin, &opened).map(|pin| gpio.input(pin, Arc::clone(edges)));
        let button = input.and_then(|input| kept(input, &mut opened)).map(|input| {
            let pressed = !input.is_high();
            (input, button::Button::new(pressed))
        });
        Self { ready, live, fault, button }
    }

    fn edge(&mut self, now: Instant) {
        if let Some((_, button)) = &mut self.button {
            button.edge(now);
        }
    }

    fn turn(&mut self, facts: &Facts, now: Instant) -> Option<Press> {
        let turned = self.button.as_mut().map(|(input, button)| {
            let press = button.turn(now, !input.is_high());
            (press, button.is_held(now))
        });
        let (press, held) = turned.unwrap_or_default();
        let lights = lights(facts, held);
        let leds =
            [(&mut self.ready, lights.ready), (&mut self.live, lights.live), (&mut self.fault, lights.fault)];
        for (led, pattern) in leds {
            if let Some(led) = led {
                led.show(pattern, now);
            }
        }
        press
    }

    fn due(&self, now: Instant) -> Option<Instant> {
        let leds = [&self.ready, &self.live, &self.fault].into_iter().flatten();
        let button = self.button.as_ref().and_then(|(_, button)| button.due(now));
        leds.filter_map(|led| led.due(now)).chain(button).min()
    }
}

/// The pin, unless it is known that none can be opened.
fn usable(pin: Option<u8>, opened: &Result<(), Error>) -> Option<u8> {
    pin.filter(|_| opened.is_ok())
}

/// What was opened; an error is logged. `opened` remembers a board that has none, which is said once for all its pins.
fn kept<T>(outcome: Result<T, Error>, opened: &mut Result<(), Error>) -> Option<T> {
    let error = match outcome {
        Ok(pin) => return Some(pin),
        Err(error) => error,
    };
    let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
    match error {
        Error::Board(_) => {
            log::warn!("[leds] and [button] have no effect: {error}{cause}");
            *opened = Err(error);
        }
        Error::Pin { .. } => log::warn!("[leds], [button]: {error}{cause}"),
    }
    None
}
