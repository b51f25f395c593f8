//! The database: one thread that writes, a few connections that read.
//!
//! A write is acknowledged after its commit has reached the disk. Writes that wait together are committed together,
//! so that an SD card, which takes some 10 ms for each, does not hold them up one by one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::error::{Error, OpenError};
use super::schema;
use super::swap::{copy_in_memory, put_in_place, remove_copy, set_aside};

/// Reads at once; more wait their turn. Twice the cores of a Pi: some wait for the disk.
const READERS_MAX: usize = 8;
/// Writes that wait; beyond, callers wait before they can queue theirs.
const WRITES_MAX: usize = 256;
/// Writes in one commit: what comes behind them should not wait for more.
const BATCH_MAX: usize = 64;
/// Pages of 4 KiB that each reading connection keeps; the rest is in the kernel's cache.
const READER_CACHE_KIB: i64 = 2048;
/// How much of the file is read through memory, not copied.
const MAP_BYTES_MAX: i64 = 32 << 20;
/// The write-ahead log is cut back to this after a large write.
const LOG_BYTES_MAX: i64 = 8 << 20;

/// A handle to the database. Cheap to clone; the writer ends with the last one.
#[derive(Clone)]
pub(super) struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    readers: Mutex<Readers>,
    turns: Semaphore,
    /// Nothing is written: the file is a copy, in a folder that goes with this.
    copy: Option<PathBuf>,
    /// What SQLite said when it found the file damaged.
    damage: Mutex<Option<String>>,
    /// `None` only while being dropped.
    writes: Option<mpsc::Sender<Order>>,
    writer: Option<JoinHandle<()>>,
}

/// Connections that wait for the next reads.
#[derive(Default)]
struct Readers {
    idle: Vec<Connection>,
    /// Rises when another file takes the database's place: who reads the one before is not kept.
    file: u64,
}

/// What the writer is told.
enum Order {
    Write(Write),
    /// Put everything that another database holds in the place of what is here.
    Replace(PathBuf, oneshot::Sender<Result<(), Error>>),
    /// Set the file, which is damaged, aside under a name, and another in its place.
    Swap {
        make: Make,
        aside: PathBuf,
        reply: oneshot::Sender<Result<(), Error>>,
    },
}

/// Called with a transaction, or why there is none; returns what is to be called after the commit.
type Write = Box<dyn FnOnce(Result<&mut Transaction<'_>, &Error>) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), &Error>) + Send>;
/// Makes the database that takes another's place, and tells where.
type Make = Box<dyn FnOnce() -> Result<PathBuf, Error> + Send>;

impl Db {
    /// Opens or makes the database, and starts its writer. Blocks.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        Self::with_writer(path, open_writer(path)?, None)
    }

    /// Opens a copy of a database that stands on a disk that can't be written: SQLite needs files beside it for reading,
    /// too. Every write fails with [`Error::ReadOnly`]. Blocks.
    pub(super) fn open_copy(path: &Path) -> Result<Self, OpenError> {
        let failed =
            |error: std::io::Error| OpenError::Database { path: path.to_owned(), cause: error.to_string() };
        let folder = copy_in_memory(path).map_err(failed)?;
        let copy = folder.join(path.file_name().unwrap_or_default());
        let opened = open_writer(&copy).and_then(|connection| {
            connection.pragma_update(None, "query_only", true).map_err(|error| open_error(path, &error))?;
            Self::with_writer(&copy, connection, Some(folder.clone()))
        });
        if opened.is_err() {
            remove_copy(&folder);
        }
        opened
    }

    fn with_writer(path: &Path, connection: Connection, copy: Option<PathBuf>) -> Result<Self, OpenError> {
        let (writes, queue) = mpsc::channel(WRITES_MAX);
        let writer = thread::Builder::new()
            .name("library".to_owned())
            .spawn({
                let path = path.to_owned();
                move || write_all(&path, connection, queue)
            })
            .map_err(|error| OpenError::Database { path: path.to_owned(), cause: error.to_string() })?;
        let inner = Inner {
            path: path.to_owned(),
            readers: Mutex::default(),
            turns: Semaphore::new(READERS_MAX),
            copy,
            damage: Mutex::default(),
            writes: Some(writes),
            writer: Some(writer),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs a read on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.inner);
        let _turn = self.inner.turns.acquire().await.expect("never closed");
        let done = tokio::task::spawn_blocking(move || {
            let (file, connection) = inner.reader()?;
            let outcome = read(&connection);
            // One that failed may be broken; another is opened in its place.
            if outcome.is_ok() {
                inner.keep_reader(file, connection);
            }
            outcome
        });
        let outcome = done.await.unwrap_or_else(|_| Err(gone()));
        self.note(&outcome);
        outcome
    }

    /// Queues a write; returns when it is on the disk. What fails leaves no trace.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.writes().send(Order::Write(prepare(write, reply))).await.map_err(|_| gone())?;
        let outcome = answer.await.unwrap_or_else(|_| Err(gone()));
        self.note(&outcome);
        outcome
    }

    /// The same for a thread that may block.
    pub(super) fn write_blocking<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.writes().blocking_send(Order::Write(prepare(write, reply))).map_err(|_| gone())?;
        answer.blocking_recv().unwrap_or_else(|_| Err(gone()))
    }

    /// Puts what the database at `from` holds in the place of everything here, at once or not at all. Blocks.
    pub(super) fn replace(&self, from: PathBuf) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.writes().blocking_send(Order::Replace(from, reply)).map_err(|_| gone())?;
        answer.blocking_recv().unwrap_or_else(|_| Err(gone()))
    }

    /// The same where the file is damaged, so that nothing can be written into it: it gets the name `aside`, and what `make`
    /// makes takes its place. Writes wait meanwhile, so that none is acknowledged and missing in the new one; reads may
    /// fail. Blocks.
    pub(super) fn swap(
        &self,
        make: impl FnOnce() -> Result<PathBuf, Error> + Send + 'static,
        aside: PathBuf,
    ) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        let order = Order::Swap { make: Box::new(make), aside, reply };
        self.writes().blocking_send(order).map_err(|_| gone())?;
        answer.blocking_recv().unwrap_or_else(|_| Err(gone()))?;
        let mut readers = self.inner.readers();
        readers.file += 1;
        readers.idle.clear();
        drop(readers);
        *self.inner.damage() = None;
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.inner.path
    }

    /// What SQLite said, if it has found the file damaged since it was opened.
    pub(super) fn damage(&self) -> Option<String> {
        self.inner.damage().clone()
    }

    /// Looks through the whole file for damage, as opening it does.
    pub(super) async fn look_for_damage(&self) -> Result<(), Error> {
        self.read(|connection| match quick_check(connection)? {
            None => Ok(()),
            Some(found) => Err(Error::Damaged(found)),
        })
        .await
    }

    fn note<T>(&self, outcome: &Result<T, Error>) {
        if let Err(Error::Damaged(why)) = outcome
            && self.inner.damage().replace(why.clone()).is_none()
        {
            log::error!("library: the database is damaged: {why}");
        }
    }

    fn writes(&self) -> &mpsc::Sender<Order> {
        self.inner.writes.as_ref().expect("there until it is dropped")
    }
}

