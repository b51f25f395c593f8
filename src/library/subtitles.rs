//! Subtitles that come beside a video, as a file of their own.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};

use super::Library;
use super::asset::StoredFile;
use super::edit::record_file;
use super::error::Error;
use super::jobs::BESIDE_NUMBER_MIN;
use super::work::subtitles::{self, Cue};

/// Of one video, inside and beside.
const SUBTITLES_MAX: u32 = 200;

impl Library {
    /// Takes an uploaded `.srt` or `.vtt` from [`Store::incoming`](super::Store::incoming): to the newest video whose file
    /// has the same name, `Film.srt` or `Film.en.srt` for `Film.mp4`. Returns that video, or `None` if there is none.
    /// The file is gone after, whatever comes of it.
    pub async fn add_subtitle(&self, from: PathBuf, file_name: &str) -> Result<Option<i64>, Error> {
        let video = self.video_of(file_name).await;
        let cues = read(from.clone()).await;
        let (Some((id, language)), cues) = (video?, cues?) else { return Ok(None) };
        if cues.is_empty() {
            return Err(Error::NO_SUBTITLES);
        }
        // Until the row is there, nothing tells that the file is wanted.
        let kept = self.inner.shelves.read().await;
        write(from.clone(), subtitles::write_vtt(&cues)).await?;
        let file = self.publish(from, "vtt".to_owned()).await?;
        let published = (file.hash, file.ext.clone());
        let written = self.db().write(move |connection| add(connection, id, &language, &file)).await;
        drop(kept);
        match written {
            Ok(()) => self.changed(),
            Err(_) => self.discard(vec![published]).await?,
        }
        written.map(|()| Some(id))
    }
}

impl Library {
    /// The newest video that subtitles of this name belong to, and their language.
    pub(super) async fn video_of(&self, file_name: &str) -> Result<Option<(i64, String)>, Error> {
        let names = subtitles::names(file_name);
        self.db().read(move |connection| video_named(connection, &names)).await
    }
}

/// Reads and removes it.
async fn read(path: PathBuf) -> Result<Vec<Cue>, Error> {
    blocking("reading subtitles", move || {
        let cues = subtitles::read_file(&path);
        std::fs::remove_file(&path)?;
        cues
    })
    .await
}

async fn write(path: PathBuf, text: String) -> Result<(), Error> {
    blocking("writing subtitles", move || std::fs::write(path, text)).await
}

async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| Error::io(operation, &error)),
        Err(error) => Err(Error::Failed { operation: operation.to_owned(), cause: error.to_string() }),
    }
}

/// The newest video with one of these names, and the language its subtitles are in. An earlier name is a better one.
fn video_named(connection: &Connection, names: &[(String, String)]) -> Result<Option<(i64, String)>, Error> {
    let sql = "SELECT id FROM assets WHERE kind = 'video' AND binned IS NULL
            AND rtrim(file_name, replace(file_name, '.', '')) = (? || '.') COLLATE NOCASE
         ORDER BY id DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    for (name, language) in names {
        if let Some(id) = statement.query_row([name], |row| row.get(0)).optional()? {
            return Ok(Some((id, language.clone())));
        }
    }
    Ok(None)
}

fn add(connection: &Connection, id: i64, language: &str, file: &StoredFile) -> Result<(), Error> {
    record_file(connection, file)?;
    let there = "SELECT 1 FROM subtitles WHERE asset = ? AND hash = ?";
    if connection.prepare_cached(there)?.exists(params![id, file.hash])? {
        return Ok(());
    }
    let sql = "SELECT count(*), max(number) FROM subtitles WHERE asset = ?";
    let (count, last): (u32, Option<u32>) =
        connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if count >= SUBTITLES_MAX {
        return Err(Error::Invalid { what: "subtitles", allowed: "at most 200 for one video" });
    }
    let number = last.map_or(BESIDE_NUMBER_MIN, |last| BESIDE_NUMBER_MIN.max(last + 1));
    let sql = "INSERT INTO subtitles (asset, number, language, label, hash) VALUES (?, ?, ?, '', ?)";
    connection.prepare_cached(sql)?.execute(params![id, number, language, file.hash])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_video_is_found_by_the_name_of_its_file() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE assets (id INTEGER PRIMARY KEY, kind, binned, file_name);
                 INSERT INTO assets VALUES (1, 'video', NULL, 'Film.mp4'), (2, 'video', NULL, 'Film.fr.mkv'),
                    (3, 'slide', NULL, 'Film.png'), (4, 'video', 1, 'Film.webm'), (5, 'video', NULL, 'none');",
            )
            .unwrap();
        let found = |file_name: &str| video_named(&connection, &subtitles::names(file_name)).unwrap();
        assert_eq!(found("film.srt"), Some((1, String::new())));
        assert_eq!(found("Film.EN.srt"), Some((1, "en".to_owned())));
        assert_eq!(found("Film.fr.srt"), Some((2, String::new())));
        assert_eq!(found("Fil_.srt"), None);
        assert_eq!(found("none.srt"), None);
    }
}
