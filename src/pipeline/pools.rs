//! What GStreamer 1.22.0's v4l2src keeps for itself, given back.
//!
//! That version (Debian 12's) keeps a reference to a buffer pool for ever if the driver let go of the pool's pictures while some
//! were still in use (`gst_v4l2_object_stop` in gstv4l2object.c returns early where `gst_v4l2_buffer_pool_orphan` could do
//! it). A pool holds the card's descriptor, its polls, the element, and the card's pictures: each start of a card would
//! cost five descriptors and up to a dozen pictures of the card's memory. Where the driver could not, as the card was
//! unplugged meanwhile, no reference is kept, and dropping one would free a pool that is in use.
#![expect(unsafe_code, reason = "neither a private field nor a reference that is not ours has a safe name")]

use std::ffi::{c_int, c_uint, c_ulong, c_void};
use std::sync::{Arc, Mutex, Once};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::glib::ffi::{GCond, GFALSE, gboolean};
use gstreamer::glib::translate::{IntoGlib, ToGlibPtr};
use gstreamer::prelude::*;
use gstreamer_base as gst_base;
use gstreamer_base::prelude::*;
use gstreamer_video as gst_video;

use super::half::Half;

/// Which version keeps them. Any other is left alone.
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
            pools.iter().for_each(release);
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
fn release(pool: &gst::BufferPool) {
    if !is_as_known(pool) {
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            log::warn!("this v4l2src is another than the one of GStreamer {VERSION}: it keeps what it used");
        });
        return;
    }
    let pointer: *mut gst::ffi::GstBufferPool = pool.to_glib_none().0;
    // SAFETY: the pointer is valid, since `pool` holds a reference of its own, and the pool is of this type in
    // this layout, as its name, its size and the version of its plugin say. Nobody writes the field while the element rests.
    let was_orphaned = unsafe { (*pointer.cast::<V4l2BufferPool>()).orphaned } != GFALSE;
    if was_orphaned {
        // SAFETY: valid as above. The reference dropped here is the one that this version of v4l2src took and forgot when
        // it set `orphaned`; pictures still in use have theirs.
        unsafe { glib::gobject_ffi::g_object_unref(pointer.cast()) };
    }
}

/// Whether pools of this type have the size that [`V4l2BufferPool`] has.
fn is_as_known(pool: &gst::BufferPool) -> bool {
    let mut query = std::mem::MaybeUninit::zeroed();
    // SAFETY: zeros are a valid `GTypeQuery`, of which the call fills all fields if it knows the type.
    let query: glib::gobject_ffi::GTypeQuery = unsafe {
        glib::gobject_ffi::g_type_query(pool.type_().into_glib(), query.as_mut_ptr());
        query.assume_init()
    };
    usize::try_from(query.instance_size) == Ok(size_of::<V4l2BufferPool>())
}

/// GStreamer 1.22.0's `GstV4l2BufferPool` (gstv4l2bufferpool.h), of which one field is read; the others make it stand where it
/// stands, and the whole as large as it is.
#[repr(C)]
struct V4l2BufferPool {
    parent: gst::ffi::GstBufferPool,
    object: *mut c_void,
    video_fd: c_int,
    poll: *mut c_void,
    poll_fd: gst::ffi::GstPollFD,
    can_poll_device: gboolean,
    empty: gboolean,
    empty_cond: GCond,
    orphaned: gboolean,
    v4l2_allocator: *mut c_void,
    allocator: *mut c_void,
    parameters: gst::ffi::GstAllocationParams,
    other_pool: *mut c_void,
    size: c_uint,
    caps_info: gst_video::ffi::GstVideoInfo,
    add_video_meta: gboolean,
    enable_copy_threshold: gboolean,
    min_latency: c_uint,
    max_latency: c_uint,
    num_queued: c_uint,
    num_allocated: c_uint,
    copy_threshold: c_uint,
    streaming: gboolean,
    flushing: gboolean,
    buffers: [*mut c_void; VIDEO_MAX_FRAME],
    buffer_state: [c_int; VIDEO_MAX_FRAME],
    group_released_handler: c_ulong,
    has_warned_on_buggy_field: gboolean,
}

/// Of videodev2.h.
const VIDEO_MAX_FRAME: usize = 32;
