//! The capture half of the test picture: colour bars with a running clock, and a tone.

use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::capture::{Sink, connect_sound, connect_video};
use super::half::{Half, HalfError};
use super::queues;

/// Size and rate of the test picture.
#[derive(Clone, Copy, Debug)]
pub struct TestPicture {
    pub width: u32,
    pub height: u32,
    pub frames_per_s: u32,
    pub sound: bool,
}

/// Builds the half; it runs once started. `clock` gives the text of the clock for each picture: GStreamer's own clock
/// knows the system's time zone only.
pub fn half(
    picture: TestPicture,
    clock: impl Fn() -> String + Send + Sync + 'static,
    to: &Arc<dyn Sink>,
) -> Result<Half, HalfError> {
    let TestPicture { width, height, frames_per_s, sound } = picture;
    // The clock tells seconds to people; the running time below it shows each single frame.
    let mut description = format!(
        "videotestsrc is-live=true pattern=smpte-rp-219 \
         ! video/x-raw,format=I420,width={width},height={height},framerate={frames_per_s}/1 \
         ! textoverlay name=clock halignment=center valignment=center font-desc=\"Sans 40\" \
         ! timeoverlay halignment=center valignment=bottom font-desc=\"Sans 20\" \
         ! {queue} ! appsink name=video sync=false",
        queue = queues::video_queue(height),
    );
    if sound {
        // A quiet 440 Hz tick each second: sound can be heard to be there, and lip sync to be right.
        description += &format!(
            " audiotestsrc is-live=true wave=ticks freq=440 volume=0.2 samplesperbuffer=480 \
             ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! {queue} ! appsink name=sound sync=false",
            queue = queues::audio_queue(),
        );
    }
    let half = Half::parse("test picture", &description)?;
    show_clock(&half.element("clock"), clock);
    connect_video(&half.element("video"), Arc::clone(to));
    if sound {
        connect_sound(&half.element("sound"), Arc::clone(to));
    }
    Ok(half)
}

/// Sets the text before each picture is drawn, on the streaming thread.
fn show_clock(overlay: &gst::Element, clock: impl Fn() -> String + Send + Sync + 'static) {
    let pad = overlay.static_pad("video_sink").expect("a text overlay has it");
    let overlay = overlay.downgrade();
    let shown = Mutex::new(String::new());
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let text = clock();
        let mut shown = shown.lock().expect("no holder of this lock can panic");
        // Setting it draws it anew, the same or not.
        if *shown != text
            && let Some(overlay) = overlay.upgrade()
        {
            overlay.set_property("text", &text);
            *shown = text;
        }
        gst::PadProbeReturn::Ok
    });
}
