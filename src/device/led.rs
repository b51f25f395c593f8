//! One LED: a pattern made true on a pin.

use std::time::Instant;

use super::gpio::{Error, Gpio, Output};
use super::status::Pattern;

pub(super) struct Led {
    output: Box<dyn Output>,
    active_low: bool,
    pattern: Pattern,
    /// When the pattern began.
    since: Instant,
    lit: bool,
}

impl Led {
    /// Dark at first. Without it the pin is as it was before.
    pub(super) fn new(gpio: &dyn Gpio, pin: u8, active_low: bool, now: Instant) -> Result<Self, Error> {
        let output = gpio.output(pin, active_low)?;
        Ok(Self { output, active_low, pattern: Pattern::Off, since: now, lit: false })
    }

    /// What it has to show from now on. The same again changes nothing, so that a pattern goes on where it is.
    pub(super) fn show(&mut self, pattern: Pattern, now: Instant) {
        if self.pattern != pattern {
            self.pattern = pattern;
            self.since = now;
        }
        let lit = self.pattern.is_lit(now.saturating_duration_since(self.since));
        if std::mem::replace(&mut self.lit, lit) != lit {
            self.output.set(lit != self.active_low);
        }
    }

    /// When it changes next; `None`: not by itself.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let edge = self.pattern.next_edge(now.saturating_duration_since(self.since))?;
        Some(self.since + edge)
    }
}

/// Dark, whatever level the pin has once it is let go of.
impl Drop for Led {
    fn drop(&mut self) {
        self.output.set(self.active_low);
    }
}
