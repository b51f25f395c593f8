//! Groups of screens that play in step.

use rusqlite::{Connection, OptionalExtension, params};

use super::screens::SCREENS_MAX;
use super::{Library, checked_name, found, room_for_one, targets};
use crate::library::Error;

/// Of one box: rooms of a building.
pub const GROUPS_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: i64,
    pub name: String,
}

impl Library {
    /// With the ids of its screens.
    pub async fn group(&self, id: i64) -> Result<(Group, Vec<i64>), Error> {
        let read = move |connection: &Connection| {
            let mut named = connection.prepare_cached("SELECT name FROM screen_groups WHERE id = ?")?;
            let name = found(named.query_row([id], |row| row.get(0)).optional()?, "group")?;
            let mut inside =
                connection.prepare_cached("SELECT id FROM screens WHERE in_group = ? ORDER BY id")?;
            let screens = inside.query_map([id], |row| row.get(0))?;
            Ok((Group { id, name }, screens.collect::<rusqlite::Result<_>>()?))
        };
        self.db().read(read).await
    }

    pub async fn add_group(&self, name: &str, screens: Vec<i64>) -> Result<i64, Error> {
        let name = checked_name(name)?;
        let add = move |connection: &Connection| {
            room_for_one(connection, "screen_groups", "groups", GROUPS_MAX)?;
            connection.prepare_cached("INSERT INTO screen_groups (name) VALUES (?)")?.execute([name])?;
            let id = connection.last_insert_rowid();
            fill(connection, id, &screens)?;
            Ok(id)
        };
        self.has_room()?;
        let id = self.db().write(add).await?;
        self.signage_changed();
        Ok(id)
    }

    /// What is `None` stays as it is.
    pub async fn edit_group(
        &self,
        id: i64,
        name: Option<&str>,
        screens: Option<Vec<i64>>,
    ) -> Result<(), Error> {
        let name = name.map(checked_name).transpose()?;
        let edit = move |connection: &Connection| {
            exists(connection, id)?;
            if let Some(name) = name {
                let sql = "UPDATE screen_groups SET name = ? WHERE id = ?";
                connection.prepare_cached(sql)?.execute(params![name, id])?;
            }
            match screens {
                Some(screens) => fill(connection, id, &screens),
                None => Ok(()),
            }
        };
        self.has_room()?;
        self.db().write(edit).await?;
        self.signage_changed();
        Ok(())
    }

    /// Its screens are in no group then; windows and a message that were for it alone go with it.
    pub async fn remove_group(&self, id: i64) -> Result<(), Error> {
        let remove = move |connection: &Connection| {
            exists(connection, id)?;
            connection.prepare_cached("DELETE FROM screen_groups WHERE id = ?")?.execute([id])?;
            targets::remove_of_nobody(connection)
        };
        self.make_way();
        self.db().write(remove).await?;
        self.signage_changed();
        Ok(())
    }
}

pub(super) fn exists(connection: &Connection, id: i64) -> Result<(), Error> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM screen_groups WHERE id = ?")?;
    found(statement.query_row([id], |_| Ok(())).optional()?, "group")
}

/// These screens and no others; each is taken out of the group it was in.
fn fill(connection: &Connection, id: i64, screens: &[i64]) -> Result<(), Error> {
    if screens.len() > SCREENS_MAX {
        return Err(Error::Invalid { what: "screens", allowed: "at most 500 ids" });
    }
    connection.prepare_cached("UPDATE screens SET in_group = NULL WHERE in_group = ?")?.execute([id])?;
    let mut put = connection.prepare_cached("UPDATE screens SET in_group = ? WHERE id = ?")?;
    for screen in screens {
        if put.execute(params![id, screen])? == 0 {
            return Err(Error::Invalid { what: "screens", allowed: "ids of screens that are there" });
        }
    }
    Ok(())
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Group>, Error> {
    let mut statement = connection.prepare_cached("SELECT id, name FROM screen_groups ORDER BY name, id")?;
    let groups = statement.query_map([], |row| Ok(Group { id: row.get(0)?, name: row.get(1)? }))?;
    Ok(groups.collect::<rusqlite::Result<_>>()?)
}
