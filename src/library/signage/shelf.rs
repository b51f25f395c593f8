//! What of the library playlists name, as screens would play it.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use crate::library::fold::tag_key;
use crate::library::{Error, Hash, Kind, media_type};
use crate::program::{Asset, File, Media, Page, Playlist, Reason, Shelf, UNROLLED_MAX, What};

/// Assets and tags; of sources the library knows nothing.
pub(super) fn read<'p>(
    connection: &Connection,
    playlists: impl Iterator<Item = &'p Playlist>,
) -> Result<Shelf, Error> {
    let (mut ids, mut tags) = (BTreeSet::new(), BTreeSet::new());
    for entry in playlists.flat_map(|playlist| &playlist.entries) {
        match &entry.what {
            What::Asset { id, .. } => drop(ids.insert(*id)),
            What::Tag(tag) => drop(tags.insert(tag)),
            What::Live(_) => {}
        }
    }
    let mut shelf = Shelf::default();
    for tag in tags {
        let tagged = tagged(connection, tag)?;
        ids.extend(tagged.iter().copied());
        shelf.tags.insert(tag.clone(), tagged);
    }
    shelf.assets = assets(connection, ids)?;
    Ok(shelf)
}

/// By name, outside of the bin; one more than are played, so that it is noticed.
fn tagged(connection: &Connection, tag: &str) -> Result<Vec<i64>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT a.id FROM tags t JOIN asset_tags x ON x.tag = t.id JOIN assets a ON a.id = x.asset
         WHERE t.key = ? AND a.binned IS NULL ORDER BY a.sort_name, a.id LIMIT {}",
        UNROLLED_MAX + 1
    ))?;
    Ok(statement.query_map([tag_key(tag)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn assets(connection: &Connection, ids: BTreeSet<i64>) -> Result<HashMap<i64, Asset>, Error> {
    let mut asset = connection.prepare_cached(
        "SELECT a.kind, a.name, a.binned IS NOT NULL, a.duration_ms,
            coalesce(a.plays_old_tv OR a.plays_browser, 0), o.hash, o.ext, o.bytes, c.hash, c.ext, c.bytes,
            EXISTS (SELECT 1 FROM jobs WHERE asset = a.id AND state IN ('waiting', 'running')
                AND step IN ('probe', 'pages', 'convert'))
         FROM assets a JOIN files o ON o.hash = a.hash LEFT JOIN files c ON c.hash = a.converted
         WHERE a.id = ?",
    )?;
    let mut pages = connection.prepare_cached(
        "SELECT f.hash, f.ext, f.bytes, number FROM pages JOIN files f USING (hash) WHERE asset = ?
         ORDER BY number",
    )?;
    let mut assets = HashMap::with_capacity(ids.len());
    for id in ids {
        let Some((kind, name, media)) = asset.query_row([id], read_asset).optional()? else { continue };
        let media = match (kind, media) {
            (Kind::Slide, Err(reason)) if reason != Reason::InBin => slide(&mut pages, id, reason)?,
            (_, media) => media,
        };
        assets.insert(id, Asset { name, media });
    }
    Ok(assets)
}

/// A video as it is played, and sound as the video that was made of it; of a slide, why it can't be if it has no pages.
fn read_asset(row: &Row<'_>) -> rusqlite::Result<(Kind, String, Result<Media, Reason>)> {
    let kind = row.get(0)?;
    let (binned, duration_ms, plays): (bool, u64, bool) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let original = file(row, 5)?.filter(|_| plays && kind == Kind::Video);
    let played = file(row, 8)?.or(original).filter(|_| kind != Kind::Slide && duration_ms > 0);
    let media = match played {
        _ if binned => Err(Reason::InBin),
        Some(file) => Ok(Media::Video { file, duration_ms }),
        None if row.get(11)? => Err(Reason::Waiting),
        None => Err(Reason::Failed),
    };
    Ok((kind, row.get(1)?, media))
}

fn slide(pages: &mut CachedStatement<'_>, id: i64, without: Reason) -> Result<Result<Media, Reason>, Error> {
    let pages = pages.query_map([id], |row| Ok(file(row, 0)?.map(|file| (file, row.get(3)))))?;
    let mut found = Vec::new();
    for page in pages {
        if let Some((file, number)) = page? {
            found.push(Page { number: number?, file });
        }
    }
    Ok(if found.is_empty() { Err(without) } else { Ok(Media::Slide { pages: found }) })
}

/// A file in the three columns from `at`, if there is one.
fn file(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<File>> {
    let Some(hash) = row.get::<_, Option<Hash>>(at)? else { return Ok(None) };
    let (ext, bytes): (String, u64) = (row.get(at + 1)?, row.get(at + 2)?);
    let media_type = media_type(&ext).unwrap_or("application/octet-stream");
    Ok(Some(File { name: format!("{hash}.{ext}"), media_type, bytes }))
}
