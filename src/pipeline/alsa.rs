//! The sound half of a capture card: ALSA. A half of its own, so that its end is not the picture's.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::capture::{Sink, connect_sound};
use super::half::{Half, HalfError};
use super::queues;

/// Period and depth of the card's own buffer: half an Opus packet, and what bridges a scheduling gap.
const PERIOD_US: u64 = 10_000;
const BUFFER_US: u64 = 200_000;

/// Builds the half for an ALSA device such as `hw:1,0`; it opens it once started.
pub fn half(device: &str, to: &Arc<dyn Sink>) -> Result<Half, HalfError> {
    // What Opus wants, as far as the card has it; the rest is converted while somebody listens. The card's clock is
    // never the pipeline's: alsasrc follows ours.
    let description = format!(
        "alsasrc name=card provide-clock=false latency-time={PERIOD_US} buffer-time={BUFFER_US} \
         ! capsfilter caps=\"audio/x-raw,rate=48000,channels=2;audio/x-raw,rate=48000;audio/x-raw\" \
         ! {queue} ! appsink name=sound sync=false",
        queue = queues::audio_queue(),
    );
    let half = Half::parse("sound capture", &description)?;
    half.element::<gst::Element>("card").set_property("device", device);
    connect_sound(&half.element("sound"), Arc::clone(to));
    Ok(half)
}
