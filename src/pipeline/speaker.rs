//! Sound onto a sound card: ALSA, raw or decoded, never encoded.

use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::half::{Half, HalfError};
use super::raw::SoundBuffer;
use super::{Ended, clock, queues};

/// Period and depth of the card's own buffer: what is handed over is heard this much later at least, so it is as short
/// as a scheduling gap allows.
const PERIOD_US: u64 = 10_000;
const BUFFER_US: u64 = 50_000;
/// Buffers that wait for their time: as many as come within the longest delay, and what bridges a scheduling gap.
const WAITING_MAX: u64 = Speaker::DELAY_MAX.as_micros() as u64 / PERIOD_US + queues::AUDIO_BUFFERS as u64;

/// A running sound card, for sound of one kind (see [`SoundBuffer::same_kind`]). Silent while nothing is pushed.
pub struct Speaker {
    half: Half,
    input: SpeakerInput,
}

/// Where sound is pushed in. Cheap to clone.
#[derive(Clone)]
pub struct SpeakerInput {
    source: gst_app::AppSrc,
}

impl Speaker {
    /// Longer no sound is held back: pictures that take so long are those of a machine that can't keep up anyway.
    pub const DELAY_MAX: Duration = Duration::from_secs(1);
    /// Sound must be pushed this much before it is to be heard: the card's buffer, and a period on the way to it.
    pub const AHEAD: Duration = Duration::from_micros(BUFFER_US + PERIOD_US);

    /// Opens the ALSA device and starts. May wait for it: call off the async threads.
    pub fn start(device: &str, first: &SoundBuffer) -> Result<Self, HalfError> {
        let mut half = Half::parse("speaker", &description())?;
        half.element::<gst::Element>("card").set_property("device", device);
        let source: gst_app::AppSrc = half.element("in");
        source.set_caps(first.sample.caps_owned().as_ref());
        // Each buffer's time is when it is to be heard; nothing is to be added to it.
        half.pipeline().set_latency(gst::ClockTime::ZERO);
        half.start().map_err(|ended| HalfError::Start { half: "speaker", reason: format!("{ended}") })?;
        Ok(Self { half, input: SpeakerInput { source } })
    }

    pub fn input(&self) -> SpeakerInput {
        self.input.clone()
    }

    /// Waits until it fails: the card was taken away, or the TV. Cancel-safe.
    pub async fn ended(&mut self) -> Ended {
        self.half.ended().await
    }

    pub async fn stop(self) {
        self.half.stop().await;
    }
}

impl SpeakerInput {
    /// Lets the sound be heard `delay` after its own time. False: the card is behind and the buffer was given up.
    pub fn push(&self, sound: &SoundBuffer, delay: Duration) -> bool {
        if self.source.current_level_buffers() >= WAITING_MAX {
            return false;
        }
        let Some(time) = clock::sample_time(&sound.sample) else { return false };
        let Some(mut buffer) = sound.sample.buffer_owned() else { return false };
        let fresh = buffer.make_mut();
        fresh.set_pts(clock::gst_time(time + delay));
        fresh.set_dts(gst::ClockTime::NONE);
        self.source.push_buffer(buffer).is_ok()
    }
}

fn description() -> String {
    // 48 kHz in stereo is what every TV takes. decodebin passes raw sound through and brings the decoder for what a
    // camera sends. The card's clock is never the pipeline's: alsasink follows ours.
    format!(
        "appsrc name=in is-live=true format=time max-buffers=0 max-bytes=0 max-time=0 ! {queue} ! decodebin ! audioconvert ! audioresample \
         ! audio/x-raw,rate=48000,channels=2 \
         ! alsasink name=card provide-clock=false latency-time={PERIOD_US} buffer-time={BUFFER_US}",
        queue = queues::audio_queue(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_built() {
        clock::init().expect("GStreamer is installed");
        Half::parse("speaker", &description()).expect("a pipeline");
    }
}
