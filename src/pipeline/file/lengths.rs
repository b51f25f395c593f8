//! How long the tracks of a file are, found by reading it to its end: recorders that were never ended, and pipes, write no
//! length.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::movie::Kind;
use super::{Container, FileError, Running, pads};

/// Longer than any step may take (`probe.rs`).
const TIME_MAX: gst::ClockTime = gst::ClockTime::from_seconds(3600);

/// How far picture and sound of a file have come, in nanoseconds of its own time, which begins anywhere: a stream that was
/// recorded goes on with the time of its sender.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    begin: Arc<AtomicU64>,
    picture: Arc<AtomicU64>,
    sound: Arc<AtomicU64>,
}

impl Default for Reached {
    fn default() -> Self {
        Self { begin: Arc::new(AtomicU64::new(u64::MAX)), picture: Arc::default(), sound: Arc::default() }
    }
}

impl Reached {
    /// Keeps the end of what goes through a pad.
    pub(super) fn watch(&self, pad: &gst::Pad, kind: Kind) {
        let begin = Arc::clone(&self.begin);
        let reached = Arc::clone(if kind == Kind::Picture { &self.picture } else { &self.sound });
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            if let Some((from, to)) = info.buffer().and_then(|buffer| times(pad, buffer)) {
                begin.fetch_min(from, Ordering::Relaxed);
                reached.fetch_max(to, Ordering::Relaxed);
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// From where the first of both begins.
    pub(super) fn of(&self, kind: Kind) -> Duration {
        let reached = if kind == Kind::Picture { &self.picture } else { &self.sound };
        let begin = self.begin.load(Ordering::Relaxed);
        Duration::from_nanos(reached.load(Ordering::Relaxed).saturating_sub(begin))
    }
}

fn times(pad: &gst::Pad, buffer: &gst::BufferRef) -> Option<(u64, u64)> {
    let segment = pad.sticky_event::<gst::event::Segment>(0)?;
    let segment = segment.segment().downcast_ref::<gst::ClockTime>()?;
    // What lies before or behind is not shown.
    let within = |time: gst::ClockTime| {
        let time = time.max(segment.start().unwrap_or_default());
        segment.stop().map_or(time, |stop| time.min(stop))
    };
    let (from, to) = (buffer.pts()?, buffer.pts()?.checked_add(buffer.duration().unwrap_or_default())?);
    let shown = |time| segment.to_stream_time(within(time)).map(gst::ClockTime::nseconds);
    Some((shown(from)?, shown(to)?))
}

/// Reads all of it, decodes nothing. What is damaged is as long as it can be read.
pub fn read(file: &Path, container: Container) -> Result<(Duration, Duration), FileError> {
    let running = Running::parse(&format!("filesrc name=file ! {} name=demux", container.demuxer()), file)?;
    let reached = Reached::default();
    let (watching, pipeline) = (reached.clone(), running.0.downgrade());
    running.element("demux").connect_pad_added(move |_, pad| {
        let Some(pipeline) = pipeline.upgrade() else { return };
        let kind = pads::kind(pad);
        if kind != Kind::Other {
            watching.watch(pad, kind);
        }
        if let Err(error) = pads::swallow(&pipeline, pad) {
            gst::element_error!(pipeline, gst::CoreError::Negotiation, ["{error}"]);
        }
    });
    running.start(gst::State::Playing)?;
    match running.until_end(TIME_MAX) {
        Err(error) if reached.of(Kind::Picture).max(reached.of(Kind::Sound)).is_zero() => Err(error),
        _ => Ok((reached.of(Kind::Picture), reached.of(Kind::Sound))),
    }
}
