//! A track: one writer, many readers, each at its own pace.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::demand::{Demand, DemandGuard};
use super::ring::{Limits, Ring};
use crate::media::{Frame, MediaTime, Params};

/// Over how much time frame rate and bitrate are counted: long enough to be steady, short enough to be current.
const RATE_WINDOW: Duration = Duration::from_secs(2);
/// The same for a track that has only begun: a single frame must not look like thousands per second.
const RATE_WINDOW_MIN: Duration = Duration::from_millis(500);

/// Reading side and bookkeeping of a track. Cheap to clone.
#[derive(Clone)]
pub struct Track {
    shared: Arc<Shared>,
}

/// The one writer of a track. Dropping it closes the track for its readers.
pub struct TrackWriter {
    track: Track,
}

struct Shared {
    ring: Mutex<Ring>,
    written: Notify,
    closed: AtomicBool,
    demand: Demand,
    /// Rises with each wish for a key frame; the encoder's owner watches it.
    key_wishes: watch::Sender<u64>,
    /// The writer can make a key frame at any time (an encoder of ours), so a joining reader need not be given an
    /// old one.
    key_frames_on_demand: AtomicBool,
    frames_missed: AtomicU64,
}

/// Where a new reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the newest key frame held, so that there is a picture at once; at the next one if none is held.
    NewestKeyFrame,
    /// At the next key frame to come.
    NextKeyFrame,
}

/// Why there is no next frame.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The reader was too slow; it now stands at the newest key frame. Tell the client, then go on.
    Lagged { missed: u64 },
    /// The source is gone for good.
    Closed,
}

/// Frames and bits per second of late.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    pub frames_per_s: f64,
    pub bits_per_s: f64,
}

/// One reader. Counts as demand until dropped, unless it only observes.
pub struct Reader {
    track: Track,
    /// Number of the frame wanted next.
    next: u64,
    /// Frames are passed over until a key frame.
    await_key: bool,
    _demand: Option<DemandGuard>,
}

impl Track {
    /// A new track and its writer.
    pub fn create(limits: Limits) -> (TrackWriter, Self) {
        let shared = Shared {
            ring: Mutex::new(Ring::new(limits)),
            written: Notify::new(),
            closed: AtomicBool::new(false),
            demand: Demand::default(),
            key_wishes: watch::Sender::new(0),
            key_frames_on_demand: AtomicBool::new(false),
            frames_missed: AtomicU64::new(0),
        };
        let track = Self { shared: Arc::new(shared) };
        (TrackWriter { track: track.clone() }, track)
    }

    pub fn read(&self, start: Start) -> Reader {
        self.reader(start, Some(self.shared.demand.enter()))
    }

    /// A reader that takes what is there and asks for nothing: it does not count as demand.
    pub fn observe(&self, start: Start) -> Reader {
        self.reader(start, None)
    }

    fn reader(&self, start: Start, demand: Option<DemandGuard>) -> Reader {
        let ring = self.ring();
        let newest = ring.newest_key().filter(|_| start == Start::NewestKeyFrame);
        let next = newest.unwrap_or_else(|| ring.next());
        drop(ring);
        Reader { track: self.clone(), next, await_key: true, _demand: demand }
    }

    /// Where a viewer should start: at a key frame made for it if the writer can, else at the newest one held.
    /// Asks for the key frame too.
    pub fn join(&self) -> Reader {
        let on_demand = self.shared.key_frames_on_demand.load(Ordering::Relaxed);
        let reader = self.read(if on_demand { Start::NextKeyFrame } else { Start::NewestKeyFrame });
        self.request_key_frame();
        reader
    }

