//! The library: files by hash, what is known of them, and what people did with them.
//!
//! Belongs here: the store, the database, and everything that reads or changes them; also the tables of what screens
//! play (`signage`), since there is one database.
//! Does not belong here: HTTP, and what is on which screen at a moment (`program`).
//!
//! The order that keeps what was acknowledged: a file is whole and on the disk under its name (`store`) before a row
//! names it (`db`), and rows are gone before their file is.

mod anew;
mod asset;
mod backup;
mod bulk;
mod check;
mod clock;
pub mod content;
mod db;
mod edit;
mod error;
mod failed;
mod fold;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod held;
mod import;
mod jobs;
mod kinds;
mod purge;
mod query;
mod room;
mod rows;
mod schema;
mod search;
pub mod signage;
mod spare;
mod store;
mod subtitles;
mod swap;
mod sweep;
#[cfg(test)]
mod tests;
mod upload;
pub mod work;
mod writable;

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::{RwLock, watch};

pub use anew::{Anew, Renewed};
pub use asset::{
    Asset, Hash, Job, JobState, Kind, NoHash, Page, Plays, Step, StoredFile, Subtitle, Summary, Work,
};
pub use backup::{Backup, Restored};
use bulk::Undos;
pub use bulk::{BULK_MAX, Which};
pub use check::{Finding, Options as CheckOptions, Report};
use clock::Clock;
pub use content::HEAD_BYTES;
use db::Db;
pub use edit::{Added, Edit, Edited, IDS_MAX, NAME_CHARS_MAX, New, TAG_CHARS_MAX, TAGS_MAX};
pub use error::{Error, NoLibrary, OpenError, Use};
pub use failed::Failed;
use held::Held;
pub use import::{Past, Records};
pub use kinds::{FileKind, OtherContent};
pub use purge::Purge;
pub use query::{LIMIT_MAX, Listing, Order, Query, SEARCH_CHARS_MAX, Selection, Shares, Tag, Totals};
pub use store::{EXTENSIONS, Store, media_type};
use upload::Uploads;
pub use upload::{BYTES_MAX as UPLOAD_BYTES_MAX, RESERVE_BYTES as UPLOAD_RESERVE_BYTES, UPLOADS_MAX};
pub use upload::{NewUpload, Receiving, Upload, UploadError, UploadId};

const DATABASE: &str = "library.db";
/// What a damaged database is called, followed by when it was set aside.
const DAMAGED: &str = "library.db.damaged-";

/// A handle to the library. Cheap to clone; what is under way is finished when the last one goes.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    pub free_bytes: u64,
    pub total_bytes: u64,
}

struct Inner {
    folder: PathBuf,
    db: Db,
    store: Store,
    /// Held for reading while a file that is in the store has no row yet, for writing while files are removed.
    shelves: RwLock<()>,
    uploads: Uploads,
    /// What was done last, for who takes it back.
    undos: Mutex<Undos>,
    clock: Clock,
    /// Assets that were on somebody's page last, the newest at the end.
    seen: Mutex<VecDeque<i64>>,
    /// Backups and restores under way: while there is one, no file is removed.
    pins: AtomicUsize,
    /// Held for as long as this is open: no two programs work on one library. There may be none on a disk that can't be
    /// written.
    _lock: Option<File>,
    /// When it was opened.
    read_only: bool,
    /// When a change was tried last.
    refused: AtomicBool,
    /// Raised by every change.
    generation: watch::Sender<u64>,
    /// Raised by every change of what screens play.
    signage_generation: watch::Sender<u64>,
}

impl Library {
    /// Where the library is in the data folder.
    pub fn folder(data: &Path) -> PathBuf {
        data.join("library")
    }

    /// Opens or makes the library of a data folder. Blocks.
    pub fn open(data: &Path) -> Result<Self, OpenError> {
        Held::take(data)?.open()
    }

    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// A number that rises with every change: what was read before is then out of date.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.generation.subscribe()
    }

    /// The room on the disk that the library is on.
    pub fn disk(&self) -> std::io::Result<Disk> {
        let found = rustix::fs::statvfs(self.store().incoming())?;
        let block = found.f_frsize;
        Ok(Disk { free_bytes: found.f_bavail * block, total_bytes: found.f_blocks * block })
    }

    /// Why the database can't be read any more, if it was damaged since it was opened.
    pub fn damage(&self) -> Option<String> {
        self.db().damage()
    }

    fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Another database took this one's place.
    fn everything_changed(&self) {
        self.changed();
        self.inner.signage_generation.send_modify(|generation| *generation += 1);
    }

    fn changed(&self) {
        self.inner.generation.send_modify(|generation| *generation += 1);
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed())
}
