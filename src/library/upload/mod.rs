//! Files on their way into the library: begun, continued after any break, and whole in the end.
//!
//! The order that keeps what was acknowledged: bytes are on the disk before a record counts them (`record`), and the
//! record is there before anybody is told. A whole file has its hash in the record before it moves into the store, so that
//! what broke off there is done again (`finish`).

mod error;
mod finish;
mod purpose;
mod receiving;
mod record;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::edit::checked_tags;
use super::store::Store;
use super::{Error, Library, now};
pub use error::UploadError;
pub(super) use finish::SUBTITLES;
use purpose::Purpose;
pub use receiving::Receiving;
use record::{Folder, Record};

/// The largest file: far above any film, and sums of some of them are still numbers.
pub const BYTES_MAX: u64 = 1 << 40;
/// Under way at once: a large folder dropped by each of a few people, a few files of which are sent at a time.
pub const UPLOADS_MAX: usize = 256;
/// Finished ones that are still known, for clients that missed the last answer.
const FINISHED_MAX: usize = 1024;
/// An upload to which nothing happened for so long is removed.
const LIFE_S: i64 = 24 * 60 * 60;
/// Left free for the database, for what is made of videos, and for the system.
pub const RESERVE_BYTES: u64 = 256 << 20;
/// One to which nothing was sent for so long no longer keeps the room for what it misses: it may have been left.
const HELD: Duration = Duration::from_secs(10 * 60);
/// A sender that was not heard for so long may be gone without a word, and another may take its place.
const QUIET: Duration = Duration::from_secs(1);
/// What a sender may take to put on the disk what it has, before another takes its place.
const TAKE_OVER_MAX: Duration = Duration::from_secs(10);
/// How often expired uploads are looked for.
const TEND_EVERY: Duration = Duration::from_secs(60);

/// Hard to guess: who knows it may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(u128);

/// What is to be uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUpload {
    /// Any text but none; its ending tells subtitles, the content all else.
    pub file_name: String,
    pub bytes: u64,
    pub tags: Vec<String>,
    /// Kept for the client.
    pub metadata: String,
}

/// How an upload stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: UploadId,
    pub file_name: String,
    pub bytes: u64,
    pub metadata: String,
    /// Bytes that need not be sent again.
    pub offset: u64,
    /// In seconds since 1970.
    pub expires: i64,
    /// What became of it, once it is whole and in the library.
    pub asset: Option<i64>,
}

/// All uploads.
pub(super) struct Uploads {
    folder: Folder,
    entries: Mutex<HashMap<UploadId, Arc<Entry>>>,
}

struct Entry {
    id: UploadId,
    purpose: Purpose,
    /// Held by who writes: one at a time.
    turn: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    /// As it is on the disk.
    record: Record,
    /// Of the bytes that the record counts; `None` if they were received by an earlier run of the program.
    hasher: Option<Box<blake3::Hasher>>,
    /// Bytes that take room already, counted by the record or not.
    written: u64,
    /// When its sender last sent something.
    heard: Instant,
    /// Tells its sender that another takes its place.
    interrupt: watch::Sender<bool>,
}

