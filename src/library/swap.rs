//! A database as files on the disk: one that is damaged gets another name, and another takes its place; one that can't be
//! written is copied to where it can.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::backup::unique;
use super::error::Error;
use super::store::sync_folder;

/// Gives a damaged database another name, under which nothing is done with it; `path` stays there until another takes its
/// place, so that a power cut between the two leaves no empty library.
pub(super) fn set_aside(path: &Path, aside: &Path) -> Result<(), Error> {
    let failed = |error: io::Error| Error::file("setting aside", path, &error);
    // What was written last stands in a log beside it, which must not be taken for another's.
    match fs::rename(beside(path, "-wal"), beside(aside, "-wal")) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    // Not every file system can give a file a second name.
    match fs::hard_link(path, aside).or_else(|_| fs::copy(path, aside).map(drop)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(()),
    }
}

/// Another database, closed and whole, under the name `path`: at once or not at all.
pub(super) fn put_in_place(from: &Path, path: &Path) -> Result<(), Error> {
    let failed = |error: io::Error| Error::file("putting in place", from, &error);
    for beside in [beside(path, "-wal"), beside(path, "-shm")] {
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    File::open(from).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(from, path).map_err(failed)?;
    path.parent().map_or(Ok(()), |folder| sync_folder(folder).map_err(failed))
}

/// A file that SQLite keeps beside a database.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Copies a database, with the log beside it, to a folder for temporary files, which is in memory on a box. Returns that.
pub(super) fn copy_in_memory(path: &Path) -> io::Result<PathBuf> {
    let name = unique().map_err(io::Error::other)?;
    let folder = std::env::temp_dir().join(format!("marquee-library-{name}"));
    fs::DirBuilder::new().mode(0o700).create(&folder)?;
    let to = folder.join(path.file_name().unwrap_or_default());
    let copied =
        fs::copy(path, &to).and_then(|_| match fs::copy(beside(path, "-wal"), beside(&to, "-wal")) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
    match copied {
        Ok(()) => Ok(folder),
        Err(error) => {
            remove_copy(&folder);
            Err(error)
        }
    }
}

pub(super) fn remove_copy(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        log::warn!("library: {} can't be removed: {error}", folder.display());
    }
}
