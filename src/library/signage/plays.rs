//! Proof of play: what was shown where and when. Each play has a number of its player's, and counts once.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::Library;
use crate::library::Error;
use crate::library::edit::clean;

/// Kept; beyond, the oldest go. With both indexes some 70 bytes each: 350 MB of the disk at most, and half a year of 15
/// TVs with a new item every 30 s, or three weeks of 100.
pub const PLAYS_MAX: i64 = 5_000_000;
/// Taken at once: what a player brings after some hours without the box.
pub const PLAYS_AT_ONCE_MAX: usize = 500;
/// In one answer.
pub const PLAYS_PAGE_MAX: usize = 1000;
/// Things that were shown and players are swept when there are more.
const SWEPT_ABOVE: u64 = 10_000;
/// What players call themselves, items and sources.
const ID_CHARS_MAX: usize = 100;
/// The years 2000 to 2100: a TV that knows no time has nothing to prove.
const TIMES_MS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// Something that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// The player's own: rises, and is never given twice.
    pub number: i64,
    pub item: String,
    pub name: String,
    pub playlist: Option<i64>,
    pub asset: Option<i64>,
    pub source: Option<String>,
    /// Milliseconds since 1970.
    pub from_ms: i64,
    pub until_ms: i64,
    /// From its begin to its end.
    pub whole: bool,
}

/// A play, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayRow {
    pub id: i64,
    pub screen: i64,
    /// As it is called now, or was when it was taken away.
    pub screen_name: String,
    pub play: Play,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub from_ms: i64,
    pub id: i64,
}

/// Plays that began from `from_ms` on and before `until_ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayQuery {
    pub from_ms: i64,
    pub until_ms: i64,
    pub screen: Option<i64>,
    pub newest_first: bool,
    pub after: Option<Cursor>,
    /// 1 to [`PLAYS_PAGE_MAX`].
    pub limit: usize,
}

impl Library {
    /// Returns the number up to which all of these are on the disk. With each stands whether it is proven that the screen
    /// could show it; else it counts only if the same was shown before. What can't be true is taken note of by its number
    /// alone: a player would bring it for ever.
    pub async fn record_plays(
        &self,
        screen: i64,
        player: &str,
        plays: Vec<(Play, bool)>,
    ) -> Result<i64, Error> {
        let named = !player.is_empty() && player.chars().count() <= ID_CHARS_MAX;
        if !named || player.chars().any(char::is_control) {
            return Err(Error::Invalid { what: "player", allowed: "1 to 100 characters" });
        }
        if plays.len() > PLAYS_AT_ONCE_MAX {
            return Err(Error::Invalid { what: "plays", allowed: "at most 500" });
        }
        self.has_room()?;
        let player = player.to_owned();
        self.db().write(move |connection| record(connection, screen, &player, &plays)).await
    }

    /// The same for a screen of the box's own, whose plays have no numbers yet.
    pub async fn record_own_plays(&self, screen: i64, player: &str, plays: Vec<Play>) -> Result<(), Error> {
        if self.is_read_only() {
            return Ok(());
        }
        self.has_room()?;
        let player = player.to_owned();
        let record = move |connection: &Connection| {
            let id = player_id(connection, &player)?;
            let sql = "SELECT coalesce(max(number), 0) FROM plays WHERE player = ?";
            let last: i64 = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
            let numbered = (last + 1..).zip(plays).map(|(number, play)| (Play { number, ..play }, true));
            let numbered: Vec<(Play, bool)> = numbered.collect();
            record(connection, screen, &player, &numbered).map(|_| ())
        };
        self.db().write(record).await
    }

    pub async fn plays(&self, query: PlayQuery) -> Result<Vec<PlayRow>, Error> {
        self.db().read(move |connection| page(connection, &query)).await
    }

    /// Forgets things that were shown, and players, of which no play is left.
    pub async fn sweep_plays(&self) -> Result<(), Error> {
        if self.is_read_only() {
            return Ok(());
        }
        let sweep = |connection: &Connection| {
            for (table, column) in [("shown", "shown"), ("players", "player")] {
                let sql = format!("SELECT count(*) FROM {table}");
                if connection.query_row(&sql, [], |row| row.get::<_, u64>(0))? > SWEPT_ABOVE {
                    let sql = format!("DELETE FROM {table} WHERE id NOT IN (SELECT {column} FROM plays)");
                    connection.execute(&sql, [])?;
                }
            }
            Ok(())
        };
        self.db().write(sweep).await
    }
}

fn player_id(connection: &Connection, player: &str) -> Result<i64, Error> {
    let insert = "INSERT INTO players (name) VALUES (?) ON CONFLICT DO NOTHING";
    connection.prepare_cached(insert)?.execute([player])?;
    let find = "SELECT id FROM players WHERE name = ?";
    Ok(connection.prepare_cached(find)?.query_row([player], |row| row.get(0))?)
}

