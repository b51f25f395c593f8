//! What systemd is told and asked: ready, stopping, the watchdog, and sockets it hands over. Does nothing without it.

use std::io;
use std::time::{Duration, Instant};

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::TcpListener;

use crate::telemetry::health::Heartbeats;

/// The listening socket of our socket unit; `None` if the program was started otherwise.
pub(super) fn listener() -> Option<io::Result<TcpListener>> {
    let listener = ListenFd::from_env().take_tcp_listener(0).transpose()?;
    Some(listener.and_then(|listener| {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    }))
}

pub(super) fn ready() {
    tell(NotifyState::Ready);
}

pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

/// How often the watchdog is to be fed: twice within the time it waits. `None`: there is none.
pub(super) fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|patience| patience / 2)
}

/// Feeds the watchdog if every part is well. Unfed, it ends the process, and systemd starts it anew.
pub(super) fn feed_watchdog(heartbeats: &Heartbeats) {
    let problems = heartbeats.problems(Instant::now());
    if problems.is_empty() {
        tell(NotifyState::Watchdog);
    }
    for problem in problems {
        log::error!("{} {}: the watchdog is not fed", problem.part, problem.problem);
    }
}

fn tell(state: NotifyState<'_>) {
    // Without systemd nobody listens, which is no error.
    if let Err(error) = sd_notify::notify(&[state]) {
        log::warn!("systemd can't be told: {error}");
    }
}