impl Inner {
    /// A connection, and the number of the file that it reads.
    fn reader(&self) -> Result<(u64, Connection), Error> {
        let (file, kept) = {
            let mut readers = self.readers();
            (readers.file, readers.idle.pop())
        };
        let connection = kept.map_or_else(|| open_reader(&self.path), Ok)?;
        Ok((file, connection))
    }

    fn keep_reader(&self, file: u64, connection: Connection) {
        let mut readers = self.readers();
        if readers.file == file {
            readers.idle.push(connection);
        }
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().expect("no holder of this lock can panic")
    }

    fn damage(&self) -> MutexGuard<'_, Option<String>> {
        self.damage.lock().expect("no holder of this lock can panic")
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What is queued is still written.
        self.writes = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            log::error!("the library's writer panicked, which is a bug");
        }
        if let Some(folder) = &self.copy {
            remove_copy(folder);
        }
    }
}

fn gone() -> Error {
    Error::Failed { operation: "the library".to_owned(), cause: "it is shutting down".to_owned() }
}

/// Wraps a write so that it runs in a savepoint of its own and is answered after the commit.
fn prepare<T: Send + 'static>(
    write: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    reply: oneshot::Sender<Result<T, Error>>,
) -> Write {
    Box::new(move |transaction| {
        let outcome = transaction.map_err(Error::clone).and_then(|transaction| {
            let savepoint = transaction.savepoint()?;
            // An error drops, and thereby rolls back, the savepoint.
            let value = write(&savepoint)?;
            savepoint.commit()?;
            Ok(value)
        });
        Box::new(move |committed| {
            // Whoever asked may have gone; what was written stays.
            let _ = reply.send(outcome.and_then(|value| committed.map(|()| value).map_err(Error::clone)));
        })
    })
}

/// The writer's thread: until all handles are gone and the queue is empty.
fn write_all(path: &Path, mut connection: Connection, mut queue: mpsc::Receiver<Order>) {
    let mut next = queue.blocking_recv();
    while let Some(order) = next {
        next = match order {
            Order::Write(write) => write_batch(&mut connection, write, &mut queue),
            Order::Replace(from, reply) => {
                // Whoever asked may have gone.
                let _ = reply.send(replace(&mut connection, &from));
                None
            }
            Order::Swap { make, aside, reply } => {
                let from = match make() {
                    Ok(from) => from,
                    Err(error) => {
                        let _ = reply.send(Err(error));
                        next = queue.blocking_recv();
                        continue;
                    }
                };
                // Closed first: SQLite would remove what the one that takes its place writes.
                drop(connection);
                let swapped = set_aside(path, &aside).and_then(|()| put_in_place(&from, path));
                match open_writer(path) {
                    Ok(opened) => connection = opened,
                    Err(error) => {
                        log::error!("library: {error}");
                        let _ = reply.send(Err(error.into()));
                        return;
                    }
                }
                let _ = reply.send(swapped);
                None
            }
        };
        next = next.or_else(|| queue.blocking_recv());
    }
}

