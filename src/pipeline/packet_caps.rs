//! What GStreamer is told of a stream's packets, and which elements read them.

use gstreamer as gst;

use crate::rtsp::{Kind, Stream};

/// RTP's extension with a JPEG's own frame header (ONVIF Streaming Specification, section 5.1.4.1).
const JPEG_EXTENSION: u16 = 0xffd8;
const RTP_HEAD_BYTES: usize = 12;
/// Of a baseline or extended sequential frame (ITU-T T.81, table B.1).
const FRAME_MARKERS: [u8; 2] = [0xc0, 0xc1];
/// Sampling rates of AAC in the order of their numbers (ISO/IEC 14496-3, table 1.18).
const AAC_RATES: [u32; 13] =
    [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/// Depayloader and parser; sound stays coded until somebody listens.
pub(super) fn chain(stream: &Stream) -> Result<&'static str, String> {
    known(stream).ok_or_else(|| format!("{} can't be read here", name(stream)))
}

fn known(stream: &Stream) -> Option<&'static str> {
    Some(match (stream.kind, stream.encoding.as_str()) {
        (Kind::Video, "H264") => "rtph264depay ! h264parse ! video/x-h264,stream-format=avc,alignment=au",
        (Kind::Video, "H265") => {
            "rtph265depay ! h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au"
        }
        (Kind::Video, "JPEG") => "rtpjpegdepay",
        (Kind::Sound, "PCMU") => "rtppcmudepay",
        (Kind::Sound, "PCMA") => "rtppcmadepay",
        (Kind::Sound, "L16") => "rtpL16depay",
        (Kind::Sound, "G722") => "rtpg722depay",
        (Kind::Sound, "G726-16" | "G726-24" | "G726-32" | "G726-40") => "rtpg726depay",
        (Kind::Sound, "MPEG4-GENERIC") => "rtpmp4gdepay ! aacparse",
        (Kind::Sound, "MP4A-LATM") => "rtpmp4adepay ! aacparse",
        (Kind::Sound, "OPUS") => "rtpopusdepay",
        _ => return None,
    })
}

pub(super) fn is_readable(stream: &Stream) -> bool {
    let enough = match stream.encoding.as_str() {
        "MPEG4-GENERIC" => aac_config(stream).is_some(),
        "MP4A-LATM" => stream.parameter("config").is_some(),
        _ => true,
    };
    enough && known(stream).is_some()
}

/// For people.
pub(super) fn name(stream: &Stream) -> String {
    match stream.encoding.as_str() {
        "" => format!("of format {}, which it does not name", stream.payload_type),
        "MPEG4-GENERIC" | "MP4A-LATM" => "AAC without its settings".to_owned(),
        other => other.to_owned(),
    }
}

/// As rtspsrc tells its depayloaders.
pub(super) fn of(stream: &Stream) -> gst::Caps {
    let media = if stream.kind == Kind::Sound { "audio" } else { "video" };
    let rate = i32::try_from(stream.clock_rate).unwrap_or(90_000);
    let mut caps = gst::Caps::builder("application/x-rtp")
        .field("media", media)
        .field("payload", i32::from(stream.payload_type))
        .field("clock-rate", rate)
        .field("encoding-name", stream.encoding.as_str());
    if let Some(channels) = stream.channels {
        caps = caps.field("encoding-params", channels.to_string());
    }
    let given =
        stream.parameters.iter().chain(&stream.attributes).filter(|(name, value)| is_field(name, value));
    for (name, value) in given {
        caps = caps.field(name.as_str(), value.as_str());
    }
    if stream.encoding == "MPEG4-GENERIC" {
        for (name, value) in aac_settings(stream) {
            caps = caps.field(name, value);
        }
    }
    caps.build()
}

/// What a field of caps may be called and hold; none of those that have a meaning of their own.
fn is_field(name: &str, value: &str) -> bool {
    const OWN: [&str; 5] = ["media", "payload", "clock-rate", "encoding-name", "encoding-params"];
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    first && rest && !OWN.contains(&name) && !value.contains('\0')
}

/// What is missing of the parameters of RFC 3640, as its mode AAC-hbr has them.
fn aac_settings(stream: &Stream) -> Vec<(&'static str, String)> {
    let usual = [("mode", "AAC-hbr"), ("sizelength", "13"), ("indexlength", "3"), ("indexdeltalength", "3")];
    let usual = usual.into_iter().filter(|(name, _)| stream.parameter(name).is_none());
    let config = stream.parameter("config").is_none().then(|| aac_config(stream)).flatten();
    let settings = usual.map(|(name, value)| (name, value.to_owned()));
    settings.chain(config.map(|config| ("config", config))).collect()
}

