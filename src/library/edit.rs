//! What changes the library.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};

use super::asset::{Kind, Step, StoredFile};
use super::error::Error;
use super::fold::{sort_name, tag_key};
use super::import::Past;
use super::search::index;
use super::store::EXTENSIONS;
use super::{Library, now};

/// Assets changed at once.
pub const IDS_MAX: usize = 1000;
/// Of a name: what fits a card in three lines, generously.
pub const NAME_CHARS_MAX: usize = 200;
pub const TAG_CHARS_MAX: usize = 60;
/// Of one asset.
pub const TAGS_MAX: usize = 64;

/// What a new asset is called, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    pub kind: Kind,
    /// As it was called where it came from; any text.
    pub file_name: String,
    /// One of [`EXTENSIONS`].
    pub ext: String,
    pub tags: Vec<String>,
    /// What is to be done with it.
    pub steps: Vec<Step>,
}

/// What became of something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    pub id: i64,
    /// The same content was there already.
    pub existed: bool,
    /// It was, and something was added to what is known of it, or it came out of the bin.
    pub changed: bool,
}

/// Why something comes, which decides what becomes of the same content that is there already.
pub(super) enum Arrival {
    /// Somebody sends it: they want to have it, so it comes out of the bin.
    Sent,
    /// An old server's folder is read, perhaps once more: what was thrown away stays so, what people did with it
    /// elsewhere is added.
    Imported(Past),
}

/// A change of any number of assets. What is `None` or empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    pub name: Option<String>,
    pub favorite: Option<bool>,
    /// 0 takes the rating away.
    pub rating: Option<u8>,
    pub add_tags: Vec<String>,
    pub remove_tags: Vec<String>,
}

/// How many were there and were changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    pub assets: usize,
    /// For [`Library::undo`], if it can be taken back.
    pub undo: Option<String>,
}

impl Library {
    /// Takes a file from [`Store::incoming`](super::Store::incoming) into the library. When this returns, both the file
    /// and what is known of it survive a power cut.
    pub async fn add(&self, from: PathBuf, new: New) -> Result<Added, Error> {
        self.add_arrived(from, new, Arrival::Sent).await
    }

    /// The same from an old server's folder, with what people did with it there; what they did here counts more.
    pub async fn add_known(&self, from: PathBuf, new: New, past: Past) -> Result<Added, Error> {
        let new = New { tags: past.tags.clone(), ..new };
        self.add_arrived(from, new, Arrival::Imported(past)).await
    }

    async fn add_arrived(&self, from: PathBuf, new: New, arrival: Arrival) -> Result<Added, Error> {
        if !EXTENSIONS.iter().any(|(ext, _)| *ext == new.ext) {
            return Err(Error::Invalid { what: "the kind of file", allowed: "one that the library takes" });
        }
        let new = New { tags: checked_tags(&new.tags)?, ..new };
        self.has_room()?;
        // Until the row is there, nothing tells that the file is wanted.
        let _kept = self.inner.shelves.read().await;
        let file = self.publish(from, new.ext.clone()).await?;
        let added = self.db().write(move |connection| insert(connection, &file, &new, &arrival)).await?;
        self.changed();
        Ok(added)
    }

    /// The same for a file whose hash is known, and which is on the disk. Can be done again if it broke off.
    pub(super) async fn add_hashed(&self, from: PathBuf, file: StoredFile, new: New) -> Result<Added, Error> {
        let _kept = self.inner.shelves.read().await;
        let (store, placed) = (self.store().clone(), file.clone());
        let placing = tokio::task::spawn_blocking(move || store.place(&from, &placed)).await;
        placing.map_err(|error| Error::Failed {
            operation: "storing a file".to_owned(),
            cause: error.to_string(),
        })??;
        let added =
            self.db().write(move |connection| insert(connection, &file, &new, &Arrival::Sent)).await?;
        self.changed();
        Ok(added)
    }

    /// [`Store::publish`](super::Store::publish) off the async threads.
    pub(super) async fn publish(&self, from: PathBuf, ext: String) -> Result<StoredFile, Error> {
        let store = self.store().clone();
        let published = tokio::task::spawn_blocking(move || store.publish(&from, &ext)).await;
        published.unwrap_or_else(|error| {
            Err(Error::Failed { operation: "storing a file".to_owned(), cause: error.to_string() })
        })
    }

    /// Somebody begins to watch.
    pub async fn watched(&self, id: i64) -> Result<(), Error> {
        let at = now();
        self.change_one(move |connection| {
            let sql = "UPDATE assets SET views = views + 1, last_watched = ? WHERE id = ?";
            Ok(connection.prepare_cached(sql)?.execute(params![at, id])?)
        })
        .await
    }

