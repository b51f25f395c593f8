//! From rows to values.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row};

use super::asset::{
    Asset, Hash, Job, JobState, Kind, Page, Plays, Step, StoredFile, Subtitle, Summary, Work,
};
use super::error::Error;

impl FromSql for Hash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
        Ok(Self::new(bytes))
    }
}

impl ToSql for Hash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.bytes())))
    }
}

/// A column whose words are the names of an enum.
macro_rules! named_column {
    ($($type:ty),*) => {$(
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::named(value.as_str()?).ok_or(FromSqlError::InvalidType)
            }
        }

        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.name().into())
            }
        }
    )*};
}
named_column!(Kind, Step, JobState);

/// Between the names of an asset's tags in one column: no name can have it.
const SEPARATOR: char = '\u{1f}';

/// What [`summary`] reads, from `assets a` with the files `t` and `p`.
pub(super) const SUMMARY_COLUMNS: &str = "
    a.id, a.kind, a.name, a.added, a.binned, a.duration_ms, a.width, a.height, a.favorite, a.rating, a.views,
    a.last_watched, a.position_ms, a.preview_frames, t.hash, t.ext, t.bytes, p.hash, p.ext, p.bytes,
    (SELECT group_concat(name, char(31)) FROM asset_tags JOIN tags ON tags.id = tag WHERE asset = a.id),
    (SELECT max(CASE state WHEN 'running' THEN 3 WHEN 'waiting' THEN 2
        WHEN 'failed' THEN step IN ('probe', 'pages', 'convert') ELSE 0 END) FROM jobs WHERE asset = a.id),
    a.taken";
/// How many these are.
pub(super) const SUMMARY_COUNT: usize = 23;
pub(super) const SUMMARY_FILES: &str =
    "LEFT JOIN files t ON t.hash = a.thumbnail LEFT JOIN files p ON p.hash = a.preview";

pub(super) fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    let tags: Option<String> = row.get(20)?;
    let mut tags: Vec<String> =
        tags.map_or_else(Vec::new, |tags| tags.split(SEPARATOR).map(str::to_owned).collect());
    tags.sort_by_key(|tag| tag.to_lowercase());
    Ok(Summary {
        id: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        added: row.get(3)?,
        binned: row.get(4)?,
        duration_ms: row.get(5)?,
        width: row.get(6)?,
        height: row.get(7)?,
        favorite: row.get(8)?,
        rating: row.get(9)?,
        views: row.get(10)?,
        last_watched: row.get(11)?,
        position_ms: row.get(12)?,
        preview_frames: row.get(13)?,
        thumbnail: stored(row, 14)?,
        preview: stored(row, 17)?,
        tags,
        work: match row.get::<_, Option<u8>>(21)? {
            Some(3) => Work::Running,
            Some(2) => Work::Waiting,
            Some(1) => Work::Failed,
            _ => Work::Done,
        },
        taken: row.get(22)?,
    })
}

/// A file in the three columns from `at`, if there is one.
fn stored(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<StoredFile>> {
    let hash: Option<Hash> = row.get(at)?;
    hash.map(|hash| Ok(StoredFile { hash, ext: row.get(at + 1)?, bytes: row.get(at + 2)? })).transpose()
}

/// Everything of one asset.
pub(super) fn asset(connection: &Connection, id: i64) -> Result<Asset, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {SUMMARY_COLUMNS}, o.hash, o.ext, o.bytes, c.hash, c.ext, c.bytes, a.file_name, a.container,
            a.video_codec, a.audio_codec, a.rotation, a.frames_per_s, a.bitrate_bps, a.plays_hdmi, a.plays_browser,
            a.plays_old_tv
         FROM assets a {SUMMARY_FILES} JOIN files o ON o.hash = a.hash LEFT JOIN files c ON c.hash = a.converted
         WHERE a.id = ?"
    ))?;
    let asset = statement.query_row([id], |row| {
        let plays = match row.get(36)? {
            Some(hdmi) => Some(Plays { hdmi, browser: row.get(37)?, old_tv: row.get(38)? }),
            None => None,
        };
        Ok(Asset {
            summary: summary(row)?,
            original: stored(row, 23)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
            converted: stored(row, 26)?,
            file_name: row.get(29)?,
            container: row.get(30)?,
            video_codec: row.get(31)?,
            audio_codec: row.get(32)?,
            rotation: row.get(33)?,
            frames_per_s: row.get(34)?,
            bitrate_bps: row.get(35)?,
            plays,
            pages: Vec::new(),
            subtitles: Vec::new(),
            jobs: Vec::new(),
        })
    })?;
    Ok(Asset {
        pages: pages(connection, id)?,
        subtitles: subtitles(connection, id)?,
        jobs: jobs(connection, id)?,
        ..asset
    })
}

fn pages(connection: &Connection, id: i64) -> rusqlite::Result<Vec<Page>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, width, height, f.hash, f.ext, f.bytes FROM pages JOIN files f USING (hash)
         WHERE asset = ? ORDER BY number",
    )?;
    let pages = statement.query_map([id], |row| {
        let file = StoredFile { hash: row.get(3)?, ext: row.get(4)?, bytes: row.get(5)? };
        Ok(Page { number: row.get(0)?, width: row.get(1)?, height: row.get(2)?, file })
    })?;
    pages.collect()
}

fn subtitles(connection: &Connection, id: i64) -> rusqlite::Result<Vec<Subtitle>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, language, label, f.hash, f.ext, f.bytes FROM subtitles JOIN files f USING (hash)
         WHERE asset = ? ORDER BY number",
    )?;
    let subtitles = statement.query_map([id], |row| {
        let file = StoredFile { hash: row.get(3)?, ext: row.get(4)?, bytes: row.get(5)? };
        Ok(Subtitle { number: row.get(0)?, language: row.get(1)?, label: row.get(2)?, file })
    })?;
    subtitles.collect()
}

fn jobs(connection: &Connection, id: i64) -> rusqlite::Result<Vec<Job>> {
    let mut statement =
        connection.prepare_cached("SELECT step, state, problem, advice FROM jobs WHERE asset = ?")?;
    let jobs = statement.query_map([id], |row| {
        Ok(Job { step: row.get(0)?, state: row.get(1)?, problem: row.get(2)?, advice: row.get(3)? })
    })?;
    let mut jobs = jobs.collect::<rusqlite::Result<Vec<_>>>()?;
    jobs.sort_by_key(|job| job.step);
    Ok(jobs)
}
