//! The capture half of the test picture: colour bars with a running clock, and a tone.

use std::sync::Arc;

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

/// Builds the half; it runs once started.
pub fn half(picture: TestPicture, to: &Arc<dyn Sink>) -> Result<Half, HalfError> {
    let TestPicture { width, height, frames_per_s, sound } = picture;
    // The clock tells seconds to people; the running time below it shows each single frame.
    let mut description = format!(
        "videotestsrc is-live=true pattern=smpte-rp-219 \
         ! video/x-raw,format=I420,width={width},height={height},framerate={frames_per_s}/1 \
         ! clockoverlay time-format=%H:%M:%S halignment=center valignment=center font-desc=\"Sans 40\" \
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
    connect_video(&half.element("video"), Arc::clone(to));
    if sound {
        connect_sound(&half.element("sound"), Arc::clone(to));
    }
    Ok(half)
}
