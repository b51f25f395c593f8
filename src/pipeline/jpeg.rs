//! Single pictures as JPEG: one small pipeline per source that stands ready while anybody asks.

use std::time::{Duration, Instant};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::{Half, HalfError, RawPicture};
use crate::media::{Picture, PictureData};

/// Longer than any picture takes, also on a Pi that is busy with other things; after it the pipeline is built anew.
const ENCODE_TIME_MAX: Duration = Duration::from_secs(2);
/// How often an encoder that gives nothing is asked whether it has failed.
const FAILURE_CHECK: gst::ClockTime = gst::ClockTime::from_mseconds(50);

const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];

#[derive(Debug, thiserror::Error)]
pub enum JpegError {
    #[error("can't set up the encoder of snapshots")]
    Start(#[source] HalfError),
    #[error("the picture is of a kind that can't be encoded")]
    UnknownPicture,
    #[error("can't encode a picture: {reason}")]
    Encode { reason: String },
}

/// Encodes one picture after the other, at any quality. Built with the first picture.
#[derive(Default)]
pub struct Encoder {
    running: Option<Running>,
}

struct Running {
    half: Half,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    encoder: gst::Element,
    takes: Kind,
    /// Pictures so far: each gets a time of its own.
    count: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Raw,
    Jpeg,
}

impl Encoder {
    /// The picture as a JPEG file of `quality` 1 to 100. Blocks for as long as that takes: call off the async threads.
    pub fn encode(&mut self, picture: &Picture, quality: u8) -> Result<Bytes, JpegError> {
        let (kind, sample) = sample_of(picture)?;
        let mut running = match self.running.take().filter(|running| running.takes == kind) {
            Some(running) => running,
            None => Running::start(kind)?,
        };
        let jpeg = running.encode(&sample, quality)?;
        // Only one that works is kept.
        self.running = Some(running);
        Ok(jpeg)
    }
}

fn sample_of(picture: &Picture) -> Result<(Kind, gst::Sample), JpegError> {
    match &picture.data {
        PictureData::Jpeg(file) => {
            // A decoder would search on in whatever comes next.
            if !file.starts_with(&START_OF_IMAGE) {
                return Err(failed("what came is no JPEG file"));
            }
            let dimension = |value: u32| i32::try_from(value).map_err(|_| JpegError::UnknownPicture);
            let caps = gst::Caps::builder("image/jpeg")
                .field("width", dimension(picture.width)?)
                .field("height", dimension(picture.height)?)
                .field("framerate", gst::Fraction::new(0, 1))
                .build();
            let buffer = gst::Buffer::from_slice(file.clone());
            Ok((Kind::Jpeg, gst::Sample::builder().buffer(&buffer).caps(&caps).build()))
        }
        PictureData::Raw(data) => {
            let raw = RawPicture::from_data(data).ok_or(JpegError::UnknownPicture)?;
            Ok((Kind::Raw, raw.sample().clone()))
        }
    }
}

impl Running {
    fn start(takes: Kind) -> Result<Self, JpegError> {
        let decode = if takes == Kind::Jpeg { "! jpegdec " } else { "" };
        let description = format!(
            "appsrc name=in format=time max-buffers=1 {decode}! videoconvert ! jpegenc name=encoder \
             ! appsink name=out sync=false max-buffers=1"
        );
        let mut half = Half::parse("snapshot", &description).map_err(JpegError::Start)?;
        half.start().map_err(|ended| {
            JpegError::Start(HalfError::Start { half: "snapshot", reason: format!("{ended}") })
        })?;
        let (source, sink, encoder) = (half.element("in"), half.element("out"), half.element("encoder"));
        Ok(Self { half, source, sink, encoder, takes, count: 0 })
    }

