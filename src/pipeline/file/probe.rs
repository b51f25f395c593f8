//! What is in a file, as GStreamer calls it.

use std::path::Path;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_pbutils as gst_pbutils;
use gstreamer_pbutils::prelude::*;

use super::{FileError, Running, demuxer};

/// Longer than any step: what ends it is the limit of the child's process, which knows how long that waited for a
/// processor.
const TIME_MAX: gst::ClockTime = gst::ClockTime::from_seconds(3600);
/// Pictures whose times are looked at.
const TIMES_MAX: usize = 300;
/// For one of them to come.
const TIME_OF_ONE: gst::ClockTime = gst::ClockTime::from_seconds(5);
/// Between the shortest and the longest picture: above it, the rate varies. Rounding to milliseconds makes 16 and 17
/// of 60 frames, and 1.06.
const JITTER_MAX: f64 = 1.25;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub video: Option<FoundVideo>,
    /// The first sound track: its media type with its version or format behind, such as `audio/mpeg 4`, and channels.
    pub audio: Option<(String, u32)>,
    pub texts: u32,
    pub duration: Duration,
    /// Clockwise degrees.
    pub rotation: u32,
    /// In seconds since 1970, if the file says when it was recorded.
    pub taken: Option<i64>,
    /// Nothing here decodes the picture.
    pub undecodable: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FoundVideo {
    /// Such as `video/x-h264`.
    pub media_type: String,
    /// `video/mpeg` is several codecs.
    pub version: i32,
    /// Empty: it does not say.
    pub profile: String,
    pub level: String,
    pub bits: u32,
    /// Such as `4:2:0`; empty: it does not say.
    pub chroma: String,
    /// As coded.
    pub width: u32,
    pub height: u32,
    /// Of a pixel, width to height.
    pub aspect: (i32, i32),
    pub interlaced: bool,
    /// 0: it does not say.
    pub frames_per_s: f64,
    pub variable: bool,
}

/// `mp4`: MP4 or QuickTime, else Matroska or WebM.
pub fn probe(file: &Path, mp4: bool) -> Result<Found, FileError> {
    let failed = |error: &gst::glib::Error| FileError::Failed(error.message().to_owned());
    let uri = gst::glib::filename_to_uri(file, None).map_err(|error| failed(&error))?;
    let discoverer = gst_pbutils::Discoverer::new(TIME_MAX).map_err(|error| failed(&error))?;
    let info = discoverer.discover_uri(&uri).map_err(|error| FileError::of(&error))?;
    let result = info.result();
    match result {
        gst_pbutils::DiscovererResult::Ok | gst_pbutils::DiscovererResult::MissingPlugins => {}
        gst_pbutils::DiscovererResult::Timeout => return Err(FileError::TooSlow),
        other => return Err(FileError::Damaged(format!("{other:?}"))),
    }
    let streams = info.stream_list();
    let of = |kind: &str| streams.iter().filter(|stream| media_type(stream).starts_with(kind)).count();
    let videos = info.video_streams();
    // Motion JPEG is a picture to it, too; a cover beside a film is one more.
    let video = videos.iter().find(|video| !video.is_image()).or(videos.first());
    let audios = info.audio_streams();
    let rotation = video
        .and_then(|video| video.tags())
        .as_deref()
        .and_then(rotation)
        .or_else(|| info.stream_info().and_then(|file| file.tags()).as_deref().and_then(rotation))
        .unwrap_or(0);
    let mut found = Found {
        video: video.and_then(found_video),
        audio: audios.first().map(|audio| (sound_type(audio), audio.channels())),
        texts: u32::try_from(info.subtitle_streams().len()).unwrap_or(u32::MAX),
        duration: info.duration().unwrap_or_default().into(),
        rotation,
        taken: info.stream_info().and_then(|file| file.tags()).as_deref().and_then(taken),
        undecodable: false,
    };
    if found.video.is_none() {
        // A codec that nothing here knows is listed by its media type alone.
        found.undecodable = of("video/") > 0;
        return Ok(found);
    }
    found.undecodable = result == gst_pbutils::DiscovererResult::MissingPlugins
        && !decodes(videos.first().and_then(|video| video.caps()).as_ref());
    if let (Some(video), Some((rate, variable))) = (&mut found.video, rate(file, mp4)) {
        video.variable = variable;
        if variable || video.frames_per_s <= 0.0 {
            video.frames_per_s = rate;
        }
    }
    Ok(found)
}

/// Whether anything here decodes it.
fn decodes(caps: Option<&gst::Caps>) -> bool {
    let Some(caps) = caps else { return false };
    let decoders =
        gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL);
    decoders.iter().any(|decoder| decoder.can_sink_any_caps(caps))
}

fn media_type(stream: &gst_pbutils::DiscovererStreamInfo) -> String {
    stream.caps().and_then(|caps| Some(caps.structure(0)?.name().to_string())).unwrap_or_default()
}