impl Uploads {
    /// Those that were under way when the program ended are there again. Blocks.
    pub(super) fn open(store: &Store) -> io::Result<Self> {
        let (folder, records) = Folder::open(store.incoming().join("uploads"))?;
        let entries = records.into_iter().filter_map(|(id, mut record)| {
            let purpose = Purpose::of(&record.file_name)?;
            if record.hash.is_none() {
                // Less than what was acknowledged is there only if the disk lost it.
                let found = std::fs::metadata(folder.part(id)).map_or(0, |part| part.len());
                record.offset = record.offset.min(found);
            }
            let hasher = (record.offset == 0).then(Box::default);
            Some((id, Arc::new(Entry::new(id, purpose, record, hasher))))
        });
        let entries = Mutex::new(entries.collect());
        Ok(Self { folder, entries })
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<UploadId, Arc<Entry>>> {
        self.entries.lock().expect("no holder of this lock can panic")
    }

    fn entry(&self, id: UploadId) -> Result<Arc<Entry>, UploadError> {
        self.entries().get(&id).cloned().ok_or(UploadError::Unknown)
    }

    /// Counts a new upload in, if there is room for it beside all others.
    fn admit(&self, entry: Arc<Entry>, disk_free: u64) -> Result<(), UploadError> {
        let mut entries = self.entries();
        let unfinished = entries.values().filter(|entry| entry.state().missing().is_some()).count();
        if unfinished >= UPLOADS_MAX {
            return Err(UploadError::TooMany);
        }
        let needed = entry.state().record.bytes;
        has_room(needed, &entries, disk_free)?;
        entries.insert(entry.id, entry);
        Ok(())
    }

    /// Whether one that was left may go on: others may have taken its room meanwhile.
    fn admit_again(&self, entry: &Entry, disk_free: u64) -> Result<(), UploadError> {
        let entries = self.entries();
        let (held, missing) = (entry.is_held(), entry.state().missing());
        match missing {
            Some(missing) if !held => has_room(missing, &entries, disk_free),
            _ => Ok(()),
        }
    }
}

/// Whether there is room for so many bytes beside what others still send and what is kept free.
fn has_room(needed: u64, entries: &HashMap<UploadId, Arc<Entry>>, disk_free: u64) -> Result<(), UploadError> {
    let held = entries.values().filter(|entry| entry.is_held());
    let held: u64 = held.filter_map(|entry| entry.state().missing()).sum();
    let free = disk_free.saturating_sub(held).saturating_sub(RESERVE_BYTES);
    if needed > free { Err(UploadError::NoRoom { needed, free, kept: RESERVE_BYTES }) } else { Ok(()) }
}

impl Entry {
    fn new(id: UploadId, purpose: Purpose, record: Record, hasher: Option<Box<blake3::Hasher>>) -> Self {
        let written = record.offset;
        let (heard, interrupt) = (Instant::now(), watch::Sender::new(false));
        let state = Mutex::new(State { record, hasher, written, heard, interrupt });
        Self { id, purpose, turn: Arc::new(Semaphore::new(1)), state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock can panic")
    }

    /// Somebody is sending, or was a moment ago.
    fn is_held(&self) -> bool {
        self.state().heard.elapsed() < HELD
    }

    fn upload(&self) -> Upload {
        let record = &self.state().record;
        Upload {
            id: self.id,
            file_name: record.file_name.clone(),
            bytes: record.bytes,
            metadata: record.metadata.clone(),
            offset: record.offset,
            expires: record.touched + LIFE_S,
            asset: record.asset,
        }
    }

    fn interrupt(&self) {
        self.state().interrupt.send_replace(true);
    }

    /// The right to write. A sender that is heard keeps it; one that is silent is told to go.
    async fn take_turn(&self) -> Result<OwnedSemaphorePermit, UploadError> {
        let heard = self.state().heard;
        let turn = || Arc::clone(&self.turn).acquire_owned();
        if let Ok(turn) = timeout_at(heard + QUIET, turn()).await {
            return turn.map_err(|_| UploadError::Unknown);
        }
        if self.state().heard > heard {
            return Err(UploadError::Busy);
        }
        self.interrupt();
        timeout(TAKE_OVER_MAX, turn()).await.map_err(|_| UploadError::Busy)?.map_err(|_| UploadError::Unknown)
    }
}

impl State {
    /// Bytes for which there must still be room; `None` if it is finished.
    fn missing(&self) -> Option<u64> {
        self.record.asset.is_none().then(|| self.record.bytes.saturating_sub(self.written))
    }
}

impl Library {
    fn uploads(&self) -> &Uploads {
        &self.inner.uploads
    }

    /// Those that are under way, the oldest first.
    pub fn open_uploads(&self) -> Vec<Upload> {
        let mut open: Vec<_> = self.uploads().entries().values().map(|entry| entry.upload()).collect();
        open.retain(|upload| upload.asset.is_none());
        open.sort_by_key(|upload| (upload.expires, upload.id.0));
        open
    }

    /// Begins an upload. It is refused now if there is no room for it, or if the library would not take it in the end.
    pub async fn create_upload(&self, new: NewUpload) -> Result<Upload, UploadError> {
        let purpose = Purpose::of(&new.file_name).ok_or(UploadError::Kind)?;
        let NewUpload { file_name, bytes, tags, metadata } = new;
        purpose.check_length(bytes)?;
        if purpose == Purpose::Subtitles && !self.has_video_of(&file_name).await? {
            return Err(UploadError::NoVideo);
        }
        let tags = checked_tags(&tags).map_err(UploadError::Library)?;
        let record =
            Record { file_name, bytes, tags, metadata, offset: 0, touched: now(), hash: None, asset: None };
        let id = UploadId::random()?;
        let entry = Arc::new(Entry::new(id, purpose, record.clone(), Some(Box::default())));
        let library = self.clone();
        let creating = spawn_blocking(move || {
            let disk = library.disk().map_err(|error| Error::io("asking for the room on the disk", &error));
            library.uploads().admit(Arc::clone(&entry), disk.map_err(UploadError::Library)?.free_bytes)?;
            library.uploads().folder.write(id, &record).map_err(|error| {
                library.uploads().entries().remove(&id);
                UploadError::Library(Error::io("beginning an upload", &error))
            })?;
            Ok(entry.upload())
        });
        creating.await.unwrap_or_else(|error| Err(UploadError::failed("beginning an upload", &error)))
    }

    /// How an upload stands, for those who only look.
    pub fn peek_upload(&self, id: UploadId) -> Result<Upload, UploadError> {
        Ok(self.uploads().entry(id)?.upload())
    }

