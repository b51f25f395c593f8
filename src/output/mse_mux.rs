//! One source's pictures and sound, interleaved into the fragments that every MSE viewer of it gets. Pure.
//!
//! A picture becomes a fragment at once. Sound rides in the next picture's fragment, so that a viewer gets one
//! message per picture and not two streams of small ones.
//!
//! A browser stops playing when *one* of its tracks ends. Sound that stays away (its camera is gone, a slate is
//! shown) is therefore replaced by silence, and comes back without a new initialization segment.

use std::sync::Arc;

use bytes::Bytes;

use super::fmp4::{self, Fmp4Error, Sample};
use crate::media::time::{OPUS_CLOCK_HZ, VIDEO_CLOCK_HZ};
use crate::media::{Fmp4Params, Frame, MediaTime, OpusParams, Params};

/// 40 ms. A picture's duration is not known before the next one comes; the last distance is taken, but no less than
/// this. Browsers drop everything up to the next key frame after a step of decode time of more than twice the stated
/// duration (Media Source Extensions, coded frame processing): after a pause the decode time takes no longer step than
/// that, and is that much before the time at which the picture is shown.
const PICTURE_TICKS_MIN: u64 = VIDEO_CLOCK_HZ / 25;
/// 1 s. A longer pause is no frame rate.
const PICTURE_TICKS_MAX: u64 = VIDEO_CLOCK_HZ;

/// 20 ms, what every Opus track of ours has.
const PACKET_TICKS: u64 = OPUS_CLOCK_HZ / 50;
/// 5 ms: packets this near to the end of the one before are put exactly there. Rounding and a capture clock that
/// drifts would otherwise leave a crack or an overlap at every packet.
const SNAP_TICKS: u64 = OPUS_CLOCK_HZ / 200;
/// 500 ms behind the pictures sound is taken as lost. Cards and cameras deliver it up to 200 ms late.
const LATE_TICKS: u64 = OPUS_CLOCK_HZ / 2;
/// 100 ms: sound that waits longer for a picture goes alone.
const PACKETS_WAITING_MAX: usize = 5;
/// 10 s of silence, about 50 kB, in one go. A longer pause becomes a gap, which players jump over.
const SILENCE_PACKETS_MAX: u64 = 500;
/// 20 ms of nothing, stereo, full band (RFC 6716 section 3.1: configuration 31, code 0).
const SILENCE: Bytes = Bytes::from_static(&[0xfc, 0xff, 0xfe]);

/// What is announced while sound is expected but has not been heard yet.
const ASSUMED_SOUND: OpusParams = OpusParams { channels: 2, pre_skip: 312 };

#[derive(Default)]
pub struct Muxer {
    sequence: u32,
    /// What the viewers' decoders are set to.
    init: Option<Arc<Params>>,
    /// What `init` was made of.
    video: Option<Arc<Params>>,
    sound_announced: Option<OpusParams>,
    /// What the next `init` should say about sound.
    sound_wanted: Option<OpusParams>,
    /// Decode time and duration of the last picture.
    last: Option<(u64, u64)>,
    sound: Sound,
    key_frame_wanted: bool,
}

/// The timeline of the sound.
#[derive(Default)]
struct Sound {
    /// Where the next packet goes, in its own ticks.
    end: u64,
    waiting: Vec<Sample>,
    /// The real sound stays away.
    silent: bool,
}

impl Muxer {
    /// Says that this source has sound. It is announced with the next key frame.
    pub fn expect_sound(&mut self) {
        if self.sound_wanted.is_none() {
            self.want_sound(ASSUMED_SOUND);
        }
    }

    /// The fragment of one picture. `None` until the first key frame.
    ///
    /// Errors mean that this picture and those up to the next key frame can't be shown.
    pub fn video(&mut self, frame: &Frame) -> Result<Option<Frame>, Fmp4Error> {
        if frame.key
            && let Err(error) = self.announce(frame)
        {
            self.init = None;
            return Err(error);
        }
        let Some(init) = self.init.clone() else { return Ok(None) };
        let sample = self.picture(frame);
        if self.sound_announced.is_some() {
            self.sound.keep_up_with(frame.decode_time.ticks(OPUS_CLOCK_HZ));
        }
        let data = self.fragment(Some(&sample))?;
        Ok(Some(Frame {
            time: frame.time,
            decode_time: frame.decode_time,
            key: frame.key,
            data,
            params: init,
        }))
    }

