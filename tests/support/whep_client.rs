//! A WebRTC viewer for tests and load: receives, counts, can lose packets on purpose, decodes nothing.
//!
//! Included by path into whatever needs it, so not everything is used everywhere.
#![allow(dead_code, reason = "each user needs another part of it")]

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, Ssrc};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;
use tokio::time::sleep_until;

/// Asked of the kernel, which gives what `net.core.rmem_max` allows.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;

/// What a viewer does besides watching.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habits {
    /// Every n-th RTP packet that comes in is thrown away before it is looked at, until so many are.
    pub(crate) lose: Option<Loss>,
    /// Payloads are kept.
    pub(crate) record: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Loss {
    pub(crate) every: u64,
    pub(crate) at_most: u64,
}

pub(crate) struct Viewer {
    pub(crate) rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    pending: Option<SdpPendingOffer>,
    video_mid: Mid,
    audio_mid: Mid,
    habits: Habits,
    rtp_seen: u64,
    started: Instant,
    pub(crate) received: Received,
}

/// What came in.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) connected_after: Option<Duration>,
    pub(crate) first_frame_after: Option<Duration>,
    pub(crate) closed: bool,
    pub(crate) video: Stream,
    pub(crate) audio: Stream,
    /// Packets thrown away on purpose.
    pub(crate) thrown_away: u64,
}

/// Packets of one stream; resent ones count as what they replace.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) ssrc: Option<Ssrc>,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// Packets with the marker bit: the last of a frame.
    pub(crate) frames: u64,
    pub(crate) payload_type: u8,
    first_last: Option<(u64, u64)>,
    pub(crate) recorded: BTreeMap<u64, Packet>,
    /// (NTP time, RTP timestamp) of the sender reports.
    pub(crate) reports: Vec<(std::time::SystemTime, u64)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: Vec<u8>,
}

impl Viewer {
    /// A viewer on `address`, and its offer.
    pub(crate) async fn new(address: IpAddr, habits: Habits) -> io::Result<(Self, String)> {
        let socket = UdpSocket::bind((address, 0)).await?;
        // Many viewers share few cores: one that has to wait for its turn should lose nothing meanwhile.
        socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        let local = socket.local_addr()?;
        let started = Instant::now();
        let mut rtc = RtcConfig::new()
            .clear_codecs()
            .enable_h264(true)
            .enable_opus(true, false)
            .set_rtp_mode(true)
            .build(started);
        rtc.add_local_candidate(Candidate::host(local, "udp").map_err(io::Error::other)?);
        let mut changes = rtc.sdp_api();
        let video_mid = changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        let audio_mid = changes.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        let (offer, pending) = changes.apply().ok_or_else(|| io::Error::other("nothing to offer"))?;
        let viewer = Self {
            rtc,
            socket,
            local,
            pending: Some(pending),
            video_mid,
            audio_mid,
            habits,
            rtp_seen: 0,
            started,
            received: Received::default(),
        };
        Ok((viewer, offer.to_sdp_string()))
    }

    pub(crate) fn accept(&mut self, answer: &str) -> io::Result<()> {
        let answer = SdpAnswer::from_sdp_string(answer).map_err(io::Error::other)?;
        let pending = self.pending.take().ok_or_else(|| io::Error::other("already answered"))?;
        self.rtc.sdp_api().accept_answer(pending, answer).map_err(io::Error::other)
    }

