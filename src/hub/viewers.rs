//! Who watches a source, by the way they watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

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
    /// Goes with it.
    _here: Option<oneshot::Sender<()>>,
}

/// That one viewer left.
#[derive(Debug)]
pub struct Left(oneshot::Receiver<()>);

impl Viewers {
    pub fn enter(&self, kind: ViewerKind) -> ViewerGuard {
        self.counts[kind as usize].fetch_add(1, Ordering::Relaxed);
        ViewerGuard { counts: Arc::clone(&self.counts), kind, _here: None }
    }

    pub fn count(&self, kind: ViewerKind) -> usize {
        self.counts[kind as usize].load(Ordering::Relaxed)
    }
}

impl ViewerGuard {
    /// The same, and somebody learns when it is dropped.
    pub fn followed(mut self) -> (Self, Left) {
        let (here, left) = oneshot::channel();
        self._here = Some(here);
        (self, Left(left))
    }
}

impl Left {
    /// Waits for it.
    pub async fn done(self) {
        // The other end says nothing; it goes.
        let _ = self.0.await;
    }
}

impl Drop for ViewerGuard {
    fn drop(&mut self) {
        self.counts[self.kind as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_followed_counts_until_it_leaves_and_that_is_told() {
        let viewers = Viewers::default();
        let (guard, left) = viewers.enter(ViewerKind::Whep).followed();
        assert_eq!(viewers.count(ViewerKind::Whep), 1);
        let left = tokio::spawn(left.done());
        tokio::task::yield_now().await;
        assert!(!left.is_finished());
        drop(guard);
        left.await.expect("told");
        assert_eq!(viewers.count(ViewerKind::Whep), 0);
    }
}
