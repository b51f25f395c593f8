//! What screens show while nothing is scheduled.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Library, found, playlists};
use crate::library::Error;
use crate::program::{Entry, Idle, Playlist, SLIDE_MS, Transition, What};

impl Library {
    /// What screens show that have no choice of their own.
    pub async fn set_idle(&self, idle: Idle) -> Result<(), Error> {
        let set = move |connection: &Connection| {
            exists(connection, idle)?;
            let (show, id) = idle.parts();
            let sql = "INSERT OR REPLACE INTO idle (one, show, id) VALUES (1, ?, ?)";
            Ok(connection.prepare_cached(sql)?.execute(params![show, id])?)
        };
        self.has_room()?;
        self.db().write(set).await?;
        self.signage_changed();
        Ok(())
    }
}

/// As it is kept; what is none of ours is none.
pub(super) fn read(show: Option<String>, id: Option<i64>) -> Option<Idle> {
    Idle::of(&show?, id)
}

pub(super) fn of_all(connection: &Connection) -> Result<Idle, Error> {
    let mut kept = connection.prepare_cached("SELECT show, id FROM idle")?;
    let idle = kept.query_row([], |row| Ok(read(row.get(0)?, row.get(1)?))).optional()?;
    Ok(idle.flatten().unwrap_or_default())
}

/// What it names must be there.
pub(super) fn exists(connection: &Connection, idle: Idle) -> Result<(), Error> {
    match idle {
        Idle::Splash | Idle::Dark => Ok(()),
        Idle::Playlist(id) => playlists::version(connection, id).map(drop),
        Idle::Asset(id) => {
            let mut there =
                connection.prepare_cached("SELECT 1 FROM assets WHERE id = ? AND binned IS NULL")?;
            found(there.exists([id])?.then_some(()), "asset")
        }
    }
}

/// Whether some screen shows a playlist while nothing is scheduled.
pub(super) fn plays(connection: &Connection, playlist: i64) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM idle WHERE show = 'playlist' AND id = ?1
        UNION SELECT 1 FROM screens WHERE idle = 'playlist' AND idle_id = ?1";
    Ok(connection.prepare_cached(sql)?.exists([playlist])?)
}

/// Playlists of a single asset each, with the ids of [`Idle::playlist`].
pub(super) fn of_assets(
    connection: &Connection,
    chosen: impl Iterator<Item = Idle>,
) -> Result<Vec<(i64, Playlist)>, Error> {
    let mut named = connection.prepare_cached("SELECT name FROM assets WHERE id = ?")?;
    let mut playlists = Vec::new();
    for idle in chosen {
        let (Idle::Asset(asset), Some(id)) = (idle, idle.playlist()) else { continue };
        let name: Option<String> = named.query_row([asset], |row| row.get(0)).optional()?;
        let playlist = Playlist {
            id,
            name: name.unwrap_or_default(),
            shuffle: false,
            transition: Transition::Cut,
            slide_ms: SLIDE_MS,
            entries: vec![Entry::of(What::Asset { id: asset, pages: None })],
        };
        playlists.push((id, playlist));
    }
    Ok(playlists)
}
