//! A film made of a still picture and a sound.
//!
//! The picture is coded once, as a few seconds that begin with a key frame, and these are written over and over: an hour of
//! sound takes as long as its sound alone, on a processor that codes 1080p at the rate of a film.

use std::path::Path;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::convert::{Target, attend, encoder_element, sound_description};
use super::frames::decode_only;
use super::lengths::Reached;
use super::movie::Kind;
use super::{FileError, Running, pads};

/// Of one round. A TV that comes in the middle has to decode up to so much, and a key frame of 1080p is some 100 KB.
const ROUND_S: u32 = 5;
/// For all pictures of a round: a Pi codes 1080p at 30 pictures a second.
const CODING_MAX: gst::ClockTime = gst::ClockTime::from_seconds(20);
/// By `x264enc`, 0 to 50: letters and covers as one sees them in a film of good quality.
const QUANTIZER: u32 = 20;

/// Pictures of 32 bits (RGBx), rows without gaps, as large as the target. `length`: of the sound. Returns how long the sound
/// is that was read.
pub fn film(
    file: &Path,
    target: &Target<'_>,
    picture: Vec<u8>,
    length: Duration,
    progress: impl FnMut(u64),
) -> Result<Duration, FileError> {
    let round = code(target, picture)?;
    let running = Running::parse(
        &format!(
            "appsrc name=picture format=time ! queue ! mux.video_0 filesrc name=file ! decodebin name=decode \
             identity name=sound ! {} ! mux.audio_0 mp4mux name=mux faststart=true ! filesink name=out",
            sound_description()?
        ),
        file,
    )?;
    running.element("out").set_property("location", target.file);
    running.element("mux").set_property("faststart-file", target.spare);
    round.play(&running.element("picture"), length)?;
    let (decode, reached) = (running.element("decode"), Reached::default());
    decode_only(&decode, &["audio/"]);
    let (entry, watching) = (running.element("sound").downgrade(), reached.clone());
    decode.connect_no_more_pads(move |decode| {
        let sound = pads::sound(decode);
        pads::swallow_others(decode, sound.as_ref());
        let sink = entry.upgrade().and_then(|entry| entry.static_pad("sink"));
        let linked = sound.zip(sink).is_some_and(|(sound, sink)| {
            watching.watch(&sound, Kind::Sound);
            sound.link(&sink).is_ok()
        });
        if !linked {
            gst::element_error!(decode, gst::StreamError::CodecNotFound, ["there is no sound"]);
        }
    });
    running.start(gst::State::Playing)?;
    attend(&running, &reached, progress)?;
    Ok(reached.of(Kind::Sound))
}

/// A few seconds of the picture, coded.
struct Round {
    caps: gst::Caps,
    pictures: Vec<gst::Buffer>,
    /// Of each.
    lasts: gst::ClockTime,
}

/// Without B-frames, so that pictures are in the order of their time, whoever codes them.
fn code(target: &Target<'_>, picture: Vec<u8>) -> Result<Round, FileError> {
    let (frames, seconds) = target.rate;
    let (width, height) = (target.width, target.height);
    let count = frames * ROUND_S / seconds.max(1);
    let (encoder, format) = encoder(target, count)?;
    let running = Running::launch(&format!(
        "appsrc name=in format=time caps=video/x-raw,format=RGBx,width={width},height={height},\
         framerate={frames}/{seconds},pixel-aspect-ratio=1/1 ! videoconvert ! video/x-raw,format={format} ! {encoder} \
         ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! appsink name=out sync=false"
    ))?;
    let failed = |what: &str| FileError::Failed(what.to_owned());
    let source = running.element("in").downcast::<gst_app::AppSrc>().map_err(|_| failed("no source"))?;
    let sink = running.element("out").downcast::<gst_app::AppSink>().map_err(|_| failed("no sink"))?;
    let lasts = gst::ClockTime::SECOND * u64::from(seconds) / u64::from(frames.max(1));
    running.start(gst::State::Playing)?;
    let picture = gst::Buffer::from_slice(picture);
    for number in 0..u64::from(count) {
        // The pixels are the same, and there once.
        let pushed = source.push_buffer(timed(&picture, number, lasts));
        pushed.map_err(|_| running.error())?;
    }
    source.end_of_stream().map_err(|_| running.error())?;
    let (mut caps, mut pictures) = (None, Vec::new());
    while let Some(sample) = sink.try_pull_sample(CODING_MAX) {
        caps = sample.caps_owned().or(caps);
        pictures.extend(sample.buffer_owned());
    }
    match caps {
        Some(caps) if sink.is_eos() && !pictures.is_empty() => Ok(Round { caps, pictures, lasts }),
        _ => Err(running.has_failed().unwrap_or(FileError::TooSlow)),
    }
}

/// The same content at the time of the picture of that number.
fn timed(buffer: &gst::Buffer, number: u64, lasts: gst::ClockTime) -> gst::Buffer {
    let mut buffer = buffer.copy();
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(lasts * number);
        buffer.set_dts(lasts * number);
        buffer.set_duration(lasts);
    }
    buffer
}

impl Round {
    /// Over and over until the sound is over, as it is asked for.
    fn play(self, source: &gst::Element, length: Duration) -> Result<(), FileError> {
        let source = source.clone().downcast::<gst_app::AppSrc>();
        let source = source.map_err(|_| FileError::Failed("no source".to_owned()))?;
        source.set_caps(Some(&self.caps));
        let count = length.as_nanos().div_ceil(u128::from(self.lasts.nseconds().max(1)));
        let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
        let mut number = 0;
        let next = move |source: &gst_app::AppSrc, _| {
            // Whoever does not take it any more has ended, which the bus says.
            if number < count {
                let of_round = usize::try_from(number).unwrap_or(0) % self.pictures.len();
                let _ = source.push_buffer(timed(&self.pictures[of_round], number, self.lasts));
                number += 1;
            } else {
                let _ = source.end_of_stream();
            }
        };
        source.set_callbacks(gst_app::AppSrcCallbacks::builder().need_data(next).build());
        Ok(())
    }
}

/// What codes a round, and the raw format it takes. The bits of conversions are more than a still picture needs, so that its
/// first picture is as good as the ones that follow.
fn encoder(target: &Target<'_>, count: u32) -> Result<(String, &'static str), FileError> {
    let bit = target.kbit_per_s * 1000;
    Ok(match encoder_element()? {
        "v4l2h264enc" => (
            format!(
                "v4l2h264enc extra-controls=\"controls,repeat_sequence_header=1,video_bitrate={bit},\
                 h264_i_frame_period={count}\" ! video/x-h264,profile=main,level=(string)4"
            ),
            "NV12",
        ),
        "x264enc" => (
            format!(
                "x264enc speed-preset=veryfast tune=stillimage pass=quant quantizer={QUANTIZER} key-int-max={count} \
                 bframes=0 ! video/x-h264,profile=high"
            ),
            "I420",
        ),
        _ => (
            format!(
                "openh264enc complexity=medium rate-control=quality bitrate={bit} gop-size={count} \
                 ! video/x-h264,profile=main"
            ),
            "I420",
        ),
    })
}
