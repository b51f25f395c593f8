//! The box as a thing: LEDs and the button on its pins, the wire to the TVs' power (`cec`), and what its board says of heat,
//! voltage and data partition.
//!
//! What they mean is pure (`status`, `button`, the judging in `condition`); pins are behind a trait (`gpio`), of which a
//! Raspberry Pi (`rpi`) is the one implementation; readings come from files below a root, so that tests bring a tree of
//! their own.
//!
//! Belongs here: pins, sensors, CEC. Does not belong here: what the box does about a press, and who is told of a problem
//! (`app`).

mod board;
mod button;
pub mod cec;
mod clock;
mod condition;
mod data;
pub mod gpio;
mod led;
mod panel;
mod rpi;
mod status;
#[cfg(test)]
mod tests;

pub use board::{Board, Limit};
pub use button::Press;
pub use condition::{Condition, watch};
pub use data::{Data, DataState};
pub use panel::{Pins, run};
pub use rpi::{PinState, Rpi};
pub use status::{Facts, Phase};
