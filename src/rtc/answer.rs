//! How an offer is answered: what the library is set to, and which streams come of it.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::Codec;
use str0m::media::{MediaKind, Mid};
use str0m::{Candidate, Rtc, RtcConfig};

use super::JoinError;
use super::codecs;
use super::outlet::{Announced, Outlet};
use super::sdp::{self, OfferError, ViewerOffer};

/// Picture and sound of a browser are kept together by reports; two are needed before it can.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
const STATS_INTERVAL: Duration = Duration::from_secs(2);

/// What all viewers have in common.
pub(super) struct Common {
    pub(super) crypto: Arc<CryptoProvider>,
    pub(super) certificate: DtlsCert,
}

pub(super) struct Answered {
    pub(super) rtc: Rtc,
    pub(super) video: Option<Outlet>,
    pub(super) audio: Option<Outlet>,
    /// SDP.
    pub(super) answer: String,
}

/// Answers an offer. `random` sets where the streams' timestamps and sequence numbers begin.
pub(super) fn answer(
    common: &Common,
    offer: &ViewerOffer,
    local_candidates: &[SocketAddr],
    random: [u8; 12],
    now: Instant,
) -> Result<Answered, JoinError> {
    let mut rtc = new_rtc(common, now);
    for candidate in local_candidates.iter().filter_map(|address| host_candidate(*address)) {
        rtc.add_local_candidate(candidate);
    }
    let answer = contained(|| accept(&mut rtc, &offer.text))?;
    let (for_video, for_audio) = random.split_at(6);
    let video = outlet(&mut rtc, MediaKind::Video, offer.video.as_deref(), for_video);
    let audio = outlet(&mut rtc, MediaKind::Audio, offer.audio.as_deref(), for_audio);
    if offer.video.is_some() && video.is_none() {
        return Err(JoinError::NoCommonCodec("H.264 with packetization-mode 1"));
    }
    if video.is_none() && audio.is_none() {
        return Err(JoinError::NoCommonCodec("a picture (H.264) or sound (Opus) that the viewer receives"));
    }
    Ok(Answered { rtc, video, audio, answer })
}

/// The library makes no candidate of a link-local IPv4 address, but reads one: with a laptop plugged straight into the
/// box there is no other.
fn host_candidate(address: SocketAddr) -> Option<Candidate> {
    let line = || format!("candidate:1 1 udp 2130706431 {} {} typ host", address.ip(), address.port());
    Candidate::host(address, "udp").or_else(|_| Candidate::from_sdp_string(&line())).ok()
}

fn new_rtc(common: &Common, now: Instant) -> Rtc {
    let config = RtcConfig::new()
        .set_crypto_provider(Arc::clone(&common.crypto))
        .set_dtls_cert(common.certificate.clone())
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_rtcp_report_interval_audio(REPORT_INTERVAL)
        .set_rtcp_report_interval_video(REPORT_INTERVAL)
        .set_stats_interval(Some(STATS_INTERVAL));
    codecs::configure(config).build(now)
}

/// Gives the library an offer, the first one or one of an ICE restart. Returns the answer.
pub(super) fn accept(rtc: &mut Rtc, offer: &str) -> Result<String, OfferError> {
    let unusable = |error: &dyn std::fmt::Display| OfferError::Unusable(error.to_string());
    let offer = SdpOffer::from_sdp_string(offer).map_err(|error| unusable(&error))?;
    let answer = rtc.sdp_api().accept_offer(offer).map_err(|error| unusable(&error))?;
    Ok(sdp::finished_answer(&answer.to_sdp_string()))
}

/// Whatever the library does with an odd offer, it concerns this viewer alone.
pub(super) fn contained(accept: impl FnOnce() -> Result<String, OfferError>) -> Result<String, OfferError> {
    catch_unwind(AssertUnwindSafe(accept))
        .unwrap_or_else(|_| Err(OfferError::Unusable("it is not understood".to_owned())))
}

/// The stream of one kind that the answer announced; `None` if the viewer does not want it or can't decode it.
fn outlet(rtc: &mut Rtc, kind: MediaKind, mid: Option<&str>, random: &[u8]) -> Option<Outlet> {
    let mid: Mid = mid?.into();
    let codec = if kind.is_video() { Codec::H264 } else { Codec::Opus };
    let formats = codecs::formats(rtc, mid, codec);
    if formats.is_empty() {
        return None;
    }
    let mut api = rtc.direct_api();
    let stream = api.stream_tx_by_mid(mid, None)?;
    let announced = Announced { mid, ssrc: stream.ssrc(), resend_ssrc: stream.rtx() };
    let mut outlet = Outlet::new(kind, announced, formats, random.try_into().ok()?);
    outlet.withhold(rtc);
    Some(outlet)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 102\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 6E:0C:1B:BC:18:C0:AE:BD:77:AA:A1:35:70:BF:F8:D1:\
        BE:23:AD:01:33:D4:C5:64:E1:C4:11:2A:1A:2D:06:B4\r\na=setup:actpass\r\na=mid:0\r\na=recvonly\r\n\
        a=rtcp-mux\r\na=rtpmap:102 H264/90000\r\n\
        a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n";

    fn answer_at(addresses: &[&str]) -> String {
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = crypto.dtls_provider.generate_certificate().expect("made");
        let offer = ViewerOffer::read(OFFER).expect("read");
        let addresses: Vec<SocketAddr> =
            addresses.iter().map(|address| address.parse().expect("an address")).collect();
        let common = Common { crypto, certificate };
        answer(&common, &offer, &addresses, [0; 12], Instant::now()).expect("answered").answer
    }

    #[test]
    fn every_kind_of_address_becomes_a_candidate() {
        let answer =
            answer_at(&["192.168.1.5:7000", "[2001:db8::5]:7000", "169.254.9.9:7000", "127.0.0.1:7000"]);
        for address in ["192.168.1.5", "2001:db8::5", "169.254.9.9", "127.0.0.1"] {
            assert!(answer.contains(&format!(" {address} 7000 typ host")), "{address} in {answer}");
        }
    }

    #[test]
    fn an_answer_is_lite_and_passive_and_asks_for_no_feedback_that_nobody_reads() {
        let answer = answer_at(&["192.168.1.5:7000"]);
        assert!(answer.contains("a=ice-lite\r\n") && answer.contains("a=setup:passive\r\n"));
        assert!(answer.contains("a=sendonly\r\n") && answer.contains("nack pli\r\n"));
        assert!(!answer.contains("transport-cc") && !answer.contains("goog-remb"));
    }
}
