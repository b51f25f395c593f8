//! Keeps a track's times rising and near the clock, whatever a device or camera claims.

use std::time::Duration;

use super::MediaTime;

/// Further off the clock than this, a source's own times are not believed: its clock jumped.
const OFF_MAX: Duration = Duration::from_secs(2);
/// The least step between two frames, so that times rise strictly: below any real frame's length.
const STEP_MIN: Duration = Duration::from_micros(100);

/// Places the frames of one track, slates and restarts included, on one rising line of time.
#[derive(Debug, Default)]
pub struct Timeline {
    /// Added to the source's times; zero until a source's clock is found to be off.
    offset_ns: i64,
    last: Option<MediaTime>,
}

impl Timeline {
    /// Where a frame stands that its source puts at `time`, while the clock shows `now`.
    ///
    /// Invariants: each answer is above the one before, and within [`OFF_MAX`] of `now` if the one before was.
    pub fn place(&mut self, time: MediaTime, now: MediaTime) -> MediaTime {
        let mut placed = self.shifted(time);
        if placed.since(now) > OFF_MAX || now.since(placed) > OFF_MAX {
            self.offset_ns = i64::try_from(i128::from(now.nanos()) - i128::from(time.nanos())).unwrap_or(0);
            placed = self.shifted(time);
        }
        if let Some(last) = self.last.filter(|last| placed < *last + STEP_MIN) {
            placed = last + STEP_MIN;
        }
        self.last = Some(placed);
        placed
    }

    /// Forgets a clock that was off: another source of pictures begins.
    pub fn restart(&mut self) {
        self.offset_ns = 0;
    }

    fn shifted(&self, time: MediaTime) -> MediaTime {
        MediaTime::from_nanos(time.nanos().saturating_add_signed(self.offset_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places `times`, all in ms, each while the clock shows the second value.
    fn check(times: &[(u64, u64)], expected: &[u64]) {
        let mut timeline = Timeline::default();
        let placed = times.iter().map(|&(time, now)| {
            let placed = timeline.place(MediaTime::from_millis(time), MediaTime::from_millis(now));
            placed.nanos() / 1_000_000
        });
        assert_eq!(placed.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn good_times_are_kept() {
        check(&[(1000, 1010), (1040, 1051), (1080, 1083)], &[1000, 1040, 1080]);
    }

    #[test]
    fn a_clock_that_is_off_is_shifted_once_and_its_steps_are_kept() {
        check(&[(90_000_000, 1000), (90_000_040, 1043), (90_000_080, 1079)], &[1000, 1040, 1080]);
    }

    #[test]
    fn a_jump_back_is_followed_without_going_back() {
        check(&[(5000, 5000), (10, 5040), (50, 5080)], &[5000, 5040, 5080]);
    }

    #[test]
    fn times_rise_even_where_the_source_repeats_itself() {
        let mut timeline = Timeline::default();
        let now = MediaTime::from_millis(100);
        let times: Vec<_> = (0..50).map(|_| timeline.place(now, now)).collect();
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
