//! All integration tests, one binary: real GStreamer, real servers, real sockets.

mod program;
mod rtc;
mod rtsp;
mod sources;
mod viewers;
#[path = "../support/whep_client.rs"]
mod whep_client;
