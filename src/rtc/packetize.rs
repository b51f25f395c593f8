//! From frames to RTP payloads, once per frame for however many viewers. Pure.
//!
//! H.264 after RFC 6184 with packetization-mode 1: single NAL units, STAP-A for small neighbours (SPS and PPS in front
//! of a key frame are always such), FU-A for what does not fit. Opus after RFC 7587: the payload is the packet.

use std::sync::Arc;

use bytes::Bytes;

use crate::media::{Frame, MediaTime, Params, h264};

/// Payload bytes of one packet at most. No path of IPv6 may be narrower than 1280 bytes (RFC 8200 section 5), so
/// that nothing is ever fragmented or lost to a tunnel: less IPv6 and UDP header (40 + 8), RTP header (12), the `mid`
/// header extension (24 at its longest), the original sequence number of a resend (2) and the SRTP tag (16).
pub(super) const PAYLOAD_MAX: usize = 1280 - 40 - 8 - 12 - 24 - 2 - 16;

const TYPE_MASK: u8 = 0x1f;
/// Forbidden bit and importance (NRI), the upper bits of a NAL unit's first byte.
const IMPORTANCE_MASK: u8 = 0xe0;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const FU_START: u8 = 0x80;
const FU_END: u8 = 0x40;
/// FU indicator and FU header.
const FU_OVERHEAD: usize = 2;
/// The length in front of each unit of a STAP-A.
const STAP_LENGTH: usize = 2;

/// A frame as it goes out: its payloads are shared by all viewers.
#[derive(Debug)]
pub(super) struct Packets {
    /// Decoding time: strictly rising within a track, as RTP timestamps of a viewer must be.
    pub(super) time: MediaTime,
    pub(super) key: bool,
    pub(super) params: Arc<Params>,
    /// The last one ends the frame.
    pub(super) payloads: Vec<Arc<[u8]>>,
    /// Samples of 48 kHz; 0 for video.
    pub(super) duration: u64,
}

impl Packets {
    pub(super) fn of(frame: &Frame) -> Self {
        let (payloads, duration) = match &*frame.params {
            Params::Opus(_) => (vec![Arc::from(&frame.data[..])], opus_duration(&frame.data)),
            _ => (h264_payloads(frame), 0),
        };
        let Frame { decode_time, key, .. } = *frame;
        Self { time: decode_time, key, params: Arc::clone(&frame.params), payloads, duration }
    }

    pub(super) fn bytes(&self) -> usize {
        self.payloads.iter().map(|payload| payload.len()).sum()
    }
}

fn h264_payloads(frame: &Frame) -> Vec<Arc<[u8]>> {
    let parameter_sets = frame.params.h264().filter(|_| frame.key);
    let parameter_sets = parameter_sets.map(|params| [params.sps.clone(), params.pps.clone()]);
    let units = parameter_sets.into_iter().flatten().chain(h264::nals(&frame.data));
    let mut packetizer = Packetizer::default();
    for unit in units.filter(|unit| !unit.is_empty()) {
        packetizer.push(unit);
    }
    packetizer.flush();
    packetizer.payloads
}

#[derive(Default)]
struct Packetizer {
    payloads: Vec<Arc<[u8]>>,
    /// Units that fit into one STAP-A together.
    pending: Vec<Bytes>,
    /// What that STAP-A would need, its own first byte excluded.
    pending_bytes: usize,
}

impl Packetizer {
    fn push(&mut self, unit: Bytes) {
        if unit.len() > PAYLOAD_MAX {
            self.flush();
            self.fragment(&unit);
            return;
        }
        let needed = STAP_LENGTH + unit.len();
        if 1 + self.pending_bytes + needed > PAYLOAD_MAX {
            self.flush();
        }
        self.pending_bytes += needed;
        self.pending.push(unit);
    }

