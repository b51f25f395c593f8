//! One track on its way to one viewer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::{MediaKind, Mid};
use str0m::rtp::{RtpWrite, Ssrc};

use super::codecs::{self, Format};
use super::packetize::Packets;
use super::timing::{self, RtpClock, WallClock};
use crate::media::{Frame, MediaTime, Params};

/// Packets kept for viewers that lost some: 1 s, more than any browser still waits for, and at 20 Mbit/s
/// (the fastest encoder) half of that.
const RESEND_PACKETS_MAX: usize = 1024;
const RESEND_AGE_MAX: Duration = Duration::from_secs(1);
/// Resent packets are at most this part of what is sent to a viewer: more can't save its picture, and would make a
/// bad network worse.
const RESEND_RATIO_MAX: f32 = 0.5;
/// Frames that may wait for a viewer that is given an old key frame and all since: what a ring holds, twice.
const CATCH_UP_FRAMES_MAX: usize = 2 * crate::hub::Limits::VIDEO.group_frames;
/// What such a viewer is sent per step of `CATCH_UP_STEP`: 130 Mbit/s, which no home network refuses and which is
/// many times faster than any camera.
const CATCH_UP_BYTES: usize = 64 << 10;
pub(super) const CATCH_UP_STEP: Duration = Duration::from_millis(4);

/// A stream's identity as the answer announced it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announced {
    pub(super) mid: Mid,
    pub(super) ssrc: Ssrc,
    pub(super) resend_ssrc: Option<Ssrc>,
}

pub(super) struct Outlet {
    kind: MediaKind,
    announced: Announced,
    /// The library knows the stream. Not before its first frame: it would send reports about a clock it does not
    /// know, which browsers take for a jump of time.
    declared: bool,
    formats: Vec<Format>,
    /// Chosen for these parameters.
    format: Option<(Arc<Params>, Format)>,
    clock: RtpClock,
    next_sequence_number: u64,
    stage: Stage,
    /// Decoding time of the newest frame sent or queued.
    newest: Option<MediaTime>,
}

enum Stage {
    /// Not connected.
    Closed,
    /// The next key frame is the first the viewer gets.
    AwaitKeyFrame,
    /// Frames from the newest key frame on that are still to be sent, with the times they are shown at.
    CatchUp(VecDeque<(Frame, MediaTime)>),
    Live,
}

impl Outlet {
    /// `random` sets where timestamps and sequence numbers begin.
    pub(super) fn new(kind: MediaKind, announced: Announced, formats: Vec<Format>, random: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = random;
        let offset = u32::from_be_bytes([a, b, c, d]);
        let clock = if kind.is_audio() { RtpClock::opus(offset) } else { RtpClock::video(offset) };
        // The upper half is left free, so that no early loss is mistaken for a wrap (RFC 3711 section 3.3.1).
        let next_sequence_number = u64::from(u16::from_be_bytes([e, f]) >> 1);
        Self {
            kind,
            announced,
            declared: false,
            formats,
            format: None,
            clock,
            next_sequence_number,
            stage: Stage::Closed,
            newest: None,
        }
    }

    pub(super) fn announced(&self) -> &Announced {
        &self.announced
    }

    /// Takes the stream the library just announced out of it again, unless frames already flow.
    pub(super) fn withhold(&mut self, rtc: &mut Rtc) {
        let mut api = rtc.direct_api();
        let made = api.stream_tx_by_mid(self.announced.mid, None).map(|stream| stream.ssrc());
        if let Some(ssrc) = made.filter(|_| !self.declared) {
            api.remove_stream_tx(ssrc);
        }
    }

    pub(super) fn await_key_frame(&mut self) {
        self.stage = Stage::AwaitKeyFrame;
    }

    /// Begins with `cached`, the newest key frame and all after it, which will be sent as fast as sensible.
    pub(super) fn catch_up(&mut self, cached: Vec<Frame>) {
        let Some(newest) = cached.last().map(|frame| frame.decode_time) else {
            return self.await_key_frame();
        };
        let behind = (0..cached.len()).rev();
        let times = behind.map(|behind| timing::compressed(newest, behind));
        self.stage = Stage::CatchUp(cached.into_iter().zip(times).collect());
        self.newest = Some(newest);
    }

    pub(super) fn is_catching_up(&self) -> bool {
        matches!(self.stage, Stage::CatchUp(_))
    }

    /// Writes a frame of the track, if it is one for this viewer now.
    pub(super) fn write(
        &mut self,
        rtc: &mut Rtc,
        frame: &Frame,
        packets: &Packets,
        wall: &mut WallClock,
        now: Instant,
    ) {
        if self.newest.is_some_and(|newest| packets.time <= newest) {
            return;
        }
        match &mut self.stage {
            Stage::Closed => return,
            Stage::AwaitKeyFrame if !packets.key => return,
            Stage::AwaitKeyFrame | Stage::Live => {}
            Stage::CatchUp(queue) if queue.len() < CATCH_UP_FRAMES_MAX => {
                queue.push_back((frame.clone(), packets.time));
                self.newest = Some(packets.time);
                return;
            }
            Stage::CatchUp(_) => {
                // It can't follow at all: it begins anew.
                self.stage = Stage::AwaitKeyFrame;
                return;
            }
        }
        self.stage = Stage::Live;
        self.newest = Some(packets.time);
        self.write_packets(rtc, packets, packets.time, wall.instant(packets.time, now));
    }

    /// Writes the next part of what is to be caught up.
    pub(super) fn write_catch_up(&mut self, rtc: &mut Rtc, wall: &mut WallClock, now: Instant) {
        let mut bytes = 0;
        while bytes < CATCH_UP_BYTES {
            let Stage::CatchUp(queue) = &mut self.stage else { break };
            let Some((frame, time)) = queue.pop_front() else {
                self.stage = Stage::Live;
                break;
            };
            let packets = Packets::of(&frame);
            bytes += packets.bytes();
            self.write_packets(rtc, &packets, time, wall.instant(time, now));
        }
    }

    fn write_packets(&mut self, rtc: &mut Rtc, packets: &Packets, time: MediaTime, wall: Instant) {
        let Some(format) = self.format_for(&packets.params) else { return };
        self.declare(rtc);
        let stamp = self.clock.stamp(time, packets.duration);
        let video = self.kind.is_video();
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx(&self.announced.ssrc) else { return };
        let last = packets.payloads.len().saturating_sub(1);
        for (index, payload) in packets.payloads.iter().enumerate() {
            let number = self.next_sequence_number.into();
            self.next_sequence_number += 1;
            let packet = RtpWrite::new(format.payload_type.into(), number, stamp, wall, Arc::clone(payload))
                .marker(video && index == last)
                .nackable(video);
            stream.write_rtp(packet);
        }
    }

    fn format_for(&mut self, params: &Arc<Params>) -> Option<Format> {
        if let Some((_, format)) = self.format.as_ref().filter(|(known, _)| Arc::ptr_eq(known, params)) {
            return Some(*format);
        }
        let format = codecs::nearest(&self.formats, params)?;
        self.format = Some((Arc::clone(params), format));
        Some(format)
    }

    fn declare(&mut self, rtc: &mut Rtc) {
        if self.declared {
            return;
        }
        self.declared = true;
        let Announced { mid, ssrc, resend_ssrc } = self.announced;
        let mut api = rtc.direct_api();
        let stream = api.declare_stream_tx(ssrc, resend_ssrc, mid, None);
        stream.set_rtx_cache(RESEND_PACKETS_MAX, RESEND_AGE_MAX, Some(RESEND_RATIO_MAX));
    }
}
