//! Readers of tracks: each turns what the hub holds into one protocol.

pub mod fmp4;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
pub mod hdmi;
pub mod jpeg;
pub mod mjpeg;
pub mod mse;
pub mod mse_mux;
pub mod whep;
