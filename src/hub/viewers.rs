//! Who watches a source, by the way they watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewerKind {
    Whep,
    Mse,
    Mjpeg,
    /// One that fetches single pictures; counted while it keeps asking.
    Jpeg,
}

impl ViewerKind {
    pub const ALL: [Self; 4] = [Self::Whep, Self::Mse, Self::Mjpeg, Self::Jpeg];

    /// The word for machines: API, metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Whep => "whep",
            Self::Mse => "mse",
            Self::Mjpeg => "mjpeg",
            Self::Jpeg => "jpeg",
        }
    }
}

/// Counters, one per kind. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Viewers {
    counts: Arc<[AtomicUsize; ViewerKind::ALL.len()]>,
}

/// One viewer; dropping it means it left.
#[derive(Debug)]
pub struct ViewerGuard {
    counts: Arc<[AtomicUsize; ViewerKind::ALL.len()]>,
    kind: ViewerKind,
}

impl Viewers {
    pub fn enter(&self, kind: ViewerKind) -> ViewerGuard {
        self.counts[kind as usize].fetch_add(1, Ordering::Relaxed);
        ViewerGuard { counts: Arc::clone(&self.counts), kind }
    }

    pub fn count(&self, kind: ViewerKind) -> usize {
        self.counts[kind as usize].load(Ordering::Relaxed)
    }
}

impl Drop for ViewerGuard {
    fn drop(&mut self) {
        self.counts[self.kind as usize].fetch_sub(1, Ordering::Relaxed);
    }
}
