//! Random bytes for the WebRTC engine: offers, and datagrams of every shape for a viewer that has joined.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha1::{Digest, Sha1};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::{Input, Output, Rtc};

use super::answer::{self, Common};
use super::packetize::{PAYLOAD_MAX, Packets};
use super::peer;
use super::sdp::ViewerOffer;
use crate::media::{Frame, H264Params, MediaTime, Params};

const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 102\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 6E:0C:1B:BC:18:C0:AE:BD:77:AA:A1:35:70:BF:F8:D1:\
    BE:23:AD:01:33:D4:C5:64:E1:C4:11:2A:1A:2D:06:B4\r\na=setup:actpass\r\na=mid:0\r\na=recvonly\r\n\
    a=rtcp-mux\r\na=rtpmap:102 H264/90000\r\n\
    a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n";
const HERE: ([u8; 4], u16) = ([127, 0, 0, 1], 8189);
const VIEWER: ([u8; 4], u16) = ([127, 0, 0, 1], 5000);
/// More than a viewer's library is given in one go; what follows tries nothing new.
const DATAGRAMS_MAX: usize = 64;
/// Events and packets that come of one datagram. Far above what any brings about, so that a loop is found.
const OUTPUTS_MAX: usize = 10_000;

static COMMON: LazyLock<Common> = LazyLock::new(|| {
    let crypto = Arc::new(str0m::crypto::from_feature_flags());
    let certificate = crypto.dtls_provider.generate_certificate().expect("made");
    Common { crypto, certificate }
});

/// An SDP offer, and the same again as an ICE restart of the viewer that it made.
pub(crate) fn offer(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(offer) = ViewerOffer::read(text) else { return };
    assert!(offer.text.len() <= text.len() + 256 * 8 + text.len(), "an offer grows a little only");
    let restarted = offer.restarted("abcd", "0123456789012345678901");
    if let Ok(mut answered) = answer::answer(&COMMON, &offer, &[HERE.into()], [7; 12], Instant::now()) {
        assert!(answered.answer.contains("a=setup:passive"), "a viewer begins the handshake");
        let _ = answer::contained(|| answer::accept(&mut answered.rtc, &restarted));
        drain(&mut answered.rtc);
    }
}

/// Datagrams one after the other: a byte that says of which shape, one for the time that passes before it, one for its
/// length, its content.
pub(crate) fn datagrams(input: &[u8]) {
    let offer = ViewerOffer::read(OFFER).expect("right");
    let start = Instant::now();
    let answered = answer::answer(&COMMON, &offer, &[HERE.into()], [7; 12], start).expect("answered");
    let mut rtc = answered.rtc;
    let local = rtc.direct_api().local_ice_credentials();
    let (mut rest, mut now) = (input, start);
    for _ in 0..DATAGRAMS_MAX {
        let [shape, wait, len, tail @ ..] = rest else { break };
        let content;
        (content, rest) = tail.split_at(tail.len().min(usize::from(*len)));
        now += Duration::from_millis(u64::from(*wait));
        let datagram = shaped(*shape, content, &local.ufrag, &local.pass);
        // As `Peer::input` does.
        if let Ok(contents) = DatagramRecv::try_from(&datagram[..]) {
            let (source, destination): (SocketAddr, SocketAddr) = (VIEWER.into(), HERE.into());
            let receive = Receive { proto: Protocol::Udp, source, destination, contents };
            let _ = rtc.accepts(&Input::Receive(now, Receive { contents: again(&datagram), ..receive }));
            let contents = again(&datagram);
            let receive = Receive { proto: Protocol::Udp, source, destination, contents };
            // As `Peer::receive` does.
            if rtc
                .handle_input(Input::Receive(now, receive))
                .is_err_and(|error| peer::is_fatal(&error, false))
            {
                break;
            }
        }
        let _ = rtc.handle_input(Input::Timeout(now));
        drain(&mut rtc);
        if !rtc.is_alive() {
            break;
        }
    }
}

fn again(datagram: &[u8]) -> DatagramRecv<'_> {
    DatagramRecv::try_from(datagram).expect("it was read before")
}

