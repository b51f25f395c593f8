//! One clock and one base time for all pipelines, so that their running times are one media time.

use std::sync::OnceLock;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::media::MediaTime;

struct Epoch {
    clock: gst::Clock,
    base: gst::ClockTime,
}

static EPOCH: OnceLock<Epoch> = OnceLock::new();

fn epoch() -> &'static Epoch {
    EPOCH.get_or_init(|| {
        // The system clock is CLOCK_MONOTONIC: a clock set by NTP moves no frame.
        let clock = gst::SystemClock::obtain();
        let base = clock.time();
        Epoch { clock, base }
    })
}

/// Loads GStreamer in a child, whose media time is that of the process that started it: `base_ns` is [`base_ns`] there.
pub fn init_at(base_ns: u64) -> Result<(), gst::glib::Error> {
    gst::init()?;
    let base = gst::ClockTime::from_nseconds(base_ns);
    EPOCH.get_or_init(|| Epoch { clock: gst::SystemClock::obtain(), base });
    Ok(())
}

/// Where media time begins, on the machine's clock that only rises.
pub fn base_ns() -> u64 {
    epoch().base.nseconds()
}

/// Loads GStreamer. Call once, before anything else of this module; later calls do nothing.
pub fn init() -> Result<(), gst::glib::Error> {
    gst::init()?;
    epoch();
    Ok(())
}

/// Now, in media time.
pub fn now() -> MediaTime {
    let epoch = epoch();
    MediaTime::from_nanos(epoch.clock.time().saturating_sub(epoch.base).nseconds())
}

/// As GStreamer has it. `None` for its word for "no time", which a camera's confused clock may come to by adding up.
pub(super) fn gst_time(time: MediaTime) -> Option<gst::ClockTime> {
    (time.nanos() < u64::MAX).then(|| gst::ClockTime::from_nseconds(time.nanos()))
}

/// Makes the running time of `pipeline` the media time.
pub(super) fn adopt(pipeline: &gst::Pipeline) {
    let epoch = epoch();
    pipeline.use_clock(Some(&epoch.clock));
    pipeline.set_start_time(gst::ClockTime::NONE);
    pipeline.set_base_time(epoch.base);
}

/// Running time of a sample's buffer, which is its media time. `None` if the buffer has no time.
pub(super) fn sample_time(sample: &gst::Sample) -> Option<MediaTime> {
    running_time(sample, sample.buffer()?.pts())
}

/// Decoding time likewise.
pub(super) fn sample_decode_time(sample: &gst::Sample) -> Option<MediaTime> {
    running_time(sample, sample.buffer()?.dts())
}

/// Encoders shift their segment to keep decoding times positive: the segment must be asked, not the buffer alone.
fn running_time(sample: &gst::Sample, time: Option<gst::ClockTime>) -> Option<MediaTime> {
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(time?).map(|time| MediaTime::from_nanos(time.nseconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_of_all_is_none() {
        assert_eq!(gst_time(MediaTime::from_nanos(u64::MAX)), None);
        assert_eq!(gst_time(MediaTime::from_millis(1)), Some(gst::ClockTime::from_mseconds(1)));
    }
}
