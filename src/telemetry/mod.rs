//! What the box tells about itself: log ring, metrics, health, figures of the process.
//!
//! Belongs here: collecting and printing figures. Does not belong here: JSON (that is `web::wire`), and anything of
//! GStreamer, WebRTC or HTTP: their figures come in as plain values.

pub mod addresses;
pub mod health;
pub mod log;
pub mod metrics;
pub mod plain;
pub mod process;
mod ring;
mod routes;

pub use routes::Routes;
