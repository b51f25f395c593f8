//! What is kept on the disk of an upload beside its bytes: `{id}.json` beside `{id}.part`.
//!
//! A record is replaced as a whole, so that it is the old or the new one after a power cut. Bytes reach the disk before
//! the record that counts them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use super::UploadId;
use crate::library::store::sync_folder;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Record {
    pub file_name: String,
    pub bytes: u64,
    pub tags: Vec<String>,
    /// As the client gave it; it is told again on request.
    pub metadata: String,
    /// Bytes that are on the disk, and whose loss nobody has to fear.
    pub offset: u64,
    /// When something last happened to it, in seconds since 1970.
    pub touched: i64,
    /// Of the whole file, once it is there: what remains is to take it into the library.
    pub hash: Option<String>,
    /// What became of it.
    pub asset: Option<i64>,
}

/// Where uploads wait to be whole.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes it if it is not there, and removes what belongs to no upload. Returns the uploads that were under way.
    pub(super) fn open(path: PathBuf) -> io::Result<(Self, Vec<(UploadId, Record)>)> {
        fs::create_dir_all(&path)?;
        let folder = Self { path };
        let mut records = Vec::new();
        for entry in fs::read_dir(&folder.path)? {
            let path = entry?.path();
            let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            match (id, path.extension().and_then(|ext| ext.to_str())) {
                (Some(id), Some("json")) => match read(&path) {
                    Ok(record) => records.push((id, record)),
                    Err(error) => log::warn!("uploads: {} can't be read: {error}", path.display()),
                },
                // Without a record nobody was told that any of it is here.
                (Some(id), Some("part")) if !folder.record(id).exists() => fs::remove_file(&path)?,
                (Some(_), Some("new")) => fs::remove_file(&path)?,
                _ => {}
            }
        }
        Ok((folder, records))
    }

    fn record(&self, id: UploadId) -> PathBuf {
        self.path.join(format!("{id}.json"))
    }

    pub(super) fn part(&self, id: UploadId) -> PathBuf {
        self.path.join(format!("{id}.part"))
    }

    /// Returns when the record, and the names in the folder, survive a power cut. Blocks.
    pub(super) fn write(&self, id: UploadId, record: &Record) -> io::Result<()> {
        let Record { file_name, bytes, tags, metadata, offset, touched, hash, asset } = record;
        let text = json!({
            "file_name": file_name, "bytes": bytes, "tags": tags, "metadata": metadata, "offset": offset,
            "touched": touched, "hash": hash, "asset": asset,
        });
        let new = self.path.join(format!("{id}.new"));
        let mut file = File::create(&new)?;
        file.write_all(text.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, self.record(id))?;
        sync_folder(&self.path)
    }

    /// Blocks.
    pub(super) fn remove(&self, id: UploadId) -> io::Result<()> {
        for path in [self.record(id), self.part(id)] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> io::Result<Record> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_again_and_nothing_else() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("uploads");
        let (folder, records) = Folder::open(path.clone()).unwrap();
        assert!(records.is_empty());
        let ids: Vec<UploadId> = (1..4).map(UploadId::numbered).collect();
        let record = |offset| Record {
            file_name: "a \"b\"\n.mp4".to_owned(),
            bytes: 1 << 40,
            tags: vec!["ä".to_owned()],
            metadata: "filename YQ==".to_owned(),
            offset,
            touched: 7,
            hash: None,
            asset: Some(5),
        };
        folder.write(ids[0], &record(1)).unwrap();
        folder.write(ids[0], &record(2)).unwrap();
        folder.write(ids[1], &record(3)).unwrap();
        fs::write(folder.part(ids[0]), b"kept").unwrap();
        fs::write(folder.part(ids[2]), b"nobody's").unwrap();
        fs::write(path.join(format!("{}.new", ids[0])), b"half").unwrap();
        folder.remove(ids[1]).unwrap();
        folder.remove(ids[1]).unwrap();
        let (folder, records) = Folder::open(path.clone()).unwrap();
        assert_eq!(records, [(ids[0], record(2))]);
        assert!(folder.part(ids[0]).exists());
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
    }
}