    /// Takes one packet of sound. A fragment comes out only if pictures stay away.
    pub fn audio(&mut self, frame: &Frame) -> Result<Option<Frame>, Fmp4Error> {
        let Some(params) = frame.params.opus() else { return Ok(None) };
        if self.sound_wanted != Some(*params) {
            self.want_sound(*params);
        }
        let Some(init) = self.init.clone().filter(|_| self.sound_announced.is_some()) else {
            return Ok(None);
        };
        self.sound.place(frame.time.ticks(OPUS_CLOCK_HZ), frame.data.clone());
        if self.sound.waiting.len() < PACKETS_WAITING_MAX {
            return Ok(None);
        }
        let data = self.fragment(None)?;
        Ok(Some(Frame { time: frame.time, decode_time: frame.time, key: false, data, params: init }))
    }

    /// Whether a key frame is needed for what happened since the last call.
    pub fn take_key_frame_wish(&mut self) -> bool {
        std::mem::take(&mut self.key_frame_wanted)
    }

    fn want_sound(&mut self, params: OpusParams) {
        self.sound_wanted = Some(params);
        self.key_frame_wanted |= self.init.is_some();
    }

    /// At a key frame: a new `init` if anything it says has changed.
    fn announce(&mut self, frame: &Frame) -> Result<(), Fmp4Error> {
        let same_video =
            self.video.as_ref().is_some_and(|old| Arc::ptr_eq(old, &frame.params) || *old == frame.params);
        if self.init.is_some() && same_video && self.sound_announced == self.sound_wanted {
            return Ok(());
        }
        let Some(video) = frame.params.h264() else { return Ok(()) };
        let params: Fmp4Params = fmp4::init(video, self.sound_wanted.as_ref())?;
        if self.sound_announced.is_none() {
            self.sound = Sound { end: frame.decode_time.ticks(OPUS_CLOCK_HZ), ..Sound::default() };
        }
        self.init = Some(Arc::new(Params::Fmp4(params)));
        self.video = Some(Arc::clone(&frame.params));
        self.sound_announced = self.sound_wanted;
        Ok(())
    }

    fn picture(&mut self, frame: &Frame) -> Sample {
        let ticks = |time: MediaTime| time.ticks(VIDEO_CLOCK_HZ);
        let own = ticks(frame.decode_time);
        let (decode_time, duration) = match self.last {
            Some((before, duration)) => {
                let step = own.saturating_sub(before);
                // Browsers can start at a key frame, however long the pause before it was.
                let placed = if frame.key { own } else { before + step.min(2 * duration) };
                (placed, step.clamp(PICTURE_TICKS_MIN, PICTURE_TICKS_MAX))
            }
            None => (own, PICTURE_TICKS_MIN),
        };
        self.last = Some((decode_time, duration));
        let composition_offset = i64::try_from(ticks(frame.time)).unwrap_or(i64::MAX)
            - i64::try_from(decode_time).unwrap_or(i64::MAX);
        Sample {
            decode_time,
            duration: u32::try_from(duration).expect("clamped to a second"),
            composition_offset: i32::try_from(composition_offset).unwrap_or(0),
            key: frame.key,
            data: frame.data.clone(),
        }
    }

    fn fragment(&mut self, picture: Option<&Sample>) -> Result<Bytes, Fmp4Error> {
        self.sequence = self.sequence.wrapping_add(1);
        let sound = std::mem::take(&mut self.sound.waiting);
        fmp4::fragment(self.sequence, picture, &sound)
    }
}

impl Sound {
    /// Puts a packet where it belongs; one whose place is taken is dropped.
    fn place(&mut self, time: u64, data: Bytes) {
        self.silent = false;
        if time + SNAP_TICKS < self.end {
            return;
        }
        self.fill(time);
        let start = if time.abs_diff(self.end) <= SNAP_TICKS { self.end } else { time };
        self.push(start, data);
    }

    /// Silence while the sound stays away. `now`: the picture's decode time in the sound's ticks.
    fn keep_up_with(&mut self, now: u64) {
        self.silent |= now > self.end + LATE_TICKS;
        if self.silent {
            self.fill(now);
        }
    }

    /// Silence up to less than a packet before `until`.
    fn fill(&mut self, until: u64) {
        let packets = until.saturating_sub(self.end) / PACKET_TICKS;
        if packets > SILENCE_PACKETS_MAX {
            self.waiting.clear();
            self.end = until;
            return;
        }
        for _ in 0..packets {
            self.push(self.end, SILENCE);
        }
    }

