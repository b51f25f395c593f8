//! What goes over an RTSP connection (RFC 2326), as bytes: answers, requests and packets between them. Pure.
//!
//! Cameras break the rules: lines may end with a newline alone, empty lines and remains of packets may stand between two
//! messages, headers may have no space after the colon. Whatever comes, no more than the limits below is held.

use std::fmt::Write as _;

/// Of an answer up to its empty line. A description of ten streams with a login takes a tenth.
pub(super) const HEAD_BYTES_MAX: usize = 16 << 10;
/// Of what an answer brings: a description, whose parameter sets are written out in it.
pub(super) const BODY_BYTES_MAX: usize = 64 << 10;
/// In front of a packet that follows requests on their connection: `$`, its channel, its length (section 10.12).
const PACKET_HEAD_BYTES: usize = 4;
const VERSION: &str = "RTSP/1.0";

/// What the other end says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) reason: String,
    /// In their order, with names in small letters.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The first header of that name, which is in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The next thing in what has arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// More has to arrive first.
    Nothing,
    Answer(Answer),
    /// The camera asks something of us: its method, its number.
    Request(String, String),
    Packet(u8, &'a [u8]),
    /// Nothing that belongs here.
    Junk,
    /// Longer than anything that a camera has to say.
    TooLong,
}

/// What comes next in `bytes`, and how many of them it takes.
pub(super) fn next(bytes: &[u8]) -> (Next<'_>, usize) {
    match bytes.first() {
        None => (Next::Nothing, 0),
        Some(b'$') => packet(bytes),
        Some(b'\r' | b'\n') => (Next::Junk, 1),
        Some(b'A'..=b'Z') => message(bytes),
        Some(_) => (Next::Junk, junk(bytes)),
    }
}

fn packet(bytes: &[u8]) -> (Next<'_>, usize) {
    let [_, channel, high, low, rest @ ..] = bytes else { return (Next::Nothing, 0) };
    let len = usize::from(u16::from_be_bytes([*high, *low]));
    match rest.get(..len) {
        Some(data) => (Next::Packet(*channel, data), PACKET_HEAD_BYTES + len),
        None => (Next::Nothing, 0),
    }
}

/// Up to where something may begin.
fn junk(bytes: &[u8]) -> usize {
    bytes[1..].iter().position(|byte| matches!(byte, b'$' | b'R')).map_or(bytes.len(), |at| at + 1)
}

fn message(bytes: &[u8]) -> (Next<'_>, usize) {
    let Some(head) = head_len(&bytes[..bytes.len().min(HEAD_BYTES_MAX)]) else {
        // A word can't go on for ever before it is seen to be none of ours.
        let begins =
            bytes[..bytes.len().min(32)].iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n'));
        return match (begins, bytes.len() >= HEAD_BYTES_MAX) {
            (false, _) => (Next::Junk, junk(bytes)),
            (true, true) => (Next::TooLong, bytes.len()),
            (true, false) => (Next::Nothing, 0),
        };
    };
    let text = String::from_utf8_lossy(&bytes[..head]);
    let mut lines = text.lines();
    let Some(first) = lines.next().and_then(first_line) else {
        return (Next::Junk, junk(bytes));
    };
    let headers = headers(lines);
    let value = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let len = value("content-length").and_then(|len| len.parse::<usize>().ok()).unwrap_or(0);
    if len > BODY_BYTES_MAX {
        return (Next::TooLong, bytes.len());
    }
    let Some(body) = bytes.get(head..head + len) else { return (Next::Nothing, 0) };
    let next = match first {
        First::Status(status, reason) => {
            Next::Answer(Answer { status, reason, headers, body: body.to_vec() })
        }
        First::Method(method) => Next::Request(method, value("cseq").unwrap_or_default()),
    };
    (next, head + len)
}

/// With its empty line.
fn head_len(bytes: &[u8]) -> Option<usize> {
    let ends = bytes.windows(2).enumerate().filter(|(_, pair)| pair[1] == b'\n');
    ends.map(|(at, pair)| (at, pair[0] == b'\n', bytes.get(at + 2..at + 4) == Some(b"\r\n".as_slice())))
        .find_map(|(at, twice, empty)| if twice { Some(at + 2) } else { empty.then_some(at + 4) })
}

