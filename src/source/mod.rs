//! Where live pictures come from: capture cards, cameras, the test picture.
//!
//! A device implements one attempt ([`Device::open`]); the `supervisor` owns back-off, watchdog and state; the `feed`
//! takes what comes in and hands it to the hub; `halves` starts and stops encoders and decoders by demand.

mod attempt;
mod camera;
pub mod capture;
mod decoding;
mod demands;
mod device;
mod feed;
mod halves;
mod pace;
mod plan;
mod reader;
mod runner;
mod slates;
mod supervisor;
mod test;

pub use attempt::Attempt;
pub use device::Device;
pub use runner::Running;
