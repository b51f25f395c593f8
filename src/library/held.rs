//! A library's folder, which nobody else works with: taken before anything in it is looked at.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{RwLock, watch};

use super::clock::Clock;
use super::db::Db;
use super::error::OpenError;
use super::store::Store;
use super::upload::Uploads;
use super::{DATABASE, Inner, Library};

/// What a program that was killed had begun may hold its files for a moment more, until it runs a program of its own.
const LOCK_TIME_MAX: Duration = Duration::from_secs(1);
const LOCK_EVERY: Duration = Duration::from_millis(20);

pub(super) struct Held {
    pub(super) folder: PathBuf,
    pub(super) store: Store,
    lock: Lock,
}

/// What keeps others away.
enum Lock {
    Held(File),
    /// The disk can't be written; whoever else works here writes nothing either.
    ReadOnly(Option<File>),
}

impl Held {
    /// Takes the library's folder of a data folder, or makes it. Blocks.
    pub(super) fn take(data: &Path) -> Result<Self, OpenError> {
        // Whole: the children that look into files have folders of their own to work in.
        let folder = std::path::absolute(Library::folder(data)).unwrap_or_else(|_| Library::folder(data));
        let store = Store::open(&folder).map_err(|error| unusable(&folder, &error))?;
        let lock = lock(&folder)?;
        Ok(Self { folder, store, lock })
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.join(DATABASE)
    }

    /// Opens the database, or makes one where there is none. Blocks.
    pub(super) fn open(self) -> Result<Library, OpenError> {
        let uploads = Uploads::open(&self.store).map_err(|error| unusable(&self.folder, &error))?;
        let read_only = matches!(self.lock, Lock::ReadOnly(_));
        let db = if read_only { Db::open_copy(&self.database())? } else { Db::open(&self.database())? };
        let lock = match self.lock {
            Lock::Held(lock) => Some(lock),
            Lock::ReadOnly(lock) => lock,
        };
        let library = Library {
            inner: Arc::new(Inner {
                db,
                store: self.store,
                shelves: RwLock::default(),
                uploads,
                clock: Clock::new(),
                undos: Mutex::default(),
                seen: Mutex::default(),
                folder: self.folder,
                pins: AtomicUsize::new(0),
                _lock: lock,
                read_only,
                refused: AtomicBool::new(false),
                generation: watch::Sender::new(0),
                signage_generation: watch::Sender::new(0),
            }),
        };
        library.keep_ballast();
        Ok(library)
    }
}

fn unusable(folder: &Path, error: &io::Error) -> OpenError {
    OpenError::Folder { path: folder.to_owned(), cause: error.to_string() }
}

/// Taken by whoever works with the library, until they end, however they do. Blocks.
fn lock(folder: &Path) -> Result<Lock, OpenError> {
    let path = folder.join("lock");
    let file = match File::create(&path) {
        Ok(file) => file,
        // A card at the end of its life, or one whose file system was found damaged.
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
            return Ok(Lock::ReadOnly(File::open(&path).ok()));
        }
        Err(error) => return Err(unusable(folder, &error)),
    };
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock::Held(file)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_TIME_MAX => thread::sleep(LOCK_EVERY),
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(unusable(folder, &error)),
        }
    }
}
