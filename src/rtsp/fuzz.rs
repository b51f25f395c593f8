//! Random bytes for what a camera says.

use std::time::{Duration, Instant};

use super::description::{self, address};
use super::login::{Scheme, is_stale};
use super::message::{self, BODY_BYTES_MAX, HEAD_BYTES_MAX, Next};
use super::packets::Filter;

/// Takes the bytes as what a camera sends over one connection, message by message.
pub(crate) fn messages(mut bytes: &[u8]) {
    loop {
        let (next, len) = message::next(bytes);
        match next {
            Next::Nothing => {
                assert!(len == 0 && bytes.len() <= HEAD_BYTES_MAX + BODY_BYTES_MAX + 65_540);
                return;
            }
            Next::Answer(answer) => {
                assert!((100..=999).contains(&answer.status));
                let challenges: Vec<&str> = answer.all("www-authenticate").collect();
                let _ = is_stale(&challenges);
                if let Ok(mut scheme) = Scheme::choose(&challenges) {
                    let _ = scheme.answer("viewer", "secret", "DESCRIBE", "rtsp://cam/1");
                }
            }
            Next::Packet(_, data) => assert!(data.len() <= usize::from(u16::MAX)),
            Next::Request(..) | Next::Junk => {}
            Next::TooLong => return,
        }
        assert!(len > 0 && len <= bytes.len());
        bytes = &bytes[len..];
    }
}

pub(crate) fn description(bytes: &[u8]) {
    let description = description::parse(&String::from_utf8_lossy(bytes));
    for stream in &description.streams {
        assert!(stream.payload_type < 128 && stream.clock_rate > 0);
        let _ = address("rtsp://cam/1", stream.control.as_deref());
    }
}

pub(crate) fn packets(parts: [&[u8]; 4]) {
    let begun = Instant::now();
    let mut filter = Filter::new(96, vec![97], Some(5), begun);
    for (seconds, part) in parts.into_iter().enumerate() {
        let now = begun + Duration::from_secs(seconds as u64);
        let mut packet = part.to_vec();
        if filter.rtp(&mut packet, now) {
            assert_eq!((packet.len(), packet[1] & 0x7f), (part.len(), 96));
        }
        assert!(filter.report(part).is_none_or(|report| report.len() == 28));
    }
}
