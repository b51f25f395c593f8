//! The sound encode half: sound of any kind in, Opus packets of 20 ms at 48 kHz out.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer_app as gst_app;

use super::half::{Half, HalfError};
use super::raw::SoundBuffer;
use super::{Ended, clock, h264, queues};
use crate::media::{Frame, OpusParams, Params};

/// Music is transparent at this rate in stereo; speech needs less.
const BITRATE: u32 = 96_000;
/// A source's sound clock may be this far off before samples are added or left out, so that sound and picture stay
/// together for days.
const DRIFT_MS: u64 = 60;

/// A running sound encoder for sound of one kind (see [`SoundBuffer::same_kind`]).
pub struct SoundEncoder {
    half: Half,
    input: SoundInput,
}

/// Where sound is pushed in. Cheap to clone.
#[derive(Clone)]
pub struct SoundInput {
    source: gst_app::AppSrc,
}

impl SoundBuffer {
    /// Whether one encoder can take both.
    pub fn same_kind(&self, other: &Self) -> bool {
        self.sample.caps() == other.sample.caps()
    }
}

impl SoundEncoder {
    /// Builds and starts it for sound of the kind of `first`. `on_frame` is called on a streaming thread.
    pub fn start(
        first: &SoundBuffer,
        on_frame: impl FnMut(Frame) + Send + 'static,
    ) -> Result<Self, HalfError> {
        // decodebin passes raw sound through and brings the decoder for what a camera sends.
        let description = format!(
            "appsrc name=in is-live=true format=time ! {queue} ! decodebin ! audioconvert \
             ! audioresample ! audiorate skip-to-first=true tolerance={drift} \
             ! audio/x-raw,rate=48000,channels=[1,2] ! opusenc frame-size=20 bitrate={BITRATE} \
             ! appsink name=out sync=false",
            queue = queues::audio_queue(),
            drift = DRIFT_MS * 1_000_000,
        );
        let mut half = Half::parse("sound", &description)?;
        let source: gst_app::AppSrc = half.element("in");
        source.set_caps(first.sample.caps_owned().as_ref());
        let sink: gst_app::AppSink = half.element("out");
        sink.set_callbacks(callbacks(on_frame));
        half.start().map_err(|ended| HalfError::Start { half: "sound", reason: format!("{ended}") })?;
        Ok(Self { half, input: SoundInput { source } })
    }

    pub fn input(&self) -> SoundInput {
        self.input.clone()
    }

    /// Waits until the encoder fails. Cancel-safe.
    pub async fn ended(&mut self) -> Ended {
        self.half.ended().await
    }

    pub async fn stop(self) {
        self.half.stop().await;
    }
}

impl SoundInput {
    /// False: the encoder is behind and the buffer was given up.
    pub fn push(&self, sound: &SoundBuffer) -> bool {
        if self.source.current_level_buffers() >= u64::from(queues::AUDIO_BUFFERS) {
            return false;
        }
        let Some(time) = clock::sample_time(&sound.sample) else { return false };
        let Some(mut buffer) = sound.sample.buffer_owned() else { return false };
        let fresh = buffer.make_mut();
        fresh.set_pts(clock::gst_time(time));
        fresh.set_dts(gst::ClockTime::NONE);
        self.source.push_buffer(buffer).is_ok()
    }
}

fn callbacks(mut on_frame: impl FnMut(Frame) + Send + 'static) -> gst_app::AppSinkCallbacks {
    let mut params: Option<Arc<Params>> = None;
    gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if params.is_none() {
                params = sample.caps().and_then(opus_params).map(Arc::new);
            }
            if let Some(frame) = params.as_ref().and_then(|params| frame(&sample, params)) {
                on_frame(frame);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build()
}

fn frame(sample: &gst::Sample, params: &Arc<Params>) -> Option<Frame> {
    let time = clock::sample_time(sample)?;
    let data = h264::bytes(sample.buffer_owned()?)?;
    Some(Frame { time, decode_time: time, key: true, data, params: Arc::clone(params) })
}

/// Channels and pre-skip from the OpusHead in the caps (RFC 7845 section 5.1).
fn opus_params(caps: &gst::CapsRef) -> Option<Params> {
    let structure = caps.structure(0)?;
    let headers = structure.get::<gst::Array>("streamheader").ok()?;
    let head = headers.as_slice().first()?.get::<gst::Buffer>().ok()?;
    let head = head.map_readable().ok()?;
    let channels = *head.get(9)?;
    let pre_skip = u16::from_le_bytes(head.get(10..12)?.try_into().ok()?);
    Some(Params::Opus(OpusParams { channels, pre_skip }))
}