    /// Where watching is.
    pub async fn position(&self, id: i64, position_ms: u64) -> Result<(), Error> {
        let at = now();
        let position = i64::try_from(position_ms).unwrap_or(i64::MAX);
        self.change_one(move |connection| {
            let sql = "UPDATE assets SET position_ms = ?, last_watched = ? WHERE id = ?";
            Ok(connection.prepare_cached(sql)?.execute(params![position, at, id])?)
        })
        .await
    }

    async fn change_one(
        &self,
        change: impl FnOnce(&Connection) -> Result<usize, Error> + Send + 'static,
    ) -> Result<(), Error> {
        match self.db().write(change).await? {
            0 => Err(Error::NoSuchAsset),
            _ => {
                self.changed();
                Ok(())
            }
        }
    }
}

/// The name that is shown: the file's without its ending and without what no name has.
fn shown_name(file_name: &str) -> String {
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| if stem.is_empty() { base } else { stem });
    let name = clean(&stem.replace('_', " "));
    if name.is_empty() { "untitled".to_owned() } else { name }
}

/// What something calls itself that nobody can ask: one line that is not too long.
pub(super) fn clean(text: &str) -> String {
    one_line(text).chars().take(NAME_CHARS_MAX).collect()
}

/// Without control characters, without those that turn the direction of writing, in one line.
pub(super) fn one_line(text: &str) -> String {
    let turning =
        |char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .filter(|char| !turning(*char))
        .collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// `one`: it is of a single asset.
pub(super) fn checked(edit: &Edit, one: bool) -> Result<Edit, Error> {
    if edit.rating.is_some_and(|rating| rating > 5) {
        return Err(Error::Invalid { what: "rating", allowed: "a whole number from 0 to 5" });
    }
    let name = edit.name.as_deref().map(one_line);
    let fits = |name: &String| one && (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    if !name.iter().all(fits) {
        return Err(Error::Invalid { what: "name", allowed: "a text of one asset, at most 200 characters" });
    }
    let (add_tags, remove_tags) = (checked_tags(&edit.add_tags)?, checked_tags(&edit.remove_tags)?);
    Ok(Edit { name, add_tags, remove_tags, favorite: edit.favorite, rating: edit.rating })
}

pub(super) fn checked_tags(tags: &[String]) -> Result<Vec<String>, Error> {
    let tags: Vec<String> = tags.iter().map(|tag| clean(tag)).collect();
    let wrong = tags.iter().any(|tag| tag.is_empty() || tag.chars().count() > TAG_CHARS_MAX);
    if wrong || tags.len() > TAGS_MAX {
        return Err(Error::Invalid { what: "tags", allowed: "at most 64 texts of 1 to 60 characters" });
    }
    Ok(tags)
}

/// The rows of something new, or of the same content that was there.
pub(super) fn insert(
    connection: &Connection,
    file: &StoredFile,
    new: &New,
    arrival: &Arrival,
) -> Result<Added, Error> {
    record_file(connection, file)?;
    let mut known = connection.prepare_cached("SELECT id FROM assets WHERE hash = ?")?;
    if let Some(id) = known.query_row([file.hash], |row| row.get(0)).optional()? {
        return Ok(Added { id, existed: true, changed: arrived_again(connection, id, new, arrival)? });
    }
    let none = Past::default();
    let past = match arrival {
        Arrival::Sent => &none,
        Arrival::Imported(past) => past,
    };
    let name = shown_name(&new.file_name);
    let file_name: String = new.file_name.chars().filter(|char| !char.is_control()).take(255).collect();
    connection
        .prepare_cached(
            "INSERT INTO assets (hash, kind, name, sort_name, file_name, added, favorite, rating, views, imported, taken)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?6)",
        )?
        .execute(params![
            file.hash,
            new.kind,
            name,
            sort_name(&name),
            file_name,
            now(),
            past.favorite,
            past.rating,
            past.views,
            matches!(arrival, Arrival::Imported(_))
        ])?;
    let id = connection.last_insert_rowid();
    for tag in &new.tags {
        give_tag(connection, id, tag)?;
    }
    index(connection, id)?;
    for step in &new.steps {
        connection
            .prepare_cached("INSERT INTO jobs (asset, step, state, changed) VALUES (?, ?, 'waiting', ?)")?
            .execute(params![id, step, now()])?;
    }
    Ok(Added { id, existed: false, changed: false })
}

/// What is new about content that is there already. Returns whether anything was.
fn arrived_again(connection: &Connection, id: i64, new: &New, arrival: &Arrival) -> Result<bool, Error> {
    let changed = match arrival {
        Arrival::Sent => connection
            .prepare_cached("UPDATE assets SET binned = NULL WHERE id = ? AND binned IS NOT NULL")?
            .execute([id])?,
        Arrival::Imported(past) => connection
            .prepare_cached(
                "UPDATE assets SET favorite = max(favorite, ?1), views = max(views, ?3),
                    rating = CASE rating WHEN 0 THEN ?2 ELSE rating END
                 WHERE id = ?4 AND (favorite < ?1 OR views < ?3 OR rating = 0 AND ?2 > 0)",
            )?
            .execute(params![past.favorite, past.rating, past.views, id])?,
    };
    let count = "SELECT count(*) FROM asset_tags WHERE asset = ?";
    let before: usize = connection.query_row(count, [id], |row| row.get(0))?;
    // As many as there is room for: the content is here, whatever it is called.
    for tag in &new.tags {
        let there: usize = connection.query_row(count, [id], |row| row.get(0))?;
        if there < TAGS_MAX {
            give_tag(connection, id, tag)?;
        }
    }
    let after: usize = connection.query_row(count, [id], |row| row.get(0))?;
    if after > before {
        index(connection, id)?;
    }
    Ok(changed > 0 || after > before)
}

/// A file that is in the store.
pub(super) fn record_file(connection: &Connection, file: &StoredFile) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO files (hash, ext, bytes, added) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(params![file.hash, file.ext, file.bytes.cast_signed(), now()])?;
    Ok(())
}

/// Returns how many assets there are with this id: 1 or 0.
pub(super) fn change(connection: &Connection, id: i64, edit: &Edit) -> Result<usize, Error> {
    let mut there = connection.prepare_cached("SELECT 1 FROM assets WHERE id = ?")?;
    if !there.exists([id])? {
        return Ok(0);
    }
    if let Some(name) = &edit.name {
        connection
            .prepare_cached("UPDATE assets SET name = ?, sort_name = ? WHERE id = ?")?
            .execute(params![name, sort_name(name), id])?;
    }
    if let Some(favorite) = edit.favorite {
        connection
            .prepare_cached("UPDATE assets SET favorite = ? WHERE id = ?")?
            .execute(params![favorite, id])?;
    }
    if let Some(rating) = edit.rating {
        connection
            .prepare_cached("UPDATE assets SET rating = ? WHERE id = ?")?
            .execute(params![rating, id])?;
    }
    for tag in &edit.remove_tags {
        connection
            .prepare_cached(
                "DELETE FROM asset_tags WHERE asset = ? AND tag = (SELECT id FROM tags WHERE key = ?)",
            )?
            .execute(params![id, tag_key(tag)])?;
    }
    for tag in &edit.add_tags {
        give_tag(connection, id, tag)?;
    }
    if edit.name.is_some() || !edit.add_tags.is_empty() || !edit.remove_tags.is_empty() {
        index(connection, id)?;
    }
    Ok(1)
}

fn give_tag(connection: &Connection, id: i64, tag: &str) -> Result<(), Error> {
    let key = tag_key(tag);
    connection
        .prepare_cached("INSERT INTO tags (name, key) VALUES (?, ?) ON CONFLICT DO NOTHING")?
        .execute([tag, &key])?;
    connection
        .prepare_cached("INSERT OR IGNORE INTO asset_tags SELECT ?, id FROM tags WHERE key = ?")?
        .execute(params![id, key])?;
    let mut count = connection.prepare_cached("SELECT count(*) FROM asset_tags WHERE asset = ?")?;
    if count.query_row([id], |row| row.get::<_, usize>(0))? > TAGS_MAX {
        return Err(Error::Invalid { what: "tags", allowed: "at most 64 for one asset" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_too_long_is_refused_and_not_cut() {
        let named = |chars: usize| Edit { name: Some("x".repeat(chars)), ..Edit::default() };
        assert_eq!(checked(&named(NAME_CHARS_MAX), true).expect("fits").name, named(NAME_CHARS_MAX).name);
        for wrong in [0, NAME_CHARS_MAX + 1] {
            assert!(checked(&named(wrong), true).is_err(), "{wrong} characters");
        }
        assert!(checked(&named(5), false).is_err(), "many can't have one name");
        // What is made shorter by being put in one line counts as it will be.
        let wide = Edit { name: Some(format!("a{}b", " ".repeat(500))), ..Edit::default() };
        assert_eq!(checked(&wide, true).expect("fits").name.as_deref(), Some("a b"));
    }
}