    /// Whether both are the same track, not merely tracks alike.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub fn demand(&self) -> &Demand {
        &self.shared.demand
    }

    /// Asks the writer for a key frame. Requests that come too fast are put off by the encoder's owner, never lost.
    pub fn request_key_frame(&self) {
        self.shared.key_wishes.send_modify(|wishes| *wishes += 1);
    }

    pub fn key_frame_wishes(&self) -> watch::Receiver<u64> {
        self.shared.key_wishes.subscribe()
    }

    pub fn makes_key_frames_on_demand(&self) -> bool {
        self.shared.key_frames_on_demand.load(Ordering::Relaxed)
    }

    /// Parameters of the newest frame; `None` before the first and after a break.
    pub fn params(&self) -> Option<Arc<Params>> {
        self.ring().newest().map(|frame| Arc::clone(&frame.params))
    }

    pub fn rate(&self, now: MediaTime) -> Rate {
        let ring = self.ring();
        let (frames, bytes) = ring.within(now, RATE_WINDOW);
        // A track that has only begun, or a ring that holds less than the window, is counted over what it has.
        let held = ring.oldest().map_or(RATE_WINDOW, |frame| now.since(frame.time));
        drop(ring);
        let seconds = held.clamp(RATE_WINDOW_MIN, RATE_WINDOW).as_secs_f64();
        Rate { frames_per_s: frames as f64 / seconds, bits_per_s: bytes as f64 * 8.0 / seconds }
    }

    /// How far its key frames are apart, if so far that the newest can't be kept: who joins waits for the next one.
    pub fn key_frames_too_far(&self) -> Option<Duration> {
        self.ring().too_long()
    }

    /// Number the next frame will have; also the count of all frames ever written.
    pub fn written(&self) -> u64 {
        self.ring().next()
    }

    /// Frames that lagging readers did not get, all readers together.
    pub fn frames_missed(&self) -> u64 {
        self.shared.frames_missed.load(Ordering::Relaxed)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.shared.ring.lock().expect("no holder of this lock can panic")
    }
}

impl TrackWriter {
    /// Hands a frame to all readers. Never waits for any of them.
    pub fn push(&mut self, frame: Frame) {
        self.track.ring().push(frame);
        self.track.shared.written.notify_waiters();
    }

    /// Forgets what is held, so that nobody starts from before a break. Readers stay and wait for a key frame.
    pub fn clear(&mut self) {
        self.track.ring().clear();
    }

    /// Frames that the writer itself missed, being a reader of another track: its readers are told the same.
    pub fn skip(&mut self, frames: u64) {
        self.track.ring().skip(frames);
    }

    /// Says whether this writer can make a key frame when asked.
    pub fn set_key_frames_on_demand(&mut self, can: bool) {
        self.track.shared.key_frames_on_demand.store(can, Ordering::Relaxed);
    }

    pub fn track(&self) -> &Track {
        &self.track
    }
}

impl Drop for TrackWriter {
    fn drop(&mut self) {
        self.track.shared.closed.store(true, Ordering::Release);
        self.track.shared.written.notify_waiters();
    }
}

impl Reader {
    /// The next frame; waits for it. Cancel-safe.
    pub async fn next(&mut self) -> Result<Frame, ReadError> {
        let shared = Arc::clone(&self.track.shared);
        loop {
            let written = shared.written.notified();
            tokio::pin!(written);
            written.as_mut().enable();
            if let Some(outcome) = self.try_next() {
                return outcome;
            }
            written.await;
        }
    }

    /// The next frame if there is one now.
    pub fn try_next(&mut self) -> Option<Result<Frame, ReadError>> {
        let ring = self.track.ring();
        if self.next < ring.first() {
            let missed = ring.first() - self.next;
            self.next = ring.newest_key().unwrap_or_else(|| ring.next());
            // One that still waits for its first key frame has lost nothing it could have used.
            if !std::mem::replace(&mut self.await_key, true) {
                drop(ring);
                self.track.shared.frames_missed.fetch_add(missed, Ordering::Relaxed);
                return Some(Err(ReadError::Lagged { missed }));
            }
        }
        while let Some(frame) = ring.get(self.next) {
            self.next += 1;
            if frame.key || !self.await_key {
                self.await_key = false;
                return Some(Ok(frame.clone()));
            }
        }
        drop(ring);
        self.track.shared.closed.load(Ordering::Acquire).then_some(Err(ReadError::Closed))
    }

    /// Goes to the newest key frame, for a reader whose own client is too slow. Counted like any other lag.
    /// Returns how many frames were passed over: 0 if there is no newer key frame.
    pub fn skip_to_newest_key_frame(&mut self) -> u64 {
        let ring = self.track.ring();
        let Some(key) = ring.newest_key().filter(|&key| key > self.next) else { return 0 };
        let missed = key - self.next;
        self.next = key;
        drop(ring);
        self.track.shared.frames_missed.fetch_add(missed, Ordering::Relaxed);
        missed
    }

    /// Passes over what comes until a key frame, for a reader that could not hand a frame on.
    pub fn skip_to_next_key_frame(&mut self) {
        self.await_key = true;
    }

    /// How many frames stand ready that were not read yet.
    pub fn behind(&self) -> u64 {
        self.track.ring().next().saturating_sub(self.next)
    }

