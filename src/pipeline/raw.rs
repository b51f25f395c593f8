//! Pictures and sound that are not coded, as they travel between halves.

use std::any::Any;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer_video as gst_video;

use super::clock;
use crate::media::{MediaTime, Picture, PictureData, Sound};

/// A raw picture: a GStreamer sample, so that pixels in a device's memory stay there. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RawPicture {
    sample: gst::Sample,
    pub time: MediaTime,
    pub width: u32,
    pub height: u32,
}

/// A buffer of sound, raw or coded: its caps travel with it.
#[derive(Clone, Debug)]
pub struct SoundBuffer {
    pub(super) sample: gst::Sample,
}

impl SoundBuffer {
    pub(super) fn new(sample: gst::Sample) -> Self {
        Self { sample }
    }

    /// As the hub hands it on; `None` if it has no time.
    pub fn into_sound(self) -> Option<Sound> {
        let time = clock::sample_time(&self.sample)?;
        Some(Sound { time, data: Arc::new(self) })
    }

    /// Back from the hub; `None` if it is something else.
    pub fn from_data(data: &Arc<dyn Any + Send + Sync>) -> Option<&Self> {
        data.downcast_ref()
    }
}

impl RawPicture {
    /// `None` if the sample is no raw video or has no time.
    pub(super) fn from_sample(sample: gst::Sample) -> Option<Self> {
        let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
        let time = clock::sample_time(&sample)?;
        Some(Self { time, width: info.width(), height: info.height(), sample })
    }

    /// A picture of 8-bit RGBA, rows without padding.
    ///
    /// # Panics
    /// If `pixels` is not `width * height * 4` bytes long.
    pub fn from_rgba(width: u32, height: u32, pixels: Vec<u8>, time: MediaTime) -> Self {
        assert_eq!(pixels.len(), width as usize * height as usize * 4, "rows without padding");
        let caps = gst_video::VideoCapsBuilder::new()
            .format(gst_video::VideoFormat::Rgba)
            .width(i32::try_from(width).expect("a picture's width"))
            .height(i32::try_from(height).expect("a picture's height"))
            .framerate(gst::Fraction::new(0, 1))
            .build();
        let mut buffer = gst::Buffer::from_mut_slice(pixels);
        buffer.get_mut().expect("just made").set_pts(clock::gst_time(time));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let sample = gst::Sample::builder().buffer(&buffer).caps(&caps).segment(&segment).build();
        Self { sample, time, width, height }
    }

    /// The same pixels at another time, not copied.
    pub fn at(&self, time: MediaTime) -> Self {
        let Some(buffer) = self.sample.buffer() else { return self.clone() };
        let mut buffer = buffer.copy();
        buffer.make_mut().set_pts(clock::gst_time(time));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let sample = gst::Sample::builder()
            .buffer(&buffer)
            .caps_if_some(self.sample.caps_owned().as_ref())
            .segment(&segment)
            .build();
        Self { sample, time, ..*self }
    }

    pub(super) fn sample(&self) -> &gst::Sample {
        &self.sample
    }

    /// As the hub holds it.
    pub fn into_picture(self, slate: bool) -> Picture {
        let (time, width, height) = (self.time, self.width, self.height);
        Picture { time, width, height, slate, data: PictureData::Raw(Arc::new(self)) }
    }

    /// Back from the hub; `None` if it is something else.
    pub fn from_data(data: &Arc<dyn Any + Send + Sync>) -> Option<&Self> {
        data.downcast_ref()
    }
}
