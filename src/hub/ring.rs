//! The ring of one track: pure, bounded in frames and bytes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::media::{Frame, MediaTime};

/// What a ring may hold. Whichever bound is reached first counts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub frames: usize,
    /// As long as the newest key frame would else be lost: a group of pictures is of use only as a whole.
    pub group_frames: usize,
    pub bytes: usize,
}

impl Limits {
    /// Video: 10 s at 60 fps for readers that are late. A group may have more, so that a camera with a key frame every
    /// minute can be joined at its newest one; more than 60 s at 60 fps would keep a joining viewer's decoder busy for
    /// longer than it takes the next to come. 24 MiB holds 10 s at 20 Mbit/s, the Pi encoder's most, and 60 s at 3.
    pub const VIDEO: Self = Self { frames: 600, group_frames: 3600, bytes: 24 << 20 };
    /// Opus packets of 20 ms: 4 s. A sound that is later than that is not wanted any more.
    pub const AUDIO: Self = Self { frames: 200, group_frames: 200, bytes: 1 << 20 };
    /// Whole JPEG files: a reader wants the newest; 8 of 4 MiB bridge a pause of the transcoder.
    pub const JPEG: Self = Self { frames: 8, group_frames: 8, bytes: 32 << 20 };
}

/// Frames with consecutive numbers; the oldest leave when a bound is reached.
pub(super) struct Ring {
    limits: Limits,
    frames: VecDeque<Frame>,
    bytes: usize,
    /// Number of the oldest frame held. Invariant: `first + frames.len()` is the number of the next frame.
    first: u64,
    /// Number of the newest key frame, if it is still held.
    newest_key: Option<u64>,
    /// When the newest key frame was, held or not.
    key_time: Option<MediaTime>,
    /// How long the last group is that could not be held to its end.
    too_long: Option<Duration>,
}

impl Ring {
    pub(super) fn new(limits: Limits) -> Self {
        let frames = VecDeque::new();
        Self { limits, frames, bytes: 0, first: 0, newest_key: None, key_time: None, too_long: None }
    }

    /// Frames before the first key frame, at the start and after `clear`, are of no use to anybody and not held.
    pub(super) fn push(&mut self, frame: Frame) {
        if self.frames.is_empty() && !frame.key {
            return;
        }
        if frame.key {
            self.end_group(frame.time);
        }
        self.bytes += frame.data.len();
        self.frames.push_back(frame);
        // The newest frame stays even if it alone is over the bound: a picture of any size can be sent.
        while self.frames.len() > 1 && self.is_full() {
            let oldest = self.frames.pop_front().expect("more than one is held");
            self.bytes -= oldest.data.len();
            self.first += 1;
        }
        if self.newest_key.is_some_and(|key| key < self.first) {
            self.newest_key = None;
            self.too_long = self.group_length();
        }
    }

    /// A key frame is about to be pushed.
    fn end_group(&mut self, time: MediaTime) {
        let held = self.newest_key.is_some();
        let before = self.key_time.replace(time);
        self.newest_key = Some(self.next());
        if let Some(before) = before {
            self.too_long = (!held).then(|| time.since(before));
        }
    }

    fn is_full(&self) -> bool {
        let begins_group = self.newest_key == Some(self.first);
        let frames = if begins_group { self.limits.group_frames } else { self.limits.frames };
        self.frames.len() > frames || self.bytes > self.limits.bytes
    }

    fn group_length(&self) -> Option<Duration> {
        Some(self.newest()?.time.since(self.key_time?))
    }

    /// How long the groups are, if they do not fit: whoever joins has to wait for the next key frame.
    pub(super) fn too_long(&self) -> Option<Duration> {
        self.too_long.max(self.group_length().filter(|_| self.newest_key.is_none()))
    }

    /// Forgets all frames but keeps counting: after a break nobody may start from what was before it.
    pub(super) fn clear(&mut self) {
        self.first = self.next();
        self.frames.clear();
        self.bytes = 0;
        self.newest_key = None;
        // The time goes on anywhere after a break.
        self.key_time = None;
        self.too_long = None;
    }

    /// Forgets all frames, and counts `frames` more that never got here: who reads on has missed those, too.
    pub(super) fn skip(&mut self, frames: u64) {
        self.clear();
        self.first += frames;
    }

