//! The front of the box: what its LEDs tell of, what its button does, and what its board says.

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use tokio::sync::{mpsc, watch};

use crate::config::{Port, Screen};
use crate::device::{self, Condition, Facts, Phase, Pins, Press};
use crate::hub::{Registry, Source, ViewerKind};
use crate::media::State;
use crate::output::hdmi;
use crate::task::{self, Stop, Stopper, Task};
use crate::telemetry::health::Heartbeats;
use crate::watched::{Latest, LatestSeen};
use crate::web::Site;

/// How often it is looked what LEDs have to tell of; only while there are LEDs. Nobody looks at them sooner.
const PERIOD: Duration = Duration::from_secs(1);
/// Presses of one button, acted on in microseconds.
const PRESSES_MAX: usize = 2;
/// In our image systemd switches the box off when this appears (marquee-power-off.path).
const POWER_OFF: &str = "power-off";

#[derive(Debug, thiserror::Error)]
enum PowerOffError {
    #[error("only a box that runs our image can be switched off")]
    NotOurs,
    #[error("{} can't be made", path.display())]
    Ask { path: PathBuf, source: io::Error },
}

/// Where the facts come from, once the program runs.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) sources: Registry,
    pub(super) heartbeats: Heartbeats,
    pub(super) site: watch::Receiver<Site>,
    pub(super) screens: watch::Receiver<Vec<hdmi::Status>>,
}

pub(super) struct Front {
    pins: watch::Sender<Pins>,
    facts: watch::Sender<Facts>,
    condition: watch::Receiver<Condition>,
    stopper: Stopper,
    stop: Stop,
    tasks: Vec<Task>,
}

impl Front {
    /// First of all parts, so that the LEDs tell of a start that takes long. `config_wrong`: the file does not check.
    pub(super) fn start(pins: Pins, config_wrong: bool) -> (Self, mpsc::Receiver<Press>) {
        let (pins, pins_watch) = watch::channel(pins);
        let (facts, facts_watch) = watch::channel(Facts { config_wrong, ..Facts::default() });
        let (sender, presses) = mpsc::channel(PRESSES_MAX);
        let (condition_sender, condition) = watch::channel(Condition::default());
        let (stopper, stop) = Stopper::new();
        let tasks = vec![
            task::spawn(
                "LEDs and button",
                device::run(device::Rpi, pins_watch, facts_watch, sender, stop.clone()),
            ),
            task::spawn("board", device::watch(PathBuf::from("/"), condition_sender, stop.clone())),
        ];
        (Self { pins, facts, condition, stopper, stop, tasks }, presses)
    }

    /// What the board says; kept up to date.
    pub(super) fn condition(&self) -> watch::Receiver<Condition> {
        self.condition.clone()
    }

    /// The program runs: LEDs tell of this from now on.
    pub(super) fn ready(&mut self, watched: Watched) {
        self.facts.send_modify(|facts| facts.phase = Phase::Running);
        let (pins, condition) = (self.pins.subscribe(), self.condition());
        let looking = look(watched, condition, pins, self.facts.clone(), self.stop.clone());
        self.tasks.push(task::spawn("facts for the LEDs", looking));
    }

    pub(super) fn follow(&self, wanted: Pins) {
        self.pins.send_if_modified(|pins| {
            let changed = *pins != wanted;
            *pins = wanted;
            changed
        });
    }

    pub(super) fn power_off(&self) {
        match ask_for_power_off() {
            Ok(()) => {
                log::warn!("the button was held: switching the box off");
                self.facts.send_modify(|facts| facts.phase = Phase::PoweringOff);
            }
            Err(PowerOffError::NotOurs) => log::warn!("the button was held: {}", PowerOffError::NotOurs),
            Err(error @ PowerOffError::Ask { .. }) => {
                let cause = std::error::Error::source(&error).map_or_else(String::new, ToString::to_string);
                log::error!("the button was held: {error}: {cause}");
            }
        }
    }

    pub(super) async fn stop(self) {
        self.stopper.stop();
        for task in self.tasks {
            task.join().await;
        }
    }
}

fn ask_for_power_off() -> Result<(), PowerOffError> {
    // Set by systemd to our folder in /run.
    let folder = env::var_os("RUNTIME_DIRECTORY").ok_or(PowerOffError::NotOurs)?;
    let path = PathBuf::from(folder).join(POWER_OFF);
    fs::write(&path, "").map_err(|source| PowerOffError::Ask { path, source })
}

/// Keeps the facts up to date while there are LEDs.
async fn look(
    watched: Watched,
    condition: watch::Receiver<Condition>,
    mut pins: watch::Receiver<Pins>,
    facts: watch::Sender<Facts>,
    mut stop: Stop,
) {
    loop {
        let any_led = pins.with_seen(Pins::any_led);
        if any_led {
            let (condition, phase) = (condition.latest(), facts.with(|facts| facts.phase));
            let now = watched.facts(&condition, phase);
            facts.send_if_modified(|known| {
                // It may have been told meanwhile that the box is switched off.
                let now = Facts { phase: known.phase, ..now };
                let changed = *known != now;
                *known = now;
                changed
            });
        }
        tokio::select! {
            () = stop.stopped() => break,
            changed = pins.changed() => {
                if changed.is_err() {
                    break;
                }
            }
            () = tokio::time::sleep(PERIOD), if any_led => {}
        }
    }
}

