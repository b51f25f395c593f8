//! Whether a task is inside something that must come to an end: how a stuck one is told from one that waits.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::media::MediaTime;

/// When the work under way began. A task that waits for something to happen is not busy.
#[derive(Debug, Default)]
pub struct Busy {
    /// Nanoseconds of media time, plus one so that zero can mean idle.
    since: AtomicU64,
}

/// Work under way; dropping it ends it.
#[derive(Debug)]
pub struct BusyGuard<'a> {
    busy: &'a Busy,
}

impl Busy {
    pub fn enter(&self, now: MediaTime) -> BusyGuard<'_> {
        self.since.store(now.nanos() + 1, Ordering::Relaxed);
        BusyGuard { busy: self }
    }

    /// `None`: not busy.
    pub fn since(&self) -> Option<MediaTime> {
        self.since.load(Ordering::Relaxed).checked_sub(1).map(MediaTime::from_nanos)
    }
}

impl Drop for BusyGuard<'_> {
    fn drop(&mut self) {
        self.busy.since.store(0, Ordering::Relaxed);
    }
}
