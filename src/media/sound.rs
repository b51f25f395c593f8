//! A piece of sound, not yet (or no longer) a track: what a screen lets be heard.

use std::any::Any;
use std::sync::Arc;

use super::MediaTime;

/// Some milliseconds of a source's sound, as it came in. Cheap to clone.
#[derive(Clone)]
pub struct Sound {
    /// When its first sample was heard.
    pub time: MediaTime,
    /// Samples, or a coded packet of a camera. Only `pipeline` can look inside.
    pub data: Arc<dyn Any + Send + Sync>,
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Sound({:?})", self.time)
    }
}