fn found_video(video: &gst_pbutils::DiscovererVideoInfo) -> Option<FoundVideo> {
    let caps = video.caps()?;
    let caps = caps.structure(0)?;
    let text = |name: &str| caps.get::<String>(name).unwrap_or_default();
    let (rate, par) = (video.framerate(), video.par());
    Some(FoundVideo {
        media_type: caps.name().to_string(),
        version: caps.get("mpegversion").unwrap_or(0),
        profile: text("profile"),
        level: text("level"),
        bits: caps.get::<u32>("bit-depth-luma").unwrap_or(8),
        chroma: text("chroma-format"),
        width: video.width(),
        height: video.height(),
        aspect: (par.numer(), par.denom()),
        interlaced: video.is_interlaced(),
        frames_per_s: if rate.denom() > 0 { f64::from(rate.numer()) / f64::from(rate.denom()) } else { 0.0 },
        variable: false,
    })
}

fn sound_type(audio: &gst_pbutils::DiscovererAudioInfo) -> String {
    let Some(caps) = audio.caps() else { return String::new() };
    let Some(caps) = caps.structure(0) else { return String::new() };
    let (version, layer) =
        (caps.get::<i32>("mpegversion").unwrap_or(0), caps.get::<i32>("layer").unwrap_or(0));
    match version {
        0 => caps.name().to_string(),
        _ => format!("{} {version}.{layer}", caps.name()),
    }
}

/// When it was recorded, in seconds since 1970, as its container says.
fn taken(tags: &gst::TagListRef) -> Option<i64> {
    let time = tags.get::<gst::tags::DateTime>()?.get();
    let has_time = time.has_day() && time.has_time();
    time.to_g_date_time().ok().filter(|_| has_time).map(|time| time.to_unix())
}

/// By the tag `image-orientation`; mirrored ones are turned as if they were not.
fn rotation(tags: &gst::TagListRef) -> Option<u32> {
    let tag = tags.get::<gst::tags::ImageOrientation>()?;
    let degrees = tag.get().rsplit('-').next()?.parse().ok()?;
    [0, 90, 180, 270].contains(&degrees).then_some(degrees)
}

/// The average rate of the first pictures by their times, and whether it varies. No decoding.
fn rate(file: &Path, mp4: bool) -> Option<(f64, bool)> {
    let running = Running::parse(
        &format!(
            "filesrc name=file ! {} name=demux appsink name=out sync=false max-buffers=16",
            demuxer(mp4)
        ),
        file,
    )
    .ok()?;
    let sink = running.element("out").downcast::<gst_app::AppSink>().ok()?;
    let target = sink.static_pad("sink")?;
    running.element("demux").connect_pad_added(move |_, pad| {
        if pad.name().starts_with("video") && !target.is_linked() {
            // One that can't be linked gives no times, which is no failure.
            let _ = pad.link(&target);
        }
    });
    running.start(gst::State::Playing).ok()?;
    let times = std::iter::from_fn(|| sink.try_pull_sample(TIME_OF_ONE));
    let times = times.take(TIMES_MAX).filter_map(|sample| Some(sample.buffer()?.pts()?.nseconds()));
    rate_of(times.collect())
}

fn rate_of(mut times: Vec<u64>) -> Option<(f64, bool)> {
    times.sort_unstable();
    times.dedup();
    let deltas: Vec<u64> = times.windows(2).map(|two| two[1] - two[0]).collect();
    let (shortest, longest) = (*deltas.iter().min()? as f64, *deltas.iter().max()? as f64);
    let seconds = (times.last()? - times.first()?) as f64 / 1e9;
    let rate = deltas.len() as f64 / seconds;
    // Times in milliseconds are off by one each.
    let variable = longest - 1e6 > (shortest + 1e6) * JITTER_MAX;
    Some((rate, variable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_from_times() {
        let times = |deltas_ms: &[u64]| -> Vec<u64> {
            let deltas = deltas_ms.iter().cycle().take(60);
            deltas.scan(0, |at, delta| Some(std::mem::replace(at, *at + delta * 1_000_000))).collect()
        };
        let check = |deltas_ms: &[u64], rate: f64, variable: bool| {
            let (found, varies) = rate_of(times(deltas_ms)).unwrap();
            assert!(
                (found - rate).abs() < rate * 0.05 && varies == variable,
                "{deltas_ms:?}: {found} {varies}"
            );
        };
        check(&[40], 25.0, false);
        check(&[33, 33, 34], 30.0, false);
        check(&[16, 17, 17], 60.0, false);
        check(&[33, 67], 20.0, true);
        check(&[20, 20, 20, 80], 28.6, true);
        assert_eq!(rate_of(vec![]), None);
        assert_eq!(rate_of(vec![5]), None);
    }
}
