//! What a card says of the signal at its input: HDMI timings, analogue status, or nothing at all (USB sticks).

use std::fmt;
use std::io;

use super::edid;
use super::ioctl::{DvTimings, Input, Node, Raster};
use super::videodev::{IN_CAP_DV_TIMINGS, input_status};
use crate::media::{Cause, Loss};
use crate::pipeline::v4l2::Rate;

/// A measured rate may wander by so many thousandths before it counts as another one.
const RATE_TOLERANCE: u64 = 20;

/// A signal that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The card tells nothing: a stick shows a picture of its own when it has no signal.
    Untold,
    /// The card tells only that there is one.
    There,
    Timed(Timings),
}

/// Size and rate of a digital signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timings {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) interlaced: bool,
    /// Whole frames. `None`: the driver does not measure it.
    pub(super) rate: Option<Rate>,
}

impl Timings {
    fn of(raster: &Raster) -> Self {
        let Raster { width, height, interlaced, .. } = *raster;
        Self { width, height, interlaced, rate: rate(raster) }
    }

    fn same(&self, other: &Self) -> bool {
        let shape = |timings: &Self| (timings.width, timings.height, timings.interlaced);
        let near = match (self.rate, other.rate) {
            (Some(one), Some(other)) => {
                one.millihertz().abs_diff(other.millihertz()) * 1000 <= other.millihertz() * RATE_TOLERANCE
            }
            (one, other) => one == other,
        };
        shape(self) == shape(other) && near
    }
}

impl fmt::Display for Timings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}x{}{}", self.width, self.height, if self.interlaced { "i" } else { "" })?;
        match self.rate {
            Some(rate) => write!(out, " at {rate} fps"),
            None => Ok(()),
        }
    }
}

impl Signal {
    /// Whether it is still the one that a capture was set up for.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Timed(one), Self::Timed(other)) => one.same(other),
            (one, other) => one == other,
        }
    }

    pub(super) const fn timings(&self) -> Option<&Timings> {
        match self {
            Self::Timed(timings) => Some(timings),
            Self::Untold | Self::There => None,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untold => out.write_str("unknown"),
            Self::There => out.write_str("there"),
            Self::Timed(timings) => timings.fmt(out),
        }
    }
}

/// Makes a card ready: shows players an EDID where there is none, and sets the card to what comes in. Fails with the
/// loss if nothing usable comes.
pub(super) fn prepare(node: &Node) -> Result<Signal, Loss> {
    if let Some(input) = timed_input(node)? {
        edid::show(node, input.index)?;
        let incoming = look_at(node, &input);
        if let Ok((_, Some(timings))) = &incoming {
            adopt(node, timings)?;
        }
        return incoming.map(|(signal, _)| signal);
    }
    look(node)
}

/// What comes in now; changes nothing.
pub(super) fn look(node: &Node) -> Result<Signal, Loss> {
    match input(node)? {
        Some(input) => look_at(node, &input).map(|(signal, _)| signal),
        None => Ok(Signal::Untold),
    }
}

/// `None` for a card without inputs.
fn input(node: &Node) -> Result<Option<Input>, Loss> {
    match node.input() {
        Ok(input) => Ok(Some(input)),
        Err(error) if is_unsupported(&error) => Ok(None),
        Err(error) => Err(loss("asking for the input", &error)),
    }
}

fn timed_input(node: &Node) -> Result<Option<Input>, Loss> {
    Ok(input(node)?.filter(|input| input.capabilities & IN_CAP_DV_TIMINGS != 0))
}

fn look_at(node: &Node, input: &Input) -> Result<(Signal, Option<DvTimings>), Loss> {
    if input.capabilities & IN_CAP_DV_TIMINGS == 0 {
        return match status_cause(input.status) {
            Some(cause) => Err(Loss::new(cause, format!("the card's input says {:#x}", input.status))),
            None if input.capabilities == 0 => Ok((Signal::Untold, None)),
            None => Ok((Signal::There, None)),
        };
    }
    match node.incoming_timings() {
        Ok(timings) => {
            let raster = timings.raster().filter(|raster| raster.width > 0 && raster.height > 0);
            let raster = raster.ok_or_else(|| Loss::new(Cause::BadSignal, "the signal has no size"))?;
            Ok((Signal::Timed(Timings::of(&raster)), Some(timings)))
        }
        // This input has none of its own after all, such as an analogue one of a card that has both.
        Err(error) if is_unsupported(&error) => Ok((Signal::There, None)),
        Err(error) => {
            let powered = node.rx_power().ok().map(|connectors| connectors != 0);
            let cause = incoming_cause(&error, input.status, powered);
            Err(Loss::new(cause, format!("the card can't read the signal: {error}")))
        }
    }
}

