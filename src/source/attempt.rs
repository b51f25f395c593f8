//! One attempt at a device: a pipeline of this process, or a child that reads a camera.

use super::reader::Reader;
use crate::pipeline::{Ended, Half};

pub enum Attempt {
    Half(Half),
    Reader(Box<Reader>),
}

impl From<Half> for Attempt {
    fn from(half: Half) -> Self {
        Self::Half(half)
    }
}

impl Attempt {
    /// May open devices and wait for them: call off the async threads.
    pub(super) fn start(&mut self) -> Result<(), Ended> {
        match self {
            Self::Half(half) => half.start(),
            // It started with its process.
            Self::Reader(_) => Ok(()),
        }
    }

    /// Returns once the device or camera is asked for pictures; what comes before that is this box's own time.
    pub(super) fn asks(&mut self) -> impl Future<Output = ()> + use<> {
        let asks = match self {
            Self::Half(_) => None,
            Self::Reader(reader) => reader.asks(),
        };
        async {
            if let Some(asks) = asks
                && asks.await.is_err()
            {
                // It has ended, which is told elsewhere.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until it ends by itself. Cancel-safe.
    pub(super) async fn ended(&mut self) -> Ended {
        match self {
            Self::Half(half) => half.ended().await,
            Self::Reader(reader) => reader.ended().await,
        }
    }

    /// Stops it and gives its devices back before returning.
    pub(super) async fn stop(self) {
        match self {
            Self::Half(half) => half.stop().await,
            Self::Reader(reader) => reader.stop().await,
        }
    }
}
