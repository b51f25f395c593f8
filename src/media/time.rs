//! Media time: one clock for every track of the process.

use std::time::Duration;

/// Nanoseconds since the process's media epoch (the moment the pipelines' common base time was taken).
///
/// All pipelines share one monotonic clock and one base time, so times of a source's video and sound, before and
/// after a restart of its capture, can be compared and subtracted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(u64);

/// RTP clock of video, RFC 6184 section 8.2.1.
pub const VIDEO_CLOCK_HZ: u64 = 90_000;
/// RTP clock of Opus, RFC 7587 section 4.1: 48 kHz whatever the sampling rate is.
pub const OPUS_CLOCK_HZ: u64 = 48_000;

impl MediaTime {
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The time in ticks of a clock of `hz`, rounded down. 128-bit inside: no overflow in the life of a box.
    pub const fn ticks(self, hz: u64) -> u64 {
        (self.0 as u128 * hz as u128 / 1_000_000_000) as u64
    }

    /// Zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for MediaTime {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_do_not_overflow_after_years() {
        let ten_years = MediaTime::from_nanos(10 * 365 * 86_400 * 1_000_000_000);
        assert_eq!(ten_years.ticks(VIDEO_CLOCK_HZ), 10 * 365 * 86_400 * 90_000);
    }

    #[test]
    fn ticks_are_rounded_down() {
        assert_eq!(MediaTime::from_nanos(33_333_333).ticks(VIDEO_CLOCK_HZ), 2_999);
        assert_eq!(MediaTime::from_millis(20).ticks(OPUS_CLOCK_HZ), 960);
    }
}