/// Sets the card to what comes in, unless it is already: setting is refused while somebody captures.
fn adopt(node: &Node, incoming: &DvTimings) -> Result<(), Loss> {
    if node.timings().is_ok_and(|set| set.raster() == incoming.raster()) {
        return Ok(());
    }
    node.set_timings(incoming).map_err(|error| loss("setting the card to the signal", &error))
}

/// Frames per second of a raster, in lowest terms.
fn rate(raster: &Raster) -> Option<Rate> {
    let area = u64::from(raster.width_total) * u64::from(raster.height_total);
    if raster.pixel_clock == 0 || area == 0 {
        return None;
    }
    let divisor = common_divisor(raster.pixel_clock, area);
    let lowest = (raster.pixel_clock / divisor, area / divisor);
    // A measured clock has no small terms, and GStreamer's fractions are 32 bits wide: thousandths are enough then.
    let (frames, seconds) = match lowest {
        (frames, seconds) if frames <= 1_000_000 && seconds <= 1_000_000 => (frames, seconds),
        _ => (raster.pixel_clock.saturating_mul(1000) / area, 1000),
    };
    let rate = Rate { frames: u32::try_from(frames).ok()?, seconds: u32::try_from(seconds).ok()? };
    (rate.frames > 0).then_some(rate)
}

const fn common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The kernel's words for "this card has no such thing".
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOTTY | libc::EINVAL | libc::ENODATA | libc::ENOSYS))
}

/// A refused call as a loss.
pub(super) fn loss(operation: &str, error: &io::Error) -> Loss {
    Loss::new(error_cause(error), format!("{operation}: {error}"))
}

/// The kernel's error numbers as causes; for those of timings see `VIDIOC_QUERY_DV_TIMINGS`.
fn error_cause(error: &io::Error) -> Cause {
    match error.raw_os_error() {
        Some(libc::ENODEV | libc::ENOENT | libc::ENXIO) => Cause::NoDevice,
        Some(libc::EBUSY) => Cause::Busy,
        Some(libc::ENOLINK) => Cause::NoSignal,
        Some(libc::ENOLCK) => Cause::NoLock,
        Some(libc::ERANGE) => Cause::OutOfRange,
        _ => Cause::Failed,
    }
}

/// Why no timings could be read. `powered`: whether a player gives its 5 V at any connector, where the card knows.
///
/// Without that power nothing is at the other end, whether the cable is out or the player is unplugged: a tc358743 (and
/// vivid with one HDMI input, for "no signal") tells so. With it a player is there and sends nothing.
fn incoming_cause(error: &io::Error, status: u32, powered: Option<bool>) -> Cause {
    match error_cause(error) {
        Cause::NoSignal if powered == Some(false) || status & input_status::NO_POWER != 0 => Cause::NoCable,
        cause => cause,
    }
}

