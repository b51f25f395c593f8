//! Lip sync: how much after its own time a sound is to be heard, so that it is in step with the picture. Pure.

use std::time::Duration;

use crate::media::MediaTime;
use crate::pipeline::speaker::Speaker;

/// From a picture's hand-over until it is on the screen: the next refresh, half a period on average, and the time
/// down to the middle of the screen.
pub(super) const SCREEN: Duration = Duration::from_millis(17);
/// Sound that is no further off than this is left alone: each change can be heard. Nobody notices 45 ms too early or
/// 125 ms too late (ITU-R BT.1359).
const EARLY_MAX: Duration = Duration::from_millis(40);
const LATE_MAX: Duration = Duration::from_millis(80);
/// What is off for so long does not pass by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// The delay of one source's sound on one screen.
#[derive(Debug, Default)]
pub(super) struct Lips {
    delay: Option<Duration>,
    /// Since when the delay is wrong.
    wrong_since: Option<MediaTime>,
    /// The most that was needed since then.
    needed: Duration,
}

impl Lips {
    /// The delay for a sound that comes at `now`, being `age` old. `picture`: how old pictures are when they are handed
    /// to the screen, once that is known.
    pub(super) fn delay(&mut self, now: MediaTime, age: Duration, picture: Option<Duration>) -> Duration {
        // Sound that is later than the picture can't be made earlier: it comes as soon as it can.
        let needed = (age + Speaker::AHEAD).max(picture.map_or(Duration::ZERO, |picture| picture + SCREEN));
        let needed = needed.min(Speaker::DELAY_MAX);
        let delay = *self.delay.get_or_insert(needed);
        if needed <= delay + EARLY_MAX && delay <= needed + LATE_MAX {
            self.wrong_since = None;
            return delay;
        }
        let since = *self.wrong_since.get_or_insert_with(|| {
            self.needed = Duration::ZERO;
            now
        });
        self.needed = self.needed.max(needed);
        if now.since(since) < PATIENCE {
            return delay;
        }
        self.wrong_since = None;
        *self.delay.insert(self.needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// The last delay of a second's worth of sounds of that age, the first of them at `second`.
    fn hear(lips: &mut Lips, second: u64, age: u64, picture: Option<u64>) -> u64 {
        let at = |step: u64| MediaTime::from_millis(1000 * second + 10 * step);
        let delays = (0..100).map(|step| lips.delay(at(step), millis(age), picture.map(millis)));
        u64::try_from(delays.last().expect("a hundred").as_millis()).expect("small")
    }

    #[test]
    fn sound_waits_for_a_picture_that_takes_longer() {
        assert_eq!(hear(&mut Lips::default(), 0, 10, Some(180)), 197);
    }

    #[test]
    fn sound_that_is_later_than_the_picture_comes_as_soon_as_it_can() {
        assert_eq!(hear(&mut Lips::default(), 0, 10, Some(5)), 70);
        assert_eq!(hear(&mut Lips::default(), 0, 10, None), 70);
    }

    #[test]
    fn what_nobody_notices_is_left_alone() {
        let mut lips = Lips::default();
        hear(&mut lips, 0, 10, Some(100));
        assert_eq!(hear(&mut lips, 1, 10, Some(130)), 117);
        assert_eq!(hear(&mut lips, 10, 10, Some(50)), 117);
    }

    #[test]
    fn a_hiccup_changes_nothing_and_what_stays_is_followed() {
        let mut lips = Lips::default();
        hear(&mut lips, 0, 10, Some(50));
        assert_eq!(hear(&mut lips, 1, 10, Some(400)), 70);
        assert_eq!(hear(&mut lips, 2, 10, Some(50)), 70);
        for second in 3..5 {
            assert_eq!(hear(&mut lips, second, 10, Some(300)), 70);
        }
        assert_eq!(hear(&mut lips, 5, 10, Some(300)), 317);
        for second in 6..9 {
            hear(&mut lips, second, 10, Some(50));
        }
        assert_eq!(hear(&mut lips, 9, 10, Some(50)), 70);
    }

    #[test]
    fn a_clock_that_is_wrong_delays_nothing_for_long() {
        assert_eq!(hear(&mut Lips::default(), 0, 3_600_000, Some(0)), 1000);
    }
}
