//! The one UDP socket of all viewers: batches in, batches out, never blocking.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::stats::Counters;

/// Datagrams (or coalesced runs of them) per system call. Viewers send little: a few reports per second each.
const RECEIVE_BATCH: usize = 8;
/// The largest run the kernel coalesces.
const RECEIVE_BUFFER_BYTES: usize = 64 << 10;
/// Asked of the kernel, which gives what `net.core.{r,w}mem_max` allows.
const KERNEL_BUFFER_BYTES: usize = 4 << 20;
/// One send call carries at most what fits into one IP packet before segmentation.
const BATCH_BYTES_MAX: usize = 64_000;
/// What may wait for the kernel: a key frame of 160 kB for 100 viewers, 130 ms of a gigabit port. What does not fit
/// is dropped and counted; viewers ask for it again.
const QUEUE_BYTES_MAX: usize = 16 << 20;
/// After a send error that made the socket give up segmentation offload, it is tried again.
const OFFLOAD_RETRY: Duration = Duration::from_secs(60);

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

struct Io {
    socket: UdpSocket,
    state: RefCell<UdpSocketState>,
    ipv6: bool,
}

pub(super) struct Receiver {
    io: Rc<Io>,
    buffers: Vec<u8>,
    metas: [RecvMeta; RECEIVE_BATCH],
}

pub(super) struct Sender {
    io: Rc<Io>,
    batch: Batch,
    /// What the kernel had no room for, in order.
    queue: VecDeque<Batch>,
    queued_bytes: usize,
    counters: Arc<Counters>,
    offload: Offload,
}

/// Datagrams of one size (the last may be smaller) to one place: one system call.
#[derive(Debug)]
struct Batch {
    route: Route,
    segment: usize,
    bytes: Vec<u8>,
    full: bool,
}

/// Whether the kernel cuts runs into datagrams for us.
struct Offload {
    segments_at_start: usize,
    checked: Instant,
}

/// Takes the socket into the current tokio runtime.
pub(super) fn open(
    socket: std::net::UdpSocket,
    counters: Arc<Counters>,
    now: Instant,
) -> io::Result<(Receiver, Sender)> {
    let ipv6 = socket.local_addr()?.is_ipv6();
    let state = UdpSocketState::new((&socket).into())?;
    // Refusals are no failure: the kernel's own sizes do for few viewers.
    let _ = state.set_send_buffer_size((&socket).into(), KERNEL_BUFFER_BYTES);
    let _ = state.set_recv_buffer_size((&socket).into(), KERNEL_BUFFER_BYTES);
    let offload = Offload { segments_at_start: state.max_gso_segments(), checked: now };
    let io = Rc::new(Io { socket: UdpSocket::from_std(socket)?, state: RefCell::new(state), ipv6 });
    let receiver = Receiver {
        io: Rc::clone(&io),
        buffers: vec![0; RECEIVE_BATCH * RECEIVE_BUFFER_BYTES],
        metas: [RecvMeta::default(); RECEIVE_BATCH],
    };
    let batch = Batch::empty();
    Ok((receiver, Sender { io, batch, queue: VecDeque::new(), queued_bytes: 0, counters, offload }))
}

impl Receiver {
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

impl Sender {
    /// Whether the socket can be reached at `address`.
    pub(super) fn speaks(&self, address: IpAddr) -> bool {
        let bound = self.io.socket.local_addr().map(|local| local.ip());
        match bound {
            Ok(bound) if !bound.is_unspecified() => bound.to_canonical() == address,
            _ => self.io.ipv6 || address.is_ipv4(),
        }
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        self.io.socket.writable().await
    }

    /// Adds a datagram to the run that is being collected; `finish` sends it.
    pub(super) fn push(&mut self, route: Route, datagram: &[u8]) {
        let segments_max = self.io.state.borrow().max_gso_segments();
        if !self.batch.takes(route, datagram.len(), segments_max) {
            self.finish();
        }
        self.batch.push(route, datagram);
    }

    /// Sends what was collected, or lets it wait if the kernel has no room.
    pub(super) fn finish(&mut self) {
        if self.batch.bytes.is_empty() {
            return;
        }
        let mut batch = std::mem::replace(&mut self.batch, Batch::empty());
        if self.has_waiting() || !self.send(&mut batch) {
            self.wait(batch);
        } else {
            // The buffer is used again.
            batch.bytes.clear();
            batch.full = false;
            self.batch = batch;
        }
    }

    fn wait(&mut self, batch: Batch) {
        if self.queued_bytes + batch.bytes.len() > QUEUE_BYTES_MAX {
            self.counters.packets_dropped(batch.packets());
            return;
        }
        self.queued_bytes += batch.bytes.len();
        self.queue.push_back(batch);
    }

    /// Sends what waits, as far as the kernel takes it.
    pub(super) fn flush(&mut self) {
        while let Some(mut batch) = self.queue.pop_front() {
            let bytes = batch.bytes.len();
            self.queued_bytes -= bytes;
            if !self.send(&mut batch) {
                self.queued_bytes += batch.bytes.len();
                self.queue.push_front(batch);
                return;
            }
        }
    }

