//! The body of an answer with parts of a file: a piece at a time, none before it is in memory.
//!
//! `sendfile` waits for the disk on the thread that calls it, and with it would everybody else whom that thread serves. So
//! each piece is asked for first, without waiting; one that is not in memory is read on a thread that may block, one
//! piece ahead of the client.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSliceMut};
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use futures_util::{Stream, stream};
use rustix::fs::Advice;
use rustix::io::ReadWriteFlags;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, spawn_blocking};

use super::piece::{self, PIECE_BYTES_MAX, PIECE_BYTES_MIN};

/// Pieces read from the disk at once. An SD card gains nothing from more, and threads are left for the database.
const COLD_READS_MAX: usize = 16;
/// How far apart a piece is probed: the kernel reads at least this much at a time.
const PROBE_EVERY: usize = 128 << 10;
/// The smallest unit that can be missing in memory.
const PAGE_BYTES: usize = 4096;

static COLD_READS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(COLD_READS_MAX)));

/// What an answer consists of.
pub(super) enum Part {
    Text(Bytes),
    File(Range<u64>),
}

struct Reader {
    file: Arc<File>,
    parts: VecDeque<Part>,
    next: Next,
}

/// What is known of the next piece.
enum Next {
    Unknown,
    InMemory,
    UnderWay(JoinHandle<io::Result<()>>),
}

/// The parts, one after the other. If the file can't be read, it ends early, which breaks the connection off.
pub(super) fn parts(file: File, parts: Vec<Part>) -> impl Stream<Item = Bytes> + Send + 'static {
    let reader = Reader { file: Arc::new(file), parts: parts.into(), next: Next::Unknown };
    stream::unfold(reader, |mut reader| async {
        match reader.next().await {
            Ok(bytes) => bytes.map(|bytes| (bytes, reader)),
            Err(error) => {
                log::warn!("a file of the library can't be read: {error}");
                None
            }
        }
    })
}

impl Reader {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self.take() {
            Some(Part::File(piece)) => self.piece(&piece).await.map(Some),
            Some(Part::Text(text)) => Ok(Some(text)),
            None => Ok(None),
        }
    }

    /// Takes the next text or piece off.
    fn take(&mut self) -> Option<Part> {
        let Some(Part::File(range)) = self.parts.front_mut() else { return self.parts.pop_front() };
        let piece = first_piece(range);
        range.start = piece.end;
        if range.is_empty() {
            self.parts.pop_front();
        }
        Some(Part::File(piece))
    }

    async fn piece(&mut self, piece: &Range<u64>) -> io::Result<Bytes> {
        let next = std::mem::replace(&mut self.next, Next::Unknown);
        if length(piece) < PIECE_BYTES_MIN {
            return copy(&self.file, piece).await;
        }
        match next {
            Next::InMemory => {}
            Next::UnderWay(reading) => reading.await.map_err(io::Error::other)??,
            Next::Unknown if is_in_memory(&self.file, piece) => {}
            Next::Unknown => {
                let turn = turn().await?;
                start_reading(&self.file, piece.clone(), turn).await.map_err(io::Error::other)??;
            }
        }
        self.look_ahead();
        let bytes = piece::stand_in(&self.file, piece.start, length(piece));
        bytes.ok_or_else(|| io::Error::other("too many pieces are under way"))
    }

    /// Has the piece behind the present one read, if it is not in memory and there is a turn.
    fn look_ahead(&mut self) {
        let Some(Part::File(range)) = self.parts.front() else { return };
        let piece = first_piece(range);
        if length(&piece) < PIECE_BYTES_MIN {
            return;
        }
        if is_in_memory(&self.file, &piece) {
            self.next = Next::InMemory;
        } else if let Ok(turn) = Arc::clone(&COLD_READS).try_acquire_owned() {
            self.next = Next::UnderWay(start_reading(&self.file, piece, turn));
        }
    }
}

fn first_piece(range: &Range<u64>) -> Range<u64> {
    range.start..range.end.min(range.start + PIECE_BYTES_MAX as u64)
}

