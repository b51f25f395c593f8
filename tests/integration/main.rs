//! All integration tests, one binary: real GStreamer, real servers, real sockets.
#![allow(clippy::panic, reason = "a test says by a panic what it saw")]

mod access;
mod cameras;
mod care;
mod crash;
mod damaged;
mod desktop;
mod device;
mod disk;
mod garbage;
mod lies;
mod media;
mod missing;
mod own_process;
mod ports;
mod program;
mod readme;
mod reel;
mod restore;
mod rtc;
mod rtsp;
mod screen_sound;
mod screens;
mod signage;
mod sounds;
mod sources;
mod stuck;
mod uploads;
mod viewers;
mod viewing;
mod web;
#[path = "../support/whep_client.rs"]
mod whep_client;
mod work;
