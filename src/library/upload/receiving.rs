//! One sender's turn at an upload: bytes to the disk, and what is known of them.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use sha1::{Digest, Sha1};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::{Entry, Upload, UploadError};
use crate::library::HEAD_BYTES;
use crate::library::{Error, Library, now};

/// While a sender goes on, what it sent is put on the disk for good when it is so much…
const KEEP_BYTES: u64 = 32 << 20;
/// … or so old: what a power cut or a kill may cost.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// The right to continue an upload, until it is dropped. What was not kept by then has to be sent again.
///
/// It goes with each write to the thread that does it: if whoever waits for that goes away, nobody else can begin before
/// it is done.
pub struct Receiving {
    library: Library,
    entry: Arc<Entry>,
    turn: OwnedSemaphorePermit,
    file: File,
    bytes: u64,
    /// Bytes in the file; those up to `kept` are counted by the record.
    offset: u64,
    kept: u64,
    kept_at: Instant,
    hasher: Option<Box<blake3::Hasher>>,
    checked: Option<Checked>,
    interrupted: watch::Receiver<bool>,
}

/// What is sent is kept only if it is what it should be.
struct Checked {
    hasher: Sha1,
    expected: [u8; 20],
}

impl Receiving {
    pub(super) async fn begin(
        library: Library,
        entry: Arc<Entry>,
        turn: OwnedSemaphorePermit,
        offset: u64,
    ) -> Result<Self, UploadError> {
        let opening = spawn_blocking(move || {
            let disk = library.disk().map_err(|error| Error::io("asking for the room on the disk", &error));
            library.uploads().admit_again(&entry, disk.map_err(UploadError::Library)?.free_bytes)?;
            let mut state = entry.state();
            let (at, bytes) = (state.record.offset, state.record.bytes);
            if offset != at {
                return Err(UploadError::Offset { offset: at });
            }
            if at >= bytes {
                return Err(UploadError::TooMuch);
            }
            let hasher = state.hasher.clone();
            state.written = at;
            state.heard = Instant::now();
            // Who was told to go may still hold the old one.
            state.interrupt = watch::Sender::new(false);
            let interrupted = state.interrupt.subscribe();
            drop(state);
            let path = library.uploads().folder.part(entry.id);
            let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
            // What an earlier sender left behind the mark is of no use.
            let file =
                opened.and_then(|file| file.set_len(at).map(|()| file)).map_err(|error| fail(&error))?;
            let kept_at = Instant::now();
            Ok(Self {
                library,
                entry,
                turn,
                file,
                bytes,
                offset: at,
                kept: at,
                kept_at,
                hasher,
                checked: None,
                interrupted,
            })
        });
        opening.await.unwrap_or_else(|error| Err(UploadError::failed("continuing an upload", &error)))
    }

    /// Keeps what will be sent only if this is its SHA-1.
    pub fn expect_sha1(&mut self, expected: [u8; 20]) {
        self.checked = Some(Checked { hasher: Sha1::new(), expected });
    }

    /// Bytes that may still be sent.
    pub fn remaining(&self) -> u64 {
        self.bytes - self.offset
    }

    /// Something arrived: nobody else may take over.
    pub fn heard(&self) {
        self.entry.state().heard = Instant::now();
    }

    /// Returns when another sender takes over. Cancel-safe.
    pub async fn interrupted(&mut self) {
        // An error means that there is a newer sender already.
        let _ = self.interrupted.wait_for(|interrupted| *interrupted).await;
    }

    /// Appends `bytes`, at most [`Self::remaining`] of them, and hands the buffer back, empty.
    pub async fn write(self, mut bytes: Vec<u8>) -> Result<(Self, Vec<u8>), UploadError> {
        self.blocking(move |receiving| {
            receiving.append(&bytes)?;
            bytes.clear();
            Ok(bytes)
        })
        .await
    }

