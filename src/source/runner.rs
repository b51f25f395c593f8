//! Starts a source from its configuration and stops it again.

use std::sync::Arc;

use super::camera::Camera;
use super::device::Device;
use super::feed::Feed;
use super::halves;
use super::supervisor::Supervisor;
use super::test::Test;
use crate::config::{self, Profile};
use crate::hub::{self, SourceKind};
use crate::media::State;
use crate::task::{self, Stopper, Task};

/// A running source. Stop it with [`Running::stop`].
pub struct Running {
    pub source: Arc<hub::Source>,
    stopper: Stopper,
    tasks: [Task; 2],
}

impl Running {
    pub fn test(config: &config::Test) -> Self {
        let source = Identity { id: &config.id, name: &config.name, kind: SourceKind::Test };
        Self::start(&source, &config.profile, Arc::new(Test::new(config)))
    }

    pub fn camera(config: &config::Camera) -> Self {
        let source = Identity { id: &config.id, name: &config.name, kind: SourceKind::Camera };
        Self::start(&source, &config.profile, Arc::new(Camera::new(config)))
    }

    fn start(identity: &Identity<'_>, profile: &Profile, device: Arc<dyn Device>) -> Self {
        let state = if device.on_demand() { State::Idle } else { State::Starting };
        let (source, [video, audio]) = hub::Source::create(identity.id, identity.name, identity.kind, state);
        let source = Arc::new(source);
        let feed = Arc::new(Feed::new(Arc::clone(&source), video, audio));
        let (stopper, stop) = Stopper::new();
        let supervisor = Supervisor { feed: Arc::clone(&feed), device, stop: stop.clone() };
        let tasks = [
            task::spawn(format!("{}: supervisor", identity.id), supervisor.run()),
            task::spawn(format!("{}: halves", identity.id), halves::run(feed, profile.clone(), stop)),
        ];
        Self { source, stopper, tasks }
    }

    /// Returns if one of its tasks ends without having been told to, which only a panic can do. Cancel-safe.
    pub async fn ended(&mut self) -> String {
        let [supervisor, halves] = &mut self.tasks;
        tokio::select! {
            () = supervisor.ended() => supervisor.name().to_owned(),
            () = halves.ended() => halves.name().to_owned(),
        }
    }

    /// Ends the capture, then the encoders; their tracks close, which tells the readers.
    pub async fn stop(self) {
        self.stopper.stop();
        for task in self.tasks {
            task.join().await;
        }
    }
}

struct Identity<'a> {
    id: &'a str,
    name: &'a str,
    kind: SourceKind,
}
