//! Pieces of files that stand for themselves: hyper is given memory of the right length, and what is sent in its place is
//! the file.
//!
//! hyper knows only bytes in memory. A piece is therefore handed over as [`Bytes`] that point into one range of
//! addresses, reserved once and never read or written. The connection ([`super::socket`]) knows such bytes by where they
//! *end*, since hyper takes what is sent away from their beginning: the piece in slot `n` ends `n` bytes behind the first
//! one, so that some thousands of pieces of 1 MiB share little more than 1 MiB of addresses. Nothing is mapped: a file
//! that is cut short is an error of `sendfile`, never a signal.

use std::fs::File;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use bytes::Bytes;

use crate::web::limits::{BUFFER_BYTES_MAX, CONNECTIONS_MAX};

/// The largest piece. Large enough that a system call for each is nothing, and small enough to be read ahead.
pub(super) const PIECE_BYTES_MAX: usize = 1 << 20;
/// Smaller ones are not worth it: they are sent as a copy.
pub(super) const PIECE_BYTES_MIN: usize = 16 << 10;
/// At once. hyper takes one more whenever it holds less than its buffer may have, so these are enough for all
/// connections.
const PIECES_MAX: usize = CONNECTIONS_MAX * (BUFFER_BYTES_MAX / PIECE_BYTES_MIN + 1);

/// Addresses, not memory: the system backs no page that is never touched.
static RESERVED: LazyLock<Box<[u8]>> =
    LazyLock::new(|| vec![0; PIECE_BYTES_MAX + PIECES_MAX].into_boxed_slice());
static SLOTS: Mutex<Slots> = Mutex::new(Slots { held: Vec::new(), free: Vec::new() });

struct Slots {
    held: Vec<Option<Held>>,
    free: Vec<usize>,
}

#[derive(Clone)]
struct Held {
    file: Arc<File>,
    /// Where in the file the piece ends.
    end: u64,
    len: usize,
}

/// A slot, for as long as somebody holds its bytes.
struct Lease {
    slot: usize,
    len: usize,
}

/// Bytes that stand for `len` of a file from `at`; only [`super::socket::Socket`] can send them. `None` if there are too
/// many pieces, which the limits of connections and buffers rule out.
pub(super) fn stand_in(file: &Arc<File>, at: u64, len: usize) -> Option<Bytes> {
    assert!((1..=PIECE_BYTES_MAX).contains(&len), "a piece has at least a byte and at most its maximum");
    let held = Held { file: Arc::clone(file), end: at + len as u64, len };
    let mut slots = slots();
    let slot = match slots.free.pop() {
        Some(slot) => slot,
        None if slots.held.len() < PIECES_MAX => {
            slots.held.push(None);
            slots.held.len() - 1
        }
        None => return None,
    };
    slots.held[slot] = Some(held);
    drop(slots);
    Some(Bytes::from_owner(Lease { slot, len }))
}

/// Whether bytes stand for a piece.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    // Allocations do not overlap: what ends in here is ours, unless it is empty and stands anywhere.
    !bytes.is_empty() && slot_of(bytes).is_some()
}

/// The file that bytes stand for, and where in it they begin.
pub(super) fn behind(bytes: &[u8]) -> io::Result<(Arc<File>, u64)> {
    let held = slot_of(bytes).and_then(|slot| slots().held.get(slot).cloned().flatten());
    match held.filter(|held| bytes.len() <= held.len) {
        Some(held) => Ok((held.file, held.end - bytes.len() as u64)),
        None => Err(io::Error::other("a piece of a file was cut at its end, which is a bug")),
    }
}

fn slot_of(bytes: &[u8]) -> Option<usize> {
    let end = bytes.as_ptr_range().end.addr();
    let first = RESERVED.as_ptr().addr() + PIECE_BYTES_MAX;
    end.checked_sub(first).filter(|slot| *slot < PIECES_MAX)
}

fn slots() -> MutexGuard<'static, Slots> {
    SLOTS.lock().expect("no holder of this lock can panic")
}

impl AsRef<[u8]> for Lease {
    fn as_ref(&self) -> &[u8] {
        let end = PIECE_BYTES_MAX + self.slot;
        &RESERVED[end - self.len..end]
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut slots = slots();
        let held = slots.held[self.slot].take();
        slots.free.push(self.slot);
        drop(slots);
        // Closing the file may be the last of it, and is nothing to do under a lock.
        drop(held);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Buf;

    use super::*;

    #[test]
    fn a_piece_is_known_however_much_of_it_was_sent() {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let mut pieces: Vec<Bytes> =
            (0..100).map(|at| stand_in(&file, at * 1_000_000, PIECE_BYTES_MAX).unwrap()).collect();
        for (at, piece) in pieces.iter_mut().enumerate() {
            for step in [0, 1, 4095, PIECE_BYTES_MAX - 4097] {
                piece.advance(step);
                assert!(is_one(piece));
                let sent = (PIECE_BYTES_MAX - piece.len()) as u64;
                assert_eq!(behind(piece).unwrap().1, at as u64 * 1_000_000 + sent);
            }
        }
        drop(pieces);
        assert_eq!(Arc::strong_count(&file), 1, "nothing holds the file any longer");
    }

    #[test]
    fn other_bytes_are_none() {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let piece = stand_in(&file, 0, 20_000).unwrap();
        assert!(!is_one(b"other") && !is_one(&vec![0; PIECE_BYTES_MAX]));
        assert!(!is_one(&piece[20_000..]), "nothing is not a piece");
        assert!(behind(b"other").is_err());
    }
}
