//! What is done to SDP texts before the WebRTC library reads an offer and after it has written an answer. Pure.

use std::fmt::Write as _;

/// Browsers' offers are 5 to 15 KiB; four times that leaves room for odd ones.
pub const OFFER_BYTES_MAX: usize = 64 << 10;
/// One for sound, one for the picture, and some that clients add out of habit (data channel, second camera).
const SECTIONS_MAX: usize = 8;
/// All tracks of a viewer carry this stream id: browsers keep sound and picture together only within one stream.
const STREAM_ID: &str = "marquee";

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    #[error("the offer is longer than {OFFER_BYTES_MAX} bytes")]
    TooLong,
    #[error("the offer has no media section")]
    NoSections,
    #[error("the offer has more than {SECTIONS_MAX} media sections")]
    TooManySections,
    #[error("a media section of the offer has no a=mid")]
    NoMid,
    #[error("the offer can't be used: {0}")]
    Unusable(String),
}

/// An offer as a viewer means it: it only receives, and one picture and one sound at most.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ViewerOffer {
    pub(super) text: String,
    /// `mid` of the section that gets the picture.
    pub(super) video: Option<String>,
    /// `mid` of the section that gets the sound.
    pub(super) audio: Option<String>,
}

/// A media section while it is read.
struct Section<'a> {
    lines: Vec<&'a str>,
    mid: Option<&'a str>,
    receives: bool,
}

impl ViewerOffer {
    /// Reads an offer so that the answer comes out as a viewer needs it: `sendrecv` becomes `recvonly`, what the
    /// viewer would send is left out, sections after the first of their kind are inactive, and all tracks share one
    /// stream.
    pub(super) fn read(offer: &str) -> Result<Self, OfferError> {
        if offer.len() > OFFER_BYTES_MAX {
            return Err(OfferError::TooLong);
        }
        let (head, sections) = split(offer);
        match sections.len() {
            0 => return Err(OfferError::NoSections),
            1..=SECTIONS_MAX => {}
            _ => return Err(OfferError::TooManySections),
        }
        let mut read = Self { text: String::with_capacity(offer.len() + 256), video: None, audio: None };
        let receives = direction(&head).unwrap_or(true);
        for line in head.into_iter().filter(|line| direction_of(line).is_none()) {
            push_line(&mut read.text, line);
        }
        for lines in sections {
            read.push_section(&Section::read(lines, receives))?;
        }
        Ok(read)
    }

    fn push_section(&mut self, section: &Section<'_>) -> Result<(), OfferError> {
        let mid = section.mid.ok_or(OfferError::NoMid)?;
        let chosen = match section.kind() {
            "video" => &mut self.video,
            "audio" => &mut self.audio,
            _ => {
                section.lines.iter().for_each(|line| push_line(&mut self.text, line));
                return Ok(());
            }
        };
        let wanted = section.receives && chosen.is_none();
        for line in section.lines.iter().filter(|line| !is_about_sending(line)) {
            push_line(&mut self.text, line);
        }
        push_line(&mut self.text, if wanted { "a=recvonly" } else { "a=inactive" });
        push_line(&mut self.text, &format!("a=msid:{STREAM_ID} {STREAM_ID}-{mid}"));
        if wanted {
            *chosen = Some(mid.to_owned());
        }
        Ok(())
    }

    /// The same offer with new ICE credentials and without candidates: an ICE restart.
    pub(super) fn restarted(&self, ufrag: &str, pwd: &str) -> String {
        let mut text = String::with_capacity(self.text.len());
        for line in self.text.lines() {
            match line.split_once(':') {
                Some(("a=ice-ufrag", _)) => push_line(&mut text, &format!("a=ice-ufrag:{ufrag}")),
                Some(("a=ice-pwd", _)) => push_line(&mut text, &format!("a=ice-pwd:{pwd}")),
                Some(("a=candidate", _)) => {}
                _ => push_line(&mut text, line),
            }
        }
        text
    }
}

impl<'a> Section<'a> {
    fn read(lines: Vec<&'a str>, receives_by_default: bool) -> Self {
        let mid = lines.iter().find_map(|line| line.strip_prefix("a=mid:")).map(str::trim);
        let receives = direction(&lines).unwrap_or(receives_by_default);
        Self { lines, mid, receives }
    }

