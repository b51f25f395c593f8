//! The work after an upload, as rows: what waits, what runs, and what came of it.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};

use super::asset::{Asset, Hash, JobState, Kind, Plays, Step, StoredFile};
use super::edit::record_file;
use super::error::Error;
use super::purge::forget_file;
use super::work::Facts;
use super::{Library, now, rows};

/// Said of a job that was running when the box stopped. A second time it is not tried again: what stops a box twice
/// must not stop it for ever.
const INTERRUPTED: &str = "the box stopped while this was being done";

/// Assets on pages that are remembered: two screens full.
const SEEN_MAX: usize = 120;

/// What a job made, all of it in a folder of [`Store::incoming`](super::Store::incoming).
#[derive(Debug)]
pub(super) enum Made {
    Probed { facts: Facts, plays: Plays, next: Vec<Step> },
    Pages(Vec<MadePage>),
    Thumbnail(PathBuf),
    Preview { file: PathBuf, frames: u32 },
    Subtitles(Vec<MadeSubtitle>),
    Converted(PathBuf),
}

#[derive(Debug)]
pub(super) struct MadePage {
    /// `None`: the original can be shown as it is.
    pub(super) file: Option<(PathBuf, &'static str)>,
    pub(super) width: u32,
    pub(super) height: u32,
}

#[derive(Debug)]
pub(super) struct MadeSubtitle {
    pub(super) file: PathBuf,
    pub(super) language: String,
    pub(super) label: String,
}

/// The numbers of subtitles that were uploaded beside a video begin here; below are those from inside of it, which are
/// all replaced when they are read again.
pub(super) const BESIDE_NUMBER_MIN: u32 = 100;

impl Kind {
    /// What is to be done with a new asset; the rest follows from what that finds.
    pub const fn first_step(self) -> Step {
        match self {
            Self::Video | Self::Sound => Step::Probe,
            Self::Slide => Step::Pages,
        }
    }

    /// Whether a step means anything for such an asset.
    pub(super) const fn has_step(self, step: Step) -> bool {
        match self {
            Self::Video => !matches!(step, Step::Pages),
            Self::Slide => matches!(step, Step::Pages | Step::Thumbnail),
            Self::Sound => matches!(step, Step::Probe | Step::Thumbnail | Step::Convert),
        }
    }
}

impl Library {
    /// At start: what was running when the program ended waits again, once.
    pub(super) async fn reopen_jobs(&self) -> Result<(), Error> {
        if self.is_read_only() {
            return Ok(());
        }
        let reopen = |connection: &Connection| {
            connection.execute(
                "UPDATE jobs SET state = 'failed', problem = ?1 || ', twice',
                    advice = 'Check that the file plays on a computer, then try again.', changed = ?2
                 WHERE state = 'running' AND problem = ?1",
                params![INTERRUPTED, now()],
            )?;
            Ok(connection.execute(
                "UPDATE jobs SET state = 'waiting', problem = ? WHERE state = 'running'",
                [INTERRUPTED],
            )?)
        };
        self.db().write(reopen).await?;
        self.changed();
        Ok(())
    }

    /// The job that somebody waits for most, of conversions or of all others: of what is on somebody's page, then of what was
    /// uploaded, then of what was imported; what makes it seen before what makes it comfortable; the newest first. Nothing is
    /// done with what is in the bin, and nothing with what is not probed.
    pub(super) async fn next_job(&self, conversions: bool) -> Result<Option<(i64, Step)>, Error> {
        if self.is_read_only() {
            return Ok(None);
        }
        let seen = self.seen_ids();
        self.db()
            .read(move |connection| {
                let mut statement = connection.prepare(&format!(
                    "SELECT j.asset, j.step FROM jobs j JOIN assets a ON a.id = j.asset
                     WHERE j.state = 'waiting' AND (j.step = 'convert') = ? AND a.binned IS NULL
                        AND (j.step IN ('probe', 'pages') OR NOT EXISTS (SELECT 1 FROM jobs p
                            WHERE p.asset = j.asset AND p.step IN ('probe', 'pages') AND p.state <> 'done'))
                     ORDER BY j.asset IN ({seen}) DESC, j.step IN ('preview', 'subtitles'), a.imported, j.asset DESC,
                        j.step DESC LIMIT 1"
                ))?;
                let job = statement.query_row([conversions], |row| Ok((row.get(0)?, row.get(1)?)));
                Ok(job.optional()?)
            })
            .await
    }