/// One commit: `first`, and what waits behind it. Returns what is no write.
fn write_batch(
    connection: &mut Connection,
    first: Write,
    queue: &mut mpsc::Receiver<Order>,
) -> Option<Order> {
    let (mut replies, mut other) = (Vec::with_capacity(1), None);
    let committed = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(mut transaction) => {
            replies.push(first(Ok(&mut transaction)));
            while replies.len() < BATCH_MAX && other.is_none() {
                match queue.try_recv() {
                    Ok(Order::Write(write)) => replies.push(write(Ok(&mut transaction))),
                    Ok(order) => other = Some(order),
                    Err(_) => break,
                }
            }
            transaction.commit().map_err(Error::from)
        }
        Err(error) => {
            let error = Error::from(error);
            replies.push(first(Err(&error)));
            Err(error)
        }
    };
    if let Err(error) = &committed {
        log::error!("library: a change could not be written: {error}");
    }
    for reply in replies {
        reply(committed.as_ref().copied());
    }
    other
}

fn replace(connection: &mut Connection, from: &Path) -> Result<(), Error> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // All pages in one step: one transaction.
    Ok(Backup::new(&source, connection)?.run_to_completion(i32::MAX, Duration::from_millis(50), None)?)
}

/// The first thing that is wrong with the pages of a database.
pub(super) fn quick_check(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let fail = |error: &rusqlite::Error| open_error(path, error);
    let mut connection = Connection::open(path).map_err(|error| fail(&error))?;
    // WAL: readers never wait for the writer. FULL: a commit is on the disk when it returns.
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA busy_timeout = 5000; PRAGMA journal_size_limit = {LOG_BYTES_MAX};"
        ))
        .map_err(|error| fail(&error))?;
    if let Some(cause) = quick_check(&connection).map_err(|error| fail(&error))? {
        return Err(OpenError::Damaged { path: path.to_owned(), cause });
    }
    schema::migrate(&mut connection).map_err(|error| match error {
        rusqlite_migration::Error::MigrationDefinition(
            rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
        ) => OpenError::Newer { path: path.to_owned() },
        error => OpenError::Database { path: path.to_owned(), cause: error.to_string() },
    })?;
    Ok(connection)
}

fn open_reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch(&format!(
        "PRAGMA query_only = ON; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -{READER_CACHE_KIB};
         PRAGMA mmap_size = {MAP_BYTES_MAX};"
    ))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn open_error(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, cause) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            OpenError::Damaged { path, cause }
        }
        _ => OpenError::Database { path, cause },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn db() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("library.db")).unwrap();
        (folder, db)
    }

    async fn tags(db: &Db) -> i64 {
        let count = |connection: &Connection| {
            Ok(connection.query_row("SELECT count(*) FROM tags", [], |row| row.get(0))?)
        };
        db.read(count).await.unwrap()
    }

    fn insert(name: &str) -> impl FnOnce(&Connection) -> Result<usize, Error> + Send + 'static {
        let name = name.to_owned();
        move |connection| Ok(connection.execute("INSERT INTO tags (name) VALUES (?)", [name])?)
    }

    #[tokio::test]
    async fn a_write_that_fails_leaves_no_trace_and_harms_no_other() {
        let (_folder, db) = db();
        let twice = |connection: &Connection| {
            connection.execute("INSERT INTO tags (name) VALUES ('half')", [])?;
            Ok(connection.execute("INSERT INTO tags (name) VALUES ('half')", [])?)
        };
        let (one, two, three) = tokio::join!(db.write(insert("a")), db.write(twice), db.write(insert("b")));
        assert!(one.is_ok() && two.is_err() && three.is_ok());
        assert_eq!(tags(&db).await, 2);
    }

    #[tokio::test]
    async fn what_is_queued_is_written_when_the_last_handle_goes() {
        let (folder, db) = db();
        db.write(insert("a")).await.unwrap();
        drop(db);
        let db = Db::open(&folder.path().join("library.db")).unwrap();
        assert_eq!(tags(&db).await, 1);
    }

    #[tokio::test]
    async fn readers_can_not_write() {
        let (_folder, db) = db();
        assert_eq!(db.read(insert("a")).await, Err(Error::ReadOnly));
    }

    #[test]
    fn a_damaged_database_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.db");
        std::fs::write(&path, vec![7_u8; 9000]).unwrap();
        assert!(matches!(Db::open(&path), Err(OpenError::Damaged { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), vec![7_u8; 9000]);
    }
}