    fn flush(&mut self) {
        match &self.pending[..] {
            [] => return,
            [one] => self.payloads.push(Arc::from(&one[..])),
            units => {
                // The forbidden bit if any unit has it, the importance of the most important one (section 5.7.1).
                let forbidden = units.iter().fold(0, |bits, unit| bits | (unit[0] & 0x80));
                let importance = units.iter().map(|unit| unit[0] & 0x60).max().unwrap_or(0);
                let mut payload = Vec::with_capacity(1 + self.pending_bytes);
                payload.push(forbidden | importance | STAP_A);
                for unit in units {
                    let len = u16::try_from(unit.len()).expect("it fits into a packet");
                    payload.extend_from_slice(&len.to_be_bytes());
                    payload.extend_from_slice(unit);
                }
                self.payloads.push(payload.into());
            }
        }
        self.pending.clear();
        self.pending_bytes = 0;
    }

    /// Fragments of equal size but for the last: that is what segmentation offload can send in one call.
    fn fragment(&mut self, unit: &[u8]) {
        let (head, body) = (unit[0], &unit[1..]);
        let count = body.len().div_ceil(PAYLOAD_MAX - FU_OVERHEAD);
        let size = body.len().div_ceil(count);
        for (index, part) in body.chunks(size).enumerate() {
            let start = if index == 0 { FU_START } else { 0 };
            let end = if (index + 1) * size >= body.len() { FU_END } else { 0 };
            let mut payload = Vec::with_capacity(FU_OVERHEAD + part.len());
            payload.push((head & IMPORTANCE_MASK) | FU_A);
            payload.push(start | end | (head & TYPE_MASK));
            payload.extend_from_slice(part);
            self.payloads.push(payload.into());
        }
    }
}

/// Samples of 48 kHz in an Opus packet (RFC 6716 section 3.1); 0 if it has not even a first byte.
fn opus_duration(packet: &[u8]) -> u64 {
    let Some(&toc) = packet.first() else { return 0 };
    let per_frame = match toc >> 3 {
        config @ 0..12 => [480, 960, 1920, 2880][usize::from(config & 3)],
        config @ 12..16 => [480, 960][usize::from(config & 1)],
        config => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet.get(1).map_or(0, |count| u64::from(count & 0x3f)),
    };
    per_frame * frames
}

#[cfg(test)]
mod tests {
    use bytes::{BufMut, BytesMut};

    use super::*;
    use crate::media::{H264Params, OpusParams};

    const SPS: &[u8] = &[0x67, 0x42, 0xe0, 0x1f, 1];
    const PPS: &[u8] = &[0x68, 0xce];

    fn frame(key: bool, nals: &[Vec<u8>]) -> Frame {
        let mut data = BytesMut::new();
        for nal in nals {
            data.put_u32(u32::try_from(nal.len()).expect("short"));
            data.put_slice(nal);
        }
        let (sps, pps) = (Bytes::from_static(SPS), Bytes::from_static(PPS));
        let params = Arc::new(Params::H264(H264Params { sps, pps, width: 16, height: 16 }));
        let time = MediaTime::from_millis(40);
        Frame { time, decode_time: time, key, data: data.freeze(), params }
    }

    fn nal(first: u8, len: usize) -> Vec<u8> {
        let mut nal: Vec<u8> = (0..len).map(|index| (index % 251) as u8).collect();
        nal[0] = first;
        nal
    }

    /// The NAL units a receiver gets, as RFC 6184 sections 5.6 to 5.8 say.
    fn receive(packets: &Packets) -> Vec<Vec<u8>> {
        let mut units: Vec<Vec<u8>> = Vec::new();
        for payload in &packets.payloads {
            assert!(payload.len() <= PAYLOAD_MAX, "{}", payload.len());
            match payload[0] & TYPE_MASK {
                STAP_A => {
                    let mut rest = &payload[1..];
                    while !rest.is_empty() {
                        let len = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
                        units.push(rest[2..2 + len].to_vec());
                        rest = &rest[2 + len..];
                    }
                }
                FU_A if payload[1] & FU_START != 0 => {
                    units.push(vec![(payload[0] & IMPORTANCE_MASK) | (payload[1] & TYPE_MASK)]);
                    units.last_mut().expect("just pushed").extend_from_slice(&payload[2..]);
                }
                FU_A => units.last_mut().expect("a start came first").extend_from_slice(&payload[2..]),
                _ => units.push(payload.to_vec()),
            }
        }
        units
    }

