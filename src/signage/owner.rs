//! The owner: compiles when something has changed, and does what is due now and then.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::sources::Sources;
use super::state::{Ingredients, State};
use super::{Settings, Signage, now_ms};
use crate::config::Port;
use crate::library::Error;
use crate::task::Stop;
use crate::watched::{Latest, LatestSeen};

/// How often signals, the clock and who is there are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The least time between two compilations: a hundred TVs that come at once are one change.
const REST_MIN: Duration = Duration::from_millis(250);
/// The most; in between it rests for some times as long as it took, so that the screens keep most of the processor.
const REST_MAX: Duration = Duration::from_secs(2);
const REST_TIMES: u32 = 4;
/// After a compilation that failed, since the disk does.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// How often it is written down when screens were heard. Each write wears the card.
const SEEN_EVERY: Duration = Duration::from_secs(15 * 60);
/// How often plays of the box's own ports are written. As much is lost with a power cut.
const OWN_PLAYS_EVERY: Duration = Duration::from_secs(30);
/// The wall clock and the other one part by more than this only if somebody sets it.
const JUMP_MS: i64 = 500;

/// Why there is something to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Changed,
    /// The time came.
    Due,
}

struct Owner {
    signage: Signage,
    library: watch::Receiver<u64>,
    kept: watch::Receiver<u64>,
    settings: watch::Receiver<Settings>,
    sources: Sources,
    /// Not before this.
    rested: Instant,
    /// What the wall clock is ahead of the one that only rises.
    ahead_ms: i64,
    started: Instant,
    seen_written: std::time::Instant,
    seen_due: Instant,
    own_plays_due: Instant,
}

impl Signage {
    /// Compiles for the first time: from then on players are answered.
    pub async fn begin(&self) {
        match self.inner.library.anchors().await {
            Ok(anchors) => drop(self.inner.state.send_replace(Arc::new(State::remembered(anchors)))),
            Err(error) => log::warn!("signage: where playlists were is not known: {error}"),
        }
        let mut sources = Sources::default();
        sources.look(&self.inner.sources.list(), SystemTime::now());
        let ports = self.inner.settings.with(|settings| settings.ports.clone());
        self.add_ports(&ports).await;
        if let Err(error) = self.compile(&sources, Why::Changed).await {
            log::error!("signage: what screens play can't be read: {error}");
        }
    }

    /// Keeps everything up to date until told to stop.
    pub async fn run(self, mut stop: Stop) {
        let mut owner = Owner::new(self);
        loop {
            tokio::select! {
                () = stop.stopped() => break,
                () = owner.turn() => {}
            }
        }
        owner.write_seen().await;
        owner.write_own_plays().await;
    }

    async fn add_ports(&self, ports: &[Port]) {
        let connectors = ports.iter().map(|port| port.id()).collect();
        if let Err(error) = self.inner.library.add_ports(connectors).await {
            log::warn!("signage: the HDMI ports can't be taken among the screens: {error}");
        }
    }

    async fn compile(&self, sources: &Sources, why: Why) -> Result<(), Error> {
        let inner = &self.inner;
        // Before what it is the number of: what is written meanwhile is compiled again.
        let generation = inner.library.signage_changes().latest();
        let snapshot = inner.library.snapshot().await?;
        let before = self.state();
        let ingredients = Ingredients {
            snapshot,
            zone: inner.settings.with(|settings| settings.zone.clone()),
            sources: sources.known(),
            before: Arc::clone(&before),
            generation,
            changed: why == Why::Changed,
        };
        let render = inner.render;
        let making = spawn_blocking(move || State::make(ingredients, now_ms(), &render));
        let state = making.await.map_err(|error| Error::Failed {
            operation: "compiling what screens play".to_owned(),
            cause: error.to_string(),
        })?;
        let state = Arc::new(state);
        inner.state.send_replace(Arc::clone(&state));
        inner.ports.tell(&state);
        self.lives().look(|screen| state.screen(screen).is_some(), std::time::Instant::now());
        self.shots().retain(|screen| state.screen(screen).is_some());
        self.changed();
        if state.compiled.anchors != before.compiled.anchors {
            // Without them, a restart moves what is on; what is played now does not depend on it.
            if let Err(error) = inner.library.keep_anchors(state.compiled.anchors.clone()).await {
                log::warn!("signage: where playlists are can't be written down: {error}");
            }
        }
        Ok(())
    }
}

