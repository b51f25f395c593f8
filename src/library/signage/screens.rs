//! Screens: network TVs by the key each shows, and the box's own ports.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Library, checked_name, found, groups, idle, targets};
use crate::library::edit::clean;
use crate::library::{Error, Hash, Use, now};
use crate::program::Idle;

/// Of one box: five times what it is made for.
pub const SCREENS_MAX: usize = 500;
/// A screen that nobody gave a name, a group or a window makes room for a new one if it was away for so long: TVs that
/// keep nothing are new ones with each start.
const FORGOTTEN_S: i64 = 24 * 3600;
/// One that came and never said what is on it makes room after this: a TV says so every 20 s.
const SILENT_S: i64 = 5 * 60;
/// It was there for longer than that: when screens were seen is written every quarter of an hour.
const SILENT_S_MAX: i64 = 10 * 60;
/// So many of one address may be silent: TVs behind one router that are switched on together. Above, they make room at once.
const CROWD_MAX: usize = 20;
/// What screens are called that nobody has given a name, with a number.
const UNNAMED: &str = "TV ";
/// Names of screens that are gone which are kept for their plays.
const PAST_MAX: usize = 5000;
/// What is read aloud and typed: without those that look or sound like others.
const CODE_LETTERS: &[u8; 26] = b"ACDEFGHJKLMNPQRTUVWXY34679";
const CODE_LETTERS_COUNT: usize = 4;
/// With 500 of 457,000 codes taken, the first one is nearly always free.
const CODE_ATTEMPTS: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    pub id: i64,
    /// Of a network TV: what its key hashes to.
    pub key: Option<Hash>,
    /// Of a port of the box, such as `hdmi-1`.
    pub connector: Option<String>,
    /// Four letters to tell it by.
    pub code: String,
    pub name: String,
    pub group: Option<i64>,
    /// What it shows while nothing is scheduled; `None`: what all screens show.
    pub idle: Option<Idle>,
    pub browser: String,
    pub width: u32,
    pub height: u32,
    pub address: String,
    /// Seconds since 1970; 0: never. Written down now and then only.
    pub seen: i64,
}

impl Screen {
    /// Somebody gave it a name or a group: it is no stranger's.
    pub fn is_confirmed(&self) -> bool {
        let number = self.name.strip_prefix(UNNAMED);
        let given = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        self.key.is_none() || self.group.is_some() || !given
    }
}

/// What a network TV says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Met {
    pub browser: String,
    pub width: u32,
    pub height: u32,
    pub address: String,
}

impl Library {
    /// A new network TV with this key's hash. Returns its id.
    /// `reported`: screens that said what is on them, which matter more than others that nobody knows.
    pub async fn add_screen(&self, key: Hash, met: Met, reported: BTreeSet<i64>) -> Result<i64, Error> {
        let add = move |connection: &Connection| {
            make_room(connection, &reported)?;
            let (name, code) = (next_name(connection)?, new_code(connection)?);
            let Met { browser, width, height, address } = met;
            connection
                .prepare_cached(
                    "INSERT INTO screens (key, code, name, browser, width, height, address, added, seen)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
                )?
                .execute(params![key, code, name, clean(&browser), width, height, address, now()])?;
            Ok(connection.last_insert_rowid())
        };
        self.has_room()?;
        let id = self.db().write(add).await?;
        self.signage_changed();
        Ok(id)
    }

    pub async fn screen(&self, id: i64) -> Result<Screen, Error> {
        let read = move |connection: &Connection| {
            let mut one =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM screens WHERE id = ?"))?;
            found(one.query_row([id], read).optional()?, "screen")
        };
        self.db().read(read).await
    }

    /// The network TV of this key; `None` if there is none.
    pub async fn screen_of(&self, key: Hash) -> Result<Option<Screen>, Error> {
        let read = move |connection: &Connection| {
            let mut one =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM screens WHERE key = ?"))?;
            Ok(one.query_row([key], read).optional()?)
        };
        self.db().read(read).await
    }

    /// A network TV that is known says what it is now.
    pub async fn meet_screen(&self, id: i64, met: Met) -> Result<(), Error> {
        let meet = move |connection: &Connection| {
            let Met { browser, width, height, address } = met;
            let met = connection
                .prepare_cached(
                    "UPDATE screens SET browser = ?, width = ?, height = ?, address = ?, seen = ? WHERE id = ?",
                )?
                .execute(params![clean(&browser), width, height, address, now(), id])?;
            found((met > 0).then_some(()), "screen")
        };
        self.db().write(meet).await?;
        self.signage_changed();
        Ok(())
    }

