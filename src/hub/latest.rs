//! A slot that holds the newest value only: for pictures, where yesterday's is worth nothing.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::{Demand, DemandGuard};

/// The newest value, its number, and who wants it. Handles share one slot.
pub struct Latest<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    slot: Mutex<(u64, Option<T>)>,
    changed: Notify,
    demand: Demand,
}

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Clone> Default for Latest<T> {
    fn default() -> Self {
        let shared =
            Shared { slot: Mutex::new((0, None)), changed: Notify::new(), demand: Demand::default() };
        Self { shared: Arc::new(shared) }
    }
}

impl<T: Clone> Latest<T> {
    /// Replaces the value. Never waits.
    pub fn set(&self, value: T) {
        let old = {
            let mut slot = self.shared.slot.lock().expect("no holder of this lock can panic");
            slot.0 += 1;
            slot.1.replace(value)
        };
        // Outside the lock: dropping a picture can give a buffer back to a device.
        drop(old);
        self.shared.changed.notify_waiters();
    }

    /// Forgets the value, so that nobody is shown an old picture as a new one, and a device gets its buffer back.
    pub fn clear(&self) {
        let old = self.shared.slot.lock().expect("no holder of this lock can panic").1.take();
        drop(old);
    }

    /// The newest value and its number; numbers rise with each value and are never used again.
    pub fn get(&self) -> Option<(u64, T)> {
        let slot = self.shared.slot.lock().expect("no holder of this lock can panic");
        slot.1.as_ref().map(|value| (slot.0, value.clone()))
    }

    /// Waits for a value with a number above `seen` (0: any).
    pub async fn newer_than(&self, seen: u64) -> (u64, T) {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some((number, value)) = self.get().filter(|(number, _)| *number > seen) {
                return (number, value);
            }
            changed.await;
        }
    }

    pub fn demand(&self) -> &Demand {
        &self.shared.demand
    }

    /// Shorthand for `demand().enter()`.
    pub fn want(&self) -> DemandGuard {
        self.shared.demand.enter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_waiter_gets_a_newer_value_and_never_the_old_one() {
        let latest = Latest::default();
        latest.set("old");
        let (seen, _) = latest.newer_than(0).await;
        let waiter = tokio::spawn({
            let latest = latest.clone();
            async move { latest.newer_than(seen).await.1 }
        });
        tokio::task::yield_now().await;
        latest.set("new");
        assert_eq!(waiter.await.expect("joined"), "new");
    }

    #[test]
    fn cleared_it_has_nothing_and_numbers_go_on() {
        let latest = Latest::default();
        latest.set(1);
        latest.clear();
        assert!(latest.get().is_none());
        latest.set(2);
        assert_eq!(latest.get(), Some((2, 2)));
    }
}
