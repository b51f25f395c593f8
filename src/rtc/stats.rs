//! What the engine counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// Figures since the start of the engine, but for `peers`, which is how many there are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Viewers that joined and have not ended, connected or not.
    pub peers: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    /// Not sent because the kernel had no room for too long, or refused them.
    pub packets_dropped: u64,
    /// Requests of viewers to send packets again (one may name several packets).
    pub nacks: u64,
    /// Key frames that viewers asked for.
    pub key_frame_requests: u64,
    /// Datagrams that belong to no viewer or can't be read.
    pub garbage: u64,
    /// Frames the engine did not read in time; all viewers of that track lost them.
    pub frames_missed: u64,
    /// Viewers closed because the WebRTC library panicked on their input: each is a bug.
    pub panics: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) peers: AtomicU64,
    packets_sent: AtomicU64,
    bytes_sent: AtomicU64,
    packets_dropped: AtomicU64,
    pub(super) nacks: AtomicU64,
    pub(super) key_frame_requests: AtomicU64,
    pub(super) garbage: AtomicU64,
    pub(super) frames_missed: AtomicU64,
    pub(super) panics: AtomicU64,
}

impl Counters {
    pub(super) fn sent(&self, packets: usize, bytes: usize) {
        add(&self.packets_sent, packets as u64);
        add(&self.bytes_sent, bytes as u64);
    }

    pub(super) fn packets_dropped(&self, packets: usize) {
        add(&self.packets_dropped, packets as u64);
    }

    pub(super) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            peers: read(&self.peers),
            packets_sent: read(&self.packets_sent),
            bytes_sent: read(&self.bytes_sent),
            packets_dropped: read(&self.packets_dropped),
            nacks: read(&self.nacks),
            key_frame_requests: read(&self.key_frame_requests),
            garbage: read(&self.garbage),
            frames_missed: read(&self.frames_missed),
            panics: read(&self.panics),
        }
    }
}

pub(super) fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
