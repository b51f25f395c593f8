//! What can go wrong with the library, in words that a person can use.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::program;

/// Why something could not be done. Cheap to clone: one failed commit answers many.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such asset")]
    NoSuchAsset,
    #[error("there is no such {0}")]
    NoSuch(&'static str),
    /// Something else would be left with nothing.
    #[error("{what} is still used by {used}; change that first")]
    InUse { what: &'static str, used: Use },
    /// There are as many as there may be.
    #[error("there are {max} {what} already; take one away first")]
    TooMany { what: &'static str, max: usize },
    /// Somebody else was faster.
    #[error("it was changed meanwhile; load it again")]
    Changed,
    #[error("there is no room left on the disk; empty the bin, or delete what is not needed")]
    Full,
    /// What is free is kept so that something can be deleted.
    #[error(
        "there is no room left on the disk: {} MB are free, and {} MB are kept so that things can be deleted; empty the \
             bin, or delete what is not needed",
        free / 1_000_000, kept / 1_000_000
    )]
    NoRoom { free: u64, kept: u64 },
    #[error("the disk can't be written, so nothing can be changed")]
    ReadOnly,
    #[error("the library's database is damaged ({0}); it is left as it is")]
    Damaged(String),
    /// What is only done with a damaged one.
    #[error("the library's database is not damaged, so it stays as it is")]
    NotDamaged,
    #[error("the library is busy")]
    Busy,
    #[error("this is no backup of Marquee: {0}")]
    NotABackup(String),
    #[error("{what} must be {allowed}")]
    Invalid { what: &'static str, allowed: &'static str },
    #[error("{operation}: {cause}")]
    Failed { operation: String, cause: String },
}

/// What would be left with nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// What screens show while nothing is scheduled.
    Idle,
    Message,
    Template,
    /// Windows of the schedule, so many.
    Windows(u64),
    /// The port with this name.
    Port(String),
}

impl Use {
    /// A code for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Message => "message",
            Self::Template => "template",
            Self::Windows(_) => "windows",
            Self::Port(_) => "port",
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("screens while nothing is scheduled"),
            Self::Message => f.write_str("the message"),
            Self::Template => f.write_str("a template of messages"),
            Self::Windows(1) => f.write_str("a window of the schedule"),
            Self::Windows(count) => write!(f, "{count} windows of the schedule"),
            Self::Port(connector) => write!(f, "the port {connector} of this box"),
        }
    }
}

/// Why the library can't be used at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the folder {} can't be used: {cause}", path.display())]
    Folder { path: PathBuf, cause: String },
    #[error("the library's database {} is damaged ({cause}); restore a backup, rescue what can be read, or start with \
             an empty library", path.display())]
    Damaged { path: PathBuf, cause: String },
    #[error("another Marquee works with the library {}; end it first", path.display())]
    InUse { path: PathBuf },
    #[error("the library's database {} was made by a newer Marquee; install that version again", path.display())]
    Newer { path: PathBuf },
    #[error("the library's database {} can't be opened: {cause}", path.display())]
    Database { path: PathBuf, cause: String },
}

impl OpenError {
    /// Another database in its place would help.
    pub const fn is_of_the_database(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Newer { .. } | Self::Database { .. })
    }
}

/// Why there is no library: everything else goes on without it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NoLibrary {
    /// Nobody asked for one.
    #[error("no data folder was named; start with --data DIR")]
    NoFolder,
    #[error(transparent)]
    Unusable(#[from] OpenError),
}

impl Error {
    pub(super) const NO_SUBTITLES: Self =
        Self::Invalid { what: "subtitles", allowed: "a SubRip or WebVTT file of at most 4 MiB" };

    pub(super) fn io(operation: impl Into<String>, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Failed { operation: operation.into(), cause: error.to_string() },
        }
    }

    pub(super) fn file(operation: &str, path: &Path, error: &io::Error) -> Self {
        Self::io(format!("{operation} {}", path.display()), error)
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged { cause, .. } => Self::Damaged(cause),
            OpenError::InUse { .. } => Self::Busy,
            error => Self::Failed { operation: "opening the library".to_owned(), cause: error.to_string() },
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::QueryReturnedNoRows => Self::NoSuchAsset,
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::ReadOnly => Self::ReadOnly,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged(error.to_string()),
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                _ => Self::database(&error),
            },
            _ => Self::database(&error),
        }
    }
}

impl From<program::Wrong> for Error {
    fn from(wrong: program::Wrong) -> Self {
        Self::Invalid { what: wrong.what, allowed: wrong.allowed }
    }
}

impl Error {
    fn database(error: &rusqlite::Error) -> Self {
        Self::Failed { operation: "the library's database".to_owned(), cause: error.to_string() }
    }
}
