//! What is kept of the signage: playlists, screens and their groups, the schedule's windows, the message and
//! its templates, and plays.
//!
//! Belongs here: rows, and what must hold between them. What they come to at a moment is arithmetic (`program`); the
//! types of playlists, windows and messages are there.

mod groups;
mod idle;
mod message;
mod playlists;
mod plays;
mod screens;
mod shelf;
mod snapshot;
mod targets;
mod templates;
#[cfg(test)]
mod tests;
mod windows;

use rusqlite::Connection;
use tokio::sync::watch;

use super::Library;
use super::edit::{NAME_CHARS_MAX, one_line};
use super::error::Error;

pub use groups::{GROUPS_MAX, Group};
pub use playlists::{Appended, PLAYLISTS_MAX, Versioned};
pub use plays::{Cursor, PLAYS_AT_ONCE_MAX, PLAYS_MAX, PLAYS_PAGE_MAX, Play, PlayQuery, PlayRow};
pub use screens::{Met, SCREENS_MAX, Screen};
pub use snapshot::Snapshot;
pub use templates::TEMPLATES_MAX;

impl Library {
    /// A number that rises with every change of what is kept here, but for plays.
    pub fn signage_changes(&self) -> watch::Receiver<u64> {
        self.inner.signage_generation.subscribe()
    }

    fn signage_changed(&self) {
        self.inner.signage_generation.send_modify(|generation| *generation += 1);
    }
}

/// A name that somebody gave, fit to be shown.
fn checked_name(name: &str) -> Result<String, Error> {
    let name = one_line(name);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::Invalid { what: "name", allowed: "a text of 1 to 200 characters" });
    }
    Ok(name)
}

/// Whether a table may have one more row. `what`: the rows, for people.
fn room_for_one(connection: &Connection, table: &str, what: &'static str, max: usize) -> Result<(), Error> {
    let mut counted = connection.prepare_cached(&format!("SELECT count(*) FROM {table}"))?;
    let count: usize = counted.query_row([], |row| row.get(0))?;
    if count < max { Ok(()) } else { Err(Error::TooMany { what, max }) }
}

/// Of a query for one: none is a thing that is not there.
fn found<T>(found: Option<T>, what: &'static str) -> Result<T, Error> {
    found.ok_or(Error::NoSuch(what))
}