    pub fn track(&self) -> &Track {
        &self.track
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::media::OpusParams;

    fn frame(millis: u64, key: bool) -> Frame {
        let params = Arc::new(Params::Opus(OpusParams { channels: 2, pre_skip: 0 }));
        let time = MediaTime::from_millis(millis);
        Frame { time, decode_time: time, key, data: Bytes::from_static(b"x"), params }
    }

    fn track(frames: usize) -> (TrackWriter, Track) {
        Track::create(Limits { frames, group_frames: frames, bytes: 1 << 20 })
    }

    /// Times in ms of all frames that stand ready, with `!n` for a lag of n.
    fn drain(reader: &mut Reader) -> String {
        let mut seen = Vec::new();
        while let Some(outcome) = reader.try_next() {
            match outcome {
                Ok(frame) => seen.push((frame.time.nanos() / 1_000_000).to_string()),
                Err(ReadError::Lagged { missed }) => seen.push(format!("!{missed}")),
                Err(ReadError::Closed) => {
                    seen.push("closed".to_owned());
                    break;
                }
            }
        }
        seen.join(" ")
    }

    #[test]
    fn the_rate_is_right_from_the_start_and_with_a_short_ring() {
        let check = |frames: u64, ring: usize, expected: f64| {
            let (mut writer, track) = track(ring);
            (0..frames).for_each(|number| writer.push(frame(number * 40, number == 0)));
            let rate = track.rate(MediaTime::from_millis(frames * 40));
            let near = (rate.frames_per_s - expected).abs() < 1.0;
            assert!(near, "{frames} frames in a ring of {ring}: {}", rate.frames_per_s);
        };
        check(25, 1000, 25.0);
        check(250, 1000, 25.0);
        check(250, 20, 25.0);
        check(1, 1000, 2.0);
        check(0, 1000, 0.0);
    }

    #[test]
    fn a_reader_begins_at_the_newest_key_frame_held() {
        let (mut writer, track) = track(10);
        for millis in 0..5 {
            writer.push(frame(millis, millis % 3 == 0));
        }
        assert_eq!(drain(&mut track.read(Start::NewestKeyFrame)), "3 4");
        let mut later = track.read(Start::NextKeyFrame);
        writer.push(frame(5, false));
        writer.push(frame(6, true));
        assert_eq!(drain(&mut later), "6");
    }

    #[test]
    fn a_reader_that_lags_is_told_skips_to_the_newest_key_frame_and_is_counted() {
        let (mut writer, track) = track(4);
        writer.push(frame(0, true));
        let mut reader = track.read(Start::NewestKeyFrame);
        assert_eq!(drain(&mut reader), "0");
        for millis in 1..10 {
            writer.push(frame(millis, millis % 4 == 0));
        }
        assert_eq!(drain(&mut reader), "!5 8 9");
        assert_eq!(track.frames_missed(), 5);
    }

    #[test]
    fn after_a_break_readers_wait_for_a_key_frame_and_stay_open() {
        let (mut writer, track) = track(10);
        writer.push(frame(0, true));
        let mut reader = track.read(Start::NewestKeyFrame);
        writer.clear();
        writer.push(frame(1, false));
        assert_eq!(drain(&mut reader), "");
        writer.push(frame(2, true));
        assert_eq!(drain(&mut reader), "2");
        drop(writer);
        assert_eq!(drain(&mut reader), "closed");
    }

    #[test]
    fn what_the_writer_missed_its_readers_have_missed() {
        let (mut writer, track) = track(10);
        writer.push(frame(0, true));
        let mut reader = track.read(Start::NewestKeyFrame);
        assert_eq!(drain(&mut reader), "0");
        writer.skip(7);
        writer.push(frame(8, false));
        writer.push(frame(9, true));
        assert_eq!(drain(&mut reader), "!7 9");
    }

    #[test]
    fn demand_counts_readers() {
        let (_writer, track) = track(10);
        let reader = track.read(Start::NewestKeyFrame);
        assert_eq!(track.demand().count(), 1);
        drop(reader);
        assert_eq!(track.demand().count(), 0);
    }

    #[tokio::test]
    async fn a_waiting_reader_wakes_on_a_frame_and_on_the_end() {
        let (mut writer, track) = track(10);
        let mut reader = track.read(Start::NewestKeyFrame);
        let task = tokio::spawn(async move {
            let first = reader.next().await.map(|frame| frame.time);
            (first, reader.next().await.map(|frame| frame.time))
        });
        tokio::task::yield_now().await;
        writer.push(frame(7, true));
        tokio::task::yield_now().await;
        drop(writer);
        let expected = (Ok(MediaTime::from_millis(7)), Err(ReadError::Closed));
        assert_eq!(task.await.expect("joined"), expected);
    }
}
