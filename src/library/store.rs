//! Files, each named by the hash of its content: `files/ab/abcd….mp4`. A file that is there is whole and never changes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::HEAD_BYTES;
use super::asset::{Hash, StoredFile};
use super::error::Error;

/// What may be stored, and the type it is served as. Nothing else gets in, whatever its name says.
pub const EXTENSIONS: [(&str, &str); 42] = [
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("mkv", "video/x-matroska"),
    ("webm", "video/webm"),
    ("3gp", "video/mp4"),
    ("avi", "video/x-msvideo"),
    ("wmv", "video/x-ms-wmv"),
    ("asf", "video/x-ms-asf"),
    ("ts", "video/mp2t"),
    ("m2ts", "video/mp2t"),
    ("mts", "video/mp2t"),
    ("mpg", "video/mpeg"),
    ("mpeg", "video/mpeg"),
    ("flv", "video/x-flv"),
    ("ogv", "video/ogg"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("m4b", "audio/mp4"),
    ("aac", "audio/aac"),
    ("flac", "audio/flac"),
    ("wav", "audio/wav"),
    ("ogg", "audio/ogg"),
    ("oga", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("wma", "audio/x-ms-wma"),
    ("mka", "audio/x-matroska"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("bmp", "image/bmp"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("hif", "image/heif"),
    ("avif", "image/avif"),
    ("svg", "image/svg+xml"),
    ("pdf", "application/pdf"),
    ("vtt", "text/vtt; charset=utf-8"),
];

/// Read and hashed at once.
const CHUNK_BYTES: usize = 1 << 20;

/// The folders of a library. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The folders of a library that somebody has opened.
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Makes the folders that are missing.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let store = Self::at(folder);
        fs::create_dir_all(store.incoming())?;
        for byte in 0..=u8::MAX {
            fs::create_dir_all(store.shelf(byte))?;
        }
        sync_folder(&store.shelves())?;
        sync_folder(folder)?;
        Ok(store)
    }

    /// Where files are written before they have a name: the same file system, so that a rename moves them.
    pub fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }

    /// The folder of folders that files with a name are in.
    pub(super) fn shelves(&self) -> PathBuf {
        self.folder.join("files")
    }

    fn shelf(&self, first: u8) -> PathBuf {
        self.shelves().join(format!("{first:02x}"))
    }

    /// Where a file is, or would be.
    pub fn path(&self, hash: Hash, ext: &str) -> PathBuf {
        self.shelf(hash.bytes()[0]).join(format!("{hash}.{ext}"))
    }

    /// Takes a file that was written to [`Self::incoming`] in: whole, on the disk, under its hash. If the same content
    /// is there already, `from` is removed. Blocks for as long as reading the file takes.
    pub fn publish(&self, from: &Path, ext: &str) -> Result<StoredFile, Error> {
        let failed = |error: io::Error| Error::file("storing", from, &error);
        let mut file = File::open(from).map_err(failed)?;
        let (hash, bytes) = hash_of(&mut file).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        let stored = StoredFile { hash, ext: ext.to_owned(), bytes };
        self.place(from, &stored)?;
        Ok(stored)
    }

    /// The same for a file whose hash is known, and which is on the disk. One that was taken in before, and then broke
    /// off, is fine.
    pub(super) fn place(&self, from: &Path, file: &StoredFile) -> Result<(), Error> {
        let failed = |error: io::Error| Error::file("storing", from, &error);
        let to = self.path(file.hash, &file.ext);
        let moved = if to.exists() { fs::remove_file(from) } else { fs::rename(from, &to) };
        match moved {
            Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => {}
            moved => moved.map_err(failed)?,
        }
        sync_folder(&self.shelf(file.hash.bytes()[0])).map_err(failed)
    }

    /// Removes a file nobody refers to any more. One that is gone already is fine.
    pub(super) fn remove(&self, hash: Hash, ext: &str) -> io::Result<()> {
        match fs::remove_file(self.path(hash, ext)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Reads to the end; the file's hash and length.
pub(super) fn hash_of(file: &mut impl Read) -> io::Result<(Hash, u64)> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((Hash::new(*hasher.finalize().as_bytes()), bytes)),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A new name is on the disk only when its folder is.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The type a stored file is served as.
pub fn media_type(ext: &str) -> Option<&'static str> {
    EXTENSIONS.iter().find(|(known, _)| *known == ext).map(|(_, media_type)| *media_type)
}

/// The beginning of a file, as much as tells what is in it.
pub(super) fn read_head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_is_stored_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let put = |name: &str| {
            let from = store.incoming().join(name);
            fs::write(&from, b"content").unwrap();
            store.publish(&from, "mp4").unwrap()
        };
        let (first, second) = (put("a"), put("b"));
        assert_eq!(first, second);
        assert_eq!(first.bytes, 7);
        assert_eq!(fs::read(store.path(first.hash, "mp4")).unwrap(), b"content");
        assert_eq!(fs::read_dir(store.incoming()).unwrap().count(), 0);
        // What broke off after the file was moved is done again.
        store.place(&store.incoming().join("a"), &first).unwrap();
        store.remove(first.hash, "mp4").unwrap();
        store.remove(first.hash, "mp4").unwrap();
        assert!(store.place(&store.incoming().join("a"), &first).is_err());
    }
}