    /// Makes rows for the box's own ports that have none yet.
    pub async fn add_ports(&self, connectors: Vec<&'static str>) -> Result<(), Error> {
        if self.is_read_only() {
            return Ok(());
        }
        let add = move |connection: &Connection| {
            let mut added = 0;
            for connector in connectors {
                let mut known = connection.prepare_cached("SELECT 1 FROM screens WHERE connector = ?")?;
                if known.exists([connector])? {
                    continue;
                }
                let (name, code) = (connector.to_uppercase().replace('-', " "), new_code(connection)?);
                let sql = "INSERT INTO screens (connector, code, name, added) VALUES (?, ?, ?, ?)";
                added += connection.prepare_cached(sql)?.execute(params![connector, code, name, now()])?;
            }
            Ok(added)
        };
        if self.db().write(add).await? > 0 {
            self.signage_changed();
        }
        Ok(())
    }

    /// What is `None` stays as it is; `Some(None)` takes it out of its group, or lets it show what all screens show.
    pub async fn edit_screen(
        &self,
        id: i64,
        name: Option<&str>,
        group: Option<Option<i64>>,
        idle: Option<Option<Idle>>,
    ) -> Result<(), Error> {
        let name = name.map(checked_name).transpose()?;
        let edit = move |connection: &Connection| {
            let mut there = connection.prepare_cached("SELECT 1 FROM screens WHERE id = ?")?;
            found(there.exists([id])?.then_some(()), "screen")?;
            if let Some(name) = name {
                let sql = "UPDATE screens SET name = ? WHERE id = ?";
                connection.prepare_cached(sql)?.execute(params![name, id])?;
            }
            if let Some(group) = group {
                if let Some(group) = group {
                    groups::exists(connection, group)?;
                }
                let sql = "UPDATE screens SET in_group = ? WHERE id = ?";
                connection.prepare_cached(sql)?.execute(params![group, id])?;
            }
            if let Some(idle) = idle {
                idle.map_or(Ok(()), |idle| idle::exists(connection, idle))?;
                let (show, of) = idle.map(Idle::parts).unzip();
                let sql = "UPDATE screens SET idle = ?, idle_id = ? WHERE id = ?";
                connection.prepare_cached(sql)?.execute(params![show, of.flatten(), id])?;
            }
            Ok(())
        };
        self.has_room()?;
        self.db().write(edit).await?;
        self.signage_changed();
        Ok(())
    }

    /// Takes a network TV away, and windows and a message that were for it alone. If it is still there, it is a new one.
    pub async fn remove_screen(&self, id: i64) -> Result<(), Error> {
        let removal = move |connection: &Connection| {
            let sql = "SELECT connector FROM screens WHERE id = ?";
            let connector = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
            if let Some(connector) = found::<Option<String>>(connector, "screen")? {
                return Err(Error::InUse { what: "the screen", used: Use::Port(connector) });
            }
            remove(connection, id)
        };
        self.make_way();
        self.db().write(removal).await?;
        self.signage_changed();
        Ok(())
    }

    /// Writes down when screens were heard last. Nothing that is played depends on it.
    pub async fn note_seen(&self, seen: Vec<(i64, i64)>) -> Result<(), Error> {
        if self.is_read_only() {
            return Ok(());
        }
        let note = move |connection: &Connection| {
            let mut note = connection.prepare_cached("UPDATE screens SET seen = ? WHERE id = ?")?;
            seen.iter().try_for_each(|(id, at)| note.execute([at, id]).map(|_| ()))?;
            Ok(())
        };
        self.db().write(note).await
    }
}

/// A screen that nobody has given a name, a group, a window or the message.
struct Stranger {
    id: i64,
    address: String,
    added: i64,
    seen: i64,
}