    /// An offer that starts ICE anew.
    pub(crate) fn restart_ice(&mut self) -> io::Result<String> {
        let mut changes = self.rtc.sdp_api();
        changes.ice_restart(true);
        let (offer, pending) = changes.apply().ok_or_else(|| io::Error::other("nothing to offer"))?;
        self.pending = Some(pending);
        Ok(offer.to_sdp_string())
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    pub(crate) fn request_key_frame(&mut self) {
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_rx_by_mid(self.video_mid, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    /// Sends raw bytes from this viewer's own address.
    pub(crate) async fn send_raw(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        self.socket.send_to(bytes, to).await.map(|_| ())
    }

    /// Watches until `done` says so, the other side closes, or `time` is over. True if `done` said so.
    pub(crate) async fn watch(
        &mut self,
        time: Duration,
        mut done: impl FnMut(&Received) -> bool,
    ) -> io::Result<bool> {
        let end = Instant::now() + time;
        let mut buffer = vec![0; 2000];
        loop {
            let timeout = self.drain()?;
            if done(&self.received) {
                return Ok(true);
            }
            if self.received.closed || Instant::now() >= end {
                return Ok(false);
            }
            tokio::select! {
                readable = self.socket.readable() => {
                    readable?;
                    self.read(&mut buffer)?;
                }
                () = sleep_until(timeout.min(end).into()) => self.input(Input::Timeout(Instant::now()))?,
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        loop {
            let (len, source) = match self.socket.try_recv_from(buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if self.is_lost(&buffer[..len]) {
                self.received.thrown_away += 1;
                continue;
            }
            let Ok(receive) = Receive::new(Protocol::Udp, source, self.local, &buffer[..len]) else {
                continue;
            };
            self.input(Input::Receive(Instant::now(), receive))?;
            self.drain()?;
        }
    }

    fn is_lost(&mut self, datagram: &[u8]) -> bool {
        let Some(Loss { every, at_most }) = self.habits.lose else { return false };
        let rtp = datagram.len() > 2
            && (128..192).contains(&datagram[0])
            && !(64..96).contains(&(datagram[1] & 0x7f));
        self.rtp_seen += u64::from(rtp);
        rtp && self.rtp_seen.is_multiple_of(every) && self.received.thrown_away < at_most
    }

    fn input(&mut self, input: Input<'_>) -> io::Result<()> {
        self.rtc.handle_input(input).map_err(io::Error::other)
    }

    /// Sends and counts until there is nothing more to do; then the time of the next call.
    fn drain(&mut self) -> io::Result<Instant> {
        loop {
            match self.rtc.poll_output().map_err(io::Error::other)? {
                Output::Timeout(at) => {
                    self.received.closed |= !self.rtc.is_alive();
                    return Ok(at);
                }
                // What the kernel has no room for is lost, as on any network.
                Output::Transmit(transmit) => {
                    let _ = self.socket.try_send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(event) => self.on_event(event),
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Connected => self.received.connected_after = Some(self.started.elapsed()),
            Event::Closed | Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                self.received.closed = true;
            }
            Event::RtpPacket(packet) => self.on_packet(&packet),
            Event::SenderFeedback(report) => {
                let info = report.sender_info;
                let stream = if report.mid == self.video_mid {
                    &mut self.received.video
                } else {
                    &mut self.received.audio
                };
                stream.reports.push((info.ntp_time, info.rtp_time.numer()));
            }
            _ => {}
        }
    }

    fn on_packet(&mut self, packet: &RtpPacket) {
        let video = {
            let mut api = self.rtc.direct_api();
            api.stream_rx(&packet.header.ssrc).is_some_and(|stream| stream.mid() == self.video_mid)
        };
        if video && packet.header.marker {
            self.received.first_frame_after.get_or_insert_with(|| self.started.elapsed());
        }
        let stream = if video { &mut self.received.video } else { &mut self.received.audio };
        stream.count(packet, self.habits.record);
    }
}

impl Stream {
    fn count(&mut self, packet: &RtpPacket, record: bool) {
        self.ssrc = Some(packet.header.ssrc);
        self.packets += 1;
        self.bytes += packet.payload.len() as u64;
        self.frames += u64::from(packet.header.marker);
        self.payload_type = *packet.header.payload_type;
        let number = *packet.seq_no;
        let (first, last) = self.first_last.unwrap_or((number, number));
        self.first_last = Some((first.min(number), last.max(number)));
        if record {
            let packet = Packet {
                timestamp: packet.header.timestamp,
                marker: packet.header.marker,
                payload: packet.payload.to_vec(),
            };
            self.recorded.insert(number, packet);
        }
    }

    /// Packets between the first and the last that never came, not even again.
    pub(crate) fn lost(&self) -> u64 {
        self.first_last.map_or(0, |(first, last)| (last - first + 1).saturating_sub(self.packets))
    }

    /// Timestamp and NAL units (RFC 6184) of each recorded frame; packets must not be missing.
    pub(crate) fn pictures(&self) -> Vec<(u32, Vec<Vec<u8>>)> {
        let mut pictures = Vec::new();
        let mut units: Vec<Vec<u8>> = Vec::new();
        for packet in self.recorded.values() {
            depacketize(&packet.payload, &mut units);
            if packet.marker {
                pictures.push((packet.timestamp, std::mem::take(&mut units)));
            }
        }
        pictures
    }
}

fn depacketize(payload: &[u8], units: &mut Vec<Vec<u8>>) {
    match payload[0] & 0x1f {
        24 => {
            let mut rest = &payload[1..];
            while let [high, low, tail @ ..] = rest {
                let (unit, tail) = tail.split_at(usize::from(u16::from_be_bytes([*high, *low])));
                units.push(unit.to_vec());
                rest = tail;
            }
        }
        28 => {
            if payload[1] & 0x80 != 0 {
                units.push(vec![(payload[0] & 0xe0) | (payload[1] & 0x1f)]);
            }
            if let Some(unit) = units.last_mut() {
                unit.extend_from_slice(&payload[2..]);
            }
        }
        _ => units.push(payload.to_vec()),
    }
}
