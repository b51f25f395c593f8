//! The library and what stands on it, as running parts: care, work, what screens play, the TVs' power. They start with the
//! library, at the beginning or once somebody has mended it.

use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::stored::Working;
use super::{care, power, signage};
use crate::config::Config;
use crate::hub::Registry;
use crate::library::Library;
use crate::library::work::Work;
use crate::output::hdmi;
use crate::task::{self, Stopper, Task};
use crate::web::Stored;

/// What they need of the rest.
pub(super) struct Around {
    pub(super) sources: Registry,
    pub(super) screens: watch::Receiver<Vec<hdmi::Status>>,
    /// Whether screens are HDMI ports, whose TVs could be switched.
    pub(super) ports: bool,
}

pub(super) struct Running {
    stored: Stored,
    care_stop: Stopper,
    care: Task,
    working: Working,
    signage: signage::Running,
    /// While there are TVs that could be switched by the schedule.
    power: Option<power::Running>,
}

impl Running {
    /// Returns when players can be answered.
    pub(super) async fn start(library: Library, around: &Around, config: &Config, zone: TimeZone) -> Self {
        let (care_stop, stop) = Stopper::new();
        let care = task::spawn("library", care::run(library.clone(), stop));
        let work = Work::new(library.clone());
        let working = Working::start(work.clone(), config);
        let screens = around.screens.clone();
        let signage = signage::Running::start(&library, &around.sources, config, zone, screens).await;
        let power = around.ports.then(|| power::Running::start(signage.handle(), config));
        let stored = Stored { library, work, signage: signage.handle() };
        Self { stored, care_stop, care, working, signage, power }
    }

    pub(super) fn stored(&self) -> Stored {
        self.stored.clone()
    }

    pub(super) fn follow(&self, config: &Config, zone: TimeZone) {
        self.working.follow(config);
        self.signage.follow(config, zone);
        if let Some(power) = &self.power {
            power.follow(config);
        }
    }

    /// The button's message comes, or goes if it is there.
    pub(super) fn press(&self, text: String) {
        self.signage.press(text);
    }

    /// What changes the library ends first.
    pub(super) async fn stop_work(self) -> Shown {
        self.care_stop.stop();
        self.care.join().await;
        self.working.stop().await;
        Shown { signage: self.signage, power: self.power }
    }
}

/// What is left of it until the screens have ended.
pub(super) struct Shown {
    signage: signage::Running,
    power: Option<power::Running>,
}

impl Shown {
    pub(super) async fn stop(self) {
        if let Some(power) = self.power {
            power.stop().await;
        }
        self.signage.stop().await;
    }
}
