//! WHEP: WebRTC viewers over HTTP.
