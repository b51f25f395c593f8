//! What LEDs and a button need of a board's pins. [`Rpi`](super::rpi::Rpi) is the only board there is so far; tests
//! have pins in memory.

use std::sync::Arc;

use tokio::sync::Notify;

/// Why pins can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// None of them: no such board, no permission.
    #[error("this machine's pins can't be opened")]
    Board(#[source] Cause),
    #[error("pin {pin} can't be used")]
    Pin {
        pin: u8,
        #[source]
        source: Cause,
    },
}

/// Of a driver, which has errors of its own.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A board's pins, by their BCM numbers.
pub trait Gpio: Send + Sync {
    /// Takes a pin as an output, which has this level from the first moment on.
    fn output(&self, pin: u8, high: bool) -> Result<Box<dyn Output>, Error>;

    /// Takes a pin as an input that is high unless something pulls it to ground. `edges` is woken at each change of its
    /// level, maybe once for several.
    fn input(&self, pin: u8, edges: Arc<Notify>) -> Result<Box<dyn Input>, Error>;
}

/// Lets go of its pin when dropped.
pub trait Output: Send {
    fn set(&mut self, high: bool);
}

/// Lets go of its pin when dropped.
pub trait Input: Send {
    fn is_high(&self) -> bool;
}
