//! Reading values that tasks watch (`tokio::sync::watch`), without holding them.
//!
//! `borrow` gives a guard that lives to the end of its statement. Where that statement reads the same value once more, and
//! somebody who changes it waits between the two, each waits for the other, and the threads of all tasks stand still: a
//! writer that waits goes before readers that come. Clippy refuses `borrow` elsewhere (clippy.toml).
#![expect(clippy::disallowed_methods, reason = "here it is held for as long as a closure runs")]

use tokio::sync::watch;

/// Who reads a watched value.
pub trait Latest<T> {
    /// What `look` makes of it. It must not read this value again, nor wait for anybody.
    fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R;

    /// A copy of it.
    fn latest(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }
}

impl<T> Latest<T> for watch::Receiver<T> {
    fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.borrow())
    }
}

impl<T> Latest<T> for watch::Sender<T> {
    fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.borrow())
    }
}

/// Who waits for another value, and has seen this one.
pub trait LatestSeen<T> {
    fn with_seen<R>(&mut self, look: impl FnOnce(&T) -> R) -> R;

    fn latest_seen(&mut self) -> T
    where
        T: Clone,
    {
        self.with_seen(T::clone)
    }
}

impl<T> LatestSeen<T> for watch::Receiver<T> {
    fn with_seen<R>(&mut self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.borrow_and_update())
    }
}
