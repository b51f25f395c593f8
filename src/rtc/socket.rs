//! The one UDP socket of all viewers, and its receiving half. Nothing here ever blocks.

use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Datagrams (or coalesced runs of them) per system call. Viewers send little: a few reports per second each.
const RECEIVE_BATCH: usize = 8;
/// The largest run the kernel coalesces.
const RECEIVE_BUFFER_BYTES: usize = 64 << 10;
/// Asked of the kernel, which gives what `net.core.{r,w}mem_max` allows.
const KERNEL_BUFFER_BYTES: usize = 4 << 20;

/// Where a datagram goes, and from which of the box's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) to: SocketAddr,
    /// Viewers only accept packets from the address they sent to; `None` lets the kernel choose.
    pub(super) from: Option<IpAddr>,
}

pub(super) struct Datagram<'a> {
    pub(super) from: SocketAddr,
    /// The address of the box it was sent to, if the kernel says.
    pub(super) at: Option<IpAddr>,
    pub(super) bytes: &'a [u8],
}

/// The socket in a tokio runtime. Shared by the two halves, which are on one thread.
pub(super) struct Io {
    socket: UdpSocket,
    state: RefCell<UdpSocketState>,
    ipv6: bool,
}

pub(super) struct Receiver {
    io: Rc<Io>,
    buffers: Vec<u8>,
    metas: [RecvMeta; RECEIVE_BATCH],
}

/// Binds to `address`. If that is "all of IPv6", IPv4 comes in on the same socket; a machine without IPv6 gets
/// "all of IPv4".
pub(super) fn bind(address: IpAddr, port: u16) -> io::Result<std::net::UdpSocket> {
    let bound = bind_to(SocketAddr::new(address, port));
    match bound {
        Err(error) if address == Ipv6Addr::UNSPECIFIED && error.kind() != io::ErrorKind::AddrInUse => {
            bind_to(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port))
        }
        bound => bound,
    }
}

fn bind_to(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

impl Io {
    /// Takes the socket into the current tokio runtime.
    pub(super) fn open(socket: std::net::UdpSocket) -> io::Result<Rc<Self>> {
        let ipv6 = socket.local_addr()?.is_ipv6();
        let state = UdpSocketState::new((&socket).into())?;
        // Refusals are no failure: the kernel's own sizes do for few viewers.
        let _ = state.set_send_buffer_size((&socket).into(), KERNEL_BUFFER_BYTES);
        let _ = state.set_recv_buffer_size((&socket).into(), KERNEL_BUFFER_BYTES);
        Ok(Rc::new(Self { socket: UdpSocket::from_std(socket)?, state: RefCell::new(state), ipv6 }))
    }

    /// Whether the socket can be reached at `address`.
    pub(super) fn speaks(&self, address: IpAddr) -> bool {
        match self.socket.local_addr().map(|local| local.ip()) {
            Ok(bound) if !bound.is_unspecified() => bound.to_canonical() == address,
            _ => self.ipv6 || address.is_ipv4(),
        }
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    /// Into how many datagrams the kernel cuts what one call sends; 1 if it does not, or has failed to.
    pub(super) fn segments_max(&self) -> usize {
        self.state.borrow().max_gso_segments()
    }

    /// Lets the kernel cut again after it has failed to.
    pub(super) fn allow_segments(&self) {
        if let Ok(state) = UdpSocketState::new((&self.socket).into()) {
            self.state.replace(state);
        }
    }

    /// Sends `contents` as datagrams of `segment` bytes.
    pub(super) fn send(&self, route: Route, segment: usize, contents: &[u8]) -> io::Result<()> {
        let destination = match route.to {
            SocketAddr::V4(to) if self.ipv6 => SocketAddr::new(to.ip().to_ipv6_mapped().into(), to.port()),
            to => to,
        };
        let segment_size = (segment < contents.len()).then_some(segment);
        let transmit = Transmit { destination, ecn: None, contents, segment_size, src_ip: route.from };
        self.socket
            .try_io(Interest::WRITABLE, || self.state.borrow().try_send((&self.socket).into(), &transmit))
    }
}

impl Receiver {
    pub(super) fn new(io: Rc<Io>) -> Self {
        let buffers = vec![0; RECEIVE_BATCH * RECEIVE_BUFFER_BYTES];
        Self { io, buffers, metas: [RecvMeta::default(); RECEIVE_BATCH] }
    }

    pub(super) async fn readable(&self) -> io::Result<()> {
        self.io.socket.readable().await
    }

    /// Hands over what has arrived, at most one batch.
    pub(super) fn read(&mut self, mut each: impl FnMut(Datagram<'_>)) {
        let count = match self.fill() {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) => {
                log::debug!("reading the WebRTC port failed: {error}");
                return;
            }
        };
        let buffers = self.buffers.chunks(RECEIVE_BUFFER_BYTES);
        for (meta, buffer) in self.metas[..count].iter().zip(buffers) {
            let from = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
            let at = meta.dst_ip.map(|address| address.to_canonical());
            // An empty datagram has no stride, and chunks of nothing are none.
            for bytes in buffer[..meta.len].chunks(meta.stride.max(1)) {
                each(Datagram { from, at, bytes });
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let Self { io, buffers, metas } = self;
        let mut chunks = buffers.chunks_mut(RECEIVE_BUFFER_BYTES);
        let mut slices: [IoSliceMut<'_>; RECEIVE_BATCH] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().expect("the buffer has room for a batch")));
        io.socket
            .try_io(Interest::READABLE, || io.state.borrow().recv((&io.socket).into(), &mut slices, metas))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn datagrams_come_in_with_both_addresses() {
        let socket = bind(Ipv4Addr::LOCALHOST.into(), 0).expect("bound");
        let to = socket.local_addr().expect("bound");
        let mut receiver = Receiver::new(Io::open(socket).expect("open"));
        let other = std::net::UdpSocket::bind("127.0.0.1:0").expect("bound");
        other.send_to(b"hello", to).expect("sent");
        receiver.readable().await.expect("readable");
        let mut seen = Vec::new();
        receiver.read(|datagram| seen.push((datagram.from, datagram.at, datagram.bytes.to_vec())));
        let expected = (other.local_addr().expect("bound"), Some(to.ip()), b"hello".to_vec());
        assert_eq!(seen, [expected]);
    }

    #[tokio::test]
    async fn a_taken_port_is_an_error_and_no_reason_to_fall_back() {
        let first = bind(Ipv6Addr::UNSPECIFIED.into(), 0).expect("bound");
        let port = first.local_addr().expect("bound").port();
        let again = bind(Ipv6Addr::UNSPECIFIED.into(), port).map_err(|error| error.kind());
        assert!(matches!(again, Err(io::ErrorKind::AddrInUse)));
    }
}
