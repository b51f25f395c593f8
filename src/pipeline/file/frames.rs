//! Single pictures of a video, at any time of it.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::hdr::Hdr;
use super::{FileError, Running, movie, pads};

/// For one picture; what takes longer is left out. A place without one ends at once: this is for a box that is so busy that
/// work of the lowest priority hardly gets a processor (28 s were seen for 0.2 s of work).
const TIME_OF_ONE: gst::ClockTime = gst::ClockTime::from_seconds(20);

/// A video whose pictures can be asked for.
pub struct Frames {
    running: Running,
    sink: gst_app::AppSink,
    /// The first picture, until another was asked for.
    first: Option<Frame>,
}

/// 8-bit RGB, rows without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub width: u32,
    pub height: u32,
    pub data: Vec<u8>,
}

impl Frames {
    /// Pictures will have this size, upright. `rotation`: as was found, if the file has no matrix of its own.
    pub fn open(file: &Path, size: (u32, u32), rotation: u32) -> Result<Self, FileError> {
        let turn = movie::turn_of(file, rotation);
        let ((width, height), turning) = (turn.unturned(size), turn.direction());
        let running = Running::parse(
            &format!(
                "filesrc name=file ! decodebin name=decode \
                 deinterlace name=in ! videoconvertscale add-borders=false \
                 ! video/x-raw,format=RGB,width={width},height={height},pixel-aspect-ratio=1/1 \
                 ! videoflip video-direction={turning} ! video/x-raw,format=RGB ! appsink name=out sync=false max-buffers=1"
            ),
            file,
        )?;
        let sink = running.element("out").downcast::<gst_app::AppSink>();
        let sink = sink.map_err(|_| FileError::Failed("no sink".to_owned()))?;
        link_video(file, &running.element("decode"), &running.element("in"), sink.static_pad("sink"));
        // Paused, the sound behind the last picture would fill its queue, and its end would never come.
        running.start(gst::State::Playing)?;
        let mut frames = Self { running, sink, first: None };
        frames.first = Some(frames.next()?);
        Ok(frames)
    }

    /// The picture at a time, or, unless `exact`, the key frame next to it.
    pub fn at(&mut self, time_ms: u64, exact: bool) -> Result<Frame, FileError> {
        if let Some(first) = self.first.take().filter(|_| time_ms == 0) {
            return Ok(first);
        }
        let how = if exact {
            gst::SeekFlags::ACCURATE
        } else {
            gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_NEAREST
        };
        let time = gst::ClockTime::from_mseconds(time_ms);
        self.running
            .0
            .seek_simple(gst::SeekFlags::FLUSH | how, time)
            .map_err(|_| FileError::Damaged("it can't be searched".to_owned()))?;
        self.next()
    }

    /// The picture that comes next.
    fn next(&self) -> Result<Frame, FileError> {
        let sample = self.sink.try_pull_sample(TIME_OF_ONE).ok_or_else(|| self.running.error())?;
        frame(&sample).ok_or_else(|| FileError::Damaged("a picture of no size".to_owned()))
    }
}

/// Links the picture that comes out of a decodebin; sound is not even decoded, but taken: left in its queue, it would keep
/// the demuxer from reading on.
fn link_video(file: &Path, decode: &gst::Element, target: &gst::Element, out: Option<gst::Pad>) {
    decode_only(decode, &["video/"]);
    let picture = pads::picture_id(file);
    let target = target.downgrade();
    decode.connect_no_more_pads(move |decode| {
        let Some(sink) = target.upgrade().and_then(|target| target.static_pad("sink")) else { return };
        let picture = pads::picture(decode, picture, "video/x-raw");
        pads::swallow_others(decode, picture.as_ref());
        if let Some(pad) = picture {
            if let Some((hdr, out)) = Hdr::of(&pad).zip(out.as_ref()) {
                hdr.tone(out);
            }
            // Without a link there is no picture, which is what is said then.
            let _ = pad.link(&sink);
        }
    });
}

/// Of the streams in a file, the decodebin decodes only these kinds; the others come out as they are, and go nowhere.
///
/// Its own properties for that (`caps` without `expose-all-streams`) refuse decoders that can give memory of their own
/// kind besides, as those of libav do.
pub(super) fn decode_only(decode: &gst::Element, kinds: &'static [&'static str]) {
    decode.connect("autoplug-continue", false, |values| {
        let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
        let other = |name: &str| {
            let stream = ["video/", "audio/", "text/", "subpicture/", "closedcaption/", "application/x-s"];
            let container = is_container(name);
            !container && stream.iter().any(|kind| name.starts_with(kind) && !kinds.contains(kind))
        };
        let other = caps.is_some_and(|caps| caps.structure(0).is_some_and(|caps| other(caps.name())));
        Some((!other).to_value())
    });
}

/// Containers are called like streams.
fn is_container(name: &str) -> bool {
    const CONTAINERS: [&str; 13] = [
        "video/quicktime",
        "video/x-matroska",
        "video/webm",
        "video/x-msvideo",
        "video/x-ms-asf",
        "video/mpegts",
        "video/x-flv",
        "video/ogg",
        "audio/ogg",
        "audio/x-matroska",
        "audio/webm",
        "audio/x-m4a",
        "application/ogg",
    ];
    CONTAINERS.contains(&name)
}

pub(super) fn is(caps: &gst::Caps, name: &str) -> bool {
    caps.structure(0).is_some_and(|caps| caps.name() == name)
}

fn frame(sample: &gst::Sample) -> Option<Frame> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
    let (width, height) = (info.width(), info.height());
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    let row = width as usize * 3;
    let plane = frame.plane_data(0).ok()?;
    let mut data = Vec::with_capacity(row * height as usize);
    for line in 0..height as usize {
        data.extend_from_slice(plane.get(line * stride..line * stride + row)?);
    }
    Some(Frame { width, height, data })
}
