//! Readers of tracks: each turns what the hub holds into one protocol.

pub mod whep;
