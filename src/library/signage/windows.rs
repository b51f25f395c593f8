//! The windows of the schedule.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::targets::OF_WINDOWS;
use super::{Library, found, room_for_one};
use crate::library::Error;
use crate::program::{Days, Target, WINDOWS_MAX, Window};

impl Library {
    pub async fn window(&self, id: i64) -> Result<Window, Error> {
        self.db().read(move |connection| one(connection, id)).await
    }

    /// Whatever id it has, it gets a new one, which is higher than all there were.
    pub async fn add_window(&self, window: Window) -> Result<i64, Error> {
        window.check()?;
        let add = move |connection: &Connection| {
            room_for_one(connection, "windows", "windows", WINDOWS_MAX)?;
            check_playlist(connection, window.playlist)?;
            connection
                .prepare_cached(
                    "INSERT INTO windows (playlist, everywhere, days, from_minute, until_minute, first, last, priority)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    window.playlist,
                    window.target.everywhere,
                    window.days.bits(),
                    window.from,
                    window.until,
                    window.first.map(|date| date.to_string()),
                    window.last.map(|date| date.to_string()),
                    window.priority
                ])?;
            let id = connection.last_insert_rowid();
            OF_WINDOWS.insert(connection, id, &window.target)?;
            Ok(id)
        };
        self.has_room()?;
        let id = self.db().write(add).await?;
        self.signage_changed();
        Ok(id)
    }

    /// Changes the one that is there.
    pub async fn edit_window(
        &self,
        id: i64,
        change: impl FnOnce(Window) -> Result<Window, Error> + Send + 'static,
    ) -> Result<(), Error> {
        let edit = move |connection: &Connection| {
            let window = change(one(connection, id)?)?;
            window.check()?;
            check_playlist(connection, window.playlist)?;
            connection
                .prepare_cached(
                    "UPDATE windows SET playlist = ?, everywhere = ?, days = ?, from_minute = ?, until_minute = ?,
                        first = ?, last = ?, priority = ?
                     WHERE id = ?",
                )?
                .execute(params![
                    window.playlist,
                    window.target.everywhere,
                    window.days.bits(),
                    window.from,
                    window.until,
                    window.first.map(|date| date.to_string()),
                    window.last.map(|date| date.to_string()),
                    window.priority,
                    id
                ])?;
            OF_WINDOWS.clear(connection, id)?;
            OF_WINDOWS.insert(connection, id, &window.target)
        };
        self.has_room()?;
        self.db().write(edit).await?;
        self.signage_changed();
        Ok(())
    }

    pub async fn remove_window(&self, id: i64) -> Result<(), Error> {
        let remove = move |connection: &Connection| {
            let removed = connection.prepare_cached("DELETE FROM windows WHERE id = ?")?.execute([id])?;
            found((removed > 0).then_some(()), "window")
        };
        self.make_way();
        self.db().write(remove).await?;
        self.signage_changed();
        Ok(())
    }
}

pub(super) fn check_playlist(connection: &Connection, id: Option<i64>) -> Result<(), Error> {
    let Some(id) = id else { return Ok(()) };
    let mut there = connection.prepare_cached("SELECT 1 FROM playlists WHERE id = ?")?;
    match there.exists([id])? {
        true => Ok(()),
        false => Err(Error::Invalid { what: "playlist", allowed: "the id of a playlist that is there" }),
    }
}

const COLUMNS: &str = "id, playlist, everywhere, days, from_minute, until_minute, first, last, priority";

fn read(row: &Row<'_>) -> rusqlite::Result<Window> {
    let date = |text: Option<String>| text.and_then(|text| text.parse::<Date>().ok());
    Ok(Window {
        id: row.get(0)?,
        playlist: row.get(1)?,
        target: Target { everywhere: row.get(2)?, ..Target::default() },
        days: Days::from_bits(row.get(3)?),
        from: row.get(4)?,
        until: row.get(5)?,
        first: date(row.get(6)?),
        last: date(row.get(7)?),
        priority: row.get(8)?,
    })
}

fn one(connection: &Connection, id: i64) -> Result<Window, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM windows WHERE id = ?"))?;
    let mut window = found(statement.query_row([id], read).optional()?, "window")?;
    OF_WINDOWS.read(connection, id, &mut window.target)?;
    Ok(window)
}

/// All of them by id, in the reader's own transaction.
pub(super) fn all(connection: &Connection) -> Result<Vec<Window>, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM windows"))?;
    let windows = statement.query_map([], read)?.map(|row| row.map(|window| (window.id, window)));
    let mut windows = windows.collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
    for (id, Target { screens, groups, .. }) in OF_WINDOWS.read_all(connection)? {
        if let Some(window) = windows.get_mut(&id) {
            window.target = Target { everywhere: window.target.everywhere, screens, groups };
        }
    }
    Ok(windows.into_values().collect())
}