    /// `audio`, `video`, `application`, …
    fn kind(&self) -> &'a str {
        self.lines[0].trim_start_matches("m=").split(' ').next().unwrap_or_default()
    }
}

/// The session's lines, and those of each media section, its `m=` line first.
fn split(sdp: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let (mut head, mut sections) = (Vec::new(), Vec::<Vec<&str>>::new());
    for line in sdp.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if line.starts_with("m=") {
            sections.push(vec![line]);
        } else {
            sections.last_mut().unwrap_or(&mut head).push(line);
        }
    }
    (head, sections)
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push_str("\r\n");
}

/// Whether the sender of these lines wants to receive; `None` if they do not say.
fn direction(lines: &[&str]) -> Option<bool> {
    lines.iter().find_map(|line| direction_of(line))
}

fn direction_of(line: &str) -> Option<bool> {
    match line {
        "a=sendrecv" | "a=recvonly" => Some(true),
        "a=sendonly" | "a=inactive" => Some(false),
        _ => None,
    }
}

/// Lines that describe what the other side would send: a viewer sends nothing.
fn is_about_sending(line: &str) -> bool {
    const PREFIXES: [&str; 5] = ["a=msid:", "a=ssrc:", "a=ssrc-group:", "a=simulcast:", "a=rid:"];
    direction_of(line).is_some() || PREFIXES.iter().any(|prefix| line.starts_with(prefix))
}

/// An answer in which sections without a common codec are refused by port 0 (RFC 3264 section 6) and taken out of
/// the bundle, instead of standing there without any format.
pub(super) fn finished_answer(answer: &str) -> String {
    let (head, sections) = split(answer);
    let refused: Vec<&str> = sections
        .iter()
        .filter(|lines| has_no_format(lines[0]))
        .filter_map(|lines| lines.iter().find_map(|line| line.strip_prefix("a=mid:")))
        .collect();
    let mut text = String::with_capacity(answer.len());
    for line in head {
        match line.strip_prefix("a=group:BUNDLE") {
            Some(mids) if !refused.is_empty() => {
                let kept = mids.split_whitespace().filter(|mid| !refused.contains(mid));
                let kept = kept.fold(String::new(), |list, mid| list + " " + mid);
                push_line(&mut text, &format!("a=group:BUNDLE{kept}"));
            }
            _ => push_line(&mut text, line),
        }
    }
    for lines in sections {
        push_answer_section(&mut text, &lines);
    }
    text
}

fn push_answer_section(text: &mut String, lines: &[&str]) {
    if !has_no_format(lines[0]) {
        lines.iter().for_each(|line| push_line(text, line));
        return;
    }
    let mut words = lines[0].split_whitespace();
    let (kind, protocol) = (words.next().unwrap_or("m=audio"), words.nth(1).unwrap_or("UDP/TLS/RTP/SAVPF"));
    push_line(text, &format!("{kind} 0 {protocol} 0"));
    push_line(text, "c=IN IP4 0.0.0.0");
    for line in lines.iter().filter(|line| line.starts_with("a=mid:")) {
        push_line(text, line);
    }
    push_line(text, "a=inactive");
}

/// `m=video 9 UDP/TLS/RTP/SAVPF` and nothing behind it.
fn has_no_format(media_line: &str) -> bool {
    media_line.split_whitespace().count() < 4
}

