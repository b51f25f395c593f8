//! The streams that are sent: over the connection of the requests, or to ports of their own.

use std::io;
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::time::Instant;

use super::error::Error;
use super::packets::Filter;
use super::session::Receiver;

/// The largest packet there is (UDP).
pub(super) const PACKET_BYTES_MAX: usize = 65_536;
/// Packets of one socket before the others have their turn.
const PACKETS_AT_ONCE: usize = 64;

/// A stream that is sent.
pub(super) struct Track {
    pub(super) filter: Filter,
    /// RTP comes on this one, RTCP on the next.
    pub(super) channel: u8,
    pub(super) sockets: Option<(UdpSocket, UdpSocket)>,
    /// Where reports go by UDP.
    pub(super) reports_to: Option<u16>,
}

/// Takes what came by UDP, without waiting.
pub(super) fn take_datagrams(
    tracks: &mut [Track],
    receiver: &mut dyn Receiver,
    camera: IpAddr,
    packet: &mut [u8],
) {
    for (place, track) in tracks.iter_mut().enumerate() {
        let Some((rtp, rtcp)) = &track.sockets else { continue };
        for _ in 0..PACKETS_AT_ONCE {
            let Some(len) = datagram(rtp, camera, packet) else { break };
            if track.filter.rtp(&mut packet[..len], Instant::now()) {
                receiver.rtp(place, &packet[..len]);
            }
        }
        for _ in 0..PACKETS_AT_ONCE {
            let Some(len) = datagram(rtcp, camera, packet) else { break };
            if let Some(report) = track.filter.report(&packet[..len]) {
                receiver.rtcp(place, &report);
            }
        }
    }
}

pub(super) fn deliver(tracks: &mut [Track], receiver: &mut dyn Receiver, channel: u8, data: &[u8]) {
    for (place, track) in tracks.iter_mut().enumerate() {
        if channel == track.channel {
            let mut packet = data.to_vec();
            if track.filter.rtp(&mut packet, Instant::now()) {
                receiver.rtp(place, &packet);
            }
        } else if Some(channel) == track.channel.checked_add(1)
            && let Some(report) = track.filter.report(data)
        {
            receiver.rtcp(place, &report);
        }
    }
}

/// One of the camera's; those of others are thrown away. `None`: there is none.
fn datagram(socket: &UdpSocket, camera: IpAddr, to: &mut [u8]) -> Option<usize> {
    loop {
        match socket.recv_from(to) {
            Ok((len, from)) if from.ip().to_canonical() == camera.to_canonical() => return Some(len),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Two ports next to each other, the first even (RFC 3550 section 11), on the address that the camera is reached from.
pub(super) fn udp_pair(connection: &TcpStream) -> Result<(UdpSocket, UdpSocket), Error> {
    const ATTEMPTS: usize = 100;
    let failed = |error: io::Error| Error::Failed(format!("no ports for the camera's packets: {error}"));
    let own = connection.local_addr().map_err(failed)?.ip();
    for _ in 0..ATTEMPTS {
        let first = UdpSocket::bind((own, 0)).map_err(failed)?;
        let port = first.local_addr().map_err(failed)?.port();
        let other = if port % 2 == 0 { port.checked_add(1) } else { port.checked_sub(1) };
        let Some(Ok(second)) = other.map(|other| UdpSocket::bind((own, other))) else { continue };
        for socket in [&first, &second] {
            socket.set_nonblocking(true).map_err(failed)?;
        }
        return Ok(if port % 2 == 0 { (first, second) } else { (second, first) });
    }
    Err(Error::Failed("no two ports next to each other are free".to_owned()))
}

/// A router in between lets in what comes from where something went to.
pub(super) fn open_the_way(connection: &TcpStream, rtp: &UdpSocket, rtcp: &UdpSocket, port: u16) {
    let Ok(camera) = connection.peer_addr() else { return };
    // An RTP packet of no format without content, and a receiver's report of nobody.
    let nothing = [0x80, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let report = [0x80, 201, 0, 1, 0, 0, 0, 0];
    let _ = rtp.send_to(&nothing, (camera.ip(), port));
    let _ = rtcp.send_to(&report, (camera.ip(), port.wrapping_add(1)));
}
