//! The message: one at a time, over everything.

use rusqlite::{Connection, OptionalExtension, params};

use super::Library;
use super::windows::check_playlist;
use crate::library::Error;
use crate::library::edit::one_line;
use crate::program::Message;

impl Library {
    pub async fn message(&self) -> Result<Option<Message>, Error> {
        self.db().read(current).await
    }

    /// Puts it in the place of the one that is there; whatever id it has, it gets a new one.
    pub async fn put_message(&self, message: Message) -> Result<i64, Error> {
        let text = message.text.as_deref().map(lines);
        let message = Message { text, ..message };
        message.check()?;
        let put = move |connection: &Connection| {
            check_playlist(connection, message.playlist)?;
            connection.execute("DELETE FROM message", [])?;
            connection
                .prepare_cached(
                    "INSERT INTO message (text, playlist, everywhere, from_ms, until_ms) VALUES (?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    message.text,
                    message.playlist,
                    message.screens.is_none(),
                    message.from_ms,
                    message.until_ms
                ])?;
            let id = connection.last_insert_rowid();
            let sql = "INSERT OR IGNORE INTO message_screens SELECT ?, id FROM screens WHERE id = ?";
            let mut named = connection.prepare_cached(sql)?;
            let mut known = connection.prepare_cached("SELECT 1 FROM screens WHERE id = ?")?;
            for screen in message.screens.iter().flatten() {
                if !known.exists([screen])? {
                    return Err(Error::Invalid { what: "screens", allowed: "ids of screens that are there" });
                }
                named.execute([id, *screen])?;
            }
            Ok(id)
        };
        self.has_room()?;
        let id = self.db().write(put).await?;
        self.signage_changed();
        Ok(id)
    }

    /// Takes it back; it is no mistake if there is none.
    pub async fn clear_message(&self) -> Result<(), Error> {
        self.make_way();
        self.db().write(|connection| Ok(connection.execute("DELETE FROM message", [])?)).await?;
        self.signage_changed();
        Ok(())
    }
}

/// Of a text: more do not fit a screen so that anybody could read them.
const LINES_MAX: usize = 8;

fn lines(text: &str) -> String {
    let lines: Vec<String> = text.trim().lines().take(LINES_MAX).map(one_line).collect();
    lines.join("\n")
}

pub(super) fn current(connection: &Connection) -> Result<Option<Message>, Error> {
    let sql =
        "SELECT id, text, playlist, everywhere, from_ms, until_ms FROM message ORDER BY id DESC LIMIT 1";
    let read = connection.prepare_cached(sql)?.query_row([], |row| {
        let message = Message {
            id: row.get(0)?,
            text: row.get(1)?,
            playlist: row.get(2)?,
            screens: None,
            from_ms: row.get(4)?,
            until_ms: row.get(5)?,
        };
        Ok((message, row.get::<_, bool>(3)?))
    });
    let Some((mut message, everywhere)) = read.optional()? else { return Ok(None) };
    if !everywhere {
        let sql = "SELECT screen FROM message_screens WHERE message = ?";
        let mut statement = connection.prepare_cached(sql)?;
        let screens = statement.query_map([message.id], |row| row.get(0))?;
        message.screens = Some(screens.collect::<rusqlite::Result<_>>()?);
    }
    Ok(Some(message))
}