impl Watched {
    fn facts(&self, condition: &Condition, phase: Phase) -> Facts {
        let sources = self.sources.list();
        let of = |wanted: fn(&State) -> bool| {
            sources.iter().filter(move |source| source.status.with(|status| wanted(&status.state)))
        };
        let is_live = |state: &State| matches!(state, State::Live);
        let has_viewer =
            |source: &Source| ViewerKind::ALL.into_iter().any(|kind| source.viewers.count(kind) > 0);
        let screens = self.screens.latest();
        let on_screen =
            |source: &Source| screens.iter().any(|screen| screen.shows.as_deref() == Some(&*source.id));
        Facts {
            phase,
            stuck: !self.heartbeats.problems(Instant::now()).is_empty(),
            under_voltage: condition.board.under_voltage == Some(true),
            hot: condition.hot,
            data_lost: condition.data.as_ref().is_some_and(device::Data::is_lost),
            config_wrong: self.site.with(|site| !site.config_errors.is_empty()),
            sources_live: of(is_live).count(),
            sources_lost: of(|state| matches!(state, State::Lost(_))).count(),
            watched: of(is_live).any(|source| has_viewer(source) || on_screen(source)),
        }
    }
}

/// What a short press makes of the screens: on every port the source after the one it shows, and after the last the
/// first again. A port without a section of its own has `known` from the screens themselves.
pub(super) fn step(configured: &[Screen], known: &[Port], sources: &[String]) -> Vec<Screen> {
    let Some(first) = sources.first() else { return configured.to_vec() };
    let named = |port: Port| configured.iter().any(|screen| screen.port == port);
    let others = known.iter().filter(|port| !named(**port)).map(|port| Screen::unnamed(*port));
    let all = configured.iter().cloned().chain(others);
    let after = |shown: &str| {
        let at = sources.iter().position(|id| id == shown);
        at.and_then(|at| sources.get(at + 1)).unwrap_or(first).clone()
    };
    all.map(|screen| {
        let show = screen.show.as_deref().map_or_else(|| first.clone(), after);
        Screen { show: Some(show), ..screen }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Problem;
    use crate::hub::SourceKind;
    use crate::media::{Cause, Loss};

    fn source(id: &str, state: State) -> Arc<Source> {
        Arc::new(Source::create(id, id, SourceKind::Camera, state).0)
    }

    #[test]
    fn facts_are_gathered_from_everywhere() {
        let lost = State::Lost(Loss::new(Cause::NoDevice, ""));
        let (door, yard) = (source("door", State::Live), source("yard", lost));
        let sources = Registry::default();
        sources.replace(vec![Arc::clone(&door), Arc::clone(&yard)]);
        let site = Site {
            name: "box".to_owned(),
            config_errors: vec![Problem {
                file: "marquee.toml".to_owned(),
                line: None,
                key: String::new(),
                message: "is wrong".to_owned(),
                allowed: String::new(),
            }],
            ..Site::default()
        };
        let (screens, screens_watch) = watch::channel(Vec::new());
        let watched = Watched {
            sources,
            heartbeats: Heartbeats::new(Instant::now()),
            site: watch::channel(site).1,
            screens: screens_watch,
        };
        let facts = || watched.facts(&Condition::default(), Phase::Running);
        let expected = Facts {
            phase: Phase::Running,
            config_wrong: true,
            sources_live: 1,
            sources_lost: 1,
            ..Facts::default()
        };
        assert_eq!(facts(), expected);

        // Somebody who sees a slate sees no live picture.
        let _viewer = yard.viewers.enter(ViewerKind::Mse);
        assert_eq!(facts(), expected);
        let viewer = door.viewers.enter(ViewerKind::Whep);
        assert!(facts().watched);
        drop(viewer);
        let shows = |id: &str| {
            let (port, shows) = (Port::Hdmi1, Some(id.to_owned()));
            vec![hdmi::Status { port, connected: true, shows, width: 1920, height: 1080 }]
        };
        screens.send_replace(shows("splash"));
        assert!(!facts().watched);
        screens.send_replace(shows("door"));
        assert!(facts().watched);

        drop(watched.heartbeats.register("webrtc", PERIOD, Instant::now()));
        assert!(facts().stuck);
    }

    fn check(shown: &[(Port, Option<&str>)], known: &[Port], sources: &[&str], expected: &[&str]) {
        let screen = |(port, show): &(Port, Option<&str>)| Screen {
            show: show.map(str::to_owned),
            ..Screen::unnamed(*port)
        };
        let screens: Vec<Screen> = shown.iter().map(screen).collect();
        let sources: Vec<String> = sources.iter().map(|id| (*id).to_owned()).collect();
        let stepped = step(&screens, known, &sources);
        let stepped: Vec<String> = stepped
            .iter()
            .map(|screen| format!("{} {}", screen.port.id(), screen.show.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(stepped, expected);
    }

    #[test]
    fn a_press_brings_every_screen_its_next_source() {
        let (one, two) = (Port::Hdmi1, Port::Hdmi2);
        let abc = ["a", "b", "c"];
        check(&[(one, Some("a")), (two, Some("c"))], &[one, two], &abc, &["hdmi-1 b", "hdmi-2 a"]);
        check(&[(two, None)], &[one, two], &abc, &["hdmi-2 a", "hdmi-1 a"]);
        check(&[(one, Some("gone"))], &[], &abc, &["hdmi-1 a"]);
        check(&[], &[], &abc, &[]);
        check(&[(one, Some("a")), (two, None)], &[one], &[], &["hdmi-1 a", "hdmi-2 -"]);
    }
}
