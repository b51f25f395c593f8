//! Takes what a source gives, on streaming threads, and hands it to the hub. Never blocks.
//!
//! Locks: each is held for a push or a copy of a handle, never across a call into GStreamer, and never two at once.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::pace::Pace;
use super::plan::{Coding, Flow, Shape};
use crate::hub::{self, Counters, Limits, Reader, Start, Track, TrackWriter};
use crate::media::{Frame, MediaTime, Order, Params, Picture, PictureData, Timeline};
use crate::pipeline::capture::{Captured, Sink};
use crate::pipeline::clock;
use crate::pipeline::decode::Codec;
use crate::pipeline::encode::VideoInput;
use crate::pipeline::opus::SoundInput;
use crate::pipeline::{RawPicture, SoundBuffer};
use crate::watched::Latest;

/// An Opus packet of 20 ms of stereo silence: CELT, full band (RFC 6716 section 3.1, configuration 31).
const SILENCE: Bytes = Bytes::from_static(&[0xfc, 0xff, 0xfe]);
/// A picture is decoded at most this long before it is shown: sixteen others (H.264, annex A.3.1) at 16 a second.
const SHOWN_AFTER_MAX: Duration = Duration::from_secs(1);
const OPUS_PACKET: Duration = Duration::from_millis(20);
/// Silence is never written further back than this: what is older, nobody waits for.
const SILENCE_BACK_MAX: Duration = Duration::from_millis(500);

/// Between one source's capture half and its tracks.
pub(super) struct Feed {
    pub(super) source: Arc<hub::Source>,
    video: Mutex<VideoOut>,
    sound: Mutex<SoundOut>,
    /// Coded pictures that only our own decoder reads.
    coded: Mutex<TrackWriter>,
    coded_track: Track,
    inputs: Mutex<Inputs>,
    /// When pictures arrived; what the watchdog looks at.
    pub(super) pace: Pace,
    order: Order,
    pub(super) flow: watch::Sender<Flow>,
    pub(super) shape: watch::Sender<Option<Shape>>,
    /// A buffer of the kind of sound that comes, while it comes.
    pub(super) sound_kind: watch::Sender<Option<SoundBuffer>>,
}

/// Running encoders that take what comes in.
#[derive(Default)]
struct Inputs {
    video: Option<VideoInput>,
    sound: Option<SoundInput>,
}

/// The video track's writer, and who may write.
struct VideoOut {
    writer: TrackWriter,
    timeline: Timeline,
    from: From,
}

struct SoundOut {
    writer: TrackWriter,
    timeline: Timeline,
    last: Option<(MediaTime, Arc<Params>)>,
}

/// Who wrote the newest frame of the video track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Nobody,
    Encoder,
    /// A camera whose H.264 passes through.
    Camera,
}

impl Feed {
    pub(super) fn new(source: Arc<hub::Source>, video: TrackWriter, sound: TrackWriter) -> Self {
        let (coded, coded_track) = Track::create(Limits::VIDEO);
        Self {
            source,
            video: Mutex::new(VideoOut { writer: video, timeline: Timeline::default(), from: From::Nobody }),
            sound: Mutex::new(SoundOut { writer: sound, timeline: Timeline::default(), last: None }),
            coded: Mutex::new(coded),
            coded_track,
            inputs: Mutex::default(),
            pace: Pace::default(),
            order: Order::default(),
            flow: watch::Sender::new(Flow::Quiet),
            shape: watch::Sender::new(None),
            sound_kind: watch::Sender::new(None),
        }
    }

    /// No pictures come any more: nobody may start from old ones.
    pub(super) fn lose(&self, flow: Flow) {
        lock(&self.coded).clear();
        self.pace.forget_newest();
        self.order.begin_anew();
        self.sound_kind.send_replace(None);
        let mut out = lock(&self.video);
        if out.from == From::Camera {
            out.become_writer(From::Nobody);
            out.writer.clear();
        }
        drop(out);
        self.source.pictures.clear();
        self.flow.send_replace(flow);
    }

    pub(super) fn connect_video(&self, input: Option<VideoInput>) {
        lock(&self.inputs).video = input;
    }

    pub(super) fn connect_sound(&self, input: Option<SoundInput>) {
        lock(&self.inputs).sound = input;
    }

    /// An access unit of our own encoder.
    pub(super) fn encoded(&self, frame: Frame) {
        let mut out = lock(&self.video);
        if out.from == From::Camera {
            // The last of the slate, coming late: the camera's own pictures are on.
            return;
        }
        if out.from == From::Nobody {
            out.become_writer(From::Encoder);
        }
        out.push(frame);
    }

