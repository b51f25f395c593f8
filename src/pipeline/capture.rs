//! What every capture half hands over, and the appsinks it does that with.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::clock;
use super::decode::Codec;
use super::h264::{self, FrameMaker};
use super::raw::{RawPicture, SoundBuffer};
use crate::hub::Input;
use crate::media::{Frame, Params, jpeg};

/// One picture as it came in.
pub enum Captured {
    Raw(RawPicture),
    Coded(Codec, Frame),
}

/// Who takes what a capture half gives. Called on streaming threads: nothing in it may block.
pub trait Sink: Send + Sync + 'static {
    /// The format of the pictures to come; again when it changes.
    fn input(&self, input: Input);
    fn video(&self, captured: Captured);
    fn sound(&self, sound: SoundBuffer);
}

/// How the pictures of an appsink are coded.
enum Coding {
    Raw,
    /// Its parameters are read from each sample's caps.
    H264,
    Other(Codec, Arc<Params>),
}

impl Coding {
    fn of(caps: &gst::CapsRef) -> Self {
        let (width, height) = size(caps);
        match caps.structure(0).map(|structure| structure.name().as_str()) {
            Some("video/x-h264") => Self::H264,
            Some("video/x-h265") => Self::Other(Codec::H265, Arc::new(Params::H265)),
            Some("image/jpeg") => Self::Other(Codec::Jpeg, Arc::new(Params::Jpeg { width, height })),
            _ => Self::Raw,
        }
    }
}

/// Takes samples of raw video or any of the coded formats, one after the other.
pub(super) struct VideoTaker {
    to: Arc<dyn Sink>,
    announced: Option<gst::Caps>,
    h264: FrameMaker,
    coding: Coding,
}

impl VideoTaker {
    pub(super) fn new(to: Arc<dyn Sink>) -> Self {
        Self { to, announced: None, h264: FrameMaker::default(), coding: Coding::Raw }
    }

    pub(super) fn take(&mut self, sample: gst::Sample) {
        let Some(caps) = sample.caps_owned() else { return };
        if self.announced.as_ref() != Some(&caps) {
            if let Some(input) = describe(&caps) {
                self.to.input(input);
            }
            self.coding = Coding::of(&caps);
            self.announced = Some(caps);
        }
        let captured = match &self.coding {
            Coding::Raw => RawPicture::from_sample(sample).map(Captured::Raw),
            Coding::H264 => self.h264.frame(&sample).map(|frame| Captured::Coded(Codec::H264, frame)),
            Coding::Other(codec, params) => {
                coded_frame(&sample, params).map(|frame| Captured::Coded(*codec, frame))
            }
        };
        if let Some(captured) = captured {
            self.to.video(captured);
        }
    }
}

/// Connects an appsink with raw video or any of the coded formats to `to`.
pub(super) fn connect_video(appsink: &gst_app::AppSink, to: Arc<dyn Sink>) {
    let mut taker = VideoTaker::new(to);
    connect(appsink, move |sample| taker.take(sample));
}

/// Connects an appsink with sound of any kind to `to`.
pub(super) fn connect_sound(appsink: &gst_app::AppSink, to: Arc<dyn Sink>) {
    connect(appsink, move |sample| to.sound(SoundBuffer::new(sample)));
}

/// Hands on what an appsink gives, as it comes.
pub(super) fn connect(appsink: &gst_app::AppSink, mut take: impl FnMut(gst::Sample) + Send + 'static) {
    let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |appsink| {
        take(appsink.pull_sample().map_err(|_| gst::FlowError::Eos)?);
        Ok(gst::FlowSuccess::Ok)
    });
    appsink.set_callbacks(callbacks.build());
}

/// H.265 or JPEG: the access unit as it is. `None` without data or time, or for half a JPEG.
fn coded_frame(sample: &gst::Sample, params: &Arc<Params>) -> Option<Frame> {
    let buffer = sample.buffer_owned()?;
    let time = clock::sample_time(sample).or_else(|| clock::sample_decode_time(sample))?;
    let decode_time = clock::sample_decode_time(sample).unwrap_or(time);
    let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    let data = h264::bytes(buffer)?;
    let data = if matches!(**params, Params::Jpeg { .. }) { jpeg::complete(data)? } else { data };
    Some(Frame { time, decode_time, key, data, params: Arc::clone(params) })
}

fn describe(caps: &gst::CapsRef) -> Option<Input> {
    let structure = caps.structure(0)?;
    let (width, height) = size(caps);
    let rate = structure.get::<gst::Fraction>("framerate").ok().filter(|rate| rate.denom() > 0);
    let codec = match structure.name().as_str() {
        "video/x-h264" => "h264",
        "video/x-h265" => "h265",
        "image/jpeg" => "jpeg",
        _ => gst_video::VideoInfo::from_caps(caps).ok().map(|_| "raw")?,
    };
    let frames_per_s = rate.map_or(0.0, |rate| f64::from(rate.numer()) / f64::from(rate.denom()));
    Some(Input { codec: codec.to_owned(), width, height, frames_per_s })
}

fn size(caps: &gst::CapsRef) -> (u32, u32) {
    let structure = caps.structure(0);
    let side = |field| {
        let value = structure.and_then(|structure| structure.get::<i32>(field).ok());
        value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
    };
    (side("width"), side("height"))
}
