//! Everything that plans depend on, as of one moment.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::groups::{self, Group};
use super::screens::{self, Screen};
use super::{Library, idle, message, playlists, shelf, windows};
use crate::library::Error;
use crate::program::{Anchors, Idle, Key, Message, Playlist, Shelf, Window};

#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// And what single assets are played as (`Idle::playlist`).
    pub playlists: BTreeMap<i64, Playlist>,
    /// What they name, but for sources.
    pub shelf: Shelf,
    /// By id.
    pub windows: Vec<Window>,
    pub message: Option<Message>,
    /// By id.
    pub screens: Vec<Screen>,
    /// By name.
    pub groups: Vec<Group>,
    /// What screens show while nothing is scheduled, unless they have a choice of their own.
    pub idle: Idle,
}

impl Library {
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        let read = |connection: &Connection| {
            // One moment, whoever writes meanwhile.
            let transaction = connection.unchecked_transaction()?;
            let (mut playlists, screens) = (playlists::all(&transaction)?, screens::all(&transaction)?);
            let idle = idle::of_all(&transaction)?;
            let chosen = screens.iter().filter_map(|screen| screen.idle).chain([idle]);
            playlists.extend(idle::of_assets(&transaction, chosen)?);
            Ok(Snapshot {
                shelf: shelf::read(&transaction, playlists.values())?,
                playlists,
                windows: windows::all(&transaction)?,
                message: message::current(&transaction)?,
                screens,
                groups: groups::all(&transaction)?,
                idle,
            })
        };
        self.db().read(read).await
    }

    /// Where playlists are that have changed while they were played.
    pub async fn anchors(&self) -> Result<Anchors, Error> {
        let read = |connection: &Connection| {
            let mut statement =
                connection.prepare_cached("SELECT playlist, base_ms, epoch_ms FROM anchors")?;
            let anchors = statement.query_map([], |row| {
                Ok((Key { playlist: row.get(0)?, base_ms: row.get(1)? }, row.get(2)?))
            })?;
            Ok(anchors.collect::<rusqlite::Result<_>>()?)
        };
        self.db().read(read).await
    }

    /// These and no others.
    pub async fn keep_anchors(&self, anchors: Anchors) -> Result<(), Error> {
        if self.is_read_only() {
            return Ok(());
        }
        let keep = move |connection: &Connection| {
            connection.execute("DELETE FROM anchors", [])?;
            let mut insert = connection.prepare_cached("INSERT INTO anchors VALUES (?, ?, ?)")?;
            for (key, epoch_ms) in &anchors {
                insert.execute(params![key.playlist, key.base_ms, epoch_ms])?;
            }
            Ok(())
        };
        self.db().write(keep).await
    }
}
