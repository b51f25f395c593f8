//! Text tracks of a file, as they are in it. Nothing is decoded.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::{Container, FileError, Running};

/// Films have up to some 50.
const TRACKS_MAX: usize = 60;
const CUES_MAX: usize = 50_000;
const CUE_BYTES_MAX: usize = 16 << 10;
/// The parent's own limit ends it before.
const TIME_MAX: gst::ClockTime = gst::ClockTime::from_seconds(24 * 3600);

/// How the text of a cue is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Each sign stands for itself.
    Plain,
    /// Tags and `&amp;`.
    Markup,
    /// Events of SubStation Alpha, plain or advanced.
    Ass,
}

#[derive(Clone, Debug)]
pub struct Track {
    pub format: Format,
    /// As the file has it; may be empty.
    pub language: String,
    pub title: String,
    pub cues: Vec<RawCue>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawCue {
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
}

/// Reads the whole file.
pub fn read(file: &Path, container: Container) -> Result<Vec<Track>, FileError> {
    let description = format!("filesrc name=file ! {} name=demux", container.demuxer());
    let running = Running::parse(&description, file)?;
    let found: Arc<Mutex<Vec<(gst::Pad, Format, Cues)>>> = Arc::default();
    let (tracks, pipeline) = (Arc::clone(&found), running.0.downgrade());
    running.element("demux").connect_pad_added(move |_, pad| {
        let Some(pipeline) = pipeline.upgrade() else { return };
        let format = pad.current_caps().and_then(|caps| format(&caps));
        let mut tracks = tracks.lock().expect("no holder of this lock can panic");
        // What is no text goes nowhere, but one track must: with none linked the demuxer gives up.
        let kept = format.filter(|_| tracks.len() < TRACKS_MAX);
        if let Some(cues) = collect(&pipeline, pad, kept.is_some())
            && let Some(format) = kept
        {
            tracks.push((pad.clone(), format, cues));
        }
    });
    running.start(gst::State::Playing)?;
    running.until_end(TIME_MAX)?;
    let tracks = std::mem::take(&mut *found.lock().expect("no holder of this lock can panic"));
    Ok(tracks.into_iter().map(|(pad, format, cues)| track(&pad, format, &cues)).collect())
}

type Cues = Arc<Mutex<Vec<RawCue>>>;

fn format(caps: &gst::Caps) -> Option<Format> {
    let caps = caps.structure(0)?;
    match caps.name().as_str() {
        "text/x-raw" if caps.get::<&str>("format") == Ok("utf8") => Some(Format::Plain),
        "text/x-raw" | "application/x-subtitle-vtt" | "text/vtt" | "application/x-subtitle" => {
            Some(Format::Markup)
        }
        "application/x-ass" | "application/x-ssa" => Some(Format::Ass),
        _ => None,
    }
}

/// Puts a sink behind a pad. Its buffers become cues if they are `kept`.
fn collect(pipeline: &gst::Pipeline, pad: &gst::Pad, kept: bool) -> Option<Cues> {
    let cues = Cues::default();
    let sink = gst_app::AppSink::builder().sync(false).async_(false).max_buffers(16).build();
    let into = Arc::clone(&cues);
    let new_sample = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        if kept && let Some(cue) = cue(&sample) {
            let mut cues = into.lock().expect("no holder of this lock can panic");
            if cues.len() < CUES_MAX {
                cues.push(cue);
            }
        }
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(new_sample).build());
    pipeline.add(&sink).ok()?;
    sink.sync_state_with_parent().ok()?;
    pad.link(&sink.static_pad("sink")?).ok()?;
    Some(cues)
}

/// A cue without a length is shown until nobody cares: the next one of most kinds takes its place.
fn cue(sample: &gst::Sample) -> Option<RawCue> {
    const LENGTH_UNKNOWN_MS: u64 = 3000;
    let buffer = sample.buffer()?;
    let start_ms = buffer.pts()?.mseconds();
    let length_ms = buffer.duration().map_or(LENGTH_UNKNOWN_MS, gst::ClockTime::mseconds);
    let map = buffer.map_readable().ok()?;
    let bytes = map.get(..map.len().min(CUE_BYTES_MAX))?;
    let text = String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
    Some(RawCue { start_ms, end_ms: start_ms.saturating_add(length_ms), text })
}

fn track(pad: &gst::Pad, format: Format, cues: &Cues) -> Track {
    let (mut language, mut title) = (String::new(), String::new());
    pad.sticky_events_foreach(|event| {
        if let gst::EventView::Tag(tag) = event.view() {
            if let Some(code) = tag.tag().get::<gst::tags::LanguageCode>() {
                language = code.get().to_owned();
            }
            if let Some(name) = tag.tag().get::<gst::tags::Title>() {
                title = name.get().to_owned();
            }
        }
        std::ops::ControlFlow::Continue(gst::EventForeachAction::Keep)
    });
    let cues = std::mem::take(&mut *cues.lock().expect("no holder of this lock can panic"));
    Track { format, language, title, cues }
}
