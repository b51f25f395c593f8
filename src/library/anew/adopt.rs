//! Files of the store for a database that begins anew: their rows, and assets for those whose rows are lost.

use std::fs;

use rusqlite::{Connection, params};

use crate::library::asset::{Hash, StoredFile};
use crate::library::check::{self, Report};
use crate::library::content::jpeg_size;
use crate::library::edit::{Arrival, New, insert};
use crate::library::error::Error;
use crate::library::kinds::FileKind;
use crate::library::purge::forget_file;
use crate::library::schema::key_tags;
use crate::library::search::index;
use crate::library::store::{EXTENSIONS, Store, read_head};

/// A thumbnail is at most so wide and so high (`child/page.rs`), a preview is up to ten pictures of at most so much side by
/// side (`child/video.rs`). Both are JPEG: as assets nobody would want them.
const THUMBNAIL: (u16, u16) = (480, 960);
const PREVIEW: (u16, u16) = (10 * 240, 240);

/// A row for each file that is there.
pub(super) fn record_files(to: &Connection, store: &Store) -> Result<(), Error> {
    let mut insert =
        to.prepare("INSERT OR IGNORE INTO files (hash, ext, bytes, added) VALUES (?, ?, ?, ?)")?;
    for shelf in check::list(&store.shelves())? {
        for path in check::list(&shelf)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some((hash, ext)) = name.split_once('.') else { continue };
            let (Ok(hash), Ok(metadata)) = (hash.parse::<Hash>(), fs::metadata(&path)) else { continue };
            if EXTENSIONS.iter().any(|(known, _)| *known == ext) {
                let added = super::modified(&path).unwrap_or_default();
                insert.execute(params![hash, ext, metadata.len().cast_signed(), added])?;
            }
        }
    }
    Ok(())
}

/// Makes assets of files that nothing names. Returns how many.
pub(super) fn adopt(to: &Connection, store: &Store) -> Result<u64, Error> {
    let mut adopted = 0;
    for file in unused(to)? {
        let Some(kind) = FileKind::of(&format!("a.{}", file.ext)) else { continue };
        let path = store.path(file.hash, &file.ext);
        let head = read_head(&path).map_err(|error| Error::file("reading", &path, &error))?;
        let made = |(width, height): (u16, u16)| {
            [THUMBNAIL, PREVIEW].iter().any(|most| width <= most.0 && height <= most.1)
        };
        if !kind.holds(&head) || jpeg_size(&head).is_some_and(made) {
            continue;
        }
        let name = file.hash.to_string();
        let new = New {
            kind: kind.kind,
            file_name: format!("Rescued {}.{}", &name[..8], kind.ext),
            ext: file.ext.clone(),
            tags: Vec::new(),
            steps: kind.steps(),
        };
        insert(to, &file, &new, &Arrival::Sent)?;
        adopted += 1;
    }
    Ok(adopted)
}

/// Takes away what nothing refers to, counts and indexes anew, and has made again what was made from files and is lost.
pub(super) fn tidy(to: &Connection) -> Result<(), Error> {
    for file in unused(to)? {
        forget_file(to, file.hash)?;
    }
    // An earlier version's have none.
    key_tags(to)?;
    to.execute_batch(
        "DELETE FROM tags WHERE NOT EXISTS (SELECT 1 FROM asset_tags WHERE tag = tags.id);
         -- What was shown over everything last.
         DELETE FROM message WHERE id < (SELECT max(id) FROM message);
         UPDATE jobs SET state = 'waiting' WHERE state = 'running' OR state = 'done' AND (
            step = 'thumbnail' AND asset IN (SELECT id FROM assets WHERE thumbnail IS NULL)
            OR step = 'preview' AND asset IN (SELECT id FROM assets WHERE preview IS NULL)
            OR step = 'convert' AND asset IN (SELECT id FROM assets WHERE converted IS NULL)
            OR step = 'pages' AND asset NOT IN (SELECT asset FROM pages));
         INSERT INTO jobs (asset, step, state, changed)
            SELECT id, iif(kind = 'slide', 'pages', 'probe'), 'waiting', unixepoch() FROM assets
            WHERE id NOT IN (SELECT asset FROM jobs);",
    )?;
    let mut assets = to.prepare("SELECT id FROM assets")?;
    for id in assets.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()? {
        index(to, id)?;
    }
    check::counts(to, true, &mut Report::default())
}

/// Files that nothing refers to.
fn unused(to: &Connection) -> Result<Vec<StoredFile>, Error> {
    let mut statement = to.prepare(
        "SELECT hash, ext, bytes FROM files f WHERE
            NOT EXISTS (SELECT 1 FROM assets WHERE hash = f.hash)
            AND NOT EXISTS (SELECT 1 FROM assets WHERE converted = f.hash)
            AND NOT EXISTS (SELECT 1 FROM assets WHERE thumbnail = f.hash)
            AND NOT EXISTS (SELECT 1 FROM assets WHERE preview = f.hash)
            AND NOT EXISTS (SELECT 1 FROM pages WHERE hash = f.hash)
            AND NOT EXISTS (SELECT 1 FROM subtitles WHERE hash = f.hash)
         ORDER BY added, hash",
    )?;
    let files = statement
        .query_map([], |row| Ok(StoredFile { hash: row.get(0)?, ext: row.get(1)?, bytes: row.get(2)? }))?;
    Ok(files.collect::<rusqlite::Result<_>>()?)
}
