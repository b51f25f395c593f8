//! All integration tests, one binary: real GStreamer, real servers, real sockets.

mod rtsp;
mod sources;
