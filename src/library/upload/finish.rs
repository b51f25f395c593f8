//! From a whole upload to an asset.

use std::fs::File;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use super::record::Record;
use super::{Entry, Upload, UploadError};
use crate::library::asset::StoredFile;
use crate::library::edit::New;
use crate::library::store::hash_of;
use crate::library::{Error, Library, now};

impl Library {
    /// Takes a whole upload into the library. Goes on to its end even if nobody waits for it, and can be done again
    /// whatever it broke off at.
    pub(super) async fn finish(
        &self,
        entry: Arc<Entry>,
        turn: OwnedSemaphorePermit,
    ) -> Result<Upload, UploadError> {
        let library = self.clone();
        let finishing = tokio::spawn(async move {
            let _turn = turn;
            let file = library.clone().with_hash(Arc::clone(&entry)).await?;
            let new = {
                let record = &entry.state().record;
                New {
                    kind: entry.kind.kind,
                    file_name: record.file_name.clone(),
                    ext: file.ext.clone(),
                    tags: record.tags.clone(),
                    steps: entry.kind.steps(),
                }
            };
            let from = library.uploads().folder.part(entry.id);
            let added = library.add_hashed(from, file, new).await.map_err(UploadError::Library)?;
            let asset = added.id;
            library.record(Arc::clone(&entry), move |record| record.asset = Some(asset)).await?;
            Ok(entry.upload())
        });
        finishing.await.unwrap_or_else(|error| Err(UploadError::failed("finishing an upload", &error)))
    }

    /// What the file will be in the store. Its hash is on the disk before the file moves: where it went is known then,
    /// whatever happens.
    async fn with_hash(self, entry: Arc<Entry>) -> Result<StoredFile, UploadError> {
        let library = self.clone();
        let part = library.uploads().folder.part(entry.id);
        let of = Arc::clone(&entry);
        let hashing = spawn_blocking(move || {
            let state = of.state();
            let (known, bytes) = (state.record.hash.clone(), state.record.bytes);
            let hasher = state.hasher.clone();
            drop(state);
            let ext = of.kind.ext.to_owned();
            if let Some(hash) = known.and_then(|hash| hash.parse().ok()) {
                return Ok((StoredFile { hash, ext, bytes }, true));
            }
            // Parts that an earlier run of the program received have to be read again.
            let hash = match hasher {
                Some(hasher) => hasher.finalize().into(),
                None => hash_of(&mut File::open(&part)?)?.0,
            };
            Ok((StoredFile { hash, ext, bytes }, false))
        });
        let hashed = hashing.await.map_err(|error| UploadError::failed("hashing an upload", &error))?;
        let (file, recorded) =
            hashed.map_err(|error| UploadError::Library(Error::io("hashing an upload", &error)))?;
        if !recorded {
            let hash = file.hash.to_string();
            library.record(entry, move |record| record.hash = Some(hash)).await?;
        }
        Ok(file)
    }

    /// Changes the record, on the disk first.
    async fn record(
        &self,
        entry: Arc<Entry>,
        change: impl FnOnce(&mut Record) + Send + 'static,
    ) -> Result<(), UploadError> {
        let library = self.clone();
        let writing = spawn_blocking(move || {
            let mut record = entry.state().record.clone();
            record.touched = now();
            change(&mut record);
            library.uploads().folder.write(entry.id, &record)?;
            entry.state().record = record;
            Ok(())
        });
        let written = writing.await.map_err(|error| UploadError::failed("finishing an upload", &error))?;
        written.map_err(|error| UploadError::Library(Error::io("finishing an upload", &error)))
    }
}