fn drain(rtc: &mut Rtc) {
    for _ in 0..OUTPUTS_MAX {
        match rtc.poll_output() {
            Ok(Output::Timeout(_)) | Err(_) => return,
            Ok(_) => {}
        }
    }
    unreachable!("the library has no end of outputs");
}

/// A beginning that gets the content past the first look, since chance alone takes long to find it.
fn shaped(shape: u8, content: &[u8], ufrag: &str, pwd: &str) -> Vec<u8> {
    match shape % 6 {
        1 => binding(content, ufrag, pwd),
        // A record of DTLS 1.2: the handshake or one of the others.
        2 => {
            let len = u16::try_from(content.len()).expect("at most 255").to_be_bytes();
            let kind = 20 + shape / 6 % 6;
            [&[kind, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, shape / 36], &len[..], content].concat()
        }
        // A handshake message in its record: ClientHello, and what is none.
        3 => {
            let len = u16::try_from(content.len()).expect("at most 255").to_be_bytes();
            let record = u16::try_from(content.len() + 12).expect("at most 267").to_be_bytes();
            let head = [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, shape / 6];
            let kind = [[1, 11, 16, 14, 20, 0][usize::from(shape / 6) % 6], 0];
            [&head, &record[..], &kind, &len, &[0, 0, 0, 0], &len, content].concat()
        }
        4 => [&[0x80, 102][..], content].concat(),
        5 => [&[0x80 | (shape / 6 % 32), 200 + shape % 7][..], content].concat(),
        _ => content.to_vec(),
    }
}

/// A STUN binding request with the right user name and integrity (RFC 8489) and other attributes in front of them.
fn binding(attributes: &[u8], ufrag: &str, pwd: &str) -> Vec<u8> {
    let user = format!("{ufrag}:abcd");
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend_from_slice(b"transaction!");
    let mut put = |kind: u16, value: &[u8]| {
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&u16::try_from(value.len()).expect("short").to_be_bytes());
        message.extend_from_slice(value);
        message.resize(message.len().next_multiple_of(4), 0);
    };
    put(0x0006, user.as_bytes());
    let at = message.len();
    message.extend_from_slice(&attributes[..attributes.len() / 4 * 4]);
    debug_assert!(at.is_multiple_of(4));
    // With the length of the integrity that follows, as it is computed.
    let len = u16::try_from(message.len() - 20 + 24).expect("short").to_be_bytes();
    message[2..4].copy_from_slice(&len);
    let hash = hmac(pwd.as_bytes(), &message);
    message.extend_from_slice(&[0, 8, 0, 20]);
    message.extend_from_slice(&hash);
    message
}

/// HMAC-SHA1 (RFC 2104) of a key that is no longer than a block.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 20] {
    let padded = |mask: u8| {
        let mut block = [mask; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha1::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha1::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// A picture as packets, and together again.
pub(crate) fn packetize(input: &[u8]) {
    let Some((flags, data)) = input.split_first() else { return };
    let [sps, pps] = [&b"\x67\x42\xe0\x1f\x01"[..], b"\x68\xce"].map(Bytes::from_static);
    let params = Params::H264(H264Params { sps, pps, width: 1, height: 1 });
    let time = MediaTime::from_nanos(1);
    let data = Bytes::copy_from_slice(data);
    let frame = Frame { time, decode_time: time, key: flags & 1 == 1, data, params: Arc::new(params) };
    let packets = Packets::of(&frame);
    assert!(packets.payloads.iter().all(|payload| (1..=PAYLOAD_MAX).contains(&payload.len())));
    let units: usize = crate::media::h264::nals(&frame.data).map(|unit| unit.len()).sum();
    assert!(
        packets.bytes() >= units.saturating_sub(packets.payloads.len()),
        "nothing of a picture is left out"
    );
    let sound = Frame {
        params: Arc::new(Params::Opus(crate::media::OpusParams { channels: 2, pre_skip: 0 })),
        ..frame
    };
    let _ = Packets::of(&sound);
}
