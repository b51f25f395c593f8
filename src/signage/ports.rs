//! The box's own HDMI ports as screens: the same plans as network TVs have, without HTTP between.
//!
//! A port's player watches [`Signage::watch_port`], asks the plan what is on at a moment ([`Plan::at`]), and shows the
//! port's own `show` where that is the splash. It says what is on ([`Signage::report_port`]), what was shown
//! ([`Signage::played`]), and does what it is asked to ([`Signage::port_orders`]). Whether its TV is to be on is asked of
//! the plan, too ([`Signage::tv_wanted`]); what the TV says it is ([`Signage::tell_tv`]) is shown with the screen.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::{Orders, Report, Signage, State, lock};
use crate::config::Port;
use crate::library::signage::Play;
use crate::program::{Plan, Power, Wanted};

/// Plays that wait to be written: both ports for minutes, whatever is on them.
const PLAYS_MAX: usize = 400;

pub(super) struct Ports {
    plans: [watch::Sender<Arc<Plan>>; Port::ALL.len()],
    /// Written together now and then: a commit for each item would wear the card out.
    plays: Mutex<Vec<(Port, Play)>>,
    /// What the TVs say they are.
    tvs: Mutex<[Option<Power>; Port::ALL.len()]>,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            plans: Port::ALL.map(|_| watch::Sender::new(Arc::new(Plan::empty()))),
            plays: Mutex::default(),
            tvs: Mutex::default(),
        }
    }
}

impl Ports {
    /// Tells the ports what they play now, those for which it is something else.
    pub(super) fn tell(&self, state: &State) {
        for port in Port::ALL {
            let answer = state.of_port(port).map(|(_, answer)| Arc::clone(&answer.plan));
            let plan = answer.unwrap_or_else(|| Arc::new(Plan::empty()));
            self.plans[port as usize].send_if_modified(|known| {
                let changed = **known != *plan;
                *known = plan;
                changed
            });
        }
    }

    /// What waits to be written, taken out.
    pub(super) fn take_plays(&self) -> Vec<(Port, Play)> {
        std::mem::take(&mut *lock(&self.plays))
    }

    /// What could not be written, back in its place.
    pub(super) fn put_back(&self, plays: Vec<(Port, Play)>) {
        let mut waiting = lock(&self.plays);
        let newer = std::mem::replace(&mut *waiting, plays);
        waiting.extend(newer);
        waiting.truncate(PLAYS_MAX);
    }
}

impl Signage {
    /// What a port plays, kept up to date. Without segments until it is known.
    pub fn watch_port(&self, port: Port) -> watch::Receiver<Arc<Plan>> {
        self.inner.ports.plans[port as usize].subscribe()
    }

    /// What is on a port.
    pub fn report_port(&self, port: Port, report: Report) {
        if let Some((screen, _)) = self.state().of_port(port) {
            self.report(screen.id, None, report);
        }
    }

    /// An item was shown on a port; its number is given later.
    pub fn played(&self, port: Port, play: Play) {
        let mut waiting = lock(&self.inner.ports.plays);
        if waiting.len() < PLAYS_MAX {
            waiting.push((port, play));
        }
    }

    /// `None`: the port is no screen yet.
    pub fn port_orders(&self, port: Port) -> Option<Orders> {
        let state = self.state();
        let (screen, _) = state.of_port(port)?;
        Some(self.orders(screen.id))
    }

    /// Name and code of the screen that a port is.
    pub fn port_names(&self, port: Port) -> Option<(String, String)> {
        let state = self.state();
        state.of_port(port).map(|(screen, _)| (screen.name.clone(), screen.code.clone()))
    }

    /// Where a file that an item names is.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        let (hash, ext) = name.split_once('.')?;
        Some(self.inner.library.store().path(hash.parse().ok()?, ext))
    }

    /// Id of the screen that a port is.
    pub fn port_screen(&self, port: Port) -> Option<i64> {
        self.state().of_port(port).map(|(screen, _)| screen.id)
    }

    /// What the TV at a port is to be, and until when that is known.
    pub fn tv_wanted(&self, port: Port, now_ms: i64) -> Wanted {
        let state = self.state();
        let Some((screen, answer)) = state.of_port(port) else { return Wanted::default() };
        let scheduled = state.world.windows.iter().any(|window| window.concerns(screen.id, screen.group));
        answer.plan.power(now_ms, scheduled)
    }

    /// What a TV says it is; `None`: it does not say.
    pub fn tell_tv(&self, port: Port, power: Option<Power>) {
        let known = std::mem::replace(&mut lock(&self.inner.ports.tvs)[port as usize], power);
        if known != power {
            self.changed();
        }
    }

    pub fn tv(&self, port: Port) -> Option<Power> {
        lock(&self.inner.ports.tvs)[port as usize]
    }
}
