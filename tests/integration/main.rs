//! All integration tests, one binary: real GStreamer, real servers, real sockets.

mod rtc;
mod rtsp;
mod sources;
#[path = "../support/whep_client.rs"]
mod whep_client;