enum First {
    Status(u16, String),
    Method(String),
}

fn first_line(line: &str) -> Option<First> {
    let mut words = line.splitn(3, ' ');
    let (first, second, third) = (words.next()?, words.next()?, words.next().unwrap_or(""));
    if first.starts_with("RTSP/") {
        let status = second.trim().parse().ok().filter(|status| (100..=999).contains(status))?;
        return Some(First::Status(status, third.trim().to_owned()));
    }
    let method = first.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    (method && third.trim().starts_with("RTSP/")).then(|| First::Method(first.to_owned()))
}

fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let pairs = lines.filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect()
}

/// A request, as it is sent. Values must have no line ends: [`is_one_line`].
pub(super) fn request(method: &str, url: &str, number: u32, headers: &[(&str, String)]) -> Vec<u8> {
    let mut text = format!("{method} {url} {VERSION}\r\nCSeq: {number}\r\n");
    for (name, value) in headers {
        // Writing to a string can't fail.
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// The answer to whatever the camera asks of us.
pub(super) fn not_implemented(number: &str) -> Vec<u8> {
    format!("{VERSION} 501 Not Implemented\r\nCSeq: {number}\r\n\r\n").into_bytes()
}

/// A packet between requests.
pub(super) fn interleaved(channel: u8, packet: &[u8]) -> Option<Vec<u8>> {
    let len = u16::try_from(packet.len()).ok()?;
    let mut bytes = vec![b'$', channel];
    bytes.extend(len.to_be_bytes());
    bytes.extend(packet);
    Some(bytes)
}

/// Nothing in it that would begin another line of a request.
pub(super) fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        match next(text.as_bytes()) {
            (Next::Answer(answer), len) if len == text.len() => answer,
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn answers_are_read_however_cameras_write_them() {
        let text = "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 3\r\n\r\nv=0";
        let read = answer(text);
        assert_eq!((read.status, read.reason.as_str(), read.body.as_slice()), (200, "OK", b"v=0".as_slice()));
        assert_eq!(read.header("cseq"), Some("2"));
        for text in ["RTSP/1.0 454\nSession:1 \n\n", "RTSP/1.0 454 \r\nSESSION :  1\r\n\r\n"] {
            let read = answer(text);
            assert_eq!((read.status, read.header("session")), (454, Some("1")), "{text:?}");
        }
    }

    #[test]
    fn half_of_anything_waits_for_the_rest() {
        let whole =
            [b"RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab".as_slice(), b"$\x00\x00\x02xy"].concat();
        let first = whole.len() - 6;
        assert!((1..first).all(|end| next(&whole[..end]) == (Next::Nothing, 0)));
        assert!((1..6).all(|end| next(&whole[first..first + end]) == (Next::Nothing, 0)));
        assert_eq!(next(&whole[first..]), (Next::Packet(0, b"xy"), 6));
    }

    #[test]
    fn what_belongs_nowhere_is_passed_over() {
        let (mut bytes, mut found) =
            (b"\x00\x01\r\nRTP?\r\n$\x02\x00\x01zRTSP/1.0 200 OK\r\n\r\n".as_slice(), vec![]);
        loop {
            let (next, taken) = next(bytes);
            match next {
                Next::Nothing => break,
                Next::Junk => {}
                Next::Packet(channel, data) => found.push(format!("{channel} {}", data.len())),
                Next::Answer(answer) => found.push(answer.status.to_string()),
                other => panic!("{other:?}"),
            }
            bytes = &bytes[taken..];
        }
        assert_eq!(found, ["2 1", "200"]);
    }

    #[test]
    fn what_has_no_end_is_too_long() {
        let endless = format!("RTSP/1.0 200 OK\r\n{}", "X-A: b\r\n".repeat(HEAD_BYTES_MAX / 8));
        assert_eq!(next(endless.as_bytes()).0, Next::TooLong);
        assert_eq!(next(b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n").0, Next::TooLong);
    }

    #[test]
    fn a_camera_that_asks_is_answered_by_its_number() {
        let asked = b"SET_PARAMETER rtsp://box/ RTSP/1.0\r\nCSeq: 7\r\n\r\n";
        assert_eq!(next(asked), (Next::Request("SET_PARAMETER".into(), "7".into()), asked.len()));
    }
}
