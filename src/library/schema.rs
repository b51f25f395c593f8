//! The tables, as a list of migrations: a new version of the program adds one at the end and changes none.

mod signage;

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Transaction};
use rusqlite_migration::{HookError, M, Migrations};

use super::error::Error;
use super::fold::{sort_name, tag_key};
use super::search::index;
use signage::{IDLE, SIGNAGE, TEMPLATES};

/// Times are seconds since 1970, lengths milliseconds, hashes the 32 bytes of BLAKE3.
///
/// Numbers by which lists are sorted are never null (0: none), so that one index serves sorting and paging.
const FIRST: &str = "
CREATE TABLE files (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    ext TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    added INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE assets (
    -- Never given twice, even if the newest asset is gone: links and screens go by it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE REFERENCES files (hash),
    kind TEXT NOT NULL CHECK (kind IN ('video', 'slide')),
    name TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    file_name TEXT NOT NULL,
    added INTEGER NOT NULL,
    binned INTEGER,
    -- What probing found.
    duration_ms INTEGER NOT NULL DEFAULT 0,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    rotation INTEGER NOT NULL DEFAULT 0,
    frames_per_s REAL NOT NULL DEFAULT 0,
    bitrate_bps INTEGER NOT NULL DEFAULT 0,
    container TEXT NOT NULL DEFAULT '',
    video_codec TEXT NOT NULL DEFAULT '',
    audio_codec TEXT NOT NULL DEFAULT '',
    -- Will it play, as it is? Null until it was probed.
    plays_hdmi INTEGER,
    plays_browser INTEGER,
    plays_old_tv INTEGER,
    -- Made from it.
    converted BLOB REFERENCES files (hash),
    thumbnail BLOB REFERENCES files (hash),
    preview BLOB REFERENCES files (hash),
    preview_frames INTEGER NOT NULL DEFAULT 0,
    -- What people did with it.
    favorite INTEGER NOT NULL DEFAULT 0 CHECK (favorite IN (0, 1)),
    rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    views INTEGER NOT NULL DEFAULT 0,
    last_watched INTEGER NOT NULL DEFAULT 0,
    position_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX assets_by_name ON assets (sort_name, id) WHERE binned IS NULL;
CREATE INDEX assets_by_added ON assets (added, id) WHERE binned IS NULL;
CREATE INDEX assets_by_length ON assets (duration_ms, id) WHERE binned IS NULL;
CREATE INDEX assets_by_rating ON assets (rating, id) WHERE binned IS NULL;
CREATE INDEX assets_by_views ON assets (views, id) WHERE binned IS NULL;
CREATE INDEX assets_by_watched ON assets (last_watched, id) WHERE binned IS NULL;
CREATE INDEX assets_by_kind ON assets (kind) WHERE binned IS NULL;
CREATE INDEX assets_favorite ON assets (favorite) WHERE favorite AND binned IS NULL;
CREATE INDEX assets_in_bin ON assets (binned, id) WHERE binned IS NOT NULL;
-- For the question whether anything still refers to a file.
CREATE INDEX assets_by_converted ON assets (converted) WHERE converted IS NOT NULL;
CREATE INDEX assets_by_thumbnail ON assets (thumbnail) WHERE thumbnail IS NOT NULL;
CREATE INDEX assets_by_preview ON assets (preview) WHERE preview IS NOT NULL;

-- One picture for each page of a slide, as screens show it: upright, of a size they can take, without scripts.
CREATE TABLE pages (
    asset INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL REFERENCES files (hash),
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    PRIMARY KEY (asset, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX pages_by_file ON pages (hash);

CREATE TABLE subtitles (
    asset INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    -- As BCP 47 has it; empty if unknown.
    language TEXT NOT NULL,
    label TEXT NOT NULL,
    hash BLOB NOT NULL REFERENCES files (hash),
    PRIMARY KEY (asset, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX subtitles_by_file ON subtitles (hash);

CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    -- How many assets outside of the bin have it.
    assets INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE asset_tags (
    asset INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    tag INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (asset, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_tags_by_tag ON asset_tags (tag, asset);

CREATE VIRTUAL TABLE search USING fts5 (
    name, tags,
    content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);

-- Steps of the work after an upload.
CREATE TABLE jobs (
    asset INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    step TEXT NOT NULL CHECK (step IN ('probe', 'pages', 'thumbnail', 'preview', 'subtitles', 'convert')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    problem TEXT NOT NULL DEFAULT '',
    advice TEXT NOT NULL DEFAULT '',
    changed INTEGER NOT NULL,
    PRIMARY KEY (asset, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_open ON jobs (state, changed) WHERE state IN ('waiting', 'running');

-- Uploads that are not complete. How far one is, is the length of its file.
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    metadata TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many there are of each, kept by the triggers below: counting 100,000 rows for each page would take longer
-- than the page.
CREATE TABLE totals (what TEXT PRIMARY KEY, assets INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO totals VALUES ('video', 0), ('slide', 0), ('favorite', 0), ('bin', 0);

CREATE TRIGGER asset_added AFTER INSERT ON assets WHEN new.binned IS NULL BEGIN
    UPDATE totals SET assets = assets + 1 WHERE what = new.kind OR (what = 'favorite' AND new.favorite);
END;
CREATE TRIGGER asset_gone AFTER DELETE ON assets BEGIN
    UPDATE totals SET assets = assets - 1
        WHERE (old.binned IS NULL AND (what = old.kind OR (what = 'favorite' AND old.favorite)))
            OR (old.binned IS NOT NULL AND what = 'bin');
    DELETE FROM search WHERE rowid = old.id;
END;
CREATE TRIGGER asset_binned AFTER UPDATE OF binned ON assets
    WHEN (old.binned IS NULL) <> (new.binned IS NULL) BEGIN
    UPDATE totals SET assets = assets + iif(new.binned IS NULL, 1, -1)
        WHERE what = new.kind OR (what = 'favorite' AND new.favorite);
    UPDATE totals SET assets = assets + iif(new.binned IS NULL, -1, 1) WHERE what = 'bin';
    UPDATE tags SET assets = assets + iif(new.binned IS NULL, 1, -1)
        WHERE id IN (SELECT tag FROM asset_tags WHERE asset = new.id);
END;
CREATE TRIGGER asset_liked AFTER UPDATE OF favorite ON assets
    WHEN new.binned IS NULL AND old.favorite <> new.favorite BEGIN
    UPDATE totals SET assets = assets + new.favorite - old.favorite WHERE what = 'favorite';
END;
CREATE TRIGGER tag_given AFTER INSERT ON asset_tags BEGIN
    UPDATE tags SET assets = assets + 1
        WHERE id = new.tag AND (SELECT binned FROM assets WHERE id = new.asset) IS NULL;
END;
-- Tags of an asset in the bin are not counted; those of one that is deleted go before it does.
CREATE TRIGGER tag_taken AFTER DELETE ON asset_tags BEGIN
    UPDATE tags SET assets = assets - 1
        WHERE id = old.tag AND EXISTS (SELECT 1 FROM assets WHERE id = old.asset AND binned IS NULL);
END;
";

/// Whoever uploads a file waits for it; a folder that is imported is worked off when nobody does.
const IMPORTED: &str = "
ALTER TABLE assets ADD COLUMN imported INTEGER NOT NULL DEFAULT 0 CHECK (imported IN (0, 1));
";

/// What went wrong is looked for after each change.
const FAILED: &str = "
CREATE INDEX jobs_failed ON jobs (changed) WHERE state = 'failed';
";

/// Words are found by any part of them, in any script (`search`); tags are the same in any case and form (`fold`).
const FOLDED: &str = "
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5 (
    name, tags, content = '', contentless_delete = 1, prefix = '4', tokenize = 'ascii'
);
-- Empty only in what was rescued of an earlier version, until it is tidied.
ALTER TABLE tags ADD COLUMN key TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX tags_by_key ON tags (key) WHERE key <> '';
";

/// When a camera took it, as the file says; where it does not, and until it is known, when it was added.
const TAKEN: &str = "
ALTER TABLE assets ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
UPDATE assets SET taken = added;
CREATE INDEX assets_by_taken ON assets (taken, id) WHERE binned IS NULL;
";

/// A third kind. Of the table only its check changes, in its own text as SQLite's documentation of ALTER TABLE has it
/// ("Making Other Kinds Of Table Schema Changes"): a table in its place would take all that refers to it along when the
/// old one goes. The old numbers of what there is stay right, since there was none of this kind.
const SOUNDS: &str = "
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''video'', ''slide'')', '(''video'', ''slide'', ''sound'')')
    WHERE type = 'table' AND name = 'assets';
PRAGMA writable_schema = RESET;
INSERT INTO totals VALUES ('sound', 0);
-- What a file is, is known for sure when it was looked at.
CREATE TRIGGER asset_is AFTER UPDATE OF kind ON assets WHEN new.binned IS NULL AND old.kind <> new.kind BEGIN
    UPDATE totals SET assets = assets + iif(what = new.kind, 1, -1) WHERE what IN (old.kind, new.kind);
END;
";

static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    let fold = |transaction: &Transaction<'_>| {
        fold_all(transaction).map_err(|error| HookError::Hook(error.to_string()))
    };
    let folded = M::up_with_hook(FOLDED, fold);
    let (first, signage, imported) = (M::up(FIRST), M::up(SIGNAGE), M::up(IMPORTED));
    let (failed, idle, taken, sounds) = (M::up(FAILED), M::up(IDLE), M::up(TAKEN), M::up(SOUNDS));
    let templates = M::up(TEMPLATES);
    Migrations::new(vec![first, signage, imported, failed, folded, idle, taken, sounds, templates])
});

/// Rebuilds the search index and the sort names of all assets.
fn fold_all(connection: &Connection) -> Result<(), Error> {
    key_tags(connection)?;
    let mut assets = connection.prepare("SELECT id, name FROM assets")?;
    let mut rows = assets.query([])?;
    let mut sorted = connection.prepare("UPDATE assets SET sort_name = ? WHERE id = ?")?;
    while let Some(row) = rows.next()? {
        let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
        sorted.execute((sort_name(&name), id))?;
        index(connection, id)?;
    }
    Ok(())
}

/// Gives each tag its key; of those with the same, the first takes over what the others have.
pub(super) fn key_tags(connection: &Connection) -> Result<(), Error> {
    let mut statement = connection.prepare("SELECT id, name FROM tags WHERE key = '' ORDER BY id")?;
    let tags = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, name) in tags.collect::<rusqlite::Result<Vec<(i64, String)>>>()? {
        let key = tag_key(&name);
        let mut first = connection.prepare_cached("SELECT id FROM tags WHERE key = ?")?;
        let Some(first) = first.query_row([&key], |row| row.get::<_, i64>(0)).optional()? else {
            connection.execute("UPDATE tags SET key = ? WHERE id = ?", (&key, id))?;
            continue;
        };
        connection.execute("UPDATE OR IGNORE asset_tags SET tag = ? WHERE tag = ?", (first, id))?;
        connection.execute("DELETE FROM tags WHERE id = ?", [id])?;
        connection.execute(
            "UPDATE tags SET assets = (SELECT count(*) FROM asset_tags JOIN assets a ON a.id = asset
                WHERE tag = tags.id AND a.binned IS NULL) WHERE id = ?",
            [first],
        )?;
    }
    Ok(())
}

/// Whether it has the tables of this version and nothing beside them: what comes from elsewhere may have triggers and
/// views that do what their maker wants.
pub(super) fn is_ours(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let mut fresh = Connection::open_in_memory()?;
    migrate(&mut fresh).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => err,
        _ => rusqlite::Error::InvalidQuery,
    })?;
    Ok(objects(connection)? == objects(&fresh)?)
}

/// All that is defined, but for what SQLite itself adds.
fn objects(connection: &Connection) -> Result<Vec<(String, String, Option<String>)>, rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE substr(name, 1, 7) <> 'sqlite_' ORDER BY type, name",
    )?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// Brings a database, new or of an earlier version, to the newest.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    MIGRATIONS.to_latest(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::search::{self, Matches};

    #[test]
    fn the_migrations_are_valid_and_can_be_run_twice() {
        MIGRATIONS.validate().unwrap();
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
    }

    #[test]
    fn a_library_of_an_earlier_version_is_found_by_parts_of_words_and_keeps_its_tags() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.to_version(&mut connection, 4).unwrap();
        let hash = |number: u8| format!("x'{}'", format!("{number:02x}").repeat(32));
        for (number, name) in [(1, "Sommerfest"), (2, "Ärger"), (3, "zuletzt")] {
            let hash = hash(number);
            let sql = format!(
                "INSERT INTO files VALUES ({hash}, 'png', 1, 0);
                 INSERT INTO assets (id, hash, kind, name, sort_name, file_name, added)
                    VALUES ({number}, {hash}, 'slide', '{name}', lower('{name}'), '', 0)"
            );
            connection.execute_batch(&sql).unwrap();
        }
        let tags = "INSERT INTO tags (id, name) VALUES (1, 'Äpfel'), (2, 'äPFEL'), (3, 'Birnen');
            INSERT INTO asset_tags VALUES (1, 1), (1, 2), (2, 2), (3, 3)";
        connection.execute_batch(tags).unwrap();
        migrate(&mut connection).unwrap();
        let rows = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(rows("SELECT name FROM assets ORDER BY sort_name"), ["Ärger", "Sommerfest", "zuletzt"]);
        assert_eq!(rows("SELECT name || ' ' || assets FROM tags ORDER BY id"), ["Äpfel 2", "Birnen 1"]);
        let given = "SELECT asset || ' ' || tag FROM asset_tags ORDER BY asset, tag";
        assert_eq!(rows(given), ["1 1", "2 1", "3 3"]);
        let found = search::search(&connection, "fest", Matches::All).unwrap().unwrap();
        let sql = format!("SELECT id FROM assets WHERE {}", found.conditions.join(" AND "));
        let id: i64 =
            connection.query_row(&sql, rusqlite::params_from_iter(found.values), |row| row.get(0)).unwrap();
        assert_eq!(id, 1);
    }

    #[test]
    fn a_library_of_an_earlier_version_takes_sound_and_keeps_what_it_has() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        MIGRATIONS.to_version(&mut connection, 7).unwrap();
        let before = "INSERT INTO files VALUES (zeroblob(32), 'mp4', 1, 0);
            INSERT INTO assets (id, hash, kind, name, sort_name, file_name, added)
                VALUES (1, zeroblob(32), 'video', 'Memo', 'memo', '', 0);
            INSERT INTO jobs VALUES (1, 'probe', 'waiting', '', '', 0)";
        connection.execute_batch(before).unwrap();
        let sound = "UPDATE assets SET kind = 'sound' WHERE id = 1";
        assert!(connection.execute_batch(sound).is_err(), "there was none before");
        migrate(&mut connection).unwrap();
        connection.execute_batch(sound).unwrap();
        assert!(connection.execute_batch("UPDATE assets SET kind = 'song' WHERE id = 1").is_err());
        let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(one("SELECT group_concat(what, ' ') FROM totals WHERE assets"), "sound");
        assert_eq!(one("SELECT step FROM jobs WHERE asset = 1"), "probe");
        assert_eq!(one("PRAGMA integrity_check"), "ok");
        assert!(is_ours(&connection).unwrap());
    }
}
