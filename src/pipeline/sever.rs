//! Ends TCP connections of this process to one peer, whoever opened them.
//!
//! GStreamer's RTSP connection can't be cancelled once a message has begun (`may_cancel` in gstrtspconnection.c, 1.22 to
//! 1.26): a camera that sends headers without end holds the thread that reads them, and with it whoever stops the pipeline,
//! while the headers fill the memory. The elements give nobody their socket, so it is found by its peer.
#![expect(unsafe_code, reason = "a descriptor that something else owns has no safe name")]

use std::fs;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::{BorrowedFd, RawFd};

use rustix::net::{Shutdown, getpeername, shutdown};

/// The other end, as it is named in an address.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) host: String,
    pub(super) port: u16,
}

/// Shuts all connections to the peer down, in both directions: who reads from one comes to its end. Returns how many.
/// Others of this process to the same camera end, too, and begin anew. May wait for a name server.
pub(super) fn sever(peer: &Peer) -> usize {
    let host = peer.host.trim_matches(['[', ']']);
    let Ok(addresses) = (host, peer.port).to_socket_addrs() else { return 0 };
    let wanted: Vec<(IpAddr, u16)> = addresses.map(canonical).collect();
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return 0 };
    let open = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    open.filter(|fd| sever_one(*fd, &wanted)).count()
}

fn sever_one(fd: RawFd, wanted: &[(IpAddr, u16)]) -> bool {
    // SAFETY: the descriptor is only named in two calls to the kernel, which refuse one that is closed or no socket. If
    // another takes its number between the two, that is a connection of this process which begins anew.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    let peer = getpeername(fd).ok().flatten().and_then(|peer| SocketAddr::try_from(peer).ok());
    peer.is_some_and(|peer| wanted.contains(&canonical(peer))) && shutdown(fd, Shutdown::Both).is_ok()
}

fn canonical(address: SocketAddr) -> (IpAddr, u16) {
    (address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn connections_to_the_peer_come_to_their_end_and_no_others() {
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("bound"));
        let mut clients: Vec<TcpStream> = listeners
            .iter()
            .map(|listener| TcpStream::connect(listener.local_addr().expect("bound")).expect("connected"))
            .collect();
        let servers: Vec<_> =
            listeners.iter().map(|listener| listener.accept().expect("accepted").0).collect();
        let port = listeners[0].local_addr().expect("bound").port();
        // The client's, and not the server's: its peer is the client.
        assert_eq!(sever(&Peer { host: "127.0.0.1".to_owned(), port }), 1);
        assert_eq!(clients[0].read(&mut [0; 1]).expect("ended"), 0);
        std::io::Write::write_all(&mut &servers[1], b"x").expect("sent");
        assert_eq!(clients[1].read(&mut [0; 1]).expect("goes on"), 1);
    }
}
