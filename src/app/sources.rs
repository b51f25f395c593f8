//! Makes the running sources match the configuration: only what changed is restarted.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::config::{self, CaptureDevice, Config};
use crate::hub::Registry;
use crate::process::own_program;
use crate::source::{Running, capture};

/// One source's own piece of the configuration.
#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Test(config::Test),
    Camera(config::Camera),
    Capture {
        config: config::Capture,
        /// Cards that other captures name.
        reserved: Vec<CaptureDevice>,
    },
}

impl Wanted {
    /// `card`: there is at least one capture card, so that a capture which is optional is wanted, too.
    fn all(config: &Config, card: bool) -> Vec<Self> {
        let test = config.test.iter().cloned().map(Self::Test);
        let cameras = config.cameras.iter().cloned().map(Self::Camera);
        let captures =
            config.captures.iter().filter(|capture| card || !is_optional(capture)).map(|capture| {
                let others = config.captures.iter().filter(|other| other.id != capture.id);
                let named = others.map(|other| other.device.clone());
                let reserved = named.filter(|device| !matches!(device, CaptureDevice::Auto { .. })).collect();
                Self::Capture { config: capture.clone(), reserved }
            });
        test.chain(captures).chain(cameras).collect()
    }

    fn start(&self) -> Running {
        match self {
            Self::Test(test) => Running::test(test),
            Self::Camera(camera) => Running::camera(camera, &own_program()),
            Self::Capture { config, reserved } => Running::capture(config, reserved),
        }
    }
}

/// Only there while there is a card: the built-in defaults have one such.
fn is_optional(capture: &config::Capture) -> bool {
    capture.device == CaptureDevice::Auto { optional: true }
}

async fn any_card() -> bool {
    let found = spawn_blocking(|| !capture::available().is_empty()).await;
    found.unwrap_or_else(|error| {
        log::error!("looking for capture cards failed: {error}");
        false
    })
}

/// All running sources, in the order of the configuration.
pub(super) struct Sources {
    registry: Registry,
    running: Vec<(Wanted, Running)>,
}

impl Sources {
    pub(super) fn new(registry: Registry) -> Self {
        Self { registry, running: Vec::new() }
    }

    /// Stops what is no longer wanted as it is, starts what is new, leaves alone what stayed the same.
    pub(super) async fn follow(&mut self, config: &Config) {
        let card = config.captures.iter().any(is_optional) && any_card().await;
        let wanted = Wanted::all(config, card);
        let mut kept = Vec::new();
        for (is, running) in std::mem::take(&mut self.running) {
            if wanted.contains(&is) {
                kept.push((is, running));
            } else {
                log::info!("{}: stopped, its configuration changed", running.source.id);
                // Before its successor starts: both may want the same device.
                running.stop().await;
            }
        }
        for wanted in wanted {
            let known = kept.iter().position(|(is, _)| *is == wanted);
            self.running.push(match known {
                Some(index) => kept.swap_remove(index),
                None => {
                    let running = wanted.start();
                    (wanted, running)
                }
            });
        }
        self.registry.replace(self.running.iter().map(|(_, running)| Arc::clone(&running.source)).collect());
    }

    /// Returns the name of a source's task that ended by itself. Cancel-safe.
    pub(super) async fn ended(&mut self) -> String {
        let ends = self.running.iter_mut().map(|(_, running)| Box::pin(running.ended()));
        let ends: Vec<_> = ends.collect();
        if ends.is_empty() {
            return std::future::pending().await;
        }
        futures_util::future::select_all(ends).await.0
    }

    pub(super) async fn stop(self) {
        let stopping = self.running.into_iter().map(|(_, running)| running.stop());
        futures_util::future::join_all(stopping).await;
    }
}