    pub(super) fn get(&self, number: u64) -> Option<&Frame> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.frames.get(index)
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn next(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    pub(super) fn newest_key(&self) -> Option<u64> {
        self.newest_key
    }

    pub(super) fn newest(&self) -> Option<&Frame> {
        self.frames.back()
    }

    pub(super) fn oldest(&self) -> Option<&Frame> {
        self.frames.front()
    }

    /// Frames and bytes whose time is within `window` before `now`.
    pub(super) fn within(&self, now: MediaTime, window: Duration) -> (usize, usize) {
        let recent = self.frames.iter().rev().take_while(|frame| now.since(frame.time) < window);
        recent.fold((0, 0), |(frames, bytes), frame| (frames + 1, bytes + frame.data.len()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::media::{OpusParams, Params};

    fn frame(millis: u64, key: bool, bytes: usize) -> Frame {
        let params = Arc::new(Params::Opus(OpusParams { channels: 2, pre_skip: 0 }));
        let time = MediaTime::from_millis(millis);
        Frame { time, decode_time: time, key, data: Bytes::from(vec![0; bytes]), params }
    }

    #[test]
    fn both_bounds_hold() {
        let mut ring = Ring::new(Limits { frames: 3, group_frames: 3, bytes: 100 });
        for millis in 0..10 {
            ring.push(frame(millis, millis == 0, 10));
        }
        assert_eq!((ring.first(), ring.next(), ring.newest_key()), (7, 10, None));
        ring.push(frame(10, true, 95));
        assert_eq!((ring.first(), ring.next(), ring.newest_key()), (10, 11, Some(10)));
    }

    #[test]
    fn a_frame_larger_than_the_ring_is_still_handed_on() {
        let mut ring = Ring::new(Limits { frames: 3, group_frames: 3, bytes: 100 });
        ring.push(frame(0, true, 500));
        assert!(ring.get(0).is_some());
        ring.push(frame(1, false, 1));
        assert!(ring.get(0).is_none() && ring.get(1).is_some());
    }

    #[test]
    fn after_a_clear_old_numbers_are_gone_and_new_ones_go_on() {
        let mut ring = Ring::new(Limits { frames: 3, group_frames: 3, bytes: 100 });
        ring.push(frame(0, true, 1));
        ring.clear();
        assert_eq!((ring.first(), ring.next(), ring.newest_key()), (1, 1, None));
        ring.push(frame(1, true, 1));
        assert_eq!(ring.newest_key(), Some(1));
    }

    #[test]
    fn a_long_group_is_held_as_a_whole_or_its_length_is_told() {
        let mut ring = Ring::new(Limits { frames: 3, group_frames: 6, bytes: 100 });
        for millis in 0..6 {
            ring.push(frame(millis, millis == 0, 1));
        }
        assert_eq!((ring.first(), ring.newest_key(), ring.too_long()), (0, Some(0), None));
        ring.push(frame(6, false, 1));
        assert_eq!((ring.first(), ring.newest_key()), (4, None), "no more than others once it is of no use");
        assert_eq!(ring.too_long(), Some(Duration::from_millis(6)));
        for millis in 7..9 {
            ring.push(frame(millis, false, 1));
        }
        assert_eq!(ring.too_long(), Some(Duration::from_millis(8)), "it goes on");
        ring.push(frame(9, true, 1));
        assert_eq!((ring.newest_key(), ring.too_long()), (Some(9), Some(Duration::from_millis(9))));
        ring.push(frame(10, true, 1));
        assert_eq!(ring.too_long(), None, "the next one did fit");
    }

    #[test]
    fn after_a_break_no_group_is_too_long() {
        let mut ring = Ring::new(Limits { frames: 3, group_frames: 3, bytes: 100 });
        for millis in 0..5 {
            ring.push(frame(millis, millis == 0, 1));
        }
        assert!(ring.too_long().is_some());
        ring.clear();
        assert_eq!(ring.too_long(), None);
        ring.push(frame(900, true, 1));
        assert_eq!(ring.too_long(), None);
    }

    #[test]
    fn the_window_counts_what_is_younger() {
        let mut ring = Ring::new(Limits { frames: 100, group_frames: 100, bytes: 1000 });
        for millis in (0..1000).step_by(100) {
            ring.push(frame(millis, true, 2));
        }
        assert_eq!(ring.within(MediaTime::from_millis(900), Duration::from_millis(500)), (5, 10));
    }
}