fn record(connection: &Connection, screen: i64, player: &str, plays: &[(Play, bool)]) -> Result<i64, Error> {
    let player = player_id(connection, player)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO plays (player, number, screen, shown, from_ms, until_ms, whole) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )?;
    for (play, proven) in plays.iter().filter(|(play, _)| can_be_true(play)) {
        let shown = match proven {
            true => Some(shown_id(connection, play)?),
            false => known_id(connection, play)?,
        };
        let Some(shown) = shown else { continue };
        insert.execute(params![
            player,
            play.number,
            screen,
            shown,
            play.from_ms,
            play.until_ms,
            play.whole
        ])?;
    }
    connection
        .prepare_cached("DELETE FROM plays WHERE id <= (SELECT max(id) FROM plays) - ?")?
        .execute([PLAYS_MAX])?;
    match plays.iter().map(|(play, _)| play.number).max() {
        Some(through) => Ok(through),
        None => {
            let sql = "SELECT coalesce(max(number), 0) FROM plays WHERE player = ?";
            Ok(connection.prepare_cached(sql)?.query_row([player], |row| row.get(0))?)
        }
    }
}

fn can_be_true(play: &Play) -> bool {
    let times = TIMES_MS.contains(&play.from_ms) && TIMES_MS.contains(&play.until_ms);
    times && play.from_ms <= play.until_ms && play.number >= 0
}

fn shown_id(connection: &Connection, play: &Play) -> Result<i64, Error> {
    let short = |text: &str| clean(text).chars().take(ID_CHARS_MAX).collect::<String>();
    let (item, name) = (short(&play.item), clean(&play.name));
    let source = play.source.as_deref().map(short).unwrap_or_default();
    let (playlist, asset) = (play.playlist.unwrap_or(0), play.asset.unwrap_or(0));
    let values = params![item, name, playlist, asset, source];
    connection
        .prepare_cached(
            "INSERT INTO shown (item, name, playlist, asset, source) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(values)?;
    let find =
        "SELECT id FROM shown WHERE item = ? AND name = ? AND playlist = ? AND asset = ? AND source = ?";
    Ok(connection.prepare_cached(find)?.query_row(values, |row| row.get(0))?)
}

/// What was shown before, by this or another screen: a TV that was away brings what is no longer in its playlists.
fn known_id(connection: &Connection, play: &Play) -> Result<Option<i64>, Error> {
    let find = "SELECT max(id) FROM shown WHERE item = ? AND playlist = ? AND asset = ? AND source = ?";
    let (playlist, asset) = (play.playlist.unwrap_or(0), play.asset.unwrap_or(0));
    let source = play.source.as_deref().unwrap_or_default();
    let values = params![play.item, playlist, asset, source];
    Ok(connection.prepare_cached(find)?.query_row(values, |row| row.get(0))?)
}

fn page(connection: &Connection, query: &PlayQuery) -> Result<Vec<PlayRow>, Error> {
    let (direction, beyond) = if query.newest_first { ("DESC", "<") } else { ("ASC", ">") };
    let mut conditions = "p.from_ms >= ? AND p.from_ms < ?".to_owned();
    let mut values: Vec<Value> = vec![query.from_ms.into(), query.until_ms.into()];
    if let Some(screen) = query.screen {
        conditions.push_str(" AND p.screen = ?");
        values.push(screen.into());
    }
    if let Some(after) = query.after {
        conditions.push_str(&format!(" AND (p.from_ms, p.id) {beyond} (?, ?)"));
        values.extend([after.from_ms.into(), after.id.into()]);
    }
    let limit = query.limit.clamp(1, PLAYS_PAGE_MAX);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT p.id, p.number, p.screen, coalesce(s.name, o.name, ''), p.from_ms, p.until_ms, p.whole,
            w.item, w.name, w.playlist, w.asset, w.source
         FROM plays p INDEXED BY plays_by_time JOIN shown w ON w.id = p.shown
            LEFT JOIN screens s ON s.id = p.screen LEFT JOIN past_screens o ON o.id = p.screen
         WHERE {conditions} ORDER BY p.from_ms {direction}, p.id {direction} LIMIT {limit}"
    ))?;
    Ok(statement.query_map(params_from_iter(values), read)?.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<PlayRow> {
    let id = |at: usize| -> rusqlite::Result<Option<i64>> {
        let id: i64 = row.get(at)?;
        Ok((id != 0).then_some(id))
    };
    let source: String = row.get(11)?;
    Ok(PlayRow {
        id: row.get(0)?,
        screen: row.get(2)?,
        screen_name: row.get(3)?,
        play: Play {
            number: row.get(1)?,
            item: row.get(7)?,
            name: row.get(8)?,
            playlist: id(9)?,
            asset: id(10)?,
            source: (!source.is_empty()).then_some(source),
            from_ms: row.get(4)?,
            until_ms: row.get(5)?,
            whole: row.get(6)?,
        },
    })
}
