//! The sending half of the socket: runs of datagrams in one system call, and a bounded queue for what the kernel has no
//! room for.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::socket::{Io, Route};
use super::stats::Counters;

/// One send call carries at most what fits into one IP packet before segmentation.
const BATCH_BYTES_MAX: usize = 64_000;
/// What may wait for the kernel: a key frame of 160 kB for 100 viewers, 130 ms of a gigabit port. What does not fit
/// is dropped and counted; viewers ask for it again.
const QUEUE_BYTES_MAX: usize = 16 << 20;
/// After a send error that made the socket give up segmentation offload, it is tried again.
const OFFLOAD_RETRY: Duration = Duration::from_secs(60);

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

impl Sender {
    pub(super) fn new(io: Rc<Io>, counters: Arc<Counters>, now: Instant) -> Self {
        let offload = Offload { segments_at_start: io.segments_max(), checked: now };
        Self { io, batch: Batch::empty(), queue: VecDeque::new(), queued_bytes: 0, counters, offload }
    }

    pub(super) fn io(&self) -> &Io {
        &self.io
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Adds a datagram to the run that is being collected; `finish` sends it.
    pub(super) fn push(&mut self, route: Route, datagram: &[u8]) {
        if !self.batch.takes(route, datagram.len(), self.io.segments_max()) {
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
            self.queued_bytes -= batch.bytes.len();
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
            Err(error) => self.give_up(batch.route, &error),
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
                Err(error) => self.give_up(batch.route, &error),
            }
            done += datagram.len();
        }
        true
    }

    fn give_up(&self, route: Route, error: &io::Error) {
        log::debug!("sending to {} failed: {error}", route.to);
        self.counters.packets_dropped(1);
    }

    /// Gives segmentation offload another chance: an address of the box that went away also looks like a driver that
    /// can't do it. Call about once per second.
    pub(super) fn tick(&mut self, now: Instant) {
        let Offload { segments_at_start, checked } = self.offload;
        if self.io.segments_max() >= segments_at_start {
            self.offload.checked = now;
        } else if now.saturating_duration_since(checked) > OFFLOAD_RETRY {
            self.offload.checked = now;
            self.io.allow_segments();
        }
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
    use crate::rtc::socket;

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

    async fn sender() -> (Sender, Arc<Counters>) {
        let socket = socket::bind(Ipv4Addr::LOCALHOST.into(), 0).expect("bound");
        let counters = Arc::new(Counters::default());
        let sender = Sender::new(Io::open(socket).expect("open"), Arc::clone(&counters), Instant::now());
        sender.io().writable().await.expect("writable");
        (sender, counters)
    }

    #[tokio::test]
    async fn runs_arrive_as_the_datagrams_they_were() {
        let (mut sender, counters) = sender().await;
        let other = std::net::UdpSocket::bind("127.0.0.1:0").expect("bound");
        other.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
        let route = Route { to: other.local_addr().expect("bound"), from: None };
        let sizes = [100, 100, 40, 300, 1, 1].into_iter().enumerate();
        let datagrams: Vec<Vec<u8>> = sizes.map(|(index, len)| vec![index as u8; len]).collect();
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
        let (mut sender, counters) = sender().await;
        let batch = |len| Batch { route: route(1), segment: 1000, bytes: vec![0; len], full: false };
        sender.wait(batch(QUEUE_BYTES_MAX));
        sender.wait(batch(2000));
        assert_eq!((sender.queue.len(), counters.snapshot().packets_dropped), (1, 2));
    }

    #[tokio::test]
    async fn what_waits_is_sent_in_order_before_what_comes_later() {
        let (mut sender, _counters) = sender().await;
        let other = std::net::UdpSocket::bind("127.0.0.1:0").expect("bound");
        other.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
        let route = Route { to: other.local_addr().expect("bound"), from: None };
        sender.wait(Batch { route, segment: 1, bytes: vec![1, 2], full: false });
        sender.push(route, &[3]);
        sender.finish();
        assert!(sender.has_waiting());
        sender.flush();
        assert_eq!((sender.queued_bytes, sender.has_waiting()), (0, false));
        let mut buffer = [0; 10];
        let received = [(); 3].map(|()| {
            other.recv(&mut buffer).expect("received");
            buffer[0]
        });
        assert_eq!(received, [1, 2, 3]);
    }
}
