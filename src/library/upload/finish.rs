//! From a whole upload to an asset, or to the subtitles of one.

use std::fs::{self, File};
use std::io;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use super::purpose::Purpose;
use super::record::Record;
use super::{Entry, Upload, UploadError};
use crate::library::asset::StoredFile;
use crate::library::edit::New;
use crate::library::kinds::FileKind;
use crate::library::store::{EXTENSIONS, hash_of, read_head};
use crate::library::{Error, Library, now};

/// What the copies of subtitles are called while they are read.
pub(in crate::library) const SUBTITLES: &str = "subtitles-";

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
            let asset = match entry.purpose {
                Purpose::Asset => Some(library.finish_asset(&entry).await?),
                Purpose::Subtitles => library.finish_subtitles(&entry).await?,
            };
            if let Some(asset) = asset {
                library.record(Arc::clone(&entry), move |record| record.asset = Some(asset)).await?;
            }
            if entry.purpose == Purpose::Asset {
                library.finish_waiting();
            }
            Ok(entry.upload())
        });
        finishing.await.unwrap_or_else(|error| Err(UploadError::failed("finishing an upload", &error)))
    }

    async fn finish_asset(&self, entry: &Arc<Entry>) -> Result<i64, UploadError> {
        let kind = self.kind_of(entry).await?;
        let file = self.clone().with_hash(Arc::clone(entry), kind).await?;
        let new = {
            let record = &entry.state().record;
            New {
                kind: kind.kind,
                file_name: record.file_name.clone(),
                ext: file.ext.clone(),
                tags: record.tags.clone(),
                steps: kind.steps(),
            }
        };
        let from = self.uploads().folder.part(entry.id);
        Ok(self.add_hashed(from, file, new).await.map_err(UploadError::Library)?.id)
    }

    /// By its content, which may be in the store already.
    async fn kind_of(&self, entry: &Arc<Entry>) -> Result<FileKind, UploadError> {
        let (part, store) = (self.uploads().folder.part(entry.id), self.store().clone());
        let (name, hash) = {
            let record = &entry.state().record;
            (record.file_name.clone(), record.hash.as_ref().and_then(|hash| hash.parse().ok()))
        };
        let head = blocking(move || match read_head(&part) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let shelved =
                    hash.into_iter().flat_map(|hash| EXTENSIONS.map(|(ext, _)| store.path(hash, ext)));
                shelved.map(|path| read_head(&path)).find(Result::is_ok).unwrap_or(Err(error))
            }
            read => read,
        });
        FileKind::by(&head.await?, &name).map_err(UploadError::Content)
    }

    /// The video that got them; `None` as long as it is on its way itself.
    async fn finish_subtitles(&self, entry: &Arc<Entry>) -> Result<Option<i64>, UploadError> {
        let name = entry.state().record.file_name.clone();
        let part = self.uploads().folder.part(entry.id);
        // A copy: should this break off, the upload is still whole.
        let copy = self.store().incoming().join(format!("{SUBTITLES}{}", entry.id));
        let (from, to) = (part.clone(), copy.clone());
        blocking(move || fs::copy(from, to)).await?;
        // Asked before: a video that arrives meanwhile looks for those who wait for it.
        let awaited = self.uploads().awaits_video_of(&name);
        let refused = match self.add_subtitle(copy, &name).await {
            Ok(Some(video)) => {
                blocking(move || fs::remove_file(part)).await?;
                return Ok(Some(video));
            }
            Ok(None) if awaited => return Ok(None),
            Ok(None) => UploadError::NoVideo,
            Err(error @ Error::Invalid { .. }) => UploadError::Library(error),
            Err(error) => return Err(UploadError::Library(error)),
        };
        let (library, id) = (self.clone(), entry.id);
        self.uploads().entries().remove(&id);
        blocking(move || library.uploads().folder.remove(id)).await?;
        Err(refused)
    }

    /// Whether subtitles of this name have a video here, or on its way.
    pub(super) async fn has_video_of(&self, subtitles_name: &str) -> Result<bool, UploadError> {
        if self.uploads().awaits_video_of(subtitles_name) {
            return Ok(true);
        }
        Ok(self.video_of(subtitles_name).await.map_err(UploadError::Library)?.is_some())
    }

    /// Subtitles that came before their video.
    fn finish_waiting(&self) {
        let waiting = |entry: &&Arc<Entry>| {
            let record = &entry.state().record;
            entry.purpose == Purpose::Subtitles && record.asset.is_none() && record.offset == record.bytes
        };
        let waiting: Vec<_> = self.uploads().entries().values().filter(waiting).cloned().collect();
        for entry in waiting {
            let library = self.clone();
            tokio::spawn(async move {
                let Ok(turn) = Arc::clone(&entry.turn).acquire_owned().await else { return };
                if entry.upload().asset.is_some() {
                    return;
                }
                let name = entry.upload().file_name;
                if let Err(error) = library.finish(entry, turn).await {
                    log::warn!("the subtitles {name:?} can't be taken in: {error}");
                }
            });
        }
    }

    /// What the file will be in the store. Its hash is on the disk before the file moves: where it went is known then,
    /// whatever happens.
    async fn with_hash(self, entry: Arc<Entry>, kind: FileKind) -> Result<StoredFile, UploadError> {
        let library = self.clone();
        let part = library.uploads().folder.part(entry.id);
        let of = Arc::clone(&entry);
        let hashing = spawn_blocking(move || {
            let state = of.state();
            let (known, bytes) = (state.record.hash.clone(), state.record.bytes);
            let hasher = state.hasher.clone();
            drop(state);
            let ext = kind.ext.to_owned();
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

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, UploadError> {
    let done =
        spawn_blocking(work).await.map_err(|error| UploadError::failed("finishing an upload", &error))?;
    done.map_err(|error| UploadError::Library(Error::io("finishing an upload", &error)))
}