    /// Our own encoder was stopped or replaced: its frames can't be joined any more.
    pub(super) fn encoder_gone(&self) {
        let mut out = lock(&self.video);
        if out.from == From::Encoder {
            out.become_writer(From::Nobody);
            out.writer.clear();
        }
    }

    /// An access unit as an H.264 camera sent it. Takes over from the slate at a key frame; false before that.
    fn passed_through(&self, frame: Frame) -> bool {
        let mut out = lock(&self.video);
        if out.from != From::Camera {
            if !frame.key {
                return false;
            }
            out.become_writer(From::Camera);
        }
        out.push(frame);
        true
    }

    /// Whether a camera's H.264 goes to viewers as it comes. Once its pictures were seen to come in another order than they
    /// are shown in, it never does again.
    fn passes(&self, frame: &Frame) -> bool {
        if self.order.reorders() {
            return false;
        }
        if !self.order.is_found_to_reorder(frame.time) {
            return true;
        }
        log::warn!(
            "{}: its pictures come in another order than they are shown in (B-frames), which browsers can't show: they \
             are encoded anew. The camera's profile \"baseline\", or B-frames set to 0, saves that",
            self.source.id
        );
        let mut out = lock(&self.video);
        out.become_writer(From::Nobody);
        out.writer.clear();
        drop(out);
        self.shape.send_modify(|shape| {
            if let Some(coding) = shape.as_mut().and_then(|shape| shape.coding.as_mut()) {
                coding.reorders = true;
            }
        });
        false
    }

    fn flows(&self) {
        self.flow.send_if_modified(|flow| std::mem::replace(flow, Flow::Live) != Flow::Live);
    }

    /// An Opus packet of our own encoder.
    pub(super) fn encoded_sound(&self, mut frame: Frame) {
        let mut out = lock(&self.sound);
        frame.time = out.timeline.place(frame.time, clock::now());
        frame.decode_time = frame.time;
        out.last = Some((frame.time, Arc::clone(&frame.params)));
        out.writer.push(frame);
    }

    /// Fills the sound track with silence up to now, if there ever was sound: a player that has both tracks waits
    /// for the one that is behind.
    pub(super) fn silence(&self) {
        let now = clock::now();
        let mut out = lock(&self.sound);
        let Some((last, params)) = out.last.clone() else { return };
        let back = now.since(last).min(SILENCE_BACK_MAX);
        let mut time = MediaTime::from_nanos(now.nanos() - back.as_nanos() as u64) + OPUS_PACKET;
        while time <= now {
            // Where the encoder's next packet will be placed after.
            let placed = out.timeline.place(time, now);
            let params = Arc::clone(&params);
            out.last = Some((placed, Arc::clone(&params)));
            out.writer.push(Frame { time: placed, decode_time: placed, key: true, data: SILENCE, params });
            time = time + OPUS_PACKET;
        }
    }

    /// A picture out of the decoder: for snapshots, and for the encoder of a transcoded source.
    pub(super) fn decoded(&self, picture: RawPicture) {
        let transcoded =
            self.shape.with(|shape| shape.is_some_and(|shape| !shape.coding.is_some_and(Coding::passes)));
        if transcoded {
            self.encode(&picture);
        }
        self.show(|| picture.into_picture(false));
    }

    /// A slate: to the encoder, for those who watch. One that took long to draw is late: the source has come meanwhile,
    /// and nobody wants to see it among its pictures.
    pub(super) fn encode_slate(&self, slate: &RawPicture) {
        if self.flow.latest() != Flow::Live {
            self.encode(slate);
        }
    }

    /// A slate as the picture, for those who fetch pictures; not among those of a source that has come meanwhile.
    pub(super) fn show_slate(&self, slate: RawPicture) {
        if self.flow.latest() != Flow::Live {
            self.show(|| slate.into_picture(true));
        }
    }

    /// What a decoder of that codec reads. No demand: a decoder that reads must not keep an encoder running.
    pub(super) fn coded_reader(&self, coding: Coding) -> Reader {
        if coding.passes() {
            self.source.video.observe(Start::NewestKeyFrame)
        } else {
            self.coded_track.read(Start::NewestKeyFrame)
        }
    }

    fn encode(&self, picture: &RawPicture) {
        let input = lock(&self.inputs).video.clone();
        if input.is_some_and(|input| !input.push(picture)) {
            Counters::add(&self.source.counters.frames_dropped);
        }
    }

    fn show(&self, picture: impl FnOnce() -> Picture) {
        if self.source.pictures.demand().count() > 0 {
            self.source.pictures.set(picture());
        }
    }

