//! Everything in one file: a tar with the database as of one moment, the files it names, and who may log in.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use rusqlite::{Connection, OpenFlags};

use super::asset::{Hash, StoredFile};
use super::error::Error;
use super::schema;
use super::store::{EXTENSIONS, Store};
use super::{DATABASE, Library};

const ACCESS: &str = "access.toml";
const FILES: &str = "files/";
/// Backups and restores at once: each reads the whole disk.
const BACKUPS_MAX: usize = 2;
/// Of the passwords' file: 200 entries take 40 kB.
const ACCESS_BYTES_MAX: u64 = 256 << 10;

/// What a restore brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub assets: u64,
    pub files: u64,
    /// Who may log in, as the backup has it: not in force until it is handed to [`Access`](crate::access::Access).
    pub access: Option<String>,
}

/// The moment that a backup shows.
pub struct Backup {
    store: Store,
    /// The database as of that moment.
    snapshot: PathBuf,
    files: Vec<StoredFile>,
    /// Who may log in.
    access: PathBuf,
    #[allow(dead_code, reason = "held, not read")]
    pin: Option<Pin>,
}

/// While one lives, no file of the library is removed: the backup still has to read them, and those that a restore
/// brings belong to nothing until its database is in place.
struct Pin(Library);

impl Pin {
    fn new(library: &Library) -> Self {
        library.inner.pins.fetch_add(1, Ordering::SeqCst);
        Self(library.clone())
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.0.inner.pins.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Library {
    /// Takes the moment that the backup will show. Blocks; people go on working meanwhile.
    pub fn begin_backup(&self) -> Result<Backup, Error> {
        if self.inner.pins.load(Ordering::SeqCst) >= BACKUPS_MAX {
            return Err(Error::Busy);
        }
        // First: from here on nothing that the snapshot names goes.
        let pin = Pin::new(self);
        // A card that can't be written can be read: now is the time for a backup.
        let place = if self.is_read_only() { std::env::temp_dir() } else { self.store().incoming() };
        let access = access_file(&self.inner.folder);
        let mut backup = Backup::take(self.db().path(), &place, self.store().clone(), access)?;
        backup.pin = Some(pin);
        Ok(backup)
    }

    /// Reads a backup's tar and puts it in the place of all that is here. What is wrong with it is found before anything
    /// is replaced; `check_access` says what is wrong with who may log in. Blocks for as long as reading takes.
    pub fn restore_backup(
        &self,
        from: impl Read,
        check_access: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Restored, Error> {
        let folder = Scratch::new(self.store())?;
        let _pin = Pin::new(self);
        let brought = read_backup(from, folder.path(), self.store(), check_access)?;
        self.take_over(brought.database)?;
        self.everything_changed();
        Ok(brought.restored)
    }
}

/// A folder in [`Store::incoming`] of one's own, removed in the end.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(store: &Store) -> Result<Self, Error> {
        let folder = store.incoming().join(format!("restore-{}", unique()?));
        fs::create_dir(&folder).map_err(|error| Error::file("making", &folder, &error))?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            log::warn!("library: {} can't be removed: {error}", self.0.display());
        }
    }
}

/// A backup that was read and found right: its files are in the store, its database is not in force yet.
pub(super) struct Brought {
    pub(super) database: PathBuf,
    pub(super) restored: Restored,
}

