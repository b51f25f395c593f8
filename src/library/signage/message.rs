//! The message: one at a time, over everything.

use rusqlite::{Connection, OptionalExtension, params};

use super::Library;
use super::targets::OF_MESSAGE;
use super::windows::check_playlist;
use crate::library::Error;
use crate::library::edit::one_line;
use crate::program::{Message, Shown, Target};

impl Library {
    pub async fn message(&self) -> Result<Option<Message>, Error> {
        self.db().read(current).await
    }

    /// Puts it in the place of the one that is there; whatever id it has, it gets a new one.
    pub async fn put_message(&self, message: Message) -> Result<i64, Error> {
        let Message { id: _, shown, from_ms, until_ms } = message;
        let shown = checked(shown)?;
        let put = move |connection: &Connection| {
            check_playlist(connection, shown.playlist)?;
            connection.execute("DELETE FROM message", [])?;
            connection
                .prepare_cached(
                    "INSERT INTO message (text, playlist, everywhere, from_ms, until_ms) VALUES (?, ?, ?, ?, ?)",
                )?
                .execute(params![shown.text, shown.playlist, shown.target.everywhere, from_ms, until_ms])?;
            let id = connection.last_insert_rowid();
            OF_MESSAGE.insert(connection, id, &shown.target)?;
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

/// Fit to be shown; or what is wrong with it.
pub(super) fn checked(shown: Shown) -> Result<Shown, Error> {
    let text = shown.text.as_deref().map(lines);
    let shown = Shown { text, ..shown };
    shown.check()?;
    Ok(shown)
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
        let target = Target { everywhere: row.get(3)?, ..Target::default() };
        let shown = Shown { text: row.get(1)?, playlist: row.get(2)?, target };
        Ok(Message { id: row.get(0)?, shown, from_ms: row.get(4)?, until_ms: row.get(5)? })
    });
    let Some(mut message) = read.optional()? else { return Ok(None) };
    OF_MESSAGE.read(connection, message.id, &mut message.shown.target)?;
    Ok(Some(message))
}
