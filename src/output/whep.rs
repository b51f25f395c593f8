//! WHEP: WebRTC viewers over HTTP (draft-ietf-wish-whep; its sessions work as those of WHIP, RFC 9725 section 4).
//!
//! Belongs here: the protocol's rules. HTTP itself is `web`'s, WebRTC `rtc`'s. No state is held here: a session is the
//! engine's, and is found only under its own source.

use std::net::IpAddr;
use std::sync::Arc;

use crate::hub::{Left, Source, ViewerKind};
use crate::rtc::{self, Engine, Join, JoinError, OfferError, Restart, SessionError, SessionId};

/// A fragment holds two credentials and some ten candidates of 100 bytes.
pub const FRAGMENT_BYTES_MAX: usize = 16 << 10;
/// Candidates of one fragment that are looked at; browsers send about 10 in all.
const CANDIDATES_MAX: usize = 32;

/// The WHEP endpoints of all sources. Cheap to clone.
#[derive(Clone)]
pub struct Whep {
    engine: Engine,
}

/// What answers an offer (201).
#[derive(Debug)]
pub struct Answer {
    /// The last part of the session's address.
    pub session: String,
    pub sdp: String,
    /// With its quotes, as it stands in the header.
    pub etag: String,
    /// By which it is known when the viewer is gone.
    pub left: Left,
}

/// What answers a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patched {
    /// Candidates were taken (204).
    Trickled,
    /// ICE was started anew (200).
    Restarted { fragment: String, etag: String },
}

#[derive(Debug, thiserror::Error)]
pub enum WhepError {
    /// 404: it ended, never was, or is one of another source.
    #[error("there is no such session")]
    NotFound,
    /// 400.
    #[error("the offer can't be used: {0}")]
    BadOffer(String),
    /// 400.
    #[error("the fragment can't be used: {0}")]
    BadFragment(&'static str),
    /// 406: the viewer can't decode what the box sends.
    #[error("the offer has no common codec for {0}")]
    NotAcceptable(&'static str),
    /// 428: a fragment says by `If-Match` which ICE session it is for.
    #[error("the request has no If-Match")]
    NoIfMatch,
    /// 412: ICE was started anew meanwhile.
    #[error("the fragment is for an ICE session that is over")]
    OldIfMatch,
    /// 503 with `Retry-After`.
    #[error("there are as many viewers as the box can serve")]
    TooMany,
    /// 503.
    #[error("the box has no network address that a viewer could use")]
    NoAddress,
    /// 503.
    #[error("there is no WebRTC at this moment: {0}")]
    Stopped(String),
}

impl Whep {
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Lets a viewer of `source` join. `reached_at` is the local address its request came in on.
    pub async fn offer(
        &self,
        source: &Arc<Source>,
        sdp: &str,
        from: IpAddr,
        reached_at: IpAddr,
    ) -> Result<Answer, WhepError> {
        let (guard, left) = source.viewers.enter(ViewerKind::Whep).followed();
        let join = Join {
            offer: sdp.to_owned(),
            reached_at,
            from,
            source: source.id.clone(),
            video: source.video.clone(),
            audio: source.audio.clone(),
            guard,
        };
        let joined = self.engine.join(join).await.map_err(WhepError::from_join)?;
        let etag = etag(&joined.ice);
        Ok(Answer { session: joined.session.to_string(), sdp: joined.answer, etag, left })
    }

    /// Takes a fragment of type `application/trickle-ice-sdpfrag`: more candidates, or, if it has new credentials,
    /// an ICE restart.
    pub async fn patch(
        &self,
        source: &str,
        session: &str,
        if_match: Option<&str>,
        fragment: &str,
    ) -> Result<Patched, WhepError> {
        let session: SessionId = session.parse()?;
        let ice = self.engine.ice(session, source).await?;
        if if_match.is_some_and(|tags| !matches(tags, &etag(&ice))) {
            return Err(WhepError::OldIfMatch);
        }
        let fragment = Fragment::read(fragment)?;
        let new = fragment.credentials.filter(|(ufrag, _)| *ufrag != ice.remote_ufrag);
        let candidates = fragment.candidates.into_iter().map(str::to_owned).collect();
        let Some((ufrag, pwd)) = new else {
            self.engine.add_candidates(session, source, candidates).await?;
            return Ok(Patched::Trickled);
        };
        // More candidates for what there is need not name it, and many programs don't; what begins anew has to.
        if_match.ok_or(WhepError::NoIfMatch)?;
        let restart = Restart { ufrag: ufrag.to_owned(), pwd: pwd.to_owned(), candidates };
        let restarted = self.engine.restart_ice(session, source, restart).await?;
        Ok(Patched::Restarted { etag: etag(&restarted.ice), fragment: restarted.fragment })
    }

    /// Ends a session.
    pub async fn delete(&self, source: &str, session: &str) -> Result<(), WhepError> {
        Ok(self.engine.leave(session.parse()?, source).await?)
    }
}

impl WhepError {
    fn from_join(error: JoinError) -> Self {
        match error {
            JoinError::Offer(OfferError::Unusable(reason)) => Self::BadOffer(reason),
            JoinError::Offer(error) => Self::BadOffer(error.to_string()),
            JoinError::NoCommonCodec(wanted) => Self::NotAcceptable(wanted),
            JoinError::Full => Self::TooMany,
            JoinError::NoAddress => Self::NoAddress,
            JoinError::Stopped(why) => Self::Stopped(why),
        }
    }
}

impl From<SessionError> for WhepError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Unknown => Self::NotFound,
            SessionError::Restart(_) => Self::BadFragment("ICE can't be started anew with it"),
            SessionError::Stopped(why) => Self::Stopped(why),
        }
    }
}

