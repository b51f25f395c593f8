//! Marquee: live pictures in, encoded once, shown everywhere. Read `ARCHITECTURE.md` beside this file first.

pub mod access;
pub mod app;
mod causes;
pub mod child;
pub mod cmd;
pub mod config;
pub mod device;
pub mod draw;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod heap;
mod host;
pub mod hub;
pub mod library;
pub mod media;
pub mod output;
pub mod pipeline;
pub mod process;
pub mod program;
pub mod reel;
pub mod rtc;
pub mod rtsp;
pub mod signage;
pub mod source;
mod sysfs;
pub mod system;
pub mod task;
pub mod telemetry;
pub mod trouble;
pub mod watched;
pub mod web;
pub mod words;