    fn coded_picture(&self, codec: Codec, frame: Frame) {
        if codec == Codec::Jpeg {
            if let Params::Jpeg { width, height } = *frame.params {
                let (time, data) = (frame.time, PictureData::Jpeg(frame.data.clone()));
                self.show(|| Picture { time, width, height, slate: false, data });
            }
            // Whole pictures can be joined at any time: nothing need be kept for a decoder to come, and a card
            // gets its buffers back.
            if self.coded_track.demand().count() == 0 {
                return;
            }
        }
        lock(&self.coded).push(frame);
    }
}

impl Sink for Feed {
    fn input(&self, input: hub::Input) {
        let codec =
            [Codec::H264, Codec::H265, Codec::Jpeg].into_iter().find(|codec| codec.code() == input.codec);
        let reorders = self.order.reorders();
        let coding = codec.map(|codec| Coding { codec, reorders });
        let shape =
            Shape { coding, width: input.width, height: input.height, frames_per_s: input.frames_per_s };
        self.source.status.send_modify(|status| status.input = Some(input));
        self.shape.send_replace(Some(shape));
    }

    fn video(&self, captured: Captured) {
        self.pace.arrived(clock::now());
        Counters::add(&self.source.counters.frames_in);
        match captured {
            Captured::Raw(picture) => {
                self.flows();
                self.encode(&picture);
                self.show(|| picture.into_picture(false));
            }
            Captured::Coded(Codec::H264, frame) if self.passes(&frame) => {
                // Until its first key frame the slate goes on: nobody can show what comes before.
                if self.passed_through(frame) {
                    self.flows();
                }
            }
            Captured::Coded(codec, frame) => {
                self.flows();
                self.coded_picture(codec, frame);
            }
        }
    }

    fn sound(&self, sound: SoundBuffer) {
        let known = self.sound_kind.with(|known| known.as_ref().is_some_and(|known| known.same_kind(&sound)));
        if !known {
            // In this order: who hears of the kind finds the status right.
            self.source.status.send_modify(|status| status.sound = true);
            self.sound_kind.send_replace(Some(sound.clone()));
        }
        let input = lock(&self.inputs).sound.clone();
        if input.is_some_and(|input| !input.push(&sound)) {
            Counters::add(&self.source.counters.frames_dropped);
        }
        self.source.sounds.push(|| sound.into_sound());
    }
}

impl VideoOut {
    fn become_writer(&mut self, from: From) {
        self.from = from;
        self.timeline.restart();
        self.writer.set_key_frames_on_demand(from != From::Camera);
    }

    fn push(&mut self, mut frame: Frame) {
        let shown_after = frame.time.since(frame.decode_time).min(SHOWN_AFTER_MAX);
        frame.decode_time = self.timeline.place(frame.decode_time, clock::now());
        frame.time = frame.decode_time + shown_after;
        self.writer.push(frame);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder of this lock can panic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Source, SourceKind};
    use crate::media::{H264Params, State};

    #[test]
    fn a_picture_of_a_confused_clock_is_shown_in_a_moment() {
        clock::init().expect("GStreamer is installed");
        let (source, [video, sound]) = Source::create("door", "Door", SourceKind::Camera, State::Live);
        let feed = Feed::new(Arc::new(source), video, sound);
        let mut reader = feed.source.video.join();
        let params = H264Params { sps: Bytes::new(), pps: Bytes::new(), width: 64, height: 64 };
        let (params, now) = (Arc::new(Params::H264(params)), clock::now());
        let data = Bytes::from_static(&[0, 0, 0, 1, 0x65]);
        let time = MediaTime::from_nanos(u64::MAX - 1);
        feed.video(Captured::Coded(Codec::H264, Frame { time, decode_time: now, key: true, data, params }));
        let frame = reader.try_next().expect("it is there").expect("none is lost");
        assert!(frame.time.since(frame.decode_time) <= SHOWN_AFTER_MAX, "{:?}", frame.time);
    }

    #[test]
    fn a_slate_that_was_drawn_too_late_is_nobodys() {
        clock::init().expect("GStreamer is installed");
        let (source, [video, sound]) = Source::create("door", "Door", SourceKind::Camera, State::Starting);
        let source = Arc::new(source);
        let feed = Feed::new(Arc::clone(&source), video, sound);
        let _wanted = source.pictures.want();
        let slate = RawPicture::from_rgba(2, 2, vec![0; 16], clock::now());
        feed.show_slate(slate.clone());
        let shown = source.pictures.get().expect("a slate").0;
        feed.flows();
        feed.show_slate(slate);
        assert_eq!(source.pictures.get().map(|(count, _)| count), Some(shown));
    }
}