fn length(piece: &Range<u64>) -> usize {
    usize::try_from(piece.end - piece.start).expect("at most a piece")
}

/// Whether a piece can be sent without waiting for the disk. A few probes stand for all of it: `mincore` would tell
/// only the file's owner.
fn is_in_memory(file: &File, piece: &Range<u64>) -> bool {
    let mut probes = (piece.start..piece.end).step_by(PROBE_EVERY).chain([piece.end - 1]);
    probes.all(|at| read_in_memory(file, at, &mut [0]) == Some(1))
}

/// Reads what is in memory; `None` if nothing is, or if the file system can't tell.
fn read_in_memory(file: &File, at: u64, buffer: &mut [u8]) -> Option<usize> {
    rustix::io::preadv2(file, &mut [IoSliceMut::new(buffer)], at, ReadWriteFlags::NOWAIT).ok()
}

fn start_reading(
    file: &Arc<File>,
    piece: Range<u64>,
    turn: OwnedSemaphorePermit,
) -> JoinHandle<io::Result<()>> {
    let file = Arc::clone(file);
    spawn_blocking(move || {
        let _turn = turn;
        read_into_memory(&file, &piece)
    })
}

/// Returns when all of a piece is in memory.
fn read_into_memory(file: &File, piece: &Range<u64>) -> io::Result<()> {
    // All of it is asked for at once; the reads below then wait for it. A file system without advice reads as it is read.
    let _ =
        rustix::fs::fadvise(file, piece.start, NonZeroU64::new(piece.end - piece.start), Advice::WillNeed);
    for at in (piece.start..piece.end).step_by(PAGE_BYTES).chain([piece.end - 1]) {
        file.read_exact_at(&mut [0], at)?;
    }
    Ok(())
}

async fn copy(file: &Arc<File>, piece: &Range<u64>) -> io::Result<Bytes> {
    let (at, mut bytes) = (piece.start, vec![0; length(piece)]);
    if read_in_memory(file, at, &mut bytes) == Some(bytes.len()) {
        return Ok(bytes.into());
    }
    let turn = turn().await?;
    let file = Arc::clone(file);
    let reading = spawn_blocking(move || {
        let _turn = turn;
        file.read_exact_at(&mut bytes, at).map(|()| bytes)
    });
    Ok(reading.await.map_err(io::Error::other)??.into())
}

async fn turn() -> io::Result<OwnedSemaphorePermit> {
    Arc::clone(&COLD_READS).acquire_owned().await.map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn pieces_cover_a_part_without_gap_and_texts_stand_between() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes = 3 * PIECE_BYTES_MAX as u64 + 5;
        file.write_all(&vec![7; usize::try_from(bytes).unwrap()]).unwrap();
        let text = || Part::Text(Bytes::from_static(b"text"));
        let stream = parts(file, vec![text(), Part::File(1..bytes), text(), Part::File(9..19), text()]);
        let pieces: Vec<Bytes> = stream.collect().await;
        let lens: Vec<usize> = pieces.iter().map(Bytes::len).collect();
        let whole = PIECE_BYTES_MAX;
        assert_eq!(lens, [4, whole, whole, whole, 4, 4, 10, 4]);
        let at = |index: usize| piece::behind(&pieces[index]).unwrap().1;
        assert_eq!([at(1), at(2), at(3)], [1, 1 + whole as u64, 1 + 2 * whole as u64]);
        assert_eq!((&pieces[4][..], &pieces[6][..]), (&[7; 4][..], &[7; 10][..]));
    }

    #[tokio::test]
    async fn a_file_that_was_cut_short_ends_early() {
        for len in [100, 100_000] {
            let file = tempfile::tempfile().unwrap();
            file.set_len(50).unwrap();
            let pieces: Vec<Bytes> = parts(file, vec![Part::File(0..len)]).collect().await;
            assert!(pieces.is_empty(), "{len}");
        }
    }
}
