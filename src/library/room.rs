//! Room on the disk that is kept free, so that something can always be thrown away: whoever adds leaves some, and a file
//! that stands for some is given up where others have taken even that.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Library;
use super::error::Error;

/// Left free by all that adds to the library; uploads leave more. Some times what SQLite writes before it cuts its log back.
const KEPT_BYTES: u64 = 32 << 20;
/// Enough for emptying the bin: the log grows to 4 MiB, and a page of each index changes.
const BALLAST_BYTES: u64 = 16 << 20;
const BALLAST: &str = "ballast";
/// Written at once.
const PIECE_BYTES: usize = 1 << 20;

impl Library {
    /// Whether something may be added.
    pub(super) fn has_room(&self) -> Result<(), Error> {
        let disk = self.disk().map_err(|error| Error::io("asking for the room on the disk", &error))?;
        if disk.free_bytes < KEPT_BYTES {
            return Err(Error::NoRoom { free: disk.free_bytes, kept: KEPT_BYTES });
        }
        Ok(())
    }

    /// Before something is thrown away: gives the ballast up if there is no room even for that.
    pub(super) fn make_way(&self) {
        if self.disk().is_ok_and(|disk| disk.free_bytes < BALLAST_BYTES) {
            match fs::remove_file(ballast(&self.inner.folder)) {
                Ok(()) => log::warn!("library: the disk is full; the room kept for deleting is given up"),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => log::warn!("library: the room kept for deleting can't be given up: {error}"),
            }
        }
    }

    /// Puts the ballast back once there is room. Blocks for as long as writing it takes.
    pub fn keep_ballast(&self) {
        let path = ballast(&self.inner.folder);
        let there = fs::metadata(&path).is_ok_and(|metadata| metadata.len() >= BALLAST_BYTES);
        let roomy = self.disk().is_ok_and(|disk| disk.free_bytes > KEPT_BYTES + BALLAST_BYTES);
        if there || !roomy || self.is_read_only() {
            return;
        }
        if let Err(error) = write_ballast(&path) {
            log::warn!("library: no room can be kept for deleting: {error}");
        }
    }
}

fn ballast(folder: &Path) -> PathBuf {
    folder.join(BALLAST)
}

/// Real bytes, on every file system: a hole takes no room. Zeros would be none on one that packs its files.
fn write_ballast(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut piece = vec![0; PIECE_BYTES];
    for _ in 0..BALLAST_BYTES / PIECE_BYTES as u64 {
        getrandom::fill(&mut piece).map_err(io::Error::other)?;
        file.write_all(&piece)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ballast_is_there_from_the_start_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let path = ballast(&library.inner.folder);
        assert_eq!(fs::metadata(&path).unwrap().len(), BALLAST_BYTES);
        library.make_way();
        assert!(path.exists(), "there is room without it");
        // As a full disk leaves it: gone, or begun.
        fs::write(&path, "begun").unwrap();
        library.keep_ballast();
        assert_eq!(fs::metadata(&path).unwrap().len(), BALLAST_BYTES);
    }
}
