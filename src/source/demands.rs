//! Whether anybody wants anything of a source, and when that changes.

use tokio::sync::watch;

use crate::hub::Source;
use crate::watched::Latest;

/// The demands of a source, watched together.
pub(super) struct Demands {
    video: watch::Receiver<usize>,
    sound: watch::Receiver<usize>,
    pictures: watch::Receiver<usize>,
    sounds: watch::Receiver<usize>,
}

impl Demands {
    pub(super) fn of(source: &Source) -> Self {
        Self {
            video: source.video.demand().watch(),
            sound: source.audio.demand().watch(),
            pictures: source.pictures.demand().watch(),
            sounds: source.sounds.demand().watch(),
        }
    }

    pub(super) fn any(&self) -> bool {
        [&self.video, &self.sound, &self.pictures, &self.sounds].iter().any(|count| count.latest() > 0)
    }

    /// Returns when one of the counts has changed since the last look. Cancel-safe.
    pub(super) async fn changed(&mut self) {
        tokio::select! {
            _ = self.video.changed() => {}
            _ = self.sound.changed() => {}
            _ = self.pictures.changed() => {}
            _ = self.sounds.changed() => {}
        }
    }

    /// Returns when somebody (or nobody) wants anything. Cancel-safe.
    pub(super) async fn until(&mut self, wanted: bool) {
        while self.any() != wanted {
            self.changed().await;
        }
    }
}
