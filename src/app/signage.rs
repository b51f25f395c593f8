//! What screens play, as one of the running parts: it follows the configuration and the HDMI ports.

use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::config::{Config, Port};
use crate::hub::Registry;
use crate::library::Library;
use crate::output::hdmi;
use crate::signage::{Settings, Signage};
use crate::task::{self, Stop, Stopper, Task};
use crate::watched::LatestSeen;
use crate::web;

pub(super) struct Running {
    signage: Signage,
    stopper: Stopper,
    tasks: Vec<Task>,
}

impl Running {
    /// Returns when players can be answered.
    pub(super) async fn start(
        library: &Library,
        sources: &Registry,
        config: &Config,
        zone: TimeZone,
        ports: watch::Receiver<Vec<hdmi::Status>>,
    ) -> Self {
        let settings = Settings { zone, ports: named(config) };
        let signage = Signage::new(library.clone(), sources.clone(), settings, web::RENDER);
        signage.begin().await;
        let (stopper, stop) = Stopper::new();
        let tasks = vec![
            task::spawn("what screens play", signage.clone().run(Stop::clone(&stop))),
            task::spawn("HDMI ports as screens", follow_ports(signage.clone(), ports, stop)),
        ];
        Self { signage, stopper, tasks }
    }

    pub(super) fn handle(&self) -> Signage {
        self.signage.clone()
    }

    pub(super) fn follow(&self, config: &Config, zone: TimeZone) {
        self.signage.follow(|settings| {
            settings.zone = zone;
            add(&mut settings.ports, &named(config));
        });
    }

    /// The button: its message comes, or goes if it is there. Not joined: it ends with the library it writes to.
    pub(super) fn press(&self, text: String) {
        let signage = self.signage.clone();
        drop(task::spawn("the button's message", async move {
            match signage.toggle_message(text).await {
                Ok(true) => log::warn!("the button was pressed: its message is on all screens"),
                Ok(false) => log::warn!("the button was pressed: its message was taken back"),
                Err(error) => log::error!("the button was pressed, but its message can't be shown: {error}"),
            }
        }));
    }

    pub(super) async fn stop(self) {
        self.stopper.stop();
        for task in self.tasks {
            task.join().await;
        }
    }
}

/// Ports that have a `[[screen]]` of their own.
fn named(config: &Config) -> Vec<Port> {
    config.screens.iter().map(|screen| screen.port).collect()
}

/// A port that was once a screen stays one: a TV that is unplugged keeps its schedule.
fn add(ports: &mut Vec<Port>, more: &[Port]) {
    ports.extend(more);
    ports.sort();
    ports.dedup();
}

/// Ports with a TV are screens, too, whatever the configuration says.
async fn follow_ports(signage: Signage, mut status: watch::Receiver<Vec<hdmi::Status>>, mut stop: Stop) {
    loop {
        let connected: Vec<Port> = status.with_seen(|ports| {
            ports.iter().filter(|status| status.connected).map(|status| status.port).collect()
        });
        signage.follow(|settings| add(&mut settings.ports, &connected));
        tokio::select! {
            () = stop.stopped() => return,
            changed = status.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}
