//! Starts a source from its configuration and stops it again.

use std::path::Path;
use std::sync::Arc;

use super::camera::Camera;
use super::capture::{Capture, Listener};
use super::device::Device;
use super::feed::Feed;
use super::halves;
use super::supervisor::Supervisor;
use super::test::Test;
use crate::config::{self, CaptureDevice, CaptureSound, Profile};
use crate::hub::{self, SourceKind};
use crate::media::State;
use crate::task::{self, Stop, Stopper, Task};

/// A running source. Stop it with [`Running::stop`].
pub struct Running {
    pub source: Arc<hub::Source>,
    stopper: Stopper,
    tasks: Vec<Task>,
}

impl Running {
    pub fn test(config: &config::Test) -> Self {
        let source = Identity { id: &config.id, name: &config.name, kind: SourceKind::Test, address: None };
        Self::start(&source, &config.profile, Arc::new(Test::new(config)))
    }

    /// `program`: this program, as the child starts that reads it.
    pub fn camera(config: &config::Camera, program: &Path) -> Self {
        let address = address(&config.url);
        let source = Identity { id: &config.id, name: &config.name, kind: SourceKind::Camera, address };
        Self::start(&source, &config.profile, Arc::new(Camera::new(config, program)))
    }

    /// `reserved`: the cards that other captures name; `auto` leaves them alone.
    pub fn capture(config: &config::Capture, reserved: &[CaptureDevice]) -> Self {
        let source =
            Identity { id: &config.id, name: &config.name, kind: SourceKind::Capture, address: None };
        let device = Arc::new(Capture::new(config, reserved));
        let (wanted, card) = (config.sound.clone(), device.card());
        Self::start_with(&source, &config.profile, device, |feed, stop| {
            let listener = Listener { feed, wanted, card, stop };
            let listens = listener.wanted != CaptureSound::Off;
            listens.then(|| task::spawn(format!("{}: sound", config.id), listener.run()))
        })
    }

    fn start(identity: &Identity<'_>, profile: &Profile, device: Arc<dyn Device>) -> Self {
        Self::start_with(identity, profile, device, |_, _| None)
    }

    /// `beside`: starts what else runs for this source.
    fn start_with(
        identity: &Identity<'_>,
        profile: &Profile,
        device: Arc<dyn Device>,
        beside: impl FnOnce(Arc<Feed>, Stop) -> Option<Task>,
    ) -> Self {
        let state = if device.on_demand() { State::Idle } else { State::Starting };
        let (mut source, [video, audio]) =
            hub::Source::create(identity.id, identity.name, identity.kind, state);
        source.address.clone_from(&identity.address);
        let source = Arc::new(source);
        let feed = Arc::new(Feed::new(Arc::clone(&source), video, audio));
        let (stopper, stop) = Stopper::new();
        let supervisor = Supervisor { feed: Arc::clone(&feed), device, stop: stop.clone() };
        let mut tasks = vec![task::spawn(format!("{}: supervisor", identity.id), supervisor.run())];
        tasks.extend(beside(Arc::clone(&feed), stop.clone()));
        let halves = halves::run(feed, profile.clone(), stop);
        tasks.push(task::spawn(format!("{}: halves", identity.id), halves));
        Self { source, stopper, tasks }
    }

    /// Returns if one of its tasks ends without having been told to, which only a panic can do. Cancel-safe.
    pub async fn ended(&mut self) -> String {
        let ends = self.tasks.iter_mut().map(|task| {
            Box::pin(async move {
                task.ended().await;
                task.name().to_owned()
            })
        });
        futures_util::future::select_all(ends).await.0
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
    address: Option<String>,
}

/// Host and port of a camera's address.
fn address(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cameras_address_is_its_host_and_no_more() {
        let check = |url, expected: &str| assert_eq!(address(url).as_deref(), Some(expected), "{url}");
        check("rtsp://192.168.1.20/stream1?password=secret", "192.168.1.20");
        check("rtsp://192.168.1.20:8554/live", "192.168.1.20:8554");
        check("rtsps://[fe80::1]:322/a", "[fe80::1]:322");
        check("rtsp://door.local", "door.local");
        assert_eq!(address("nothing"), None);
    }
}