/// If there are as many as there may be, the one that matters least goes. `reported`: screens that said what is on them.
fn make_room(connection: &Connection, reported: &BTreeSet<i64>) -> Result<(), Error> {
    let count: usize = connection.query_row("SELECT count(*) FROM screens", [], |row| row.get(0))?;
    if count < SCREENS_MAX {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(
        "SELECT id, address, added, seen FROM screens WHERE key IS NOT NULL AND in_group IS NULL
            AND name GLOB 'TV [0-9]*' AND name NOT GLOB 'TV *[^0-9]*'
            AND NOT EXISTS (SELECT 1 FROM window_screens WHERE screen = screens.id)
            AND NOT EXISTS (SELECT 1 FROM message_screens WHERE screen = screens.id)
            AND NOT EXISTS (SELECT 1 FROM template_screens WHERE screen = screens.id)
         ORDER BY seen, id",
    )?;
    let strangers = statement.query_map([], |row| {
        Ok(Stranger { id: row.get(0)?, address: row.get(1)?, added: row.get(2)?, seen: row.get(3)? })
    })?;
    let strangers = strangers.collect::<rusqlite::Result<Vec<_>>>()?;
    match dispensable(&strangers, reported, now()) {
        Some(id) => remove(connection, id),
        None => Err(Error::TooMany { what: "screens", max: SCREENS_MAX }),
    }
}

/// Who makes room for a new one, if anybody: one of a crowd that came from one address and never said what is on it, then
/// one that came, said nothing and went, then one that was away for long. `strangers` are sorted by when they were seen.
fn dispensable(strangers: &[Stranger], reported: &BTreeSet<i64>, now: i64) -> Option<i64> {
    let silent = |stranger: &&Stranger| {
        !reported.contains(&stranger.id) && stranger.seen - stranger.added < SILENT_S_MAX
    };
    let mut crowds: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for stranger in strangers.iter().filter(silent) {
        crowds.entry(&stranger.address).or_default().push(stranger.id);
    }
    let crowd = crowds.values().max_by_key(|crowd| crowd.len()).filter(|crowd| crowd.len() > CROWD_MAX);
    let gone = || strangers.iter().filter(silent).find(|stranger| stranger.seen < now - SILENT_S);
    let forgotten = || strangers.iter().find(|stranger| stranger.seen < now - FORGOTTEN_S);
    crowd.map(|crowd| crowd[0]).or_else(|| gone().or_else(forgotten).map(|stranger| stranger.id))
}

fn remove(connection: &Connection, id: i64) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO past_screens SELECT id, name FROM screens WHERE id = ?")?
        .execute([id])?;
    connection
        .prepare_cached(
            "DELETE FROM past_screens WHERE id <= (SELECT id FROM past_screens ORDER BY id DESC LIMIT 1 OFFSET ?)",
        )?
        .execute([PAST_MAX])?;
    connection.prepare_cached("DELETE FROM screens WHERE id = ?")?.execute([id])?;
    targets::remove_of_nobody(connection)
}

/// "TV 1", or the first number that is free.
fn next_name(connection: &Connection) -> Result<String, Error> {
    let mut statement = connection.prepare_cached("SELECT name FROM screens WHERE name GLOB 'TV [0-9]*'")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let names = names.collect::<rusqlite::Result<BTreeSet<_>>>()?;
    let free = (1..).map(|number| format!("TV {number}")).find(|name| !names.contains(name));
    Ok(free.expect("there are fewer names than numbers"))
}

fn new_code(connection: &Connection) -> Result<String, Error> {
    let mut taken = connection.prepare_cached("SELECT 1 FROM screens WHERE code = ?")?;
    for _ in 0..CODE_ATTEMPTS {
        let mut bytes = [0; CODE_LETTERS_COUNT];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::Failed { operation: "chance".to_owned(), cause: error.to_string() })?;
        let letter = |byte: &u8| char::from(CODE_LETTERS[usize::from(*byte) % CODE_LETTERS.len()]);
        let code: String = bytes.iter().map(letter).collect();
        if !taken.exists([&code])? {
            return Ok(code);
        }
    }
    Err(Error::Busy)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Screen> {
    Ok(Screen {
        id: row.get(0)?,
        key: row.get(1)?,
        connector: row.get(2)?,
        code: row.get(3)?,
        name: row.get(4)?,
        group: row.get(5)?,
        browser: row.get(6)?,
        width: row.get(7)?,
        height: row.get(8)?,
        address: row.get(9)?,
        seen: row.get(10)?,
        idle: idle::read(row.get(11)?, row.get(12)?),
    })
}

const COLUMNS: &str =
    "id, key, connector, code, name, in_group, browser, width, height, address, seen, idle, idle_id";

/// All of them by id.
pub(super) fn all(connection: &Connection) -> Result<Vec<Screen>, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM screens ORDER BY id"))?;
    Ok(statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stranger(id: i64, address: &str, added: i64, seen: i64) -> Stranger {
        Stranger { id, address: address.to_owned(), added, seen }
    }

    #[test]
    fn those_that_say_nothing_make_room_first() {
        let now = 1_000_000;
        let nobody = BTreeSet::new();
        let crowd = |from: i64| (from..from + 21).map(move |id| stranger(id, "10.0.0.9", now - 5, now - 5));
        // Fresh ones of a crowd go before an old one that was there for long; not if they said what is on them.
        let mut all = vec![stranger(1, "10.0.0.1", 0, now - FORGOTTEN_S - 1)];
        all.extend(crowd(100));
        assert_eq!(dispensable(&all, &nobody, now), Some(100));
        assert_eq!(dispensable(&all, &(100..121).collect(), now), Some(1));
        assert_eq!(dispensable(&all, &BTreeSet::from([100]), now), Some(1), "twenty are no crowd");
        // One that came and went makes room in minutes, one that was there for an hour after a day.
        let went = |seen| vec![stranger(1, "a", 0, now - 3600), stranger(2, "b", seen, seen)];
        assert_eq!(dispensable(&went(now - SILENT_S - 1), &nobody, now), Some(2));
        assert_eq!(dispensable(&went(now - SILENT_S), &nobody, now), None);
    }
}
