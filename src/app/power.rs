//! The power of the TVs at the HDMI ports, as one of the running parts: what the schedule wants of them goes to the wire
//! (`device/cec`), what they say comes back to those who are shown it.

use std::time::Duration;

use tokio::sync::watch;

use crate::config::{Config, Port};
use crate::device::cec::{self, Machine, Told, Wish, Wishes};
use crate::signage::{Signage, now_ms};
use crate::task::{self, Stop, Stopper, Task};
use crate::watched::LatestSeen;

/// The longest sleep until the next change: the clock may be set meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What of the configuration counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Settings {
    /// Of the box.
    name: String,
    /// By port: whether its TV may be switched.
    allowed: [bool; Port::ALL.len()],
}

pub(super) struct Running {
    settings: watch::Sender<Settings>,
    stopper: Stopper,
    tasks: Vec<Task>,
}

impl Settings {
    fn of(config: &Config) -> Self {
        let of = |port| config.screens.iter().find(|screen| screen.port == port);
        let allowed = |port| of(port).is_none_or(|screen| screen.cec);
        Self { name: config.device.name.clone(), allowed: Port::ALL.map(allowed) }
    }
}

impl Running {
    pub(super) fn start(signage: Signage, config: &Config) -> Self {
        let (settings, settings_watch) = watch::channel(Settings::of(config));
        let (wishes, wishes_watch) = watch::channel(Wishes::default());
        let (told, told_watch) = watch::channel(Told::default());
        let (stopper, stop) = Stopper::new();
        let wishing = wish(signage.clone(), settings_watch, wishes, Stop::clone(&stop));
        let tasks = vec![
            task::spawn("what TVs are to be", wishing),
            task::spawn("what TVs are", hand_on(signage, told_watch)),
            task::spawn("TVs over CEC", cec::run(Machine::default(), wishes_watch, told, stop)),
        ];
        Self { settings, stopper, tasks }
    }

    pub(super) fn follow(&self, config: &Config) {
        let wanted = Settings::of(config);
        self.settings.send_if_modified(|settings| {
            let changed = *settings != wanted;
            *settings = wanted;
            changed
        });
    }

    pub(super) async fn stop(self) {
        self.stopper.stop();
        for task in self.tasks {
            task.join().await;
        }
    }
}

/// Keeps the wishes up to date: by the plans, the configuration and the clock.
async fn wish(
    signage: Signage,
    mut settings: watch::Receiver<Settings>,
    wishes: watch::Sender<Wishes>,
    mut stop: Stop,
) {
    let mut states = signage.states();
    loop {
        states.mark_unchanged();
        let now_ms = now_ms();
        let (wished, until_ms) = settings.with_seen(|settings| wished(&signage, settings, now_ms));
        wishes.send_if_modified(|known| {
            let changed = *known != wished;
            *known = wished;
            changed
        });
        let left_ms = until_ms.and_then(|until| u64::try_from(until - now_ms).ok());
        let rest = left_ms.map_or(LOOK_EVERY, |left| Duration::from_millis(left).min(LOOK_EVERY));
        tokio::select! {
            () = stop.stopped() => return,
            changed = states.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            changed = settings.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// What is wished at a moment, and until when that is known.
fn wished(signage: &Signage, settings: &Settings, now_ms: i64) -> (Wishes, Option<i64>) {
    let mut wishes = Wishes { name: settings.name.clone(), ..Wishes::default() };
    let mut until_ms = None;
    for port in Port::ALL {
        let wanted = signage.tv_wanted(port, now_ms);
        wishes.ports[port as usize] = Wish { allowed: settings.allowed[port as usize], power: wanted.power };
        until_ms = until_ms.into_iter().chain(wanted.until_ms).min();
    }
    (wishes, until_ms)
}

/// Until nobody tells any more.
async fn hand_on(signage: Signage, mut told: watch::Receiver<Told>) {
    while told.changed().await.is_ok() {
        let now = told.latest_seen();
        for port in Port::ALL {
            signage.tell_tv(port, now[port as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Screen;

    #[test]
    fn each_port_has_its_own_word() {
        let mut config = Config::default();
        config.device.name = "Bar".to_owned();
        assert_eq!(Settings::of(&config), Settings { name: "Bar".to_owned(), allowed: [true; 2] });
        config.screens = vec![Screen { cec: false, ..Screen::unnamed(Port::Hdmi2) }];
        assert_eq!(Settings::of(&config).allowed, [true, false]);
    }
}
