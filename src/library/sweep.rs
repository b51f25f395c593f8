//! Removes files that nothing refers to: what an upload, a purge or a backup that was cut off left behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::Library;
use super::asset::Hash;
use super::error::Error;

/// Younger ones may be of somebody who is at work just now.
const AGE_MIN: Duration = Duration::from_secs(3600);

impl Library {
    /// Returns how many were removed. Shelf by shelf, so that nobody waits for long.
    pub async fn sweep(&self) -> Result<usize, Error> {
        let mut removed = 0;
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

fn is_old(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > AGE_MIN))
}

fn hash_of_name(path: &Path) -> Option<Hash> {
    path.file_name()?.to_str()?.split_once('.')?.0.parse().ok()
}