    /// These are on somebody's page: what is to be done with them comes first.
    pub fn seen(&self, ids: impl IntoIterator<Item = i64>) {
        let mut seen = self.inner.seen.lock().expect("no holder of this lock can panic");
        for id in ids {
            seen.retain(|known| *known != id);
            seen.push_back(id);
        }
        let over = seen.len().saturating_sub(SEEN_MAX);
        seen.drain(..over);
    }

    /// With commas between.
    fn seen_ids(&self) -> String {
        let seen = self.inner.seen.lock().expect("no holder of this lock can panic");
        seen.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
    }

    /// How many jobs wait.
    pub(super) async fn waiting_jobs(&self) -> Result<u64, Error> {
        self.db()
            .read(|connection| {
                let sql = "SELECT count(*) FROM jobs WHERE state = 'waiting'";
                Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
            })
            .await
    }

    /// Marks a waiting job as running. `None`: it does not wait any more.
    pub(super) async fn begin_job(&self, id: i64, step: Step) -> Result<Option<Asset>, Error> {
        self.has_room()?;
        let begin = move |connection: &Connection| {
            let sql = "UPDATE jobs SET state = 'running' WHERE asset = ? AND step = ? AND state = 'waiting'";
            let begun = connection.prepare_cached(sql)?.execute(params![id, step])?;
            if begun == 0 { Ok(None) } else { rows::asset(connection, id).map(Some) }
        };
        let begun = self.db().write(begin).await?;
        self.changed();
        Ok(begun)
    }

    /// A running job ends without a result: failed, cancelled, or waiting again.
    pub(super) async fn end_job(
        &self,
        id: i64,
        step: Step,
        state: JobState,
        (problem, advice): (String, String),
    ) -> Result<(), Error> {
        let end = move |connection: &Connection| {
            let sql = "UPDATE jobs SET state = ?, problem = ?, advice = ?, changed = ?
                 WHERE asset = ? AND step = ? AND state = 'running'";
            connection.prepare_cached(sql)?.execute(params![state, problem, advice, now(), id, step])?;
            Ok(())
        };
        self.db().write(end).await?;
        self.changed();
        Ok(())
    }

    /// A job is to be done, again or for the first time. One that waits or runs stays as it is.
    pub(super) async fn ask_for_job(&self, id: i64, step: Step) -> Result<(), Error> {
        let ask = move |connection: &Connection| {
            let kind = "SELECT kind FROM assets WHERE id = ?";
            let kind: Kind = connection.prepare_cached(kind)?.query_row([id], |row| row.get(0))?;
            if !kind.has_step(step) {
                return Err(Error::Invalid { what: "the step", allowed: "one that such an asset has" });
            }
            wait_for(connection, id, step, "state NOT IN ('waiting', 'running')")
        };
        self.db().write(ask).await?;
        self.changed();
        Ok(())
    }

    /// Cancels a job that waits; false: it does not wait.
    pub(super) async fn cancel_waiting(&self, id: i64, step: Step) -> Result<bool, Error> {
        let cancel = move |connection: &Connection| {
            let sql = "UPDATE jobs SET state = 'cancelled', problem = '', advice = '', changed = ?
                 WHERE asset = ? AND step = ? AND state = 'waiting'";
            let cancelled = connection.prepare_cached(sql)?.execute(params![now(), id, step])?;
            let there = "SELECT 1 FROM assets WHERE id = ?";
            if cancelled == 0 && !connection.prepare_cached(there)?.exists([id])? {
                return Err(Error::NoSuchAsset);
            }
            Ok(cancelled > 0)
        };
        let cancelled = self.db().write(cancel).await?;
        if cancelled {
            self.changed();
        }
        Ok(cancelled)
    }

    /// When a camera took it, as its file says.
    pub(super) async fn set_taken(&self, id: i64, at: i64) -> Result<(), Error> {
        let set = move |connection: &Connection| {
            connection.prepare_cached("UPDATE assets SET taken = ? WHERE id = ?")?.execute([at, id])?;
            Ok(())
        };
        self.db().write(set).await
    }

