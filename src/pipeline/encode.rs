//! The encode half: raw pictures in, H.264 access units out. Made for one size; a new size wants a new half.

use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::encoders::Encoder;
use super::h264::{AVC_CAPS, FrameMaker};
use super::half::{Half, HalfError};
use super::raw::RawPicture;
use super::{Ended, clock, queues};
use crate::media::Frame;

/// What an encoder is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeSettings {
    pub width: u32,
    pub height: u32,
    /// Rate the encoder counts its bits by; pictures above it are left out.
    pub frames_per_s: u32,
    pub bitrate_kbit_per_s: u32,
    pub key_frame_interval_s: u32,
}

impl EncodeSettings {
    pub(super) fn frames_between_key_frames(&self) -> u32 {
        (self.frames_per_s * self.key_frame_interval_s).max(1)
    }

    pub(super) fn pixels_per_s(&self) -> u32 {
        self.width * self.height * self.frames_per_s
    }
}

/// A running encode half. Its pictures go in by [`VideoInput`].
pub struct VideoEncoder {
    half: Half,
    input: VideoInput,
}

/// Where pictures are pushed in. Cheap to clone; pushing after the half ended does nothing.
#[derive(Clone)]
pub struct VideoInput {
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    frames_per_s: u32,
    buffers_max: u64,
    /// Caps of the picture pushed last, as they came.
    caps: Arc<Mutex<Option<gst::Caps>>>,
}

impl VideoEncoder {
    /// Builds and starts it. `on_frame` is called on a streaming thread for each access unit; it must not block.
    pub fn start(
        encoder: &Encoder,
        settings: &EncodeSettings,
        on_frame: impl FnMut(Frame) + Send + 'static,
    ) -> Result<Self, HalfError> {
        let EncodeSettings { width, height, frames_per_s, .. } = settings;
        // Black bars rather than a stretched picture where the shapes differ.
        let description = format!(
            "appsrc name=in is-live=true format=time max-buffers=0 max-bytes=0 max-time=0 \
             ! {queue} ! videorate drop-only=true max-rate={frames_per_s} \
             ! videoconvertscale add-borders=true \
             ! video/x-raw,format={format},width={width},height={height},pixel-aspect-ratio=1/1 \
             ! {encoder} ! h264parse ! {AVC_CAPS} ! appsink name=out sync=false",
            queue = queues::video_queue(*height),
            format = encoder.format,
            encoder = encoder.description(settings),
        );
        let mut half = Half::parse("encode", &description)?;
        let sink: gst_app::AppSink = half.element("out");
        sink.set_callbacks(frame_callbacks(on_frame));
        let input = VideoInput {
            source: half.element("in"),
            sink,
            frames_per_s: *frames_per_s,
            buffers_max: u64::from(queues::video_buffers(*height)),
            caps: Arc::default(),
        };
        half.start().map_err(|ended| HalfError::Start { half: "encode", reason: format!("{ended}") })?;
        Ok(Self { half, input })
    }

    pub fn input(&self) -> VideoInput {
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

fn frame_callbacks(mut on_frame: impl FnMut(Frame) + Send + 'static) -> gst_app::AppSinkCallbacks {
    let mut maker = FrameMaker::default();
    gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(frame) = maker.frame(&sample) {
                on_frame(frame);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build()
}

impl VideoInput {
    /// Hands a picture over without copying it. False: the encoder is behind and the picture was given up.
    pub fn push(&self, picture: &RawPicture) -> bool {
        if self.source.current_level_buffers() >= self.buffers_max {
            return false;
        }
        let sample = picture.sample();
        let (Some(caps), Some(buffer)) = (sample.caps(), sample.buffer_owned()) else { return false };
        self.follow_caps(caps);
        let mut buffer = buffer;
        // Times are handed over as media time: the segment of a live appsrc begins at zero.
        let fresh = buffer.make_mut();
        fresh.set_pts(clock::gst_time(picture.time));
        fresh.set_dts(gst::ClockTime::NONE);
        self.source.push_buffer(buffer).is_ok()
    }

    /// Asks for a key frame with parameter sets.
    pub fn request_key_frame(&self) {
        let event = gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build();
        self.sink.send_event(event);
    }

    /// The frame rate is pinned: slates come at another rate, and a changed rate would restart the encoder.
    fn follow_caps(&self, caps: &gst::CapsRef) {
        let mut known = self.caps.lock().expect("no holder of this lock can panic");
        if known.as_ref().is_some_and(|known| known.as_ref() == caps) {
            return;
        }
        *known = Some(caps.to_owned());
        drop(known);
        let mut pinned = caps.to_owned();
        let rate = gst::Fraction::new(i32::try_from(self.frames_per_s).unwrap_or(30), 1);
        pinned.make_mut().set("framerate", rate);
        self.source.set_caps(Some(&pinned));
    }
}

/// The size a picture of `width` × `height` gets within the bounds: never larger, same shape, even.
pub fn fit(width: u32, height: u32, width_max: u32, height_max: u32) -> (u32, u32) {
    let (width, height) = (width.max(2), height.max(2));
    // An upright picture has as many pixels as one that lies: the bounds are turned with it. The Pi's encoder takes 1920
    // lines (MAX_H_CODEC of the kernel's bcm2835-v4l2-codec.c), and H.264's levels count pixels.
    let upright = (height > width) != (height_max > width_max);
    let (width_max, height_max) = if upright { (height_max, width_max) } else { (width_max, height_max) };
    let shrink = (f64::from(width_max) / f64::from(width)).min(f64::from(height_max) / f64::from(height));
    let scaled = |side: u32| ((f64::from(side) * shrink.min(1.0) / 2.0).round() as u32 * 2).max(2);
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_shrink_into_the_bounds_and_never_grow() {
        let check = |from: (u32, u32), bounds: (u32, u32), expected| {
            assert_eq!(fit(from.0, from.1, bounds.0, bounds.1), expected, "{from:?} in {bounds:?}");
        };
        check((2560, 1440), (1920, 1080), (1920, 1080));
        check((2560, 1440), (1280, 720), (1280, 720));
        check((640, 480), (1280, 720), (640, 480));
        check((1024, 768), (1280, 720), (960, 720));
        check((641, 481), (1280, 720), (642, 482));
        check((1080, 1920), (1920, 1080), (1080, 1920));
        check((2160, 3840), (1280, 720), (720, 1280));
        check((720, 720), (1280, 720), (720, 720));
        check((0, 0), (1280, 720), (2, 2));
    }
}