    #[test]
    fn a_small_picture_is_one_packet() {
        let picture = nal(0x41, 300);
        let packets = Packets::of(&frame(false, std::slice::from_ref(&picture)));
        assert_eq!(packets.payloads.len(), 1);
        assert_eq!(receive(&packets), [picture]);
    }

    #[test]
    fn parameter_sets_go_in_front_of_a_key_frame_in_one_packet() {
        let picture = nal(0x65, 5000);
        let packets = Packets::of(&frame(true, std::slice::from_ref(&picture)));
        assert_eq!(packets.payloads[0][0] & TYPE_MASK, STAP_A);
        assert_eq!(receive(&packets), [SPS.to_vec(), PPS.to_vec(), picture]);
    }

    #[test]
    fn every_length_around_the_limits_comes_through() {
        let around = |edge: usize| edge - 3..edge + 4;
        for len in around(PAYLOAD_MAX).chain(around(2 * PAYLOAD_MAX)).chain(around(5 * PAYLOAD_MAX)) {
            let picture = nal(0x61, len);
            assert_eq!(
                receive(&Packets::of(&frame(false, std::slice::from_ref(&picture)))),
                [picture],
                "{len}"
            );
        }
    }

    #[test]
    fn fragments_are_of_one_size_but_for_the_last() {
        let packets = Packets::of(&frame(false, &[nal(0x41, 10_000)]));
        let sizes: Vec<usize> = packets.payloads.iter().map(|payload| payload.len()).collect();
        let (last, others) = sizes.split_last().expect("several");
        assert!(others.iter().all(|size| *size == others[0]) && *last <= others[0], "{sizes:?}");
    }

    #[test]
    fn small_slices_share_packets_and_order_is_kept() {
        let slices = [nal(0x41, 500), nal(0x41, 600), nal(0x61, 90), nal(0x41, 3000), nal(0x41, 7)];
        let packets = Packets::of(&frame(false, &slices));
        assert_eq!(receive(&packets), slices);
        assert_eq!(packets.payloads[0][0], 0x40 | STAP_A, "two slices of importance 2 fit together");
    }

    #[test]
    fn empty_units_are_left_out() {
        assert!(Packets::of(&frame(false, &[Vec::new()])).payloads.is_empty());
    }

    #[test]
    fn opus_durations() {
        // Config 31 is CELT of 20 ms, 29 of 5 ms, 3 is SILK of 60 ms, 12 is hybrid of 10 ms.
        assert_eq!(opus_duration(&[31 << 3]), 960);
        assert_eq!(opus_duration(&[(29 << 3) | 1]), 480);
        assert_eq!(opus_duration(&[(31 << 3) | 3, 3]), 2880);
        assert_eq!(opus_duration(&[3 << 3]), 2880);
        assert_eq!(opus_duration(&[12 << 3]), 480);
        assert_eq!(opus_duration(&[]), 0);
    }

    #[test]
    fn an_opus_packet_is_its_payload() {
        let mut frame = frame(true, &[]);
        frame.params = Arc::new(Params::Opus(OpusParams { channels: 2, pre_skip: 0 }));
        frame.data = Bytes::from_static(&[31 << 3, 1, 2, 3]);
        let packets = Packets::of(&frame);
        assert_eq!(packets.payloads, [Arc::from([31 << 3, 1, 2, 3])]);
        assert_eq!(packets.duration, 960);
    }
}
