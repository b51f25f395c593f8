//! Tasks: one way to start them, one way to tell them to stop, and nobody's end goes unnoticed.

use std::future::Future;

use crate::watched::Latest;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Tells tasks to stop. Dropping it tells them too.
#[derive(Debug)]
pub struct Stopper {
    stop: watch::Sender<bool>,
}

/// What a task looks at to know that it has to stop. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop {
    stop: watch::Receiver<bool>,
}

impl Stopper {
    pub fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self { stop: sender }, Stop { stop: receiver })
    }

    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Stop {
    /// Returns once the task has to stop. Cancel-safe.
    pub async fn stopped(&mut self) {
        // An error means the stopper is gone: nobody would ever tell.
        let _ = self.stop.wait_for(|stop| *stop).await;
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.latest() || self.stop.has_changed().is_err()
    }
}

/// A named task that somebody joins.
#[derive(Debug)]
pub struct Task {
    name: String,
    handle: JoinHandle<()>,
}

/// Starts a task. Whoever holds the [`Task`] joins it at shutdown.
pub fn spawn(name: impl Into<String>, future: impl Future<Output = ()> + Send + 'static) -> Task {
    Task { name: name.into(), handle: tokio::spawn(future) }
}

impl Task {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits for its end; a panic in it is logged under its name.
    pub async fn join(self) {
        if let Err(error) = self.handle.await
            && error.is_panic()
        {
            log::error!("{} panicked", self.name);
        }
    }

    /// Waits for its end without taking it: for watching a task that must not end. Cancel-safe.
    pub async fn ended(&mut self) {
        // How it ended is told by `join`.
        let _ = (&mut self.handle).await;
    }
}
