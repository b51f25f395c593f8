//! Another file made from a video: H.264 and AAC in an MP4 whose index comes first, which every screen plays.

use std::path::Path;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::frames::decode_only;
use super::hdr::{self, Hdr};
use super::lengths::Reached;
use super::movie::{Kind, Movie};
use super::{FileError, Running, Turn, movie, pads};
use crate::pipeline::encoders;

/// Between two looks at how far it is.
const PERIOD: gst::ClockTime = gst::ClockTime::from_mseconds(500);
const KEY_FRAME_INTERVAL_S: u32 = 2;
const SOUND_BIT_PER_S: u32 = 128_000;
/// Any of these makes AAC; one is enough.
const SOUND_ENCODERS: [&str; 4] = ["fdkaacenc", "avenc_aac", "voaacenc", "faac"];

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    pub file: &'a Path,
    /// Next to it, for what is written before the index can be; gone after.
    pub spare: &'a Path,
    /// Upright.
    pub width: u32,
    pub height: u32,
    /// How the original has to be turned, if it has no matrix of its own.
    pub rotation: u32,
    pub rate: (u32, u32),
    pub kbit_per_s: u32,
}

/// Makes it; `progress` is called with the time of the original it has reached, in milliseconds. Returns how long picture and
/// sound of the original are, as far as that can be known.
pub fn convert(
    file: &Path,
    target: &Target<'_>,
    progress: impl FnMut(u64),
) -> Result<(Duration, Duration), FileError> {
    let turn = movie::turn_of(file, target.rotation);
    let videos = [video_description(target, turn, false)?, video_description(target, turn, true)?];
    let sound = sound_description()?;
    let running = Running::parse(
        "filesrc name=file ! decodebin name=decode \
         mp4mux name=mux faststart=true ! filesink name=out",
        file,
    )?;
    running.element("out").set_property("location", target.file);
    running.element("mux").set_property("faststart-file", target.spare);
    let decode = running.element("decode");
    decode_only(&decode, &["video/", "audio/"]);
    let movie = Movie::read(file);
    let picture = movie.as_ref().and_then(Movie::picture).map(|track| track.id);
    let (pipeline, reached) = (running.0.downgrade(), Reached::default());
    let watching = reached.clone();
    // Nothing comes out of any of them before this.
    decode.connect_no_more_pads(move |decode| {
        let Some(pipeline) = pipeline.upgrade() else { return };
        let Some(picture) = pads::picture(decode, picture, "video/x-raw") else {
            gst::element_error!(decode, gst::StreamError::CodecNotFound, ["there is no picture"]);
            return;
        };
        watching.watch(&picture, Kind::Picture);
        forget_tags(&picture);
        let hdr = Hdr::of(&picture);
        let mut added = add_branch(&pipeline, &picture, &videos[usize::from(hdr.is_some())], "video_%u");
        if let Some((hdr, pad)) = hdr.zip(hdr::pad(&pipeline)) {
            hdr.tone(&pad);
        }
        if let Some(heard) = pads::sound(decode) {
            watching.watch(&heard, Kind::Sound);
            added = added.and_then(|()| add_branch(&pipeline, &heard, &sound, "audio_%u"));
        }
        if let Err(error) = added {
            gst::element_error!(pipeline, gst::StreamError::Encode, ["{error}"]);
        }
    });
    running.start(gst::State::Playing)?;
    attend(&running, &reached, progress)?;
    // What it says is worth more than what was made of it: some of it may never have come.
    let length = |kind| {
        // Of several sounds one is heard, which may be shorter than others.
        let one = |movie: &&Movie| kind == Kind::Picture || movie.count(kind) == 1;
        let said = movie.as_ref().filter(one).and_then(|movie| movie.length_of(kind));
        said.map_or_else(|| reached.of(kind), |said| said.max(reached.of(kind)))
    };
    Ok((length(Kind::Picture), length(Kind::Sound)))
}

/// Until it is whole.
pub(super) fn attend(
    running: &Running,
    reached: &Reached,
    mut progress: impl FnMut(u64),
) -> Result<(), FileError> {
    let mut told = None;
    loop {
        match running.until_end(PERIOD) {
            Err(FileError::TooSlow) => {}
            end => return end,
        }
        // Only if it has moved: silence tells that it stands still.
        let reached = reached.of(Kind::Picture).max(reached.of(Kind::Sound));
        let reached_ms = u64::try_from(reached.as_millis()).unwrap_or(u64::MAX);
        if told.replace(reached_ms) != Some(reached_ms) {
            progress(reached_ms);
        }
    }
}