    /// Ends the turn. `whole`: all that the sender had to send has arrived. What was sent is on the disk for good when
    /// this returns; an upload that is whole by now is in the library.
    pub async fn end(self, whole: bool) -> Result<Upload, UploadError> {
        let (receiving, ()) = self.blocking(move |receiving| receiving.check_and_keep(whole)).await?;
        if receiving.offset < receiving.bytes {
            return Ok(receiving.entry.upload());
        }
        let Self { library, entry, turn, .. } = receiving;
        library.finish(entry, turn).await
    }

    async fn blocking<T: Send + 'static>(
        mut self,
        work: impl FnOnce(&mut Self) -> Result<T, UploadError> + Send + 'static,
    ) -> Result<(Self, T), UploadError> {
        let working = spawn_blocking(move || work(&mut self).map(|value| (self, value)));
        working.await.unwrap_or_else(|error| Err(UploadError::failed("writing an upload", &error)))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        if bytes.len() as u64 > self.remaining() {
            return Err(UploadError::TooMuch);
        }
        if let Err(error) = self.file.write_all_at(bytes, self.offset) {
            // The disk may be full: what came before is worth keeping all the same.
            if self.checked.is_none()
                && let Err(error) = self.keep()
            {
                log::warn!("a part of an upload is lost: {error}");
            }
            return Err(fail(&error));
        }
        let head = self.bytes.min(HEAD_BYTES as u64);
        let crossed = self.offset < head && self.offset + bytes.len() as u64 >= head;
        self.offset += bytes.len() as u64;
        self.entry.state().written = self.offset;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        if let Some(checked) = &mut self.checked {
            checked.hasher.update(bytes);
        }
        if crossed {
            self.check_content(usize::try_from(head).expect("at most HEAD_BYTES"))?;
        }
        let due = self.offset - self.kept >= KEEP_BYTES || self.kept_at.elapsed() >= KEEP_EVERY;
        if due && self.checked.is_none() { self.keep() } else { Ok(()) }
    }

    /// What is no file of its kind need not be sent to its end.
    fn check_content(&self, head: usize) -> Result<(), UploadError> {
        let mut bytes = vec![0; head];
        self.file.read_exact_at(&mut bytes, 0).map_err(|error| fail(&error))?;
        let name = self.entry.state().record.file_name.clone();
        self.entry.purpose.check(&bytes, &name).map_err(|other| {
            let (uploads, id) = (self.library.uploads(), self.entry.id);
            uploads.entries().remove(&id);
            if let Err(error) = uploads.folder.remove(id) {
                log::warn!("a refused upload can't be removed: {error}");
            }
            UploadError::Content(other)
        })
    }

    fn check_and_keep(&mut self, whole: bool) -> Result<(), UploadError> {
        let Some(Checked { hasher, expected }) = self.checked.take() else { return self.keep() };
        if whole && hasher.finalize()[..] == expected {
            return self.keep();
        }
        self.entry.state().written = self.kept;
        self.offset = self.kept;
        self.file.set_len(self.kept).map_err(|error| fail(&error))?;
        // What broke off can't be checked, and is not kept either.
        if whole { Err(UploadError::Checksum) } else { Ok(()) }
    }

    /// All that was written is on the disk, then counted, then told.
    fn keep(&mut self) -> Result<(), UploadError> {
        self.kept_at = Instant::now();
        if self.offset == self.kept {
            return Ok(());
        }
        self.file.sync_data().map_err(|error| fail(&error))?;
        let mut record = self.entry.state().record.clone();
        (record.offset, record.touched) = (self.offset, now());
        let folder = &self.library.uploads().folder;
        folder.write(self.entry.id, &record).map_err(|error| fail(&error))?;
        self.kept = self.offset;
        let mut state = self.entry.state();
        state.record = record;
        state.hasher.clone_from(&self.hasher);
        Ok(())
    }
}

fn fail(error: &io::Error) -> UploadError {
    UploadError::Library(Error::io("writing an upload", error))
}