    /// Takes in what a running job made, and what it replaces out; `remarks` are for people, and may be empty. When this
    /// returns, it survives a power cut.
    pub(super) async fn attach(
        &self,
        id: i64,
        step: Step,
        made: Made,
        remarks: (String, String),
    ) -> Result<(), Error> {
        let (outcome, old) = {
            // Until the row is there, nothing tells that the files are wanted.
            let _kept = self.inner.shelves.read().await;
            let mut files = Vec::new();
            match self.take_in(&made, &mut files).await {
                Err(error) => (Err(error), files),
                Ok(()) => {
                    let published = files.clone();
                    let write = move |connection: &Connection| {
                        attach(connection, (id, step), &made, &published, &remarks)
                    };
                    match self.db().write(write).await {
                        Ok(replaced) => (Ok(()), replaced),
                        Err(error) => (Err(error), files),
                    }
                }
            }
        };
        self.changed();
        let old = old.into_iter().map(|file| (file.hash, file.ext)).collect();
        outcome.and(self.discard(old).await)
    }

    /// Stores the files in the order in which [`attach`] looks for them.
    async fn take_in(&self, made: &Made, files: &mut Vec<StoredFile>) -> Result<(), Error> {
        let paths: Vec<(PathBuf, &str)> = match made {
            Made::Probed { .. } => Vec::new(),
            Made::Pages(pages) => pages.iter().filter_map(|page| page.file.clone()).collect(),
            Made::Thumbnail(file) | Made::Preview { file, .. } => vec![(file.clone(), "jpg")],
            Made::Subtitles(texts) => texts.iter().map(|text| (text.file.clone(), "vtt")).collect(),
            Made::Converted(file) => vec![(file.clone(), "mp4")],
        };
        for (path, ext) in paths {
            files.push(self.publish(path, ext.to_owned()).await?);
        }
        Ok(())
    }

    /// Removes those files that nothing refers to.
    pub(super) async fn discard(&self, files: Vec<(Hash, String)>) -> Result<(), Error> {
        if files.is_empty() {
            return Ok(());
        }
        // Nothing may be taken in meanwhile that has the content of what is deleted.
        let _alone = self.inner.shelves.write().await;
        let unwanted = move |connection: &Connection| {
            let mut unwanted = Vec::new();
            for (hash, ext) in files {
                forget_file(connection, hash)?;
                // One without a row was stored for a change that was not made.
                if !connection.prepare_cached("SELECT 1 FROM files WHERE hash = ?")?.exists([hash])? {
                    unwanted.push((hash, ext));
                }
            }
            Ok(unwanted)
        };
        let unwanted = self.db().write(unwanted).await?;
        let store = self.store().clone();
        let removing = tokio::task::spawn_blocking(move || {
            for (hash, ext) in unwanted {
                if let Err(error) = store.remove(hash, &ext) {
                    log::warn!("library: {hash}.{ext} can't be removed: {error}");
                }
            }
        });
        let failed = |error: tokio::task::JoinError| Error::Failed {
            operation: "removing files".to_owned(),
            cause: error.to_string(),
        };
        removing.await.map_err(failed)
    }
}

/// A job waits: a new one, or one whose state is as `replaced` says.
fn wait_for(connection: &Connection, id: i64, step: Step, replaced: &str) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO jobs (asset, step, state, changed) VALUES (?, ?, 'waiting', ?)
         ON CONFLICT (asset, step) DO UPDATE SET state = 'waiting', problem = '', advice = '',
            changed = excluded.changed WHERE {replaced}"
    );
    connection.prepare_cached(&sql)?.execute(params![id, step, now()])?;
    Ok(())
}