    fn push(&mut self, start: u64, data: Bytes) {
        // Within a fragment a sample begins where the one before ends.
        if let Some(before) = self.waiting.last_mut() {
            before.duration = u32::try_from(start - before.decode_time).unwrap_or(u32::MAX);
        }
        let duration = u32::try_from(PACKET_TICKS).expect("960");
        self.waiting.push(Sample { decode_time: start, duration, composition_offset: 0, key: true, data });
        self.end = start + PACKET_TICKS;
    }
}

#[cfg(test)]
mod tests {
    use mp4_atom::{Any, Decode, Moof};

    use super::*;
    use crate::media::H264Params;

    fn h264(width: u32) -> Arc<Params> {
        Arc::new(Params::H264(H264Params {
            sps: Bytes::from_static(&[0x67, 0x42, 0xe0, 0x1f]),
            pps: Bytes::from_static(&[0x68, 0xce]),
            width,
            height: 720,
        }))
    }

    fn picture(millis: u64, key: bool, params: &Arc<Params>) -> Frame {
        let time = MediaTime::from_millis(millis);
        let data = Bytes::from_static(b"picture");
        Frame { time, decode_time: time, key, data, params: Arc::clone(params) }
    }

    fn packet(millis: u64) -> Frame {
        let time = MediaTime::from_millis(millis);
        let params = Arc::new(Params::Opus(OpusParams { channels: 2, pre_skip: 312 }));
        Frame { time, decode_time: time, key: true, data: Bytes::from_static(b"sound"), params }
    }

    fn moof(fragment: &Frame) -> Moof {
        match Any::decode(&mut &fragment.data[..]).expect("readable") {
            Any::Moof(moof) => moof,
            other => panic!("{other:?}"),
        }
    }

    /// Times of a track's samples in ms.
    fn times(moof: &Moof, track: u32, hz: u64) -> Vec<u64> {
        let Some(traf) = moof.traf.iter().find(|traf| traf.tfhd.track_id == track) else { return Vec::new() };
        let mut at = traf.tfdt.as_ref().expect("set").base_media_decode_time;
        let durations = traf.trun[0].samples.iter().map(|entry| u64::from(entry.duration.expect("set")));
        let starts = durations.map(|duration| {
            at += duration;
            (at - duration) * 1000 / hz
        });
        starts.collect()
    }

    fn sound_of(fragment: &Frame) -> Vec<u64> {
        times(&moof(fragment), 2, OPUS_CLOCK_HZ)
    }

    #[test]
    fn nothing_before_the_first_key_frame() {
        let (mut muxer, params) = (Muxer::default(), h264(1280));
        assert!(muxer.audio(&packet(0)).expect("fine").is_none());
        assert!(muxer.video(&picture(0, false, &params)).expect("fine").is_none());
        assert!(muxer.video(&picture(40, true, &params)).expect("fine").is_some());
    }

    #[test]
    fn sound_rides_with_the_next_picture_and_goes_alone_when_none_comes() {
        let (mut muxer, params) = (Muxer::default(), h264(1280));
        muxer.expect_sound();
        muxer.video(&picture(1000, true, &params)).expect("fine").expect("a fragment");
        for millis in [1000, 1020] {
            assert!(muxer.audio(&packet(millis)).expect("fine").is_none());
        }
        let second = muxer.video(&picture(1040, false, &params)).expect("fine").expect("a fragment");
        assert_eq!(times(&moof(&second), 1, VIDEO_CLOCK_HZ), [1040]);
        assert_eq!(sound_of(&second), [1000, 1020]);
        let alone: Vec<_> =
            (0..5).filter_map(|n| muxer.audio(&packet(1040 + 20 * n)).expect("fine")).collect();
        assert_eq!(alone.len(), 1);
        assert_eq!(sound_of(&alone[0]), [1040, 1060, 1080, 1100, 1120]);
    }

