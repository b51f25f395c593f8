//! What a camera says it has: its answer to DESCRIBE, in SDP (RFC 4566). Pure.
//!
//! Read by hand, and leniently: lines in the wrong order, missing or doubled are what cameras have, and of it all only
//! the streams, their formats and their addresses are asked for.

/// A description with more than these is none of a camera.
const STREAMS_MAX: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Video,
    Sound,
    Other,
}

/// One `m=` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    pub kind: Kind,
    /// Of the first format.
    pub payload_type: u8,
    /// The other formats, whose packets may come between.
    pub others: Vec<u8>,
    /// In capital letters, such as `H264`; empty if it is not said.
    pub encoding: String,
    /// Ticks a second of its packets' times.
    pub clock_rate: u32,
    /// Channels of sound, if it is said.
    pub channels: Option<u32>,
    /// Parameters of the format, with names in small letters.
    pub parameters: Vec<(String, String)>,
    /// Attributes without a meaning here that a depayloader may want, such as `x-dimensions`.
    pub attributes: Vec<(String, String)>,
    /// Where it is set up: an address, or what is added to the description's own.
    pub control: Option<String>,
    /// What goes the other way: a loudspeaker in the camera.
    pub is_back_channel: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Where all streams are played together, if it is said.
    pub control: Option<String>,
    pub streams: Vec<Stream>,
}

/// Formats that need no `rtpmap` (RFC 3551 section 6): encoding, ticks a second, channels.
const fn fixed(payload_type: u8) -> Option<(&'static str, u32, Option<u32>)> {
    Some(match payload_type {
        0 => ("PCMU", 8000, Some(1)),
        8 => ("PCMA", 8000, Some(1)),
        // 16 kHz, which the RFC calls 8 by mistake.
        9 => ("G722", 8000, Some(1)),
        10 => ("L16", 44100, Some(2)),
        11 => ("L16", 44100, Some(1)),
        14 => ("MPA", 90000, None),
        26 => ("JPEG", 90000, None),
        32 => ("MPV", 90000, None),
        33 => ("MP2T", 90000, None),
        _ => return None,
    })
}

pub fn parse(text: &str) -> Description {
    let mut description = Description::default();
    let lines = text.lines().filter_map(|line| line.trim().split_once('='));
    for (kind, value) in lines {
        match kind {
            "m" if description.streams.len() < STREAMS_MAX => description.streams.extend(stream(value)),
            "a" => match description.streams.last_mut() {
                Some(stream) => attribute(stream, value),
                None => {
                    let control = value.strip_prefix("control:").map(|control| control.trim().to_owned());
                    description.control = control.or(description.control);
                }
            },
            _ => {}
        }
    }
    description
}

/// `video 0 RTP/AVP 96 97`
fn stream(media: &str) -> Option<Stream> {
    let mut words = media.split_whitespace();
    let kind = match words.next()? {
        "video" => Kind::Video,
        "audio" => Kind::Sound,
        _ => Kind::Other,
    };
    let mut formats = words.skip(2).filter_map(|format| format.parse().ok()).filter(|format| *format < 128);
    let payload_type = formats.next().unwrap_or(0);
    let (encoding, clock_rate, channels) = fixed(payload_type).unwrap_or(("", 90000, None));
    Some(Stream {
        kind,
        payload_type,
        others: formats.collect(),
        encoding: encoding.to_owned(),
        clock_rate,
        channels,
        parameters: Vec::new(),
        attributes: Vec::new(),
        control: None,
        is_back_channel: false,
    })
}

fn attribute(stream: &mut Stream, text: &str) {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let value = value.trim();
    match name {
        "rtpmap" => rtpmap(stream, value),
        "fmtp" => parameters(stream, value),
        "control" => stream.control = Some(value.to_owned()),
        "sendonly" => stream.is_back_channel = true,
        "framesize" => {
            // `96 640-480`
            let size = value.split_whitespace().nth(1).unwrap_or("");
            stream.attributes.push(("a-framesize".to_owned(), size.to_owned()));
        }
        "framerate" => stream.attributes.push(("a-framerate".to_owned(), value.to_owned())),
        "x-dimensions" | "x-framerate" => stream.attributes.push((name.to_owned(), value.to_owned())),
        _ => {}
    }
}