/// The AudioSpecificConfig (ISO/IEC 14496-3, section 1.6.2.1): the camera's, or that of AAC-LC by rate and channels.
fn aac_config(stream: &Stream) -> Option<String> {
    if let Some(config) = stream.parameter("config").filter(|config| !config.is_empty()) {
        return Some(config.to_owned());
    }
    let rate = AAC_RATES.iter().position(|rate| *rate == stream.clock_rate)?;
    let channels = stream.channels.unwrap_or(1).clamp(1, 2);
    let low_complexity = 2;
    Some(format!("{:04x}", low_complexity << 11 | (rate as u32) << 7 | channels << 3))
}

/// Width and height by the frame header that a packet of MJPEG brings: its own fields end at 2040 (RFC 2435, section 3.1.5).
pub(super) fn size_in_packet(packet: &[u8]) -> Option<(u16, u16)> {
    let senders = usize::from(packet.first()? & 0x0f) * 4;
    let has_extension = packet.first()? & 0x10 != 0;
    let extension = packet.get(RTP_HEAD_BYTES + senders..).filter(|_| has_extension)?;
    let number = |at: usize| Some(u16::from_be_bytes([*extension.get(at)?, *extension.get(at + 1)?]));
    if number(0)? != JPEG_EXTENSION {
        return None;
    }
    let header = extension.get(4..4 + usize::from(number(2)?) * 4)?;
    let at = header.windows(2).position(|pair| pair[0] == 0xff && FRAME_MARKERS.contains(&pair[1]))?;
    let side = |from: usize| Some(u16::from_be_bytes([*header.get(at + from)?, *header.get(at + from + 1)?]));
    // Marker, length, bits of a sample, height, width.
    let (height, width) = (side(5)?, side(7)?);
    (width > 0 && height > 0).then_some((width, height))
}

/// For a stream whose packets say how large its pictures are.
pub(super) fn of_size(stream: &Stream, (width, height): (u16, u16)) -> gst::Caps {
    let mut stream = stream.clone();
    stream.attributes.retain(|(name, _)| name != "x-dimensions");
    stream.attributes.push(("x-dimensions".to_owned(), format!("{width}, {height}")));
    of(&stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(text: &str) -> Stream {
        crate::rtsp::parse(text).streams.remove(0)
    }

    #[test]
    fn aac_without_settings_has_those_of_its_rate() {
        gst::init().expect("GStreamer is there");
        let aac = stream("m=audio 0 RTP/AVP 104\na=rtpmap:104 MPEG4-GENERIC/16000\n");
        assert!(is_readable(&aac));
        let caps = of(&aac).to_string();
        assert!(caps.contains("config=(string)1408") && caps.contains("sizelength=(string)13"), "{caps}");
        assert!(!is_readable(&stream("m=audio 0 RTP/AVP 104\na=rtpmap:104 MPEG4-GENERIC/16001\n")));
        assert!(!is_readable(&stream("m=audio 0 RTP/AVP 104\na=rtpmap:104 MP4A-LATM/16000\n")));
    }

    #[test]
    fn what_a_camera_writes_is_no_field_of_its_own_choice() {
        gst::init().expect("GStreamer is there");
        let text = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n\
                    a=fmtp:96 payload=1;media=x;sprop-parameter-sets=Z00A,aO4=;=x;1a=b;a b=c\n";
        let caps = of(&stream(text)).to_string();
        assert!(
            caps.contains("sprop-parameter-sets=(string)\"Z00A") && caps.contains("payload=(int)96"),
            "{caps}"
        );
        assert!(!caps.contains("1a") && !caps.contains("a b"), "{caps}");
    }

    #[test]
    fn a_large_jpegs_size_is_in_its_extension() {
        let mut packet = vec![0x90, 26, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xd8, 0, 3];
        packet.extend([0xff, 0xc0, 0, 17, 8, 0x07, 0x98, 0x0a, 0x20, 3, 0xff, 0xff]);
        assert_eq!(size_in_packet(&packet), Some((2592, 1944)));
        assert!((0..packet.len()).all(|end| size_in_packet(&packet[..end]).is_none()));
    }
}