    /// False if the kernel has no room: what is left in `batch` must wait.
    fn send(&mut self, batch: &mut Batch) -> bool {
        match self.io.send(batch.route, batch.segment, &batch.bytes) {
            Ok(()) => self.counters.sent(batch.packets(), batch.bytes.len()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(_) if batch.packets() > 1 => return self.send_singly(batch),
            Err(error) => {
                log::debug!("sending to {} failed: {error}", batch.route.to);
                self.counters.packets_dropped(1);
            }
        }
        true
    }

    /// For networks and drivers without segmentation offload, where a run fails as a whole.
    fn send_singly(&mut self, batch: &mut Batch) -> bool {
        let mut done = 0;
        for datagram in batch.bytes.chunks(batch.segment) {
            match self.io.send(batch.route, datagram.len(), datagram) {
                Ok(()) => self.counters.sent(1, datagram.len()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    batch.bytes.drain(..done);
                    return false;
                }
                Err(error) => {
                    log::debug!("sending to {} failed: {error}", batch.route.to);
                    self.counters.packets_dropped(1);
                }
            }
            done += datagram.len();
        }
        true
    }

    /// Gives segmentation offload another chance: an address of the box that went away also looks like a driver that
    /// can't do it. Call about once per second.
    pub(super) fn tick(&mut self, now: Instant) {
        let Offload { segments_at_start, checked } = self.offload;
        let lost = self.io.state.borrow().max_gso_segments() < segments_at_start;
        if !lost {
            self.offload.checked = now;
        } else if now.saturating_duration_since(checked) > OFFLOAD_RETRY {
            self.offload.checked = now;
            if let Ok(state) = UdpSocketState::new((&self.io.socket).into()) {
                self.io.state.replace(state);
            }
        }
    }
}

impl Io {
    fn send(&self, route: Route, segment: usize, contents: &[u8]) -> io::Result<()> {
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

impl Batch {
    fn empty() -> Self {
        let nowhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        Self { route: Route { to: nowhere, from: None }, segment: 0, bytes: Vec::new(), full: false }
    }

    fn packets(&self) -> usize {
        self.bytes.len().div_ceil(self.segment.max(1))
    }

    fn takes(&self, route: Route, len: usize, segments_max: usize) -> bool {
        self.bytes.is_empty()
            || (!self.full
                && self.route == route
                && len <= self.segment
                && self.packets() < segments_max
                && self.bytes.len() + len <= BATCH_BYTES_MAX)
    }

    fn push(&mut self, route: Route, datagram: &[u8]) {
        if self.bytes.is_empty() {
            self.route = route;
            self.segment = datagram.len();
        }
        self.full = datagram.len() < self.segment;
        self.bytes.extend_from_slice(datagram);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(last: u8) -> Route {
        Route { to: SocketAddr::from(([10, 0, 0, last], 5)), from: None }
    }

    #[test]
    fn a_run_is_of_one_place_and_one_size_and_ends_with_a_smaller_one() {
        let mut batch = Batch::empty();
        assert!(batch.takes(route(1), 100, 64));
        batch.push(route(1), &[0; 100]);
        batch.push(route(1), &[0; 100]);
        assert!(batch.takes(route(1), 100, 64) && batch.takes(route(1), 60, 64));
        assert!(!batch.takes(route(2), 100, 64), "another place");
        assert!(!batch.takes(route(1), 101, 64), "larger");
        assert!(!batch.takes(route(1), 100, 2), "as many as the kernel cuts");
        batch.push(route(1), &[0; 60]);
        assert!(!batch.takes(route(1), 60, 64), "ended by a smaller one");
        assert_eq!(batch.packets(), 3);
    }

    async fn pair() -> (Receiver, Sender, std::net::UdpSocket, Arc<Counters>) {
        let socket = bind(Ipv4Addr::LOCALHOST.into(), 0).expect("bound");
        let other = std::net::UdpSocket::bind("127.0.0.1:0").expect("bound");
        other.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
        let counters = Arc::new(Counters::default());
        let (receiver, sender) = open(socket, Arc::clone(&counters), Instant::now()).expect("open");
        sender.writable().await.expect("writable");
        (receiver, sender, other, counters)
    }

    #[tokio::test]
    async fn runs_arrive_as_the_datagrams_they_were() {
        let (_receiver, mut sender, other, counters) = pair().await;
        let route = Route { to: other.local_addr().expect("bound"), from: None };
        let datagrams: Vec<Vec<u8>> = [100, 100, 40, 300, 1, 1]
            .iter()
            .enumerate()
            .map(|(index, len)| vec![index as u8; *len])
            .collect();
        for datagram in &datagrams {
            sender.push(route, datagram);
        }
        sender.finish();
        let mut buffer = [0; 2000];
        for datagram in &datagrams {
            let len = other.recv(&mut buffer).expect("received");
            assert_eq!(&buffer[..len], &datagram[..]);
        }
        assert_eq!(counters.snapshot().packets_sent, 6);
    }

    #[tokio::test]
    async fn what_does_not_fit_into_the_queue_is_dropped_and_counted() {
        let (_receiver, mut sender, _other, counters) = pair().await;
        let batch = |len| Batch { route: route(1), segment: 1000, bytes: vec![0; len], full: false };
        sender.wait(batch(QUEUE_BYTES_MAX));
        sender.wait(batch(2000));
        assert_eq!((sender.queue.len(), counters.snapshot().packets_dropped), (1, 2));
    }

    #[tokio::test]
    async fn datagrams_come_in_with_both_addresses() {
        let (mut receiver, _sender, other, _counters) = pair().await;
        let to = receiver.io.socket.local_addr().expect("bound");
        other.send_to(b"hello", to).expect("sent");
        receiver.readable().await.expect("readable");
        let mut seen = Vec::new();
        receiver.read(|datagram| seen.push((datagram.from, datagram.at, datagram.bytes.to_vec())));
        let expected = (other.local_addr().expect("bound"), Some(to.ip()), b"hello".to_vec());
        assert_eq!(seen, [expected]);
    }
}