    fn encode(&mut self, sample: &gst::Sample, quality: u8) -> Result<Bytes, JpegError> {
        let buffer = sample.buffer().ok_or(JpegError::UnknownPicture)?;
        // Copies what is said about the pixels, not the pixels.
        let mut buffer = buffer.copy();
        let time = gst::ClockTime::from_mseconds(self.count);
        self.count += 1;
        {
            let buffer = buffer.make_mut();
            buffer.set_pts(time);
            buffer.set_dts(gst::ClockTime::NONE);
            buffer.set_duration(gst::ClockTime::NONE);
        }
        let sample =
            gst::Sample::builder().buffer(&buffer).caps_if_some(sample.caps_owned().as_ref()).build();
        self.encoder.set_property("quality", i32::from(quality));
        self.source.push_sample(&sample).map_err(|error| failed(&error.to_string()))?;
        let jpeg = self.pull()?;
        let buffer = jpeg.buffer_owned().ok_or_else(|| failed("nothing came out"))?;
        let mapped = buffer.into_mapped_buffer_readable().map_err(|_| failed("it can't be read"))?;
        Ok(Bytes::from_owner(mapped))
    }

    fn pull(&mut self) -> Result<gst::Sample, JpegError> {
        let begun = Instant::now();
        while begun.elapsed() < ENCODE_TIME_MAX {
            if let Some(jpeg) = self.sink.try_pull_sample(FAILURE_CHECK) {
                return Ok(jpeg);
            }
            if let Some(ended) = self.half.try_ended() {
                return Err(failed(&format!("{ended}")));
            }
        }
        Err(failed("nothing came out in time"))
    }
}

fn failed(reason: &str) -> JpegError {
    JpegError::Encode { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::MediaTime;
    use crate::pipeline::clock;

    /// A gradient with noise, so that quality shows in the size.
    fn picture(width: u32, height: u32) -> Picture {
        clock::init().expect("GStreamer is installed");
        let mut noise = 1_u32;
        let pixels = (0..width * height * 4).map(|at| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (at / 64) as u8 ^ (noise >> 26) as u8
        });
        let raw = RawPicture::from_rgba(width, height, pixels.collect(), MediaTime::default());
        raw.into_picture(false)
    }

    fn is_jpeg(file: &[u8]) -> bool {
        file.starts_with(&[0xff, 0xd8]) && file.ends_with(&[0xff, 0xd9])
    }

    #[test]
    fn quality_can_be_another_with_each_picture() {
        let (mut encoder, picture) = (Encoder::default(), picture(320, 240));
        let sizes: Vec<usize> = [10, 90, 10, 50]
            .into_iter()
            .map(|quality| {
                let file = encoder.encode(&picture, quality).expect("encoded");
                assert!(is_jpeg(&file));
                file.len()
            })
            .collect();
        assert_eq!(sizes[0], sizes[2]);
        assert!(sizes[0] < sizes[3] && sizes[3] < sizes[1], "{sizes:?}");
    }

    #[test]
    fn size_and_kind_can_change_between_pictures() {
        let mut encoder = Encoder::default();
        let large = encoder.encode(&picture(320, 240), 80).expect("encoded");
        let small = encoder.encode(&picture(160, 120), 80).expect("encoded");
        assert!(small.len() < large.len());
        let from_jpeg = Picture { data: PictureData::Jpeg(large.clone()), ..picture(320, 240) };
        let again = encoder.encode(&from_jpeg, 10).expect("encoded");
        assert!(is_jpeg(&again) && again.len() < large.len());
        assert!(is_jpeg(&encoder.encode(&picture(64, 64), 1).expect("encoded")));
    }

    #[test]
    fn a_damaged_picture_is_an_error_and_the_next_one_is_encoded() {
        let mut encoder = Encoder::default();
        let good = picture(64, 64);
        let damaged =
            Picture { data: PictureData::Jpeg(Bytes::from_static(b"no JPEG at all")), ..good.clone() };
        assert!(matches!(encoder.encode(&damaged, 80), Err(JpegError::Encode { .. })));
        let strange = Picture { data: PictureData::Raw(std::sync::Arc::new(1)), ..good.clone() };
        assert!(matches!(encoder.encode(&strange, 80), Err(JpegError::UnknownPicture)));
        assert!(is_jpeg(&encoder.encode(&good, 80).expect("encoded")));
    }
}