/// Returns the files that were replaced.
fn attach(
    connection: &Connection,
    (id, step): (i64, Step),
    made: &Made,
    files: &[StoredFile],
    (problem, advice): &(String, String),
) -> Result<Vec<StoredFile>, Error> {
    let sql = "UPDATE jobs SET state = 'done', problem = ?, advice = ?, changed = ?
         WHERE asset = ? AND step = ? AND state = 'running'";
    if connection.prepare_cached(sql)?.execute(params![problem, advice, now(), id, step])? == 0 {
        return Err(Error::NoSuchAsset);
    }
    for file in files {
        record_file(connection, file)?;
    }
    let old = rows::asset(connection, id)?;
    match (made, files) {
        (Made::Probed { facts, plays, next }, _) => {
            set_facts(connection, id, facts, *plays)?;
            for step in next {
                // What was converted stays converted, and what a person cancelled cancelled.
                let keep = "step <> 'convert' AND state <> 'running' OR state = 'failed'";
                wait_for(connection, id, *step, keep)?;
            }
            Ok(Vec::new())
        }
        (Made::Pages(pages), files) => {
            set_pages(connection, &old, pages, files)?;
            wait_for(connection, id, Step::Thumbnail, "state <> 'running'")?;
            Ok(old.pages.into_iter().map(|page| page.file).collect())
        }
        (Made::Subtitles(texts), files) => {
            set_subtitles(connection, id, texts, files)?;
            let inside = |number: u32| number < BESIDE_NUMBER_MIN;
            Ok(old.subtitles.into_iter().filter(|old| inside(old.number)).map(|old| old.file).collect())
        }
        (Made::Thumbnail(_), [file]) => {
            set_file(connection, "UPDATE assets SET thumbnail = ? WHERE id = ?", id, file)?;
            Ok(old.summary.thumbnail.into_iter().collect())
        }
        (Made::Preview { frames, .. }, [file]) => {
            set_file(connection, "UPDATE assets SET preview = ? WHERE id = ?", id, file)?;
            let sql = "UPDATE assets SET preview_frames = ? WHERE id = ?";
            connection.prepare_cached(sql)?.execute(params![frames, id])?;
            Ok(old.summary.preview.into_iter().collect())
        }
        (Made::Converted(_), [file]) => {
            set_file(connection, "UPDATE assets SET converted = ? WHERE id = ?", id, file)?;
            Ok(old.converted.into_iter().collect())
        }
        _ => Err(Error::Failed {
            operation: "attaching a result".to_owned(),
            cause: "not one file was stored for it".to_owned(),
        }),
    }
}

fn set_file(connection: &Connection, sql: &str, id: i64, file: &StoredFile) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute(params![file.hash, id])?;
    Ok(())
}

fn set_facts(connection: &Connection, id: i64, facts: &Facts, plays: Plays) -> Result<(), Error> {
    // A name does not tell whether there is a picture: M4A and MP4 are one container, and so are their like.
    let (kind, video) = match facts.is_sound() {
        true => (Kind::Sound, ""),
        false => (Kind::Video, facts.video.name()),
    };
    let sql = "UPDATE assets SET kind = ?, duration_ms = ?, width = ?, height = ?, rotation = ?, frames_per_s = ?,
            bitrate_bps = ?, container = ?, video_codec = ?, audio_codec = ?, plays_hdmi = ?, plays_browser = ?,
            plays_old_tv = ? WHERE id = ?";
    connection.prepare_cached(sql)?.execute(params![
        kind,
        facts.duration_ms,
        facts.width,
        facts.height,
        facts.rotation,
        facts.frames_per_s,
        facts.bitrate_bps,
        facts.container.name(),
        video,
        facts.audio.map_or("", |audio| audio.codec.name()),
        plays.hdmi,
        plays.browser,
        plays.old_tv,
        id
    ])?;
    Ok(())
}

/// `files` are those of the pages that have one of their own.
fn set_pages(
    connection: &Connection,
    asset: &Asset,
    pages: &[MadePage],
    files: &[StoredFile],
) -> Result<(), Error> {
    let id = asset.summary.id;
    connection.prepare_cached("DELETE FROM pages WHERE asset = ?")?.execute([id])?;
    let mut files = files.iter();
    let sql = "INSERT INTO pages (asset, number, hash, width, height) VALUES (?, ?, ?, ?, ?)";
    let mut insert = connection.prepare_cached(sql)?;
    for (page, number) in pages.iter().zip(1_u32..) {
        let own = page.file.as_ref().and_then(|_| files.next());
        let file = own.unwrap_or(&asset.original);
        insert.execute(params![id, number, file.hash, page.width, page.height])?;
    }
    let Some(first) = pages.first() else { return Ok(()) };
    let sql = "UPDATE assets SET width = ?, height = ?, container = ? WHERE id = ?";
    let container = asset.original.ext.as_str();
    connection.prepare_cached(sql)?.execute(params![first.width, first.height, container, id])?;
    Ok(())
}

fn set_subtitles(
    connection: &Connection,
    id: i64,
    texts: &[MadeSubtitle],
    files: &[StoredFile],
) -> Result<(), Error> {
    let sql = "DELETE FROM subtitles WHERE asset = ? AND number < ?";
    connection.prepare_cached(sql)?.execute(params![id, BESIDE_NUMBER_MIN])?;
    let sql = "INSERT INTO subtitles (asset, number, language, label, hash) VALUES (?, ?, ?, ?, ?)";
    let mut insert = connection.prepare_cached(sql)?;
    for ((text, file), number) in texts.iter().zip(files).zip(1..BESIDE_NUMBER_MIN) {
        insert.execute(params![id, number, text.language, text.label, file.hash])?;
    }
    Ok(())
}