/// Reads a backup's tar, its database into `folder`.
pub(super) fn read_backup(
    from: impl Read,
    folder: &Path,
    store: &Store,
    check_access: impl Fn(&str) -> Result<(), String>,
) -> Result<Brought, Error> {
    let mut unpacked = unpack(from, folder, store)?;
    let database = folder.join(DATABASE);
    if !unpacked.database {
        return Err(not_a_backup("it has no library.db"));
    }
    let access = read_access(&folder.join(ACCESS))?;
    if let Some(Err(why)) = access.as_deref().map(check_access) {
        return Err(not_a_backup(&format!("who may log in can't be read: {why}")));
    }
    let restored = checked_database(&database)?;
    for file in files(&restored)? {
        if !EXTENSIONS.iter().any(|(ext, _)| *ext == file.ext) {
            return Err(not_a_backup("its database names files of a kind that Marquee does not have"));
        }
        // What is in the store already need not have come with it.
        if !unpacked.files.remove(&file.hash) && !store.path(file.hash, &file.ext).exists() {
            return Err(not_a_backup("files that its database names are missing; it may be cut off"));
        }
    }
    let assets = restored.query_row("SELECT count(*) FROM assets", [], |row| row.get(0))?;
    let files = restored.query_row("SELECT count(*) FROM files", [], |row| row.get(0))?;
    restored.close().map_err(|(_, error)| error)?;
    Ok(Brought { database, restored: Restored { assets, files, access } })
}

/// A database that came with a backup, brought to this version: whole, and Marquee's own.
fn checked_database(path: &Path) -> Result<Connection, Error> {
    let foreign = || not_a_backup("its database is not Marquee's");
    let mut restored = Connection::open(path)?;
    // Nothing that its tables define is believed before it is looked at.
    restored.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    let found = restored.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    if !found.is_ok_and(|found| found == "ok") {
        return Err(not_a_backup("its database is damaged"));
    }
    let version: i64 = restored.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        return Err(foreign());
    }
    schema::migrate(&mut restored).map_err(|error| match error {
        rusqlite_migration::Error::MigrationDefinition(_) => not_a_backup("a newer Marquee made it"),
        _ => foreign(),
    })?;
    if !schema::is_ours(&restored)? {
        return Err(foreign());
    }
    let loose = restored.prepare("SELECT 1 FROM pragma_foreign_key_check")?.exists([])?;
    if loose {
        return Err(not_a_backup("its database refers to what it does not have"));
    }
    Ok(restored)
}

fn read_access(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(not_a_backup("who may log in can't be read: it is no text"))
        }
        Err(error) => Err(Error::file("reading", path, &error)),
    }
}

impl Backup {
    /// Of the library of a data folder, whoever works with it.
    pub fn of(data: &Path) -> Result<Self, Error> {
        let folder = Library::folder(data);
        let store = Store::at(&folder);
        Self::take(&folder.join(DATABASE), &store.incoming(), store, access_file(&folder))
    }

    /// `place`: a folder for the snapshot.
    fn take(database: &Path, place: &Path, store: Store, access: PathBuf) -> Result<Self, Error> {
        let snapshot = place.join(format!("marquee-backup-{}.db", unique()?));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let mut backup = Self { store, snapshot, files: Vec::new(), access, pin: None };
        copy_of_now(database, &backup.snapshot)?;
        backup.files = files(&Connection::open_with_flags(&backup.snapshot, flags)?)?;
        Ok(backup)
    }

    /// Its length, for those who want to see how far it is.
    pub fn bytes(&self) -> u64 {
        let entry = |bytes: u64| 512 + bytes.div_ceil(512) * 512;
        let of = |path: &Path| fs::metadata(path).map_or(0, |metadata| entry(metadata.len()));
        let files: u64 = self.files.iter().map(|file| entry(file.bytes)).sum();
        // Two empty blocks are its end.
        of(&self.snapshot) + of(&self.access) + files + 1024
    }

    /// Writes the tar. Blocks.
    pub fn write(&self, to: impl Write) -> io::Result<()> {
        let mut tar = tar::Builder::new(to);
        tar.mode(tar::HeaderMode::Deterministic);
        tar.append_path_with_name(&self.snapshot, DATABASE)?;
        if self.access.exists() {
            tar.append_path_with_name(&self.access, ACCESS)?;
        }
        for file in &self.files {
            let path = self.store.path(file.hash, &file.ext);
            tar.append_path_with_name(&path, format!("{FILES}{}.{}", file.hash, file.ext))?;
        }
        tar.into_inner()?.flush()
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.snapshot)
            && error.kind() != io::ErrorKind::NotFound
        {
            log::warn!("library: {} can't be removed: {error}", self.snapshot.display());
        }
    }
}

