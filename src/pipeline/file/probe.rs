//! What is in a file, as GStreamer calls it.

use std::path::Path;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_pbutils as gst_pbutils;
use gstreamer_pbutils::prelude::*;

use super::movie::{Kind, Movie};
use super::{Container, FileError, Running, Turn, lengths, pads};

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
    /// The sound track that is heard: its media type with its version or format behind, such as `audio/mpeg 4`, and channels.
    pub audio: Option<(String, u32)>,
    pub texts: u32,
    pub duration: Duration,
    /// Of the two tracks by themselves; zero: it does not say.
    pub picture: Duration,
    pub sound: Duration,
    pub turn: Turn,
    /// In seconds since 1970, if the file says when it was recorded.
    pub taken: Option<i64>,
    /// Nothing here decodes the picture, or the sound if that is all there is.
    pub undecodable: bool,
    /// Of sound alone: how long its header says that it is, if it says so.
    pub said: Option<Duration>,
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

/// Finds out what is in a file; its pictures are decoded up to the first.
pub fn probe(file: &Path, container: Container) -> Result<Found, FileError> {
    let movie = Movie::read(file);
    let info = discover(file, movie.clone())?;
    let result = info.result();
    let streams = info.stream_list();
    let of = |kind: &str| streams.iter().filter(|stream| media_type(stream).starts_with(kind)).count();
    let picture = movie.as_ref().and_then(Movie::picture);
    let mut videos = info.video_streams();
    // The video track that players show comes first. GStreamer counts motion JPEG and covers as pictures: they come last.
    let shown = picture.map(|picture| format!("/{:03}", picture.id));
    videos.sort_by_key(|video| {
        let is_it = shown.as_ref().zip(video.stream_id()).is_some_and(|(end, id)| id.ends_with(end.as_str()));
        (!is_it, video.is_image())
    });
    let video = videos.first();
    let mut audios = info.audio_streams();
    audios.sort_by_key(|audio| audio.stream_id());
    let heard = movie.as_ref().and_then(Movie::sound_number).and_then(|number| audios.get(number));
    let turn = picture.map(|picture| picture.turn).or_else(|| {
        let tags = video.and_then(|video| video.tags());
        let all = || info.stream_info().and_then(|file| file.tags());
        tags.as_deref()
            .and_then(rotation)
            .or_else(|| all().as_deref().and_then(rotation))
            .map(Turn::of_degrees)
    });
    let length = |kind| movie.as_ref().and_then(|movie| movie.length_of(kind)).unwrap_or_default();
    let mut found = Found {
        video: video.and_then(found_video),
        audio: heard.or(audios.first()).map(|audio| (sound_type(audio), audio.channels())),
        texts: u32::try_from(info.subtitle_streams().len()).unwrap_or(u32::MAX),
        duration: info.duration().unwrap_or_default().into(),
        picture: length(Kind::Picture),
        sound: length(Kind::Sound),
        turn: turn.unwrap_or_default(),
        taken: info.stream_info().and_then(|file| file.tags()).as_deref().and_then(taken),
        undecodable: false,
        said: None,
    };
    if found.video.is_none() {
        // A codec that nothing here knows is listed by its media type alone.
        found.undecodable = of("video/") > 0;
        if let Some(audio) = heard.or(audios.first()).filter(|_| !found.undecodable) {
            found.undecodable =
                result == gst_pbutils::DiscovererResult::MissingPlugins && !decodes(audio.caps().as_ref());
            found.said = info.duration().map(Duration::from);
            // Most formats say nothing of their length, and what is guessed by the first frames is wrong by minutes.
            found.sound = match movie.and_then(|movie| movie.length()) {
                Some(said) => said,
                None => lengths::read(file, Container::Sound)?.1,
            };
            found.duration = found.sound;
        }
        return Ok(found);
    }
    found.undecodable = result == gst_pbutils::DiscovererResult::MissingPlugins
        && !decodes(videos.first().and_then(|video| video.caps()).as_ref());
    let (length, times) = times(file, container).unwrap_or_default();
    found.duration = match movie.and_then(|movie| movie.length()).or(length) {
        Some(said) => said,
        None => {
            let (picture, sound) = lengths::read(file, container)?;
            (found.picture, found.sound) = (picture, sound);
            picture.max(sound)
        }
    };
    if let (Some(video), Some((rate, variable))) = (&mut found.video, rate_of(times)) {
        video.variable = variable;
        if variable || video.frames_per_s <= 0.0 {
            video.frames_per_s = rate;
        }
    }
    Ok(found)
}

/// What GStreamer finds in a file up to its first picture and sound.
pub(super) fn discover(file: &Path, movie: Option<Movie>) -> Result<gst_pbutils::DiscovererInfo, FileError> {
    let failed = |error: &gst::glib::Error| FileError::Failed(error.message().to_owned());
    let uri = gst::glib::filename_to_uri(file, None).map_err(|error| failed(&error))?;
    let discoverer = gst_pbutils::Discoverer::new(TIME_MAX).map_err(|error| failed(&error))?;
    discoverer.connect_source_setup(move |_, source| {
        if let Some(movie) = &movie {
            movie.mend(source);
        }
    });
    let info = discoverer.discover_uri(&uri).map_err(|error| FileError::of(&error))?;
    match info.result() {
        gst_pbutils::DiscovererResult::Ok | gst_pbutils::DiscovererResult::MissingPlugins => Ok(info),
        gst_pbutils::DiscovererResult::Timeout => Err(FileError::TooSlow),
        other => Err(FileError::Damaged(format!("{other:?}"))),
    }
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

/// By the tag `image-orientation` of files that have no matrix; none of those is ever mirrored.
fn rotation(tags: &gst::TagListRef) -> Option<u32> {
    let tag = tags.get::<gst::tags::ImageOrientation>()?;
    let degrees = tag.get().rsplit('-').next()?.parse().ok()?;
    [0, 90, 180, 270].contains(&degrees).then_some(degrees)
}

/// How long the file says that it is, and when its first pictures are shown. No decoding.
fn times(file: &Path, container: Container) -> Option<(Option<Duration>, Vec<u64>)> {
    let running = Running::parse(
        &format!(
            "filesrc name=file ! {} name=demux appsink name=out sync=false max-buffers=16",
            container.demuxer()
        ),
        file,
    )
    .ok()?;
    let sink = running.element("out").downcast::<gst_app::AppSink>().ok()?;
    let target = sink.static_pad("sink")?;
    running.element("demux").connect_pad_added(move |_, pad| {
        if pads::kind(pad) == Kind::Picture && !target.is_linked() {
            // One that can't be linked gives no times, which is no failure.
            let _ = pad.link(&target);
        }
    });
    running.start(gst::State::Playing).ok()?;
    let times = std::iter::from_fn(|| sink.try_pull_sample(TIME_OF_ONE));
    let times = times.take(TIMES_MAX).filter_map(|sample| Some(sample.buffer()?.pts()?.nseconds()));
    let times = times.collect();
    // Asked of the demuxer alone: parsers behind it would guess.
    let length = running.element("demux").query_duration::<gst::ClockTime>();
    Some((length.filter(|length| !length.is_zero()).map(Duration::from), times))
}

/// The average rate of pictures by their times, and whether it varies.
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