impl Owner {
    fn new(signage: Signage) -> Self {
        let now = Instant::now();
        let mut kept = signage.inner.library.signage_changes();
        // Compiles what came since the begin: nothing else would tell of it.
        kept.mark_changed();
        Self {
            library: signage.inner.library.changes(),
            kept,
            settings: signage.inner.settings.subscribe(),
            sources: Sources::default(),
            signage,
            rested: now,
            ahead_ms: now_ms(),
            started: now,
            seen_written: std::time::Instant::now(),
            seen_due: now + SEEN_EVERY,
            own_plays_due: now + OWN_PLAYS_EVERY,
        }
    }

    /// Waits for something to do, and does it. Cancel-safe but for a compilation, which is then missing.
    async fn turn(&mut self) {
        let Some(why) = self.next().await else { return };
        tokio::time::sleep_until(self.rested).await;
        let begun = Instant::now();
        self.mark();
        self.sources.look(&self.signage.inner.sources.list(), SystemTime::now());
        let rest = match self.signage.compile(&self.sources, why).await {
            Ok(()) => (begun.elapsed() * REST_TIMES).clamp(REST_MIN, REST_MAX),
            Err(error) => {
                log::error!("signage: what screens play can't be read: {error}");
                // It will not be told again.
                self.kept.mark_changed();
                TRY_AGAIN
            }
        };
        self.rested = Instant::now() + rest;
    }

    /// What has changed up to now will be compiled.
    fn mark(&mut self) {
        self.library.mark_unchanged();
        self.kept.mark_unchanged();
    }

    async fn next(&mut self) -> Option<Why> {
        let due_in = self.signage.state().due_ms.saturating_sub(now_ms()).max(0).cast_unsigned();
        let due = Duration::from_millis(due_in).min(LOOK_EVERY);
        // None of the senders goes before this does.
        let changed = tokio::select! {
            _ = self.library.changed() => true,
            _ = self.kept.changed() => true,
            _ = self.settings.changed() => {
                let ports = self.settings.with_seen(|settings| settings.ports.clone());
                self.signage.add_ports(&ports).await;
                true
            }
            () = tokio::time::sleep(due) => false,
        };
        if changed {
            return Some(Why::Changed);
        }
        self.care().await;
        if self.sources.look(&self.signage.inner.sources.list(), SystemTime::now()) || self.clock_was_set() {
            return Some(Why::Changed);
        }
        (self.signage.state().due_ms <= now_ms()).then_some(Why::Due)
    }

    /// By NTP after the start, or by hand.
    fn clock_was_set(&mut self) -> bool {
        let passed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let ahead_ms = now_ms() - passed;
        let jumped = (ahead_ms - self.ahead_ms).abs() > JUMP_MS;
        self.ahead_ms = ahead_ms;
        if jumped {
            log::info!("signage: the clock was set");
        }
        jumped
    }

    async fn care(&mut self) {
        let state = self.signage.state();
        let now = std::time::Instant::now();
        if self.signage.lives().look(|screen| state.screen(screen).is_some(), now) {
            self.signage.changed();
        }
        if Instant::now() >= self.seen_due {
            self.seen_due = Instant::now() + SEEN_EVERY;
            self.write_seen().await;
        }
        if Instant::now() >= self.own_plays_due {
            self.own_plays_due = Instant::now() + OWN_PLAYS_EVERY;
            self.write_own_plays().await;
        }
    }

    async fn write_seen(&mut self) {
        let since = std::mem::replace(&mut self.seen_written, std::time::Instant::now());
        let seen = self.signage.lives().seen(since);
        if seen.is_empty() {
            return;
        }
        if let Err(error) = self.signage.inner.library.note_seen(seen).await {
            log::warn!("signage: when screens were seen can't be written down: {error}");
        }
    }

    async fn write_own_plays(&mut self) {
        let plays = self.signage.inner.ports.take_plays();
        let mut left = Vec::new();
        for port in Port::ALL {
            let of_port: Vec<_> = plays.iter().filter(|(of, _)| *of == port).cloned().collect();
            let Some(screen) = self.signage.port_screen(port).filter(|_| !of_port.is_empty()) else {
                continue;
            };
            let plays = of_port.iter().map(|(_, play)| play.clone()).collect();
            if let Err(error) = self.signage.inner.library.record_own_plays(screen, port.id(), plays).await {
                log::warn!("signage: plays of {} can't be written down yet: {error}", port.id());
                left.extend(of_port);
            }
        }
        if !left.is_empty() {
            self.signage.inner.ports.put_back(left);
        }
    }
}