/// The loss in an input's status bits; colour and mirroring are none.
fn status_cause(status: u32) -> Option<Cause> {
    const UNLOCKED: u32 =
        input_status::NO_H_LOCK | input_status::NO_V_LOCK | input_status::NO_STD_LOCK | input_status::NO_SYNC;
    const PROTECTED: u32 = input_status::MACROVISION | input_status::NO_ACCESS;
    let any = |bits: u32| status & bits != 0;
    if any(input_status::NO_POWER) {
        Some(Cause::NoCable)
    } else if any(input_status::NO_SIGNAL | input_status::NO_CARRIER) {
        Some(Cause::NoSignal)
    } else if any(PROTECTED) {
        Some(Cause::BadSignal)
    } else if any(UNLOCKED) {
        Some(Cause::NoLock)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(width: u32, height: u32, totals: (u32, u32), pixel_clock: u64) -> Raster {
        let (width_total, height_total) = totals;
        Raster { width, height, width_total, height_total, pixel_clock, interlaced: false }
    }

    /// Timings of CTA-861 as drivers report them.
    fn check_rate(raster: &Raster, expected: &str) {
        assert_eq!(Timings::of(raster).to_string(), expected);
    }

    #[test]
    fn rates_follow_from_the_raster() {
        check_rate(&raster(1920, 1080, (2200, 1125), 148_500_000), "1920x1080 at 60 fps");
        check_rate(&raster(1920, 1080, (2200, 1125), 148_351_648), "1920x1080 at 59.94 fps");
        check_rate(&raster(1280, 720, (1980, 750), 74_250_000), "1280x720 at 50 fps");
        check_rate(&raster(640, 480, (800, 525), 25_175_000), "640x480 at 59.94 fps");
        let interlaced = Raster { interlaced: true, ..raster(1920, 1080, (2200, 1125), 74_250_000) };
        check_rate(&interlaced, "1920x1080i at 30 fps");
        check_rate(&raster(1920, 1080, (0, 0), 148_500_000), "1920x1080");
        check_rate(&raster(1920, 1080, (2200, 1125), 0), "1920x1080");
    }

    #[test]
    fn rates_fit_into_the_fractions_of_caps() {
        for clock in [148_500_000, 148_351_648, 148_499_993, u64::MAX] {
            if let Some(rate) = rate(&raster(1920, 1080, (2200, 1125), clock)) {
                assert!(
                    i32::try_from(rate.frames).is_ok() && i32::try_from(rate.seconds).is_ok(),
                    "{rate:?}"
                );
            }
        }
    }

    #[test]
    fn a_measured_clock_that_wanders_is_the_same_signal() {
        let timed = |raster: Raster| Signal::Timed(Timings::of(&raster));
        let was = timed(raster(1920, 1080, (2200, 1125), 148_500_000));
        assert!(was.same(&timed(raster(1920, 1080, (2200, 1125), 148_351_648))));
        assert!(!was.same(&timed(raster(1920, 1080, (2640, 1125), 148_500_000))), "50 fps");
        assert!(!was.same(&timed(raster(1280, 720, (1650, 750), 74_250_000))));
        assert!(!was.same(&Signal::There));
    }

    #[test]
    fn error_numbers_have_causes() {
        let check = |errno, expected| assert_eq!(error_cause(&io::Error::from_raw_os_error(errno)), expected);
        for errno in [libc::ENODEV, libc::ENOENT, libc::ENXIO] {
            check(errno, Cause::NoDevice);
        }
        check(libc::ENOLINK, Cause::NoSignal);
        check(libc::ENOLCK, Cause::NoLock);
        check(libc::ERANGE, Cause::OutOfRange);
        check(libc::EBUSY, Cause::Busy);
        check(libc::EIO, Cause::Failed);
    }

    #[test]
    fn a_missing_cable_is_told_where_the_card_knows() {
        let check = |errno, status, powered, expected| {
            let error = io::Error::from_raw_os_error(errno);
            assert_eq!(incoming_cause(&error, status, powered), expected, "{errno} {status:#x} {powered:?}");
        };
        check(libc::ENOLINK, 0, None, Cause::NoSignal);
        check(libc::ENOLINK, 0, Some(true), Cause::NoSignal);
        check(libc::ENOLINK, 0, Some(false), Cause::NoCable);
        check(libc::ENOLINK, input_status::NO_POWER, None, Cause::NoCable);
        check(libc::ENOLCK, 0, Some(false), Cause::NoLock);
    }

    #[test]
    fn status_bits_have_causes() {
        let check = |status, expected| assert_eq!(status_cause(status), expected, "{status:#x}");
        check(0, None);
        check(input_status::NO_POWER | input_status::NO_SIGNAL, Some(Cause::NoCable));
        check(input_status::NO_SIGNAL | input_status::NO_H_LOCK, Some(Cause::NoSignal));
        check(input_status::NO_CARRIER, Some(Cause::NoSignal));
        for bits in [input_status::NO_H_LOCK, input_status::NO_V_LOCK, input_status::NO_SYNC] {
            check(bits, Some(Cause::NoLock));
        }
        check(input_status::MACROVISION | input_status::NO_H_LOCK, Some(Cause::BadSignal));
        let (no_color, hflip, color_kill) = (0x4, 0x10, 0x200);
        check(no_color | hflip | color_kill, None);
    }
}
