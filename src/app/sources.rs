//! Makes the running sources match the configuration: only what changed is restarted.

use std::sync::Arc;

use crate::config::{self, Config};
use crate::hub::Registry;
use crate::source::Running;

/// One source's own piece of the configuration.
#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Test(config::Test),
    Camera(config::Camera),
}

impl Wanted {
    fn all(config: &Config) -> Vec<Self> {
        let test = config.test.iter().cloned().map(Self::Test);
        let cameras = config.cameras.iter().cloned().map(Self::Camera);
        test.chain(cameras).collect()
    }

    fn start(&self) -> Running {
        match self {
            Self::Test(test) => Running::test(test),
            Self::Camera(camera) => Running::camera(camera),
        }
    }
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
        let wanted = Wanted::all(config);
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
