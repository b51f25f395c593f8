//! The only place that names the WebRTC library: one thread, one UDP socket, all peers.
