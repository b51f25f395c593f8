//! A V4L2 capture card: found by itself, by its path or by its USB identity; its best mode taken; its signal watched;
//! its sound beside it.
//!
//! `find` and `sound` read sysfs, `offers` and `format` choose the mode, `timings` and `edid` deal with HDMI bridges,
//! `hotplug` notices cards, `listen` keeps the sound. Only here are V4L2's calls made (`ioctl`); pictures themselves
//! come through `pipeline::v4l2`.

mod edid;
mod find;
mod format;
mod hotplug;
mod ioctl;
mod listen;
mod offers;
mod sound;
#[cfg(test)]
mod tests;
mod timings;
mod videodev;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

pub use find::{Card, LeftOut, Refusal, Survey, Usb, survey};
pub use hotplug::Changes;
pub(super) use listen::Listener;

use self::format::Wanted;
use self::ioctl::Node;
use self::timings::Signal;
use super::{Attempt, Device};
use crate::config::{self, CaptureDevice};
use crate::media::{Cause, Loss};
use crate::pipeline::Ended;
use crate::pipeline::capture::Sink;
use crate::pipeline::v4l2::{self, Mode};

/// How often a card without a signal is asked whether it is back.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(500);

/// The cards there are. Opens video nodes for a moment: may block.
pub fn available() -> Vec<Card> {
    survey().cards
}

/// The mode that a capture would take of a card now. May block.
pub fn mode(card: &Card, config: &config::Capture) -> Result<Mode, Loss> {
    let node = Node::open(&card.path).map_err(|error| timings::loss("opening it", &error))?;
    // A bridge without a signal has modes all the same, if not those of the signal.
    let signal = timings::look(&node).unwrap_or(Signal::Untold);
    best_mode(&node, card, config, &signal)
}

/// One configured capture.
pub(super) struct Capture {
    config: config::Capture,
    /// Cards that other captures name; `auto` leaves them alone.
    reserved: Vec<CaptureDevice>,
    /// The card whose picture is taken, for who takes its sound.
    card: watch::Sender<Option<PathBuf>>,
    now: Mutex<Now>,
}

/// How things stand since the last attempt began.
struct Now {
    /// Plugs since then.
    changes: Changes,
    /// Kept open for cards that tell of their signal, until the card fails: one that is unplugged while somebody
    /// holds it comes back under another number.
    node: Option<Arc<Node>>,
    signal: Signal,
    awaits: Awaits,
}

/// What makes another attempt worth while before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    Card,
    /// Another word than this cause from the card about its signal.
    Signal(Cause),
    /// Nothing: the signal is there, only another one.
    Nothing,
}

impl Capture {
    pub(super) fn new(config: &config::Capture, reserved: &[CaptureDevice]) -> Self {
        let now =
            Now { changes: Changes::default(), node: None, signal: Signal::Untold, awaits: Awaits::Card };
        Self {
            config: config.clone(),
            reserved: reserved.to_vec(),
            card: watch::Sender::new(None),
            now: Mutex::new(now),
        }
    }

    /// The card whose picture is taken.
    pub(super) fn card(&self) -> watch::Receiver<Option<PathBuf>> {
        self.card.subscribe()
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().expect("no holder of this lock can panic")
    }

    fn begin(&self) {
        let mut now = self.now();
        // From here on: what is plugged in while this attempt fails is not missed.
        now.changes = Changes::default();
        now.node = None;
        now.awaits = Awaits::Card;
    }

    fn prepare(&self, card: &Card) -> Result<(Arc<Node>, Signal), Loss> {
        let opening = |error| find::opening_loss(&card.path, &error);
        let node = Arc::new(Node::open(&card.path).map_err(opening)?);
        let prepared = timings::prepare(&node);
        let mut now = self.now();
        match &prepared {
            Ok(signal) => {
                now.signal = *signal;
                now.node = (*signal != Signal::Untold).then(|| Arc::clone(&node));
            }
            Err(loss) => {
                now.awaits = awaits(loss.cause);
                now.node = Some(Arc::clone(&node));
            }
        }
        prepared.map(|signal| (Arc::clone(&node), signal))
    }

    fn signal_of(&self) -> Option<(Arc<Node>, Signal)> {
        let now = self.now();
        Some((Arc::clone(now.node.as_ref()?), now.signal))
    }