/// Names the ICE session, as RFC 9725 section 4.3.1 wants.
fn etag(ice: &rtc::Ice) -> String {
    format!("\"{}\"", ice.local_ufrag)
}

/// Whether an `If-Match` header names `etag` (RFC 9110 section 13.1.1). The star stands in quotes in the examples of
/// RFC 9725, and so with some clients.
fn matches(if_match: &str, etag: &str) -> bool {
    if_match.split(',').map(str::trim).any(|tag| tag == "*" || tag == "\"*\"" || tag == etag)
}

/// A fragment as a viewer sent it (RFC 8840 section 9).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fragment<'a> {
    pub(super) credentials: Option<(&'a str, &'a str)>,
    /// `candidate:…`
    pub(super) candidates: Vec<&'a str>,
}

impl<'a> Fragment<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, WhepError> {
        if text.len() > FRAGMENT_BYTES_MAX {
            return Err(WhepError::BadFragment("it is too long"));
        }
        let (mut ufrag, mut pwd, mut candidates) = (None, None, Vec::new());
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            let attribute = match line.split_once('=') {
                Some(("a", attribute)) => attribute,
                Some(("m", _)) => continue,
                _ => return Err(WhepError::BadFragment("it is not of type application/trickle-ice-sdpfrag")),
            };
            match attribute.split_once(':') {
                Some(("ice-ufrag", value)) => ufrag = Some(credential(value, 4)?),
                Some(("ice-pwd", value)) => pwd = Some(credential(value, 22)?),
                Some(("candidate", _)) if candidates.len() < CANDIDATES_MAX => candidates.push(attribute),
                // The end of candidates is of no use to one who never has to wait for them.
                _ => {}
            }
        }
        // Some clients trickle without the password. They can't start ICE anew with that, and do not mean to.
        if ufrag.is_none() && pwd.is_some() {
            return Err(WhepError::BadFragment("it has a=ice-pwd without a=ice-ufrag"));
        }
        Ok(Self { credentials: ufrag.zip(pwd), candidates })
    }
}

/// RFC 8839 section 5.4: letters, digits, `+` and `/`.
fn credential(value: &str, len_min: usize) -> Result<&str, WhepError> {
    let allowed = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    let fits = (len_min..=256).contains(&value.len());
    (allowed && fits)
        .then_some(value)
        .ok_or(WhepError::BadFragment("its ICE credentials are not as RFC 8839 asks"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRICKLE: &str = "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
        a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
        a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw\r\n\
        a=end-of-candidates\r\n";

    #[test]
    fn the_fragment_of_the_standard_is_read() {
        let fragment = Fragment::read(TRICKLE).expect("read");
        assert_eq!(fragment.credentials, Some(("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")));
        assert_eq!(fragment.candidates.len(), 1);
        assert!(fragment.candidates[0].starts_with("candidate:1387637174 1 udp"));
    }

    #[test]
    fn broken_fragments_are_refused() {
        let refused = |text: &str| assert!(Fragment::read(text).is_err(), "{text}");
        refused("hello");
        refused("v=0\r\n");
        refused("a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n");
        refused("a=ice-ufrag:x\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n");
        refused("a=ice-ufrag:EsAw\r\na=ice-pwd:short\r\n");
        refused("a=ice-ufrag:Es w\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n");
        refused(&"a=x\r\n".repeat(FRAGMENT_BYTES_MAX));
        assert!(Fragment::read("").is_ok());
    }

    #[test]
    fn candidates_of_a_fragment_are_bounded() {
        let many = "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n".repeat(100);
        assert_eq!(Fragment::read(&many).expect("read").candidates.len(), CANDIDATES_MAX);
    }

    #[test]
    fn if_match_is_a_list_or_a_star() {
        assert!(matches("*", "\"a\"") && matches("\"*\"", "\"a\""));
        assert!(matches("\"a\"", "\"a\"") && matches("\"b\", \"a\"", "\"a\""));
        assert!(!matches("\"b\"", "\"a\"") && !matches("a", "\"a\"") && !matches("", "\"a\""));
    }
}
