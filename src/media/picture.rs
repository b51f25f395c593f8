//! One whole picture, not yet (or no longer) a video: what snapshots and HDMI show.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;

use super::MediaTime;

/// The newest picture of a source. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Picture {
    pub time: MediaTime,
    pub width: u32,
    pub height: u32,
    /// Drawn by us because the source has no picture; names the cause.
    pub slate: bool,
    pub data: PictureData,
}

#[derive(Clone)]
pub enum PictureData {
    /// A JPEG file as the card or camera made it.
    Jpeg(Bytes),
    /// Pixels, possibly still in a device's memory. Only `pipeline` can look inside.
    Raw(Arc<dyn Any + Send + Sync>),
}

impl std::fmt::Debug for PictureData {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Jpeg(bytes) => write!(out, "Jpeg({} bytes)", bytes.len()),
            Self::Raw(_) => out.write_str("Raw"),
        }
    }
}