    /// Returns once the card says something else of its signal than at the loss.
    async fn wait_for_signal(&self, cause: Cause) {
        let Some((node, _)) = self.signal_of() else { return std::future::pending().await };
        loop {
            sleep(SIGNAL_INTERVAL).await;
            let node = Arc::clone(&node);
            // An error here means that the runtime ends.
            let looked = spawn_blocking(move || timings::look(&node)).await;
            match looked {
                Ok(Err(loss)) if loss.cause == cause => {}
                _ => return,
            }
        }
    }
}

impl Device for Capture {
    fn open(&self, to: &Arc<dyn Sink>) -> Result<Attempt, Loss> {
        self.begin();
        let card = find::find(&self.config.device, &self.reserved)?;
        let (node, signal) = self.prepare(&card)?;
        let mode = best_mode(&node, &card, &self.config, &signal)?;
        let half = v4l2::half(&card.path, &mode, to);
        let half = half.map_err(|error| Loss::new(Cause::Failed, error.to_string()))?;
        let known = self.card.send_replace(Some(card.path.clone()));
        if known.as_ref() != Some(&card.path) {
            log::info!("{}: {} ({}), {mode}", self.config.id, card.path.display(), card.name);
        }
        Ok(half.into())
    }

    fn loss(&self, ended: Ended) -> Loss {
        self.now().node = None;
        let path = self.card.send_replace(None);
        let gone = path.is_some_and(|path| !path.exists());
        match ended {
            Ended::Busy(detail) => Loss::new(Cause::Busy, detail),
            Ended::NotFound(detail) => Loss::new(Cause::NoDevice, detail),
            _ if gone => Loss::new(Cause::NoDevice, "the card was unplugged"),
            Ended::EndOfStream => Loss::new(Cause::Failed, "the card ended its stream"),
            Ended::NotAnswering(detail)
            | Ended::Unauthorized(detail)
            | Ended::Refused(detail)
            | Ended::Certificate(detail)
            | Ended::NotVideo(detail)
            | Ended::Failed(detail) => Loss::new(Cause::Failed, detail),
        }
    }

    fn check(&self) -> Option<Loss> {
        let (node, was) = self.signal_of()?;
        let loss = match timings::look(&node) {
            Ok(signal) if signal.same(&was) => return None,
            // The player switched, and its signal was away for that.
            Ok(signal) => {
                self.now().awaits = Awaits::Nothing;
                return Some(Loss::new(
                    Cause::NoSignal,
                    format!("the signal changed from {was} to {signal}"),
                ));
            }
            Err(loss) => loss,
        };
        self.now().awaits = awaits(loss.cause);
        Some(loss)
    }

    fn has_check(&self) -> bool {
        self.now().node.is_some()
    }

    fn tells_changes(&self) -> bool {
        let now = self.now();
        now.node.is_some() && matches!(now.awaits, Awaits::Signal(_))
    }

    fn changed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let (mut changes, awaits) = {
                let mut now = self.now();
                let awaits = now.awaits;
                if awaits == Awaits::Nothing {
                    // Once: an attempt that fails all the same waits its time.
                    now.awaits = Awaits::Card;
                }
                (now.changes.clone(), awaits)
            };
            match awaits {
                Awaits::Nothing => {}
                Awaits::Card => changes.next().await,
                Awaits::Signal(cause) => tokio::select! {
                    () = changes.next() => {}
                    () = self.wait_for_signal(cause) => {}
                },
            }
        })
    }
}

fn best_mode(node: &Node, card: &Card, config: &config::Capture, signal: &Signal) -> Result<Mode, Loss> {
    let config::Capture { width, height, frames_per_s, profile, .. } = config;
    let wanted = Wanted::new(*width, *height, *frames_per_s, profile);
    let modes = offers::modes(node, card.planes, &wanted, signal.timings());
    format::choose(&modes, &wanted).ok_or_else(|| {
        let known = node.formats(card.planes).into_iter();
        let known: Vec<String> = known.map(|fourcc| String::from_utf8_lossy(&fourcc).into_owned()).collect();
        let detail = if known.is_empty() {
            format!("{} is no capture card", card.path.display())
        } else {
            format!("the card gives {}, none of which can be read here", known.join(", "))
        };
        Loss::new(Cause::Failed, detail)
    })
}

fn awaits(cause: Cause) -> Awaits {
    match cause {
        Cause::NoCable | Cause::NoSignal | Cause::NoLock | Cause::OutOfRange | Cause::BadSignal => {
            Awaits::Signal(cause)
        }
        _ => Awaits::Card,
    }
}
