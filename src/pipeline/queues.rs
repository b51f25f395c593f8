//! The one place where queue sizes are written down.
//!
//! Sizes are those the streaming scripts this box replaces had been tuned to: deep enough to bridge a scheduling
//! gap, shallow enough that delay cannot build up. None is leaky: who gives up a buffer counts it.

/// Longest a video queue may hold, whatever the count of buffers says.
pub const VIDEO_TIME_MS: u64 = 500;
pub const AUDIO_BUFFERS: u32 = 10;
pub const AUDIO_TIME_MS: u64 = 200;
/// Behind an RTP receiver.
pub const RTP_BUFFERS: u32 = 5;
pub const RTP_TIME_MS: u64 = 100;

/// Pictures a video queue may hold: 5 up to 720p, 10 up to 1080p, 15 above.
pub const fn video_buffers(height: u32) -> u32 {
    match height {
        0..=720 => 5,
        721..=1080 => 10,
        _ => 15,
    }
}

/// A `queue` element's description for raw or coded video of that height.
pub(super) fn video_queue(height: u32) -> String {
    queue(video_buffers(height), VIDEO_TIME_MS)
}

/// A `queue` element's description for sound.
pub(super) fn audio_queue() -> String {
    queue(AUDIO_BUFFERS, AUDIO_TIME_MS)
}

/// A `queue` element's description behind an RTP depayloader.
pub(super) fn rtp_queue() -> String {
    queue(RTP_BUFFERS, RTP_TIME_MS)
}

fn queue(buffers: u32, time_ms: u64) -> String {
    format!("queue max-size-buffers={buffers} max-size-bytes=0 max-size-time={}", time_ms * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_height() {
        let sizes = [480, 720, 1080, 1440, 2160].map(video_buffers);
        assert_eq!(sizes, [5, 5, 10, 15, 15]);
    }
}
