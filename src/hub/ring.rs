//! The ring of one track: pure, bounded in frames and bytes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::media::{Frame, MediaTime};

/// What a ring may hold. Whichever bound is reached first counts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub frames: usize,
    pub bytes: usize,
}

impl Limits {
    /// Video: 10 s at 60 fps, so that a camera with a long GOP can be joined at its newest key frame;
    /// 24 MiB holds 10 s at 20 Mbit/s, the Pi encoder's most.
    pub const VIDEO: Self = Self { frames: 600, bytes: 24 << 20 };
    /// Opus packets of 20 ms: 4 s. A sound that is later than that is not wanted any more.
    pub const AUDIO: Self = Self { frames: 200, bytes: 1 << 20 };
    /// Whole JPEG files: a reader wants the newest; 8 of 4 MiB bridge a pause of the transcoder.
    pub const JPEG: Self = Self { frames: 8, bytes: 32 << 20 };
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
}

impl Ring {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, frames: VecDeque::new(), bytes: 0, first: 0, newest_key: None }
    }

    /// Frames before the first key frame, at the start and after `clear`, are of no use to anybody and not held.
    pub(super) fn push(&mut self, frame: Frame) {
        if self.frames.is_empty() && !frame.key {
            return;
        }
        if frame.key {
            self.newest_key = Some(self.next());
        }
        self.bytes += frame.data.len();
        self.frames.push_back(frame);
        // The newest frame stays even if it alone is over the bound: a picture of any size can be sent.
        while self.frames.len() > 1
            && (self.frames.len() > self.limits.frames || self.bytes > self.limits.bytes)
        {
            let oldest = self.frames.pop_front().expect("more than one is held");
            self.bytes -= oldest.data.len();
            self.first += 1;
        }
        self.newest_key = self.newest_key.filter(|&key| key >= self.first);
    }

    /// Forgets all frames but keeps counting: after a break nobody may start from what was before it.
    pub(super) fn clear(&mut self) {
        self.first = self.next();
        self.frames.clear();
        self.bytes = 0;
        self.newest_key = None;
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
        let mut ring = Ring::new(Limits { frames: 3, bytes: 100 });
        for millis in 0..10 {
            ring.push(frame(millis, millis == 0, 10));
        }
        assert_eq!((ring.first(), ring.next(), ring.newest_key()), (7, 10, None));
        ring.push(frame(10, true, 95));
        assert_eq!((ring.first(), ring.next(), ring.newest_key()), (10, 11, Some(10)));
    }

    #[test]
    fn a_frame_larger_than_the_ring_is_still_handed_on() {
        let mut ring = Ring::new(Limits { frames: 3, bytes: 100 });
        ring.push(frame(0, true, 500));
        assert!(ring.get(0).is_some());
        ring.push(frame(1, false, 1));
        assert!(ring.get(0).is_none() && ring.get(1).is_some());
    }

    #[test]
    fn after_a_clear_old_numbers_are_gone_and_new_ones_go_on() {
        let mut ring = Ring::new(Limits { frames: 3, bytes: 100 });
        ring.push(frame(0, true, 1));
        ring.clear();
        assert_eq!((ring.first(), ring.next(), ring.newest_key()), (1, 1, None));
        ring.push(frame(1, true, 1));
        assert_eq!(ring.newest_key(), Some(1));
    }

    #[test]
    fn the_window_counts_what_is_younger() {
        let mut ring = Ring::new(Limits { frames: 100, bytes: 1000 });
        for millis in (0..1000).step_by(100) {
            ring.push(frame(millis, true, 2));
        }
        assert_eq!(ring.within(MediaTime::from_millis(900), Duration::from_millis(500)), (5, 10));
    }
}
