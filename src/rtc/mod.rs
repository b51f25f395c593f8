//! The only place that names the WebRTC library: one thread, one UDP socket, all viewers.
//!
//! Belongs here: ICE, DTLS, RTP and SDP of viewers; packetizing; fanning frames out.
//! Does not belong here: HTTP and its rules (`output::whep`), anything about where frames come from.
//!
//! `keeper` starts the engine, and starts it again; `handle` is one that runs, `engine` its thread's loop; `directory` holds all viewers, `peer` is one, `answer` how it joins, `outlet`
//! one track on its way to it, `feeds` the tracks that are read. `packetize`, `timing`, `sdp`, `addresses` and `codecs` are pure.

mod addresses;
mod answer;
mod codecs;
mod directory;
mod engine;
mod feeds;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod handle;
mod keeper;
mod outlet;
mod packetize;
mod peer;
mod sdp;
mod sender;
mod socket;
mod stats;
mod timing;

use std::net::IpAddr;

pub use keeper::{Engine, Keeper, Missing};
pub use sdp::{OFFER_BYTES_MAX, OfferError};
pub use stats::Stats;

use crate::hub::{Track, ViewerGuard};

/// How the engine is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The one UDP port; 0 lets the system choose.
    pub port: u16,
    /// The only addresses offered to viewers; empty: the one their request came in on, then all others of the box.
    pub addresses: Vec<IpAddr>,
    /// What the socket is bound to. The unspecified IPv6 address means every address of both families.
    pub bind: IpAddr,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("opening UDP port {port} for WebRTC failed")]
    Bind { port: u16, source: std::io::Error },
    #[error("making the certificate of WebRTC connections failed")]
    Certificate,
    #[error("starting the WebRTC thread failed")]
    Thread { source: std::io::Error },
}

/// A viewer that wants to join.
pub struct Join {
    /// SDP.
    pub offer: String,
    /// The local address its request came in on.
    pub reached_at: IpAddr,
    /// Where it came from.
    pub from: IpAddr,
    /// Id of the source the tracks are of; a session is only found under it.
    pub source: String,
    pub video: Track,
    pub audio: Track,
    /// Dropped when the viewer ends, however it does.
    pub guard: ViewerGuard,
}

/// An accepted viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    pub session: SessionId,
    /// SDP.
    pub answer: String,
    pub ice: Ice,
}

#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("the offer is refused: {0}")]
    Offer(#[from] OfferError),
    #[error("the offer has no common codec for {0}")]
    NoCommonCodec(&'static str),
    /// Come again later.
    #[error("there are as many viewers as the box can serve")]
    Full,
    /// None of the box's addresses can be offered.
    #[error("the box has no network address that a viewer could use")]
    NoAddress,
    /// Come again later.
    #[error("there is no WebRTC at this moment: {0}")]
    Stopped(String),
}

/// What an ICE session is known by to either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ice {
    pub local_ufrag: String,
    pub remote_ufrag: String,
}

/// What a viewer starts ICE anew with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    pub ufrag: String,
    pub pwd: String,
    /// `candidate:…` lines.
    pub candidates: Vec<String>,
}

/// Our side of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restarted {
    /// Of type `application/trickle-ice-sdpfrag`.
    pub fragment: String,
    pub ice: Ice,
}

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// It ended, never was, or is one of another source.
    #[error("there is no such session")]
    Unknown,
    #[error("the ICE restart is refused: {0}")]
    Restart(OfferError),
    #[error("there is no WebRTC at this moment: {0}")]
    Stopped(String),
}

/// Names a viewer: 128 random bits, which nobody can guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(u128);

impl std::fmt::Display for SessionId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl std::str::FromStr for SessionId {
    type Err = SessionError;

    fn from_str(text: &str) -> Result<Self, SessionError> {
        let hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = hex.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or(SessionError::Unknown)
    }
}

/// Random bytes from the system.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("Linux has random bytes once it has booted");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_are_read_as_they_are_written() {
        let id = SessionId(u128::from_be_bytes(random()));
        assert_eq!(id.to_string().parse::<SessionId>().ok(), Some(id));
        for text in ["", "12", "+0000000000000000000000000000001", &"g".repeat(32)] {
            assert!(text.parse::<SessionId>().is_err(), "{text}");
        }
    }
}
