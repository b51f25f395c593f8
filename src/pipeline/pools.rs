//! What GStreamer 1.22.0's v4l2src keeps for itself, given back.
//!
//! That version (Debian 12's) takes a reference to each buffer pool it negotiates and never drops it, as its leak tracer
//! shows. A pool holds the card's descriptor, its polls, the element, and the card's buffers if a picture was still in
//! use when it stopped: each start of a card would cost five descriptors and up to a dozen pictures of the card's memory.
#![expect(unsafe_code, reason = "dropping a reference that is not ours has no safe name")]

use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::glib::translate::ToGlibPtr;
use gstreamer::prelude::*;
use gstreamer_base as gst_base;
use gstreamer_base::prelude::*;

use super::half::Half;

/// Where exactly one reference to each pool is kept. Any other version is left alone.
const VERSION: &str = "1.22.0";
/// One, and another for each change of the signal that v4l2src sees before we stop it. Beyond this they stay lost.
const POOLS_MAX: usize = 16;

/// Makes the half, once halted, give back the pools its v4l2src used.
pub(super) fn give_back(half: &mut Half, source: &gst_base::BaseSrc) {
    if !is_concerned(source) {
        return;
    }
    let pools: Arc<Mutex<Vec<gst::BufferPool>>> = Arc::default();
    let seen = Arc::clone(&pools);
    let pad = source.static_pad("src").expect("every source has this pad");
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, _| {
        note(pad.parent_element().and_downcast(), &seen);
        gst::PadProbeReturn::Ok
    });
    // One that was negotiated when the signal went may have given no picture.
    let (last, seen) = (source.downgrade(), Arc::clone(&pools));
    half.around_halt(
        move || note(last.upgrade(), &seen),
        move || {
            let pools = std::mem::take(&mut *pools.lock().expect("no holder of this lock can panic"));
            pools.into_iter().for_each(release);
        },
    );
}

fn is_concerned(source: &gst_base::BaseSrc) -> bool {
    let plugin = source.factory().and_then(|factory| factory.plugin());
    plugin.is_some_and(|plugin| plugin.plugin_name() == "video4linux2" && plugin.version() == VERSION)
}

/// Notes the pool that the source takes its pictures from, if it is a new one.
fn note(source: Option<gst_base::BaseSrc>, seen: &Mutex<Vec<gst::BufferPool>>) {
    let Some(pool) = source.and_then(|source| source.buffer_pool()) else { return };
    // Others, of plain memory, are not v4l2src's to keep.
    if pool.type_().name() != "GstV4l2BufferPool" {
        return;
    }
    let mut seen = seen.lock().expect("no holder of this lock can panic");
    if seen.len() < POOLS_MAX && seen.last() != Some(&pool) {
        seen.push(pool);
    }
}

/// Called once for each pool, with the element at rest.
fn release(pool: gst::BufferPool) {
    let pointer: *mut gst::ffi::GstBufferPool = pool.to_glib_none().0;
    // SAFETY: the pointer is valid, since `pool` holds a reference of its own until after the call. The reference
    // dropped here is the one that this version of v4l2src took and forgot; pictures still in use have theirs.
    unsafe { glib::gobject_ffi::g_object_unref(pointer.cast()) };
    drop(pool);
}
