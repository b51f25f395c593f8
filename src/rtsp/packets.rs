//! Which packets of a stream are the camera's own (RTP and RTCP, RFC 3550). Pure.
//!
//! Some cameras begin with packets of another sender, of before a restart or of another viewer's stream, and some number
//! their format otherwise than they described it. Whoever takes the packets sees one sender and one format.

use std::time::{Duration, Instant};

const RTP_HEAD_BYTES: usize = 12;
const SENDER_REPORT: u8 = 200;
/// A sender report up to its counts.
const REPORT_BYTES: usize = 28;
/// A sender that was silent for this long may be followed by another; the one that was announced is waited for as long.
const SILENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Filter {
    payload_type: u8,
    others: Vec<u8>,
    /// The sender that the camera announced.
    announced: Option<u32>,
    since: Instant,
    current: Option<(u32, Instant)>,
    /// What all are called.
    name: Option<u32>,
}

impl Filter {
    pub(super) const fn new(payload_type: u8, others: Vec<u8>, announced: Option<u32>, now: Instant) -> Self {
        Self { payload_type, others, announced, since: now, current: None, name: None }
    }

    /// Makes a packet the stream's own; false if it is none of it.
    pub(super) fn rtp(&mut self, packet: &mut [u8], now: Instant) -> bool {
        let Some(head) = packet.get_mut(..RTP_HEAD_BYTES).filter(|head| head[0] >> 6 == 2) else {
            return false;
        };
        let payload_type = head[1] & 0x7f;
        if payload_type != self.payload_type && self.others.contains(&payload_type) {
            return false;
        }
        let sender = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
        if !self.is_ours(sender, now) {
            return false;
        }
        self.current = Some((sender, now));
        let name = *self.name.get_or_insert(sender);
        head[1] = head[1] & 0x80 | self.payload_type;
        head[8..12].copy_from_slice(&name.to_be_bytes());
        true
    }

    fn is_ours(&self, sender: u32, now: Instant) -> bool {
        let silent = |since: Instant| now.saturating_duration_since(since) > SILENCE;
        match (self.current, self.announced) {
            (Some((current, _)), _) if current == sender => true,
            (_, Some(announced)) if announced == sender => true,
            (Some((_, last)), _) => silent(last),
            (None, Some(_)) => silent(self.since),
            (None, None) => true,
        }
    }

    /// The sender's report within `packet`, alone: when it took what it sends. `None` if it is of nobody who sends here.
    pub(super) fn report(&self, packet: &[u8]) -> Option<Vec<u8>> {
        let head = packet.get(..REPORT_BYTES).filter(|head| head[0] >> 6 == 2 && head[1] == SENDER_REPORT)?;
        let sender = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let (name, (current, _)) = (self.name?, self.current?);
        if sender != current {
            return None;
        }
        // Without what it received itself, which is nothing.
        let mut report = head.to_vec();
        report[0] &= 0xe0;
        report[2..4].copy_from_slice(&6u16.to_be_bytes());
        report[4..8].copy_from_slice(&name.to_be_bytes());
        Some(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rtp(payload_type: u8, sender: u8) -> Vec<u8> {
        vec![0x80, 0x80 | payload_type, 0, 1, 0, 0, 0, 2, 0, 0, 0, sender, 7]
    }

    #[test]
    fn the_announced_sender_is_waited_for_a_moment() {
        let now = Instant::now();
        let mut filter = Filter::new(96, vec![], Some(5), now);
        assert!(!filter.rtp(&mut rtp(96, 9), now));
        assert!(filter.rtp(&mut rtp(96, 5), now));
        assert!(!filter.rtp(&mut rtp(96, 9), now));
        let mut filter = Filter::new(96, vec![], Some(5), now);
        assert!(filter.rtp(&mut rtp(96, 9), now + 2 * SILENCE));
    }

    #[test]
    fn who_is_silent_makes_room_and_nobody_notices() {
        let now = Instant::now();
        let mut filter = Filter::new(96, vec![101], None, now);
        let mut first = rtp(96, 1);
        assert!(filter.rtp(&mut first, now) && first == rtp(96, 1));
        assert!(!filter.rtp(&mut rtp(96, 2), now + SILENCE / 2));
        let mut second = rtp(104, 2);
        assert!(filter.rtp(&mut second, now + 2 * SILENCE) && second == rtp(96, 1));
        assert!(!filter.rtp(&mut rtp(101, 2), now + 2 * SILENCE));
        assert!(!filter.rtp(&mut [0x80; 3], now) && !filter.rtp(&mut [0; 20], now));
    }

    #[test]
    fn reports_are_those_of_the_sender() {
        let now = Instant::now();
        let mut filter = Filter::new(96, vec![], None, now);
        let report = |sender: u8| {
            let mut report = vec![0x81, SENDER_REPORT, 0, 12, 0, 0, 0, sender];
            report.resize(52, 3);
            report
        };
        assert_eq!(filter.report(&report(1)), None);
        filter.rtp(&mut rtp(96, 1), now);
        assert_eq!(filter.report(&report(2)), None);
        let own = filter.report(&report(1)).expect("its own");
        assert_eq!((own.len(), &own[..8]), (28, [0x80, 200, 0, 6, 0, 0, 0, 1].as_slice()));
        assert_eq!(filter.report(&own[..20]), None);
    }
}
