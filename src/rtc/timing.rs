//! RTP timestamps, and the wall clock behind them. Pure: `now` is an argument.

use std::time::{Duration, Instant};

use crate::media::MediaTime;
use crate::media::time::{OPUS_CLOCK_HZ, VIDEO_CLOCK_HZ};

/// How far a sound packet's time may be from the end of the one before and still follow it without a gap, in
/// samples of 48 kHz (5 ms). Times in nanoseconds round by one sample; a browser would hear each as a tiny hole.
const SOUND_SNAP: u64 = 240;

/// The RTP clock of one stream to one viewer. Its timestamps never go back and never stand still.
#[derive(Debug)]
pub(super) struct RtpClock {
    hz: u64,
    /// Random, so that timestamps tell nothing about the box (RFC 3550 section 5.1).
    offset: u32,
    /// Ticks of the frame sent last, and where it ends if it has a duration.
    last: Option<(u64, u64)>,
}

impl RtpClock {
    pub(super) fn video(offset: u32) -> Self {
        Self { hz: VIDEO_CLOCK_HZ, offset, last: None }
    }

    pub(super) fn opus(offset: u32) -> Self {
        Self { hz: OPUS_CLOCK_HZ, offset, last: None }
    }

    /// The timestamp of the next frame. `duration` in ticks, 0 if unknown.
    pub(super) fn stamp(&mut self, time: MediaTime, duration: u64) -> u32 {
        let mut ticks = time.ticks(self.hz);
        if let Some((last, end)) = self.last {
            if end > last && ticks.abs_diff(end) <= SOUND_SNAP {
                ticks = end;
            }
            ticks = ticks.max(last + 1);
        }
        self.last = Some((ticks, ticks + duration));
        // An RTP timestamp is the lower 32 bits, by design.
        (ticks as u32).wrapping_add(self.offset)
    }
}

/// Maps media time to the monotonic clock by the frame that came with the least delay so far.
///
/// One for all tracks: sender reports derived from it put picture and sound on one clock. A frame's instant is never
/// later than the moment the frame was seen, or its sender report could not be made.
#[derive(Debug)]
pub(super) struct WallClock {
    base: Instant,
    /// Least of (arrival since `base` - media time), in ns.
    offset: Option<i128>,
}

impl WallClock {
    pub(super) fn new(now: Instant) -> Self {
        Self { base: now, offset: None }
    }

    /// When the frame of media time `time`, seen at `now`, was made.
    pub(super) fn instant(&mut self, time: MediaTime, now: Instant) -> Instant {
        let arrived = now.saturating_duration_since(self.base).as_nanos().cast_signed();
        let delay = arrived - i128::from(time.nanos());
        let offset = self.offset.map_or(delay, |least| least.min(delay));
        self.offset = Some(offset);
        let since_base = i128::from(time.nanos()) + offset;
        let distance = Duration::from_nanos(u64::try_from(since_base.unsigned_abs()).unwrap_or(u64::MAX));
        let instant =
            if since_base < 0 { self.base.checked_sub(distance) } else { self.base.checked_add(distance) };
        instant.unwrap_or(now)
    }
}

/// Times for frames that are all sent at once: 1 ms apart, the last at its true time, so that a browser shows the
/// newest at once and goes on in real time.
pub(super) fn compressed(newest: MediaTime, behind: usize) -> MediaTime {
    const STEP_NANOS: u64 = 1_000_000;
    MediaTime::from_nanos(newest.nanos().saturating_sub(STEP_NANOS.saturating_mul(behind as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_never_go_back_or_stand_still() {
        let mut clock = RtpClock::video(7);
        let stamps: Vec<u32> =
            [40, 80, 60, 60, 120].map(|millis| clock.stamp(MediaTime::from_millis(millis), 0)).into();
        assert_eq!(stamps, [3607, 7207, 7208, 7209, 10807]);
    }

    #[test]
    fn timestamps_wrap() {
        let mut clock = RtpClock::video(u32::MAX);
        assert_eq!(clock.stamp(MediaTime::from_millis(10), 0), 899);
    }

    #[test]
    fn sound_follows_without_holes_and_jumps_over_real_ones() {
        let mut clock = RtpClock::opus(0);
        let times = [0, 20_000_001, 39_979_000, 60_000_000, 200_000_000, 220_000_000];
        let stamps = times.map(|nanos| clock.stamp(MediaTime::from_nanos(nanos), 960));
        assert_eq!(stamps, [0, 960, 1920, 2880, 9600, 10560]);
    }

    #[test]
    fn two_tracks_share_one_clock() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut clock = WallClock::new(start);
        // The first picture comes 100 ms after its time, sound 20 ms after its.
        assert_eq!(clock.instant(MediaTime::from_millis(1000), at(100)), at(100));
        assert_eq!(clock.instant(MediaTime::from_millis(1100), at(120)), at(120));
        // From now on the sound's smaller delay counts for both.
        let picture = clock.instant(MediaTime::from_millis(1200), at(300));
        let sound = clock.instant(MediaTime::from_millis(1200), at(220));
        assert_eq!((picture, sound), (at(220), at(220)));
    }

    #[test]
    fn an_instant_is_never_in_the_future() {
        let start = Instant::now();
        let mut clock = WallClock::new(start);
        for (time, now) in [(5000, 1), (5100, 50), (9000, 60), (9001, 5000)] {
            let now = start + Duration::from_millis(now);
            assert!(clock.instant(MediaTime::from_millis(time), now) <= now);
        }
    }

    #[test]
    fn cached_frames_end_at_the_newest_ones_time() {
        let newest = MediaTime::from_millis(500);
        assert_eq!(compressed(newest, 0), newest);
        assert_eq!(compressed(newest, 20), MediaTime::from_millis(480));
        assert_eq!(compressed(MediaTime::from_millis(3), 20), MediaTime::default());
    }
}