/// Writes a copy of the database as of one moment, and a compact one.
pub(super) fn copy_of_now(database: &Path, to: &Path) -> Result<(), Error> {
    let source = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    source.execute("VACUUM INTO ?", [to.to_string_lossy()])?;
    Ok(())
}

/// Beside the library's folder.
fn access_file(folder: &Path) -> PathBuf {
    folder.with_file_name(ACCESS)
}

pub(super) struct Unpacked {
    database: bool,
    files: BTreeSet<Hash>,
}

/// Takes the parts of a tar apart. Only names that we write are taken, so that no entry can lead out of the folder.
pub(super) fn unpack(from: impl Read, folder: &Path, store: &Store) -> Result<Unpacked, Error> {
    let mut unpacked = Unpacked { database: false, files: BTreeSet::new() };
    let mut tar = tar::Archive::new(from);
    for entry in tar.entries().map_err(|error| unreadable(&error))? {
        let mut entry = entry.map_err(|error| unreadable(&error))?;
        let name = entry.path().map_err(|error| unreadable(&error))?.to_string_lossy().into_owned();
        if !entry.header().entry_type().is_file() {
            return Err(not_a_backup("it has entries that are no files"));
        }
        if name == DATABASE {
            save(&mut entry, &folder.join(DATABASE), u64::MAX)?;
            unpacked.database = true;
        } else if name == ACCESS {
            save(&mut entry, &folder.join(ACCESS), ACCESS_BYTES_MAX)?;
        } else if let Some((hash, ext)) = stored_name(&name) {
            let path = folder.join("file");
            save(&mut entry, &path, u64::MAX)?;
            if store.publish(&path, ext)?.hash != hash {
                return Err(not_a_backup("a file in it is damaged"));
            }
            unpacked.files.insert(hash);
        } else {
            return Err(not_a_backup("it has files that are not Marquee's"));
        }
    }
    Ok(unpacked)
}

/// `files/HASH.ext`
fn stored_name(name: &str) -> Option<(Hash, &'static str)> {
    let (hash, ext) = name.strip_prefix(FILES)?.split_once('.')?;
    let (ext, _) = EXTENSIONS.iter().find(|(known, _)| *known == ext)?;
    Some((hash.parse().ok()?, ext))
}

fn save(from: &mut impl Read, to: &Path, bytes_max: u64) -> Result<(), Error> {
    let copied = File::create(to).and_then(|mut file| {
        let copied = io::copy(&mut from.take(bytes_max.saturating_add(1)), &mut file)?;
        file.sync_all().map(|()| copied)
    });
    if copied.as_ref().is_ok_and(|copied| *copied > bytes_max) {
        return Err(not_a_backup("a part of it is larger than any that Marquee writes"));
    }
    copied.map(drop).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => unreadable(&error),
        _ => Error::file("writing", to, &error),
    })
}

/// What is no tar, or ends in the middle; but a disk may fail, too.
fn unreadable(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => not_a_backup("it is cut off"),
        io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            not_a_backup(&error.to_string())
        }
        _ => Error::io("reading the backup", error),
    }
}

fn not_a_backup(why: &str) -> Error {
    Error::NotABackup(why.to_owned())
}

fn files(connection: &Connection) -> Result<Vec<StoredFile>, Error> {
    let mut statement = connection.prepare("SELECT hash, ext, bytes FROM files ORDER BY hash")?;
    let files = statement
        .query_map([], |row| Ok(StoredFile { hash: row.get(0)?, ext: row.get(1)?, bytes: row.get(2)? }))?;
    Ok(files.collect::<rusqlite::Result<_>>()?)
}

/// A name nobody else has.
pub(super) fn unique() -> Result<String, Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Failed { operation: "chance".to_owned(), cause: error.to_string() })?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}