/// What an answer says about ICE, as a fragment of type `application/trickle-ice-sdpfrag` (RFC 8840 section 9).
pub(super) fn ice_fragment(answer: &str) -> String {
    let (head, sections) = split(answer);
    let mut text = String::new();
    for line in head.iter().filter(|line| line.starts_with("a=ice-") || line.starts_with("a=group:BUNDLE")) {
        push_line(&mut text, line);
    }
    // One bundle: its transport is described in the first section that is not refused.
    if let Some(lines) = sections.iter().find(|lines| !lines[0].contains(" 0 ")) {
        for prefix in ["m=", "a=mid:", "a=ice-", "a=candidate:"] {
            let lines = lines.iter().filter(|line| line.starts_with(prefix));
            lines.for_each(|line| push_line(&mut text, line));
        }
        let _ = write!(text, "a=end-of-candidates\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROMIUM: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 102 121\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789012345678901\r\na=candidate:1 1 udp 1 10.0.0.1 5 typ host\r\na=mid:0\r\na=recvonly\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789012345678901\r\na=mid:1\r\na=sendrecv\r\na=msid:x y\r\na=ssrc:5 cname:z\r\n";

    #[test]
    fn a_viewer_only_receives_and_sends_nothing() {
        let offer = ViewerOffer::read(CHROMIUM).expect("read");
        assert_eq!((offer.video.as_deref(), offer.audio.as_deref()), (Some("0"), Some("1")));
        assert_eq!(offer.text.matches("a=recvonly\r\n").count(), 2);
        assert!(!offer.text.contains("sendrecv") && !offer.text.contains("a=ssrc"));
        assert!(offer.text.contains("a=msid:marquee marquee-0\r\n"));
        assert!(offer.text.contains("a=msid:marquee marquee-1\r\n"));
    }

    #[test]
    fn a_second_picture_and_one_that_is_only_sent_are_inactive() {
        let more = "m=video 9 UDP/TLS/RTP/SAVPF 102\na=mid:2\n";
        let offer = ViewerOffer::read(&format!("{CHROMIUM}{more}")).expect("read");
        assert_eq!(offer.text.matches("a=inactive").count(), 1);
        let sending = CHROMIUM.replace("a=recvonly", "a=sendonly");
        assert_eq!(ViewerOffer::read(&sending).expect("read").video, None);
    }

    #[test]
    fn no_direction_means_both_and_the_session_may_set_it() {
        let silent = CHROMIUM.replace("a=recvonly\r\n", "");
        assert_eq!(ViewerOffer::read(&silent).expect("read").video.as_deref(), Some("0"));
        let inactive = silent.replace("t=0 0\r\n", "t=0 0\r\na=inactive\r\n");
        assert_eq!(ViewerOffer::read(&inactive).expect("read").video, None);
    }

    #[test]
    fn offers_that_can_not_be_meant_are_refused() {
        let check = |offer: &str, error| assert_eq!(ViewerOffer::read(offer), Err(error));
        check("", OfferError::NoSections);
        check("hello", OfferError::NoSections);
        check(&"a".repeat(OFFER_BYTES_MAX + 1), OfferError::TooLong);
        check("v=0\nm=audio 9 X 0\na=recvonly\n", OfferError::NoMid);
        check(&"m=audio 9 X 0\na=mid:0\n".repeat(9), OfferError::TooManySections);
    }

    #[test]
    fn a_restart_changes_credentials_and_drops_candidates() {
        let offer = ViewerOffer::read(CHROMIUM).expect("read");
        let text = offer.restarted("wxyz", "9876543210987654321098");
        assert_eq!(text.matches("a=ice-ufrag:wxyz\r\n").count(), 2);
        assert_eq!(text.matches("a=ice-pwd:9876543210987654321098\r\n").count(), 2);
        assert!(!text.contains("candidate") && !text.contains("abcd"));
    }

    #[test]
    fn a_section_without_a_codec_is_refused() {
        let answer = "v=0\r\na=group:BUNDLE 0 1\r\na=ice-lite\r\nm=video 9 UDP/TLS/RTP/SAVPF 102\r\na=mid:0\r\n\
            a=ice-ufrag:abcd\r\na=candidate:1 1 udp 1 10.0.0.1 5 typ host\r\na=sendonly\r\n\
            m=audio 9 UDP/TLS/RTP/SAVPF \r\na=mid:1\r\na=sendonly\r\n";
        let finished = finished_answer(answer);
        assert!(finished.contains("a=group:BUNDLE 0\r\n"), "{finished}");
        assert!(
            finished
                .contains("m=audio 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=inactive\r\n")
        );
        let fragment = ice_fragment(&finished);
        assert_eq!(
            fragment,
            "a=group:BUNDLE 0\r\na=ice-lite\r\nm=video 9 UDP/TLS/RTP/SAVPF 102\r\na=mid:0\r\na=ice-ufrag:abcd\r\n\
            a=candidate:1 1 udp 1 10.0.0.1 5 typ host\r\na=end-of-candidates\r\n"
        );
    }
}
