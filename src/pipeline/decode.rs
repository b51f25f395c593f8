//! The decode half: coded video in, raw pictures out. Runs only while somebody wants pictures or a transcode.

use gstreamer as gst;
use gstreamer_app as gst_app;

use super::half::{Half, HalfError};
use super::raw::RawPicture;
use super::{Ended, clock, queues};
use crate::media::{Frame, Params, h264};

/// What a decoder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    H264,
    H265,
    Jpeg,
}

impl Codec {
    /// The word for machines: API, metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
            Self::Jpeg => "jpeg",
        }
    }

    const fn caps(self) -> &'static str {
        match self {
            Self::H264 => "video/x-h264,stream-format=byte-stream,alignment=au",
            Self::H265 => "video/x-h265,stream-format=byte-stream,alignment=au",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// Decoders best first: hardware where the element exists. One picture in, one out: no frame threads.
    const fn decoders(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::H264 => &[
                ("v4l2h264dec", "h264parse ! v4l2h264dec"),
                ("avdec_h264", "h264parse ! avdec_h264 max-threads=1 output-corrupt=false"),
                ("openh264dec", "h264parse ! openh264dec"),
            ],
            Self::H265 => &[
                ("v4l2slh265dec", "h265parse ! v4l2slh265dec"),
                ("avdec_h265", "h265parse ! avdec_h265 max-threads=1 output-corrupt=false"),
            ],
            Self::Jpeg => &[("v4l2jpegdec", "jpegparse ! v4l2jpegdec"), ("jpegdec", "jpegdec")],
        }
    }
}

/// A running decode half.
pub struct Decoder {
    half: Half,
    source: gst_app::AppSrc,
    codec: Codec,
}

impl Decoder {
    /// Builds and starts it. `on_picture` is called on a streaming thread; it must not block.
    pub fn start(
        codec: Codec,
        mut on_picture: impl FnMut(RawPicture) + Send + 'static,
    ) -> Result<Self, HalfError> {
        let found = codec.decoders().iter().find(|(element, _)| gst::ElementFactory::find(element).is_some());
        let (_, decoder) = found.ok_or_else(|| HalfError::MissingElement {
            element: codec.decoders().last().expect("each codec has one").0.to_owned(),
        })?;
        let description = format!(
            "appsrc name=in is-live=true format=time caps={caps} ! {decoder} \
             ! appsink name=out sync=false max-buffers=1",
            caps = codec.caps(),
        );
        let mut half = Half::parse("decode", &description)?;
        let sink: gst_app::AppSink = half.element("out");
        let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(picture) = RawPicture::from_sample(sample) {
                on_picture(picture);
            }
            Ok(gst::FlowSuccess::Ok)
        });
        sink.set_callbacks(callbacks.build());
        let source = half.element("in");
        half.start().map_err(|ended| HalfError::Start { half: "decode", reason: format!("{ended}") })?;
        Ok(Self { half, source, codec })
    }

    /// False: the decoder is behind, and the frame was not taken. The caller then goes on at a key frame.
    pub fn push(&self, frame: &Frame) -> bool {
        if self.source.current_level_buffers() >= u64::from(queues::video_buffers(u32::MAX)) {
            return false;
        }
        let data = match (self.codec, frame.params.as_ref()) {
            (Codec::H264, Params::H264(params)) => h264::to_annex_b(frame, params),
            (Codec::H265, Params::H265) | (Codec::Jpeg, Params::Jpeg { .. }) => frame.data.clone(),
            _ => return false,
        };
        let mut buffer = gst::Buffer::from_slice(data);
        let fresh = buffer.get_mut().expect("just made");
        fresh.set_pts(clock::gst_time(frame.time));
        fresh.set_dts(clock::gst_time(frame.decode_time));
        if !frame.key {
            fresh.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        self.source.push_buffer(buffer).is_ok()
    }

    /// Waits until the decoder fails. Cancel-safe.
    pub async fn ended(&mut self) -> Ended {
        self.half.ended().await
    }

    /// Whether it has failed.
    pub fn has_ended(&mut self) -> bool {
        self.half.try_ended().is_some()
    }

    pub async fn stop(self) {
        self.half.stop().await;
    }
}