    /// How an upload stands. Who asks is about to continue: a sender that is silent is told to go.
    pub async fn upload(&self, id: UploadId) -> Result<Upload, UploadError> {
        let entry = self.uploads().entry(id)?;
        let turn = entry.take_turn().await?;
        let upload = self.uploads().entry(id)?.upload();
        if upload.offset < upload.bytes || upload.asset.is_some() {
            return Ok(upload);
        }
        // Whole, but what took it in was interrupted.
        self.finish(entry, turn).await
    }

    /// Continues an upload at `offset`, which must be where it stands.
    pub async fn continue_upload(&self, id: UploadId, offset: u64) -> Result<Receiving, UploadError> {
        let entry = self.uploads().entry(id)?;
        let turn = entry.take_turn().await?;
        // Meanwhile it may have been cancelled.
        let entry = self.uploads().entry(id).map(|_| entry)?;
        Receiving::begin(self.clone(), entry, turn, offset).await
    }

    /// Removes an upload, whoever is sending it.
    pub async fn cancel_upload(&self, id: UploadId) -> Result<(), UploadError> {
        let entry = self.uploads().entry(id)?;
        entry.interrupt();
        let turn = timeout(TAKE_OVER_MAX, Arc::clone(&entry.turn).acquire_owned());
        let turn = turn.await.map_err(|_| UploadError::Busy)?.map_err(|_| UploadError::Unknown)?;
        self.remove_upload(id, turn).await
    }

    async fn remove_upload(&self, id: UploadId, turn: OwnedSemaphorePermit) -> Result<(), UploadError> {
        let library = self.clone();
        let removing = spawn_blocking(move || {
            let _turn = turn;
            library.uploads().entries().remove(&id).ok_or(UploadError::Unknown)?;
            let removed = library.uploads().folder.remove(id);
            removed.map_err(|error| UploadError::Library(Error::io("removing an upload", &error)))
        });
        removing.await.unwrap_or_else(|error| Err(UploadError::failed("removing an upload", &error)))
    }

    /// Finishes what an earlier run of the program left whole, and removes what expired. Never ends.
    pub async fn tend_uploads(&self) {
        let whole = |upload: &Upload| upload.offset == upload.bytes;
        for upload in self.open_uploads().into_iter().filter(whole) {
            if let Err(error) = self.upload(upload.id).await {
                log::warn!("the upload {:?} can't be finished: {error}", upload.file_name);
            }
        }
        loop {
            match self.follow_clock().await {
                Ok(()) => self.remove_expired(now()).await,
                Err(error) => log::error!("uploads: what is old can't be told: {error}"),
            }
            sleep(TEND_EVERY).await;
        }
    }

    /// Moves the times that are within `told` by so many seconds: the clock was wrong.
    pub(super) async fn move_uploads(&self, told: &RangeInclusive<i64>, by: i64) {
        let entries: Vec<_> = self.uploads().entries().values().cloned().collect();
        for entry in entries {
            // One that is being sent is dated anew with the next of its bytes.
            let Ok(turn) = Arc::clone(&entry.turn).try_acquire_owned() else { continue };
            let record = {
                let mut state = entry.state();
                if !told.contains(&state.record.touched) {
                    continue;
                }
                state.record.touched = state.record.touched.saturating_add(by);
                state.record.clone()
            };
            let (library, id) = (self.clone(), entry.id);
            let writing = spawn_blocking(move || {
                let _turn = turn;
                library.uploads().folder.write(id, &record)
            });
            let written = writing.await.map_err(io::Error::other).and_then(|written| written);
            if let Err(error) = written {
                log::warn!("an upload can't be dated anew: {error}");
            }
        }
    }

    pub(super) async fn remove_expired(&self, now: i64) {
        let mut idle: Vec<_> = self.uploads().entries().values().map(|entry| entry.upload()).collect();
        idle.sort_by_key(|upload| upload.expires);
        let finished = idle.iter().filter(|upload| upload.asset.is_some()).count();
        let mut surplus = finished.saturating_sub(FINISHED_MAX);
        for upload in idle {
            let dropped = upload.asset.is_some() && surplus > 0;
            surplus -= usize::from(dropped);
            if !dropped && upload.expires > now {
                continue;
            }
            // One that is being sent is alive, however little arrives.
            let Ok(entry) = self.uploads().entry(upload.id) else { continue };
            let Ok(turn) = Arc::clone(&entry.turn).try_acquire_owned() else { continue };
            if let Err(error) = self.remove_upload(upload.id, turn).await {
                log::warn!("the upload {:?} expired and can't be removed: {error}", upload.file_name);
            }
        }
    }
}

impl UploadId {
    fn random() -> Result<Self, UploadError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| UploadError::failed("naming an upload", &error))?;
        Ok(Self(u128::from_le_bytes(bytes)))
    }

    #[cfg(test)]
    pub(super) const fn numbered(number: u128) -> Self {
        Self(number)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl FromStr for UploadId {
    type Err = UploadError;

    fn from_str(text: &str) -> Result<Self, UploadError> {
        let digits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = u128::from_str_radix(text, 16).ok().filter(|_| digits);
        number.map(Self).ok_or(UploadError::Unknown)
    }
}
