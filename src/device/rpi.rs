//! The pins of a Raspberry Pi.
//!
//! rppal drives them by their registers, which the kernel maps by `/dev/gpiomem`, and hears of edges from
//! `/dev/gpiochip0`. Both belong to the group `gpio`; no other right is needed.

use std::sync::Arc;

use rppal::gpio::{self, InputPin, OutputPin, Trigger};
use tokio::sync::Notify;

use super::gpio::{Error, Gpio, Input, Output};

/// The pins that a header of 40 has for everybody.
const HEADER: std::ops::RangeInclusive<u8> = 2..=27;

/// Costs nothing until the first pin is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rpi;

/// A pin as it is, whoever uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinState {
    /// BCM number.
    pub pin: u8,
    /// Such as `In`, `Out`, `Alt0`.
    pub function: String,
    pub high: bool,
}

impl Rpi {
    /// How all pins of the header are set. Changes nothing.
    pub fn header(self) -> Result<Vec<PinState>, Error> {
        let board = open()?;
        let state = |number| {
            let pin = take(&board, number)?;
            Ok(PinState {
                pin: number,
                function: pin.mode().to_string(),
                high: pin.read() == gpio::Level::High,
            })
        };
        HEADER.map(state).collect()
    }
}

impl Gpio for Rpi {
    fn output(&self, pin: u8, high: bool) -> Result<Box<dyn Output>, Error> {
        let pin = take(&open()?, pin)?;
        Ok(Box::new(if high { pin.into_output_high() } else { pin.into_output_low() }))
    }

    fn input(&self, pin: u8, edges: Arc<Notify>) -> Result<Box<dyn Input>, Error> {
        let mut input = take(&open()?, pin)?.into_input_pullup();
        let listening = input.set_async_interrupt(Trigger::Both, None, move |_| edges.notify_one());
        listening.map_err(|error| Error::Pin { pin, source: error.into() })?;
        Ok(Box::new(input))
    }
}

/// Shared by all pins in use and closed with the last of them.
fn open() -> Result<gpio::Gpio, Error> {
    gpio::Gpio::new().map_err(|error| Error::Board(error.into()))
}

fn take(board: &gpio::Gpio, pin: u8) -> Result<gpio::Pin, Error> {
    board.get(pin).map_err(|error| Error::Pin { pin, source: error.into() })
}

impl Output for OutputPin {
    fn set(&mut self, high: bool) {
        self.write(high.into());
    }
}

impl Input for InputPin {
    fn is_high(&self) -> bool {
        InputPin::is_high(self)
    }
}
