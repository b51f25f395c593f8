//! Playlists and their items.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Library, checked_name, found, idle, room_for_one};
use crate::library::{Error, Order, Use, Which, bulk};
use crate::program::{Entry, Fit, ITEMS_MAX, Playlist, Transition, What};

/// Of one box; a list of more is no list any more.
pub const PLAYLISTS_MAX: usize = 500;

/// A playlist, and which of its states it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    pub playlist: Playlist,
    pub version: i64,
}

/// What became of assets that were to be put into a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub added: usize,
    /// There was no room for these.
    pub left_out: usize,
}

impl Library {
    pub async fn playlist(&self, id: i64) -> Result<Versioned, Error> {
        self.db().read(move |connection| one(connection, id)).await
    }

    /// Whatever id it has, it gets a new one.
    pub async fn add_playlist(&self, playlist: Playlist) -> Result<i64, Error> {
        let playlist = checked(playlist)?;
        let add = move |connection: &Connection| {
            room_for_one(connection, "playlists", "playlists", PLAYLISTS_MAX)?;
            connection
                .prepare_cached(
                    "INSERT INTO playlists (name, shuffle, transition, slide_ms) VALUES (?, ?, ?, ?)",
                )?
                .execute(params![
                    playlist.name,
                    playlist.shuffle,
                    playlist.transition.name(),
                    playlist.slide_ms.cast_signed()
                ])?;
            let id = connection.last_insert_rowid();
            insert_items(connection, id, 0, &playlist.entries)?;
            Ok(id)
        };
        self.has_room()?;
        let id = self.db().write(add).await?;
        self.signage_changed();
        Ok(id)
    }

    /// Puts it in the place of the one with its id. `seen`: only if that is this version.
    pub async fn put_playlist(&self, playlist: Playlist, seen: Option<i64>) -> Result<(), Error> {
        let playlist = checked(playlist)?;
        let put = move |connection: &Connection| {
            let version = version(connection, playlist.id)?;
            if seen.is_some_and(|seen| seen != version) {
                return Err(Error::Changed);
            }
            connection
                .prepare_cached(
                    "UPDATE playlists SET name = ?, shuffle = ?, transition = ?, slide_ms = ?, version = version + 1
                     WHERE id = ?",
                )?
                .execute(params![
                    playlist.name,
                    playlist.shuffle,
                    playlist.transition.name(),
                    playlist.slide_ms.cast_signed(),
                    playlist.id
                ])?;
            connection
                .prepare_cached("DELETE FROM playlist_items WHERE playlist = ?")?
                .execute([playlist.id])?;
            insert_items(connection, playlist.id, 0, &playlist.entries)
        };
        self.has_room()?;
        self.db().write(put).await?;
        self.signage_changed();
        Ok(())
    }

    /// Puts assets that are outside of the bin behind its items, in `order` where they are selected.
    pub async fn append_to_playlist(
        &self,
        id: i64,
        which: Which,
        order: (Order, bool),
    ) -> Result<Appended, Error> {
        let append = move |connection: &Connection| {
            version(connection, id)?;
            let mut there =
                connection.prepare_cached("SELECT 1 FROM assets WHERE id = ? AND binned IS NULL")?;
            let mut entries = Vec::new();
            for id in bulk::ids_of(connection, &which, Some(order))? {
                if there.exists([id])? {
                    entries.push(Entry::asset(id));
                }
            }
            let items = "SELECT count(*) FROM playlist_items WHERE playlist = ?";
            let first: usize = connection.prepare_cached(items)?.query_row([id], |row| row.get(0))?;
            let added = entries.len().min(ITEMS_MAX.saturating_sub(first));
            insert_items(connection, id, first, &entries[..added])?;
            connection
                .prepare_cached("UPDATE playlists SET version = version + 1 WHERE id = ?")?
                .execute([id])?;
            Ok(Appended { added, left_out: entries.len() - added })
        };
        self.has_room()?;
        let appended = self.db().write(append).await?;
        self.signage_changed();
        Ok(appended)
    }

    /// Not while the schedule or the message shows it: screens would go dark behind somebody's back.
    pub async fn remove_playlist(&self, id: i64) -> Result<(), Error> {
        let remove = move |connection: &Connection| {
            version(connection, id)?;
            let windows: u64 = connection
                .prepare_cached("SELECT count(*) FROM windows WHERE playlist = ?")?
                .query_row([id], |row| row.get(0))?;
            let mut shown = connection.prepare_cached("SELECT 1 FROM message WHERE playlist = ?")?;
            let mut kept = connection.prepare_cached("SELECT 1 FROM message_templates WHERE playlist = ?")?;
            let used = match (windows, shown.exists([id])?) {
                (0, false) if idle::plays(connection, id)? => Some(Use::Idle),
                (0, false) if kept.exists([id])? => Some(Use::Template),
                (0, false) => None,
                (0, true) => Some(Use::Message),
                (count, _) => Some(Use::Windows(count)),
            };
            if let Some(used) = used {
                return Err(Error::InUse { what: "the playlist", used });
            }
            connection.prepare_cached("DELETE FROM playlists WHERE id = ?")?.execute([id])?;
            Ok(())
        };
        self.make_way();
        self.db().write(remove).await?;
        self.signage_changed();
        Ok(())
    }
}

