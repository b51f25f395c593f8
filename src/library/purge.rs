//! Deleting for good, from the bin: rows first, then files that nothing refers to any more.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, OptionalExtension};

use super::asset::Hash;
use super::bulk::{self, Which};
use super::edit::Edited;
use super::error::Error;
use super::query::Selection;
use super::{Library, now};

/// What is to be deleted from the bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purge {
    Assets(Vec<i64>),
    /// Thrown away before this, in seconds since 1970.
    Before(i64),
    /// All of the bin that are selected, but for some; `until`: only those that were in it by then, as somebody saw it.
    Selected {
        selection: Selection,
        except: Vec<i64>,
        until: Option<i64>,
    },
}

impl Library {
    /// Deletes from the bin for good what was thrown away so many days ago.
    pub async fn purge_older(&self, days: u32) -> Result<Edited, Error> {
        self.follow_clock().await?;
        self.purge(Purge::Before(now() - i64::from(days) * 24 * 3600)).await
    }

    /// Deletes from the bin for good: these, or all that were thrown away before a moment.
    pub async fn purge(&self, which: Purge) -> Result<Edited, Error> {
        // Nothing may be taken in meanwhile that has the content of what is deleted.
        let _alone = self.inner.shelves.write().await;
        self.make_way();
        let gone = self.db().write(move |connection| purge(connection, &which)).await?;
        self.changed();
        let store = self.store().clone();
        let (assets, files) = gone;
        if self.inner.pins.load(Ordering::SeqCst) > 0 {
            // A backup still reads them; they belong to nothing now, and the next sweep removes them.
            return Ok(Edited { assets, undo: None });
        }
        let removing = tokio::task::spawn_blocking(move || {
            for (hash, ext) in files {
                if let Err(error) = store.remove(hash, &ext) {
                    // Nothing refers to it any more; the next check of the library finds it.
                    log::warn!("library: {hash}.{ext} can't be removed: {error}");
                }
            }
        });
        removing.await.map_err(|error| Error::Failed {
            operation: "removing files".to_owned(),
            cause: error.to_string(),
        })?;
        Ok(Edited { assets, undo: None })
    }
}

type Files = Vec<(Hash, String)>;

/// Returns how many assets are gone, and the files nothing refers to any more.
fn purge(connection: &Connection, which: &Purge) -> Result<(usize, Files), Error> {
    let ids = match which {
        Purge::Assets(ids) => ids.clone(),
        Purge::Before(moment) => binned_before(connection, *moment)?,
        Purge::Selected { selection, except, until } => {
            let selection = Selection { bin: true, binned_until: *until, ..selection.clone() };
            bulk::ids_of(connection, &Which::Selected { selection, except: except.clone() }, None)?
        }
    };
    let mut gone = 0;
    let mut files = Files::new();
    for id in ids {
        let hashes = files_of(connection, id)?;
        // Tags first: their counts go by whether the asset is in the bin.
        let mut tags = connection.prepare_cached(
            "DELETE FROM asset_tags WHERE asset = ?1 AND (SELECT binned FROM assets WHERE id = ?1) IS NOT NULL",
        )?;
        tags.execute([id])?;
        let mut delete =
            connection.prepare_cached("DELETE FROM assets WHERE id = ? AND binned IS NOT NULL")?;
        if delete.execute([id])? == 0 {
            continue;
        }
        gone += 1;
        for hash in hashes {
            files.extend(forget_file(connection, hash)?);
        }
    }
    connection
        .execute("DELETE FROM tags WHERE NOT EXISTS (SELECT 1 FROM asset_tags WHERE tag = tags.id)", [])?;
    Ok((gone, files))
}

fn binned_before(connection: &Connection, moment: i64) -> Result<Vec<i64>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM assets WHERE binned IS NOT NULL AND binned < ?")?;
    let ids = statement.query_map([moment], |row| row.get(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

fn files_of(connection: &Connection, id: i64) -> Result<Vec<Hash>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT hash FROM assets WHERE id = ?1 UNION SELECT converted FROM assets WHERE id = ?1
         UNION SELECT thumbnail FROM assets WHERE id = ?1 UNION SELECT preview FROM assets WHERE id = ?1
         UNION SELECT hash FROM pages WHERE asset = ?1 UNION SELECT hash FROM subtitles WHERE asset = ?1",
    )?;
    let hashes = statement.query_map([id], |row| row.get::<_, Option<Hash>>(0))?;
    Ok(hashes.filter_map(Result::transpose).collect::<rusqlite::Result<_>>()?)
}

/// Takes the row of a file nothing refers to away, and returns the file.
pub(super) fn forget_file(connection: &Connection, hash: Hash) -> Result<Option<(Hash, String)>, Error> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM files WHERE hash = ?1
            AND NOT EXISTS (SELECT 1 FROM assets WHERE hash = ?1)
            AND NOT EXISTS (SELECT 1 FROM assets WHERE converted = ?1)
            AND NOT EXISTS (SELECT 1 FROM assets WHERE thumbnail = ?1)
            AND NOT EXISTS (SELECT 1 FROM assets WHERE preview = ?1)
            AND NOT EXISTS (SELECT 1 FROM pages WHERE hash = ?1)
            AND NOT EXISTS (SELECT 1 FROM subtitles WHERE hash = ?1)
         RETURNING ext",
    )?;
    let ext: Option<String> = statement.query_row([hash], |row| row.get(0)).optional()?;
    Ok(ext.map(|ext| (hash, ext)))
}
