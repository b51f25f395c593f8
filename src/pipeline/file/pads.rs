//! Which of a file's streams are shown and heard, once all of them are there.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::frames::is;
use super::movie::{Kind, Movie};

/// What comes out of a demuxer's pad.
pub(super) fn kind(pad: &gst::Pad) -> Kind {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    match caps.structure(0).map(|caps| caps.name().as_str()) {
        // Motion JPEG.
        Some(name) if name.starts_with("video/") || name == "image/jpeg" => Kind::Picture,
        Some(name) if name.starts_with("audio/") => Kind::Sound,
        _ => Kind::Other,
    }
}

/// The track of an MP4 that is its picture; `None`: there is no choice, or the file does not say.
pub(super) fn picture_id(file: &Path) -> Option<u32> {
    Movie::read(file)?.picture().map(|track| track.id)
}

/// The picture: that track, else the first; of streams with these caps. A cover beside a film may be one more.
pub(super) fn picture(decode: &gst::Element, id: Option<u32>, caps: &str) -> Option<gst::Pad> {
    let pads = of(decode, caps);
    let wanted = id.map(|id| format!("/{id:03}"));
    let is_it = |pad: &&gst::Pad| {
        wanted.as_ref().is_some_and(|end| pad.stream_id().is_some_and(|id| id.ends_with(end.as_str())))
    };
    pads.iter().find(is_it).or(pads.first()).cloned()
}

/// The sound that is meant to be heard, as who made the file has marked it; without a mark the first.
pub(super) fn sound(decode: &gst::Element) -> Option<gst::Pad> {
    let mut pads = of(decode, "audio/x-raw");
    // The first of the best.
    pads.sort_by_key(rank);
    pads.into_iter().next()
}

/// 0: marked as the one to choose; 2: as one not to.
fn rank(pad: &gst::Pad) -> u8 {
    let start = pad.sticky_event::<gst::event::StreamStart>(0);
    let flags = start.map_or(gst::StreamFlags::empty(), |start| start.stream_flags());
    if flags.contains(gst::StreamFlags::SELECT) {
        0
    } else if flags.contains(gst::StreamFlags::UNSELECT) {
        2
    } else {
        1
    }
}

fn of(decode: &gst::Element, caps: &str) -> Vec<gst::Pad> {
    let mut pads = decode.src_pads();
    pads.retain(|pad| {
        let known = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        is(&known, caps)
    });
    pads
}

/// Takes what comes out of all pads but one, and drops it.
pub(super) fn swallow_others(decode: &gst::Element, kept: Option<&gst::Pad>) {
    let Some(pipeline) = decode.parent().and_then(|parent| parent.downcast::<gst::Pipeline>().ok()) else {
        return;
    };
    for pad in decode.src_pads().iter().filter(|pad| Some(*pad) != kept) {
        // What can't be taken stays where it is, as if nobody had tried.
        let _ = swallow(&pipeline, pad);
    }
}

/// Takes what comes out of a pad, and drops it.
pub(super) fn swallow(pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), gst::glib::BoolError> {
    let sink =
        gst::ElementFactory::make("fakesink").property("sync", false).property("async", false).build()?;
    pipeline.add(&sink)?;
    sink.sync_state_with_parent()?;
    let target = sink.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("a sink without a pad"))?;
    pad.link(&target).map(drop).map_err(|_| gst::glib::bool_error!("parts that do not fit"))
}