fn checked(playlist: Playlist) -> Result<Playlist, Error> {
    playlist.check()?;
    Ok(Playlist { name: checked_name(&playlist.name)?, ..playlist })
}

pub(super) fn version(connection: &Connection, id: i64) -> Result<i64, Error> {
    let mut statement = connection.prepare_cached("SELECT version FROM playlists WHERE id = ?")?;
    found(statement.query_row([id], |row| row.get(0)).optional()?, "playlist")
}

/// The first of them gets the position `first`.
fn insert_items(connection: &Connection, id: i64, first: usize, entries: &[Entry]) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO playlist_items (playlist, position, asset, tag, source, pages, duration_ms, from_ms, until_ms,
            fit, sound, until_no_signal)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (position, entry) in entries.iter().enumerate() {
        let (asset, tag, source, pages) = match &entry.what {
            What::Asset { id, pages } => (Some(id), None, None, pages.as_deref().map(written_pages)),
            What::Tag(tag) => (None, Some(tag), None, None),
            What::Live(source) => (None, None, Some(source), None),
        };
        let ms = |ms: Option<u64>| ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        statement.execute(params![
            id,
            first + position,
            asset,
            tag,
            source,
            pages,
            ms(entry.duration_ms),
            ms(entry.from_ms),
            ms(entry.until_ms),
            entry.fit.name(),
            entry.sound,
            entry.until_no_signal
        ])?;
    }
    Ok(())
}

fn written_pages(pages: &[u32]) -> String {
    pages.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn read_pages(text: &str) -> Vec<u32> {
    text.split(',').filter_map(|number| number.parse().ok()).collect()
}

const COLUMNS: &str = "id, name, shuffle, transition, slide_ms, version";

fn read(row: &Row<'_>) -> rusqlite::Result<Versioned> {
    let transition: String = row.get(3)?;
    let playlist = Playlist {
        id: row.get(0)?,
        name: row.get(1)?,
        shuffle: row.get(2)?,
        // The table takes no other words.
        transition: Transition::named(&transition).unwrap_or_default(),
        slide_ms: row.get(4)?,
        entries: Vec::new(),
    };
    Ok(Versioned { playlist, version: row.get(5)? })
}

const ITEM_COLUMNS: &str =
    "asset, tag, source, pages, duration_ms, from_ms, until_ms, fit, sound, until_no_signal, playlist";

fn read_item(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let what = match (row.get::<_, Option<i64>>(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?) {
        (Some(id), _, _) => {
            let pages: Option<String> = row.get(3)?;
            What::Asset { id, pages: pages.as_deref().map(read_pages) }
        }
        (None, Some(tag), _) => What::Tag(tag),
        (None, None, source) => What::Live(source.unwrap_or_default()),
    };
    let fit: String = row.get(7)?;
    Ok(Entry {
        what,
        duration_ms: row.get(4)?,
        from_ms: row.get(5)?,
        until_ms: row.get(6)?,
        fit: Fit::named(&fit).unwrap_or_default(),
        sound: row.get(8)?,
        until_no_signal: row.get(9)?,
    })
}

fn one(connection: &Connection, id: i64) -> Result<Versioned, Error> {
    // One state, whoever writes meanwhile.
    let transaction = connection.unchecked_transaction()?;
    let sql = format!("SELECT {COLUMNS} FROM playlists WHERE id = ?");
    let known = transaction.prepare_cached(&sql)?.query_row([id], read).optional()?;
    let mut versioned = found(known, "playlist")?;
    let sql = format!("SELECT {ITEM_COLUMNS} FROM playlist_items WHERE playlist = ? ORDER BY position");
    let mut statement = transaction.prepare_cached(&sql)?;
    versioned.playlist.entries = statement.query_map([id], read_item)?.collect::<rusqlite::Result<_>>()?;
    Ok(versioned)
}

/// All of them, in the reader's own transaction.
pub(super) fn all(connection: &Connection) -> Result<BTreeMap<i64, Playlist>, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM playlists"))?;
    let playlists = statement.query_map([], read)?.map(|row| row.map(|one| (one.playlist.id, one.playlist)));
    let mut playlists = playlists.collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
    let sql = format!("SELECT {ITEM_COLUMNS} FROM playlist_items ORDER BY playlist, position");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(playlist) = playlists.get_mut(&row.get(10)?) {
            playlist.entries.push(read_item(row)?);
        }
    }
    Ok(playlists)
}
