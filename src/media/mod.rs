//! Pure values: what a picture, a frame and a track's parameters are.
//!
//! Belongs here: types and arithmetic without I/O, threads, clocks or GStreamer.
//! Does not belong here: anything that waits, allocates devices or knows who reads.

pub mod frame;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
pub mod h264;
pub mod jpeg;
mod order;
pub mod picture;
pub mod sound;
pub mod state;
pub mod time;
pub mod timeline;

pub use frame::{Fmp4Params, Frame, H264Params, OpusParams, Params};
pub use order::Order;
pub use picture::{Picture, PictureData};
pub use sound::Sound;
pub use state::{Cause, Loss, State};
pub use time::MediaTime;
pub use timeline::Timeline;
