//! The screens and groups that a window, the message or a template is for: two tables of pairs for each of them.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use crate::library::Error;
use crate::program::Target;

/// The two tables of pairs, and what they call the window, message or template.
pub(super) struct Tables {
    screens: &'static str,
    groups: &'static str,
    owner: &'static str,
}

pub(super) const OF_WINDOWS: Tables =
    Tables { screens: "window_screens", groups: "window_groups", owner: "window_id" };
pub(super) const OF_MESSAGE: Tables =
    Tables { screens: "message_screens", groups: "message_groups", owner: "message" };
pub(super) const OF_TEMPLATES: Tables =
    Tables { screens: "template_screens", groups: "template_groups", owner: "template" };

impl Tables {
    pub(super) fn insert(&self, connection: &Connection, id: i64, target: &Target) -> Result<(), Error> {
        // Named twice is named.
        let add = |pairs: &str, from: &str, what: &'static str, allowed, ids: &[i64]| -> Result<(), Error> {
            let sql = format!("INSERT OR IGNORE INTO {pairs} SELECT ?, id FROM {from} WHERE id = ?");
            let mut named = connection.prepare_cached(&sql)?;
            let mut known = connection.prepare_cached(&format!("SELECT 1 FROM {from} WHERE id = ?"))?;
            for one in ids {
                if !known.exists([one])? {
                    return Err(Error::Invalid { what, allowed });
                }
                named.execute([id, *one])?;
            }
            Ok(())
        };
        add(self.screens, "screens", "screens", "ids of screens that are there", &target.screens)?;
        add(self.groups, "screen_groups", "groups", "ids of groups that are there", &target.groups)
    }

    pub(super) fn clear(&self, connection: &Connection, id: i64) -> Result<(), Error> {
        for pairs in [self.screens, self.groups] {
            let sql = format!("DELETE FROM {pairs} WHERE {} = ?", self.owner);
            connection.prepare_cached(&sql)?.execute([id])?;
        }
        Ok(())
    }

    /// Fills in the screens and groups of one.
    pub(super) fn read(&self, connection: &Connection, id: i64, target: &mut Target) -> Result<(), Error> {
        let ids = |column: &str, pairs: &str| -> Result<Vec<i64>, Error> {
            let sql = format!("SELECT {column} FROM {pairs} WHERE {} = ?", self.owner);
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        };
        target.screens = ids("screen", self.screens)?;
        target.groups = ids("in_group", self.groups)?;
        Ok(())
    }

    /// The screens and groups of all, by the id of whose they are.
    pub(super) fn read_all(&self, connection: &Connection) -> Result<BTreeMap<i64, Target>, Error> {
        let mut all: BTreeMap<i64, Target> = BTreeMap::new();
        let pair = |row: &Row<'_>| -> rusqlite::Result<(i64, i64)> { Ok((row.get(0)?, row.get(1)?)) };
        let sql = format!("SELECT {}, screen FROM {}", self.owner, self.screens);
        for row in connection.prepare_cached(&sql)?.query_map([], pair)? {
            let (id, screen) = row?;
            all.entry(id).or_default().screens.push(screen);
        }
        let sql = format!("SELECT {}, in_group FROM {}", self.owner, self.groups);
        for row in connection.prepare_cached(&sql)?.query_map([], pair)? {
            let (id, group) = row?;
            all.entry(id).or_default().groups.push(group);
        }
        Ok(all)
    }
}

/// Windows and messages whose last screen or group went away: nothing would ever show them again, nor the pages. A
/// template stays: its text is worth keeping, and whoever shows it chooses where.
pub(super) fn remove_of_nobody(connection: &Connection) -> Result<(), Error> {
    for (owners, tables) in [("windows", OF_WINDOWS), ("message", OF_MESSAGE)] {
        let Tables { screens, groups, owner } = tables;
        let sql = format!(
            "DELETE FROM {owners} WHERE NOT everywhere
                AND NOT EXISTS (SELECT 1 FROM {screens} WHERE {screens}.{owner} = {owners}.id)
                AND NOT EXISTS (SELECT 1 FROM {groups} WHERE {groups}.{owner} = {owners}.id)"
        );
        connection.prepare_cached(&sql)?.execute([])?;
    }
    Ok(())
}
