//! What every screen of the box plays, kept up to date, and who is told of it.
//!
//! One owner (`owner`) compiles the plans of all screens whenever something changes that they depend on: the library,
//! playlists, the schedule, the message, the configuration, a source's signal, the clock. Everybody else reads the newest
//! [`State`], in which each screen's answer stands ready as bytes. What screens say of themselves (`live`) is in memory
//! only, and so is what they are asked to do (`orders`).
//!
//! It stands below `web`, which asks it, and below `output`, whose HDMI ports play by it: both need its handle.
//!
//! Belongs here: who plays what, who is there. Does not belong here: what is on at a moment (`program`), where it is
//! kept (`library`), HTTP and JSON (`web`, which hands over how an answer is written).

mod arrivals;
mod live;
mod orders;
mod owner;
mod ports;
mod presence;
mod proof;
mod sources;
mod state;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use tokio::sync::{broadcast, watch};

use crate::config::Port;
use crate::hub::Registry;
use crate::library::{Error, Library};
use crate::program::Message;
use crate::watched::Latest;
use arrivals::Arrivals;
use live::Lives;
use orders::Shots;
use ports::Ports;

pub use crate::library::signage::Play;
pub use live::{ACTIVE, Live, Playing, Report};
pub use orders::{Order, Orders, SHOT_BYTES_MAX, ShotError};
pub use presence::Presence;
pub use state::{Answer, Render, State};

/// How long a change may take until all who ask are answered by it; then they are answered by what there is.
const SETTLED_WITHIN: Duration = Duration::from_secs(2);
/// Orders that a slow stream may be behind: a click for each of all screens.
const ORDERS_MAX: usize = 1024;

/// What the configuration says, as far as plans depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub zone: TimeZone,
    /// The box's own ports that are screens.
    pub ports: Vec<Port>,
}

/// A handle. Cheap to clone.
#[derive(Clone)]
pub struct Signage {
    inner: Arc<Inner>,
}

struct Inner {
    library: Library,
    sources: Registry,
    render: Render,
    settings: watch::Sender<Settings>,
    state: watch::Sender<Arc<State>>,
    ports: Ports,
    lives: Mutex<Lives>,
    arrivals: Mutex<Arrivals>,
    shots: Mutex<Shots>,
    orders: broadcast::Sender<(i64, Order)>,
    /// Raised by everything that the dashboard shows of screens and the schedule.
    generation: watch::Sender<u64>,
}

impl Signage {
    pub fn new(library: Library, sources: Registry, settings: Settings, render: Render) -> Self {
        Self {
            inner: Arc::new(Inner {
                library,
                sources,
                render,
                settings: watch::Sender::new(settings),
                state: watch::Sender::new(Arc::default()),
                ports: Ports::default(),
                lives: Mutex::default(),
                arrivals: Mutex::default(),
                shots: Mutex::default(),
                orders: broadcast::Sender::new(ORDERS_MAX),
                generation: watch::Sender::new(0),
            }),
        }
    }

    /// Takes a changed configuration over.
    pub fn follow(&self, change: impl FnOnce(&mut Settings)) {
        self.inner.settings.send_if_modified(|settings| {
            let before = settings.clone();
            change(settings);
            *settings != before
        });
    }

    /// What was compiled last; empty until the first time.
    pub fn state(&self) -> Arc<State> {
        self.inner.state.latest()
    }

    /// Wakes with every state.
    pub fn states(&self) -> watch::Receiver<Arc<State>> {
        self.inner.state.subscribe()
    }

    /// A number that rises with everything that the dashboard shows of screens and the schedule.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.generation.subscribe()
    }

    /// Waits until what was written before is what everybody is answered by, but not for long: a box with much to do may
    /// take longer. Whoever answers for what he wrote reads it from the library.
    pub async fn settled(&self) {
        let wanted = self.inner.library.signage_changes().latest();
        let mut states = self.states();
        let settled = states.wait_for(|state| state.signage_generation() >= wanted);
        if tokio::time::timeout(SETTLED_WITHIN, settled).await.is_err() {
            log::warn!("signage: a change takes long to be compiled");
        }
    }

    /// Whether all that was written is compiled into this state: else what it does not know may be there all the same.
    pub fn is_current(&self, state: &State) -> bool {
        state.signage_generation() >= self.inner.library.signage_changes().latest()
    }

    /// Puts a text on all screens until it is taken back, or takes it back if it is there. Returns whether it is there now.
    pub async fn toggle_message(&self, text: String) -> Result<bool, Error> {
        let now = now_ms();
        let state = self.state();
        let current = state.world.message.as_ref().filter(|message| !message.is_over(now));
        let library = &self.inner.library;
        if current.is_some_and(|message| message.shown.text.as_ref() == Some(&text)) {
            library.clear_message().await?;
            return Ok(false);
        }
        library.put_message(Message::of_text(text, now)).await?;
        Ok(true)
    }

    fn changed(&self) {
        self.inner.generation.send_modify(|generation| *generation += 1);
    }

    fn lives(&self) -> MutexGuard<'_, Lives> {
        lock(&self.inner.lives)
    }

    fn shots(&self) -> MutexGuard<'_, Shots> {
        lock(&self.inner.shots)
    }

    /// Whether one more screen may be made for this address. How long to wait, if not.
    pub fn may_arrive(&self, from: IpAddr) -> Result<(), Duration> {
        lock(&self.inner.arrivals).arrive(from, Instant::now())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().expect("no holder of this lock can panic")
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
