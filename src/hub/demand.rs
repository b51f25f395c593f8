//! Demand flows upstream: who makes something can see whether anybody wants it.

use std::sync::Arc;

use crate::watched::Latest;
use tokio::sync::watch;

/// Counts who wants something, and lets its maker wait for the count to change.
#[derive(Clone, Debug)]
pub struct Demand {
    count: Arc<watch::Sender<usize>>,
}

/// One who wants it; dropping it takes the wish back.
#[derive(Debug)]
pub struct DemandGuard {
    count: Arc<watch::Sender<usize>>,
}

impl Default for Demand {
    fn default() -> Self {
        Self { count: Arc::new(watch::Sender::new(0)) }
    }
}

impl Demand {
    pub fn enter(&self) -> DemandGuard {
        self.count.send_modify(|count| *count += 1);
        DemandGuard { count: Arc::clone(&self.count) }
    }

    pub fn count(&self) -> usize {
        self.count.latest()
    }

    pub fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}

impl Drop for DemandGuard {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}