/// Whether a value begins with this stream's format; what follows it.
fn of_format<'a>(stream: &Stream, value: &'a str) -> Option<&'a str> {
    let (format, rest) = value.split_once(char::is_whitespace)?;
    (format.parse() == Ok(stream.payload_type)).then(|| rest.trim())
}

/// `96 H264/90000`, `97 MPEG4-GENERIC/16000/2`
fn rtpmap(stream: &mut Stream, value: &str) {
    let Some(rest) = of_format(stream, value) else { return };
    let mut parts = rest.split('/').map(str::trim);
    stream.encoding = parts.next().unwrap_or("").to_ascii_uppercase();
    // A depayloader divides by it.
    let rate =
        parts.next().and_then(|rate| rate.parse().ok()).filter(|rate| (1..=i32::MAX as u32).contains(rate));
    stream.clock_rate = rate.unwrap_or(stream.clock_rate);
    stream.channels = parts.next().and_then(|channels| channels.parse().ok());
}

/// `96 packetization-mode=1;sprop-parameter-sets=...`
fn parameters(stream: &mut Stream, value: &str) {
    let Some(rest) = of_format(stream, value) else { return };
    let pairs = rest.split(';').filter_map(|part| part.split_once('='));
    for (name, value) in pairs {
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        // The last one counts: of two pairs of parameter sets it is the one in use.
        stream.parameters.retain(|(known, _)| *known != name);
        stream.parameters.push((name, value));
    }
}

impl Stream {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The address of a stream or of all: `control` itself, or at the end of `base`, as cameras mean it (RFC 2326 appendix
/// C.1.1 would take the last part of `base` away, which none of them does).
pub(super) fn address(base: &str, control: Option<&str>) -> String {
    match control {
        None | Some("" | "*") => base.to_owned(),
        Some(whole) if whole.contains("://") => whole.to_owned(),
        Some(part) if base.ends_with('/') || part.starts_with('/') => {
            format!("{}/{}", base.trim_end_matches('/'), part.trim_start_matches('/'))
        }
        Some(part) => format!("{base}/{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=Media\r\na=control:*\r\nt=0 0\r\n\
        m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; profile-level-id=4D0028;\
        sprop-parameter-sets=Z00A,aO4=\r\na=control:trackID=1\r\na=framerate:25.0\r\n\
        m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/2\r\na=fmtp:97 mode=AAC-hbr;config=1408\r\n\
        a=control:rtsp://10.0.0.2/audio\r\nm=audio 0 RTP/AVP 0\r\na=sendonly\r\na=control:back\r\n";

    #[test]
    fn a_cameras_streams_are_read() {
        let description = parse(CAMERA);
        assert_eq!(description.control.as_deref(), Some("*"));
        let [video, sound, back] = &description.streams[..] else { panic!("{description:?}") };
        assert_eq!((video.kind, video.encoding.as_str(), video.clock_rate), (Kind::Video, "H264", 90000));
        assert_eq!(video.parameter("sprop-parameter-sets"), Some("Z00A,aO4="));
        assert_eq!(
            (sound.encoding.as_str(), sound.clock_rate, sound.channels),
            ("MPEG4-GENERIC", 16000, Some(2))
        );
        assert_eq!((back.encoding.as_str(), back.is_back_channel), ("PCMU", true));
    }

    #[test]
    fn formats_of_the_rfc_need_no_words_and_odd_lines_cost_nothing() {
        let description =
            parse("m=video 0 RTP/AVP 26\na=rtpmap:\na=fmtp\na\n=\nm=\nm=video\na=rtpmap:0 H264/0/x\n");
        assert_eq!(description.streams[0].encoding, "JPEG");
        assert_eq!((description.streams.len(), description.streams[1].clock_rate), (2, 8000));
    }

    #[test]
    fn addresses_are_put_together_as_cameras_mean_them() {
        for (base, control, expected) in [
            ("rtsp://c/live", None, "rtsp://c/live"),
            ("rtsp://c/live", Some("*"), "rtsp://c/live"),
            ("rtsp://c/live", Some("track1"), "rtsp://c/live/track1"),
            ("rtsp://c/live/", Some("/track1"), "rtsp://c/live/track1"),
            ("rtsp://c/a?b=c/", Some("trackID=0"), "rtsp://c/a?b=c/trackID=0"),
            ("rtsp://c/live", Some("rtsp://d/x"), "rtsp://d/x"),
        ] {
            assert_eq!(address(base, control), expected);
        }
    }
}