    #[test]
    fn sound_that_stays_away_becomes_silence_and_comes_back_in_its_place() {
        let (mut muxer, params) = (Muxer::default(), h264(1280));
        muxer.expect_sound();
        let first = muxer.video(&picture(0, true, &params)).expect("fine").expect("a fragment");
        muxer.audio(&packet(0)).expect("fine");
        let kept: Vec<_> = (1..=15)
            .flat_map(|n| {
                sound_of(&muxer.video(&picture(40 * n, false, &params)).expect("fine").expect("some"))
            })
            .collect();
        // Filled up to the picture once it was more than 500 ms behind.
        assert_eq!(kept, (0..30).map(|n| 20 * n).collect::<Vec<_>>());
        // Back, and 100 ms behind the pictures, as sound is: what lies before the end is dropped, then it goes on.
        for millis in (500..680).step_by(20) {
            muxer.audio(&packet(millis)).expect("fine");
        }
        let back = muxer.video(&picture(680, false, &params)).expect("fine").expect("a fragment");
        assert_eq!(sound_of(&back), [600, 620, 640, 660]);
        assert!(Arc::ptr_eq(&first.params, &back.params));
    }

    #[test]
    fn small_differences_of_the_sound_clock_leave_no_cracks() {
        let (mut muxer, params) = (Muxer::default(), h264(1280));
        muxer.expect_sound();
        muxer.video(&picture(0, true, &params)).expect("fine");
        for millis in [1, 19, 41] {
            muxer.audio(&packet(millis)).expect("fine");
        }
        let next = muxer.video(&picture(40, false, &params)).expect("fine").expect("a fragment");
        assert_eq!(sound_of(&next), [0, 20, 40]);
    }

    #[test]
    fn new_parameters_or_new_sound_make_a_new_init_at_a_key_frame_only() {
        let (mut muxer, small, large) = (Muxer::default(), h264(640), h264(1280));
        let first = muxer.video(&picture(0, true, &small)).expect("fine").expect("a fragment");
        let same = muxer.video(&picture(40, true, &h264(640))).expect("fine").expect("a fragment");
        assert!(Arc::ptr_eq(&first.params, &same.params));
        let changed = muxer.video(&picture(80, true, &large)).expect("fine").expect("a fragment");
        assert!(!Arc::ptr_eq(&first.params, &changed.params));
        assert!(!muxer.take_key_frame_wish());
        muxer.audio(&packet(100)).expect("fine");
        assert!(muxer.take_key_frame_wish());
        let before = muxer.video(&picture(120, false, &large)).expect("fine").expect("a fragment");
        assert!(Arc::ptr_eq(&before.params, &changed.params) && moof(&before).traf.len() == 1);
        let with = muxer.video(&picture(160, true, &large)).expect("fine").expect("a fragment");
        assert!(with.params.fmp4().expect("MP4").mime.contains("opus"));
    }

    #[test]
    fn after_a_pause_no_browser_waits_for_a_key_frame() {
        let (mut muxer, params) = (Muxer::default(), h264(1280));
        let mut before: Option<(u64, u64)> = None;
        // A picture left out, pauses, a rate that varies.
        for time in [0, 40, 120, 320, 360, 400, 2400, 2440, 2480, 2700, 2740, 12_740, 12_780, 12_820] {
            let fragment =
                muxer.video(&picture(time, time == 0, &params)).expect("fine").expect("a fragment");
            let traf = &moof(&fragment).traf[0];
            let entry = traf.trun[0].samples.get(0).expect("one");
            let decode = traf.tfdt.as_ref().expect("set").base_media_decode_time;
            if let Some((last, duration)) = before {
                assert!(
                    decode > last && decode - last <= 2 * duration,
                    "{time} ms: {last} + {duration}, {decode}"
                );
            }
            assert_eq!(
                decode + u64::try_from(entry.cts.unwrap_or(0)).expect("later"),
                time * 90,
                "{time} ms"
            );
            before = Some((decode, u64::from(entry.duration.expect("set"))));
        }
    }

    #[test]
    fn b_frames_keep_both_their_times() {
        let (mut muxer, params) = (Muxer::default(), h264(1280));
        let mut frame = picture(40, true, &params);
        frame.decode_time = MediaTime::default();
        let fragment = muxer.video(&frame).expect("fine").expect("a fragment");
        let entry = moof(&fragment).traf[0].trun[0].samples.get(0).expect("one");
        assert_eq!(entry.cts, Some(3_600));
    }

    #[test]
    fn damaged_parameters_show_nothing_until_good_ones_come() {
        let bad =
            Arc::new(Params::H264(H264Params { sps: Bytes::new(), pps: Bytes::new(), width: 1, height: 1 }));
        let mut muxer = Muxer::default();
        assert!(muxer.video(&picture(0, true, &bad)).is_err());
        assert!(muxer.video(&picture(40, false, &bad)).expect("waits").is_none());
        assert!(muxer.video(&picture(80, true, &h264(640))).expect("fine").is_some());
    }
}
