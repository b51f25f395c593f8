//! MJPEG: the pictures of a source one after the other, for clients that can do nothing else. Everybody who asks for
//! the same quality gets the same files, shared with the snapshots.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::jpeg::{Jpeg, Shots, SnapshotError, Snapshots};
use crate::hub::{Source, ViewerGuard, ViewerKind};

/// One viewer. Dropping it means it left.
pub struct Viewer {
    shots: Arc<Shots>,
    quality: Option<u8>,
    /// Number of the last picture it got.
    seen: u64,
    _guard: ViewerGuard,
}

impl Viewer {
    /// `quality` is 1 to 100; `None` means the source's own JPEG if it has one.
    pub fn join(snapshots: &Snapshots, source: &Arc<Source>, quality: Option<u8>) -> Self {
        let shots = snapshots.shots(source);
        Self { shots, quality, seen: 0, _guard: source.viewers.enter(ViewerKind::Mjpeg) }
    }

    /// The newest picture it has not had; one who is slow misses those between, which the source counts. Cancel-safe.
    ///
    /// [`SnapshotError::NoPictureYet`] means that none came for some seconds, [`SnapshotError::Unreadable`] none that can
    /// be encoded; it may be called again.
    pub async fn next(&mut self) -> Result<Jpeg, SnapshotError> {
        let jpeg = self.shots.jpeg(self.quality, self.seen).await?;
        if self.seen > 0 {
            let missed = jpeg.number.saturating_sub(self.seen + 1);
            self.source().counters.pictures_missed.fetch_add(missed, Ordering::Relaxed);
        }
        self.seen = jpeg.number;
        Ok(jpeg)
    }

    pub fn source(&self) -> &Arc<Source> {
        self.shots.source()
    }
}
