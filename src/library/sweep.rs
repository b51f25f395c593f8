//! Removes files that nothing refers to: what an upload, a purge or a backup that was cut off left behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::Library;
use super::anew::ANEW;
use super::asset::Hash;
use super::error::Error;
use super::spare::BEGUN as SPARE_BEGUN;
use super::upload::SUBTITLES;

/// Younger ones may be of somebody who is at work just now.
const AGE_MIN: Duration = Duration::from_secs(3600);
/// Beginnings of names in `incoming` of backups, restores, imports, subtitles and databases that broke off. Uploads and the work
/// in the background look after their own.
const BROKEN_OFF: [&str; 7] =
    ["backup-", "marquee-backup-", "restore-", "import", SUBTITLES, ANEW, SPARE_BEGUN];

impl Library {
    /// Returns how many were removed. Shelf by shelf, so that nobody waits for long.
    pub async fn sweep(&self) -> Result<usize, Error> {
        if self.is_read_only() {
            return Ok(0);
        }
        let mut removed = self.sweep_incoming().await?;
        // A damaged database may name them.
        if !self.set_aside().is_empty() {
            return Ok(removed);
        }
        let shelves = listing(self.store().shelves()).await?;
        for shelf in shelves {
            let old = listing(shelf).await?.into_iter().filter(|path| is_old(path));
            let named: Vec<_> = old.filter_map(|path| Some((hash_of_name(&path)?, path))).collect();
            if named.is_empty() {
                continue;
            }
            // Nothing may be taken in meanwhile that is about to be removed.
            let _alone = self.inner.shelves.write().await;
            if self.inner.pins.load(Ordering::SeqCst) > 0 {
                return Ok(removed);
            }
            let unknown = self.db().read(move |connection| {
                let mut known = connection.prepare_cached("SELECT 1 FROM files WHERE hash = ?")?;
                let mut unknown = Vec::new();
                for (hash, path) in named {
                    if !known.exists([hash])? {
                        unknown.push(path);
                    }
                }
                Ok(unknown)
            });
            for path in unknown.await? {
                match fs::remove_file(&path) {
                    Ok(()) => removed += 1,
                    Err(error) => log::warn!("library: {} can't be removed: {error}", path.display()),
                }
            }
        }
        Ok(removed)
    }

    async fn sweep_incoming(&self) -> Result<usize, Error> {
        // A restore's folder may be old, and the restore still going on.
        if self.inner.pins.load(Ordering::SeqCst) > 0 {
            return Ok(0);
        }
        let mut removed = 0;
        for path in listing(self.store().incoming()).await?.into_iter().filter(|path| is_broken_off(path)) {
            let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match gone {
                Ok(()) => removed += 1,
                Err(error) => log::warn!("library: {} can't be removed: {error}", path.display()),
            }
        }
        Ok(removed)
    }
}

fn is_broken_off(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    BROKEN_OFF.iter().any(|beginning| name.starts_with(beginning)) && is_old(path)
}

async fn listing(folder: PathBuf) -> Result<Vec<PathBuf>, Error> {
    let listing = tokio::task::spawn_blocking(move || {
        let listed =
            fs::read_dir(&folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
        listed.map_err(|error| Error::file("listing", &folder, &error))
    });
    listing.await.unwrap_or_else(|error| {
        Err(Error::Failed { operation: "listing files".to_owned(), cause: error.to_string() })
    })
}

/// Whether the sweep would take it, were it nobody's.
pub(super) fn is_old(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > AGE_MIN))
}

fn hash_of_name(path: &Path) -> Option<Hash> {
    path.file_name()?.to_str()?.split_once('.')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[tokio::test]
    async fn what_broke_off_long_ago_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        let (incoming, shelf) = (library.store().incoming(), library.store().shelves().join("aa"));
        let before = SystemTime::now() - 2 * AGE_MIN;
        let put = |path: PathBuf, old: bool| {
            fs::write(&path, "x").unwrap();
            if old {
                File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
            }
            path
        };
        fs::create_dir(incoming.join("restore-1")).unwrap();
        put(incoming.join("restore-1/file"), true);
        File::open(incoming.join("restore-1")).unwrap().set_modified(before).unwrap();
        let goes = [
            put(incoming.join("backup-1.db"), true),
            put(shelf.join(format!("{}.mp4", "a".repeat(64))), true),
            incoming.join("restore-1"),
        ];
        let stays = [
            put(incoming.join("backup-2.db"), false),
            put(incoming.join("uploads/1.part"), true),
            put(incoming.join("other"), true),
            put(shelf.join(format!("aa{}.mp4", "b".repeat(62))), false),
        ];
        let pin = library.inner.pins.fetch_add(1, Ordering::SeqCst);
        assert_eq!(library.sweep().await, Ok(0), "while there is a backup");
        library.inner.pins.store(pin, Ordering::SeqCst);
        assert_eq!(library.sweep().await, Ok(3));
        assert!(goes.iter().all(|path| !path.exists()));
        assert!(stays.iter().all(|path| path.exists()));
    }
}