/// What the file says of itself is not true of the copy: muxers of newer GStreamer write down that it is turned.
fn forget_tags(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
        match info.event().is_some_and(|event| event.type_() == gst::EventType::Tag) {
            true => gst::PadProbeReturn::Drop,
            false => gst::PadProbeReturn::Ok,
        }
    });
}

fn add_branch(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    description: &str,
    target: &str,
) -> Result<(), gst::glib::BoolError> {
    let branch = gst::parse::bin_from_description(description, true)
        .map_err(|error| gst::glib::bool_error!("{}", error.message()))?;
    pipeline.add(&branch)?;
    let mux = pipeline.by_name("mux").expect("the description has one");
    let input =
        mux.request_pad_simple(target).ok_or_else(|| gst::glib::bool_error!("no pad of the muxer"))?;
    let ends = branch.static_pad("src").zip(branch.static_pad("sink"));
    let (source, sink) = ends.ok_or_else(|| gst::glib::bool_error!("a branch without ends"))?;
    let failed = |_| gst::glib::bool_error!("parts that do not fit");
    source.link(&input).map_err(failed)?;
    branch.sync_state_with_parent()?;
    pad.link(&sink).map(drop).map_err(failed)
}

/// The rate first, so that what is left out is not scaled; turned last, when it is small.
fn video_description(target: &Target<'_>, turn: Turn, hdr: bool) -> Result<String, FileError> {
    let (frames, seconds) = target.rate;
    let (width, height) = turn.unturned((target.width, target.height));
    let (encoder, format) = encoder(target)?;
    let toned = if hdr { hdr::toned(width, height) } else { String::new() };
    Ok(format!(
        "queue max-size-buffers=3 max-size-bytes=0 max-size-time=0 ! deinterlace \
         ! videorate ! video/x-raw,framerate={frames}/{seconds} \
         ! videoconvertscale add-borders=false {toned}\
         ! video/x-raw,format={format},width={width},height={height},pixel-aspect-ratio=1/1 \
         ! videoflip video-direction={turning} ! {encoder} \
         ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! queue",
        turning = turn.direction(),
    ))
}

/// Sound may be seconds ahead or behind in a file; the queue holds a second, more waits in the file.
pub(super) fn sound_description() -> Result<String, FileError> {
    let there = |name: &&&str| gst::ElementFactory::find(name).is_some();
    let encoder = SOUND_ENCODERS.iter().find(there);
    let encoder = encoder.ok_or_else(|| FileError::NoEncoder("for AAC".to_owned()))?;
    Ok(format!(
        "queue max-size-buffers=0 max-size-bytes=0 max-size-time=1000000000 ! audioconvert ! audioresample \
         ! audio/x-raw,rate=48000,channels=2 ! {encoder} bitrate={SOUND_BIT_PER_S} ! aacparse \
         ! audio/mpeg,mpegversion=4,stream-format=raw ! queue"
    ))
}

/// The Pi's, else the processor; with the raw format it takes.
///
/// Level 4.0 holds all that is asked for here (1080p30, 720p60). Two B-frames and a look ahead of the modest preset:
/// this is not live, and old TVs decode them.
fn encoder(target: &Target<'_>) -> Result<(String, &'static str), FileError> {
    let keys = (target.rate.0 * KEY_FRAME_INTERVAL_S / target.rate.1.max(1)).max(1);
    let kbit = target.kbit_per_s;
    match encoder_element()? {
        "v4l2h264enc" => Ok((
            format!(
                "v4l2h264enc extra-controls=\"controls,repeat_sequence_header=1,video_bitrate={},h264_i_frame_period=\
                 {keys}\" ! video/x-h264,profile=main,level=(string)4",
                kbit * 1000
            ),
            "NV12",
        )),
        "x264enc" => Ok((
            format!(
                "x264enc speed-preset=veryfast bitrate={kbit} vbv-buf-capacity=2000 key-int-max={keys} bframes=2 \
                 rc-lookahead=20 ! video/x-h264,profile=high"
            ),
            "I420",
        )),
        _ => Ok((
            format!(
                "openh264enc complexity=medium rate-control=bitrate bitrate={} gop-size={keys} \
                 ! video/x-h264,profile=main",
                kbit * 1000
            ),
            "I420",
        )),
    }
}

/// What makes H.264 here.
pub(super) fn encoder_element() -> Result<&'static str, FileError> {
    let usable = |element: &&encoders::Candidate| element.refused.is_none();
    let mut usable = encoders::candidates().iter().filter(usable).map(|candidate| candidate.element);
    let found = usable.find(|element| matches!(*element, "v4l2h264enc" | "x264enc" | "openh264enc"));
    found.ok_or_else(|| FileError::NoEncoder("for H.264".to_owned()))
}
