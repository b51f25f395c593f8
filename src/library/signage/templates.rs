//! Templates: messages that are kept, to be shown again.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::targets::OF_TEMPLATES;
use super::windows::check_playlist;
use super::{Library, checked_name, found, message, room_for_one};
use crate::library::Error;
use crate::program::{Shown, Target, Template, check_minutes};

/// As many as one looks through in a menu.
pub const TEMPLATES_MAX: usize = 100;

impl Library {
    /// By name.
    pub async fn templates(&self) -> Result<Vec<Template>, Error> {
        self.db().read(all).await
    }

    pub async fn template(&self, id: i64) -> Result<Template, Error> {
        self.db().read(move |connection| one(connection, id)).await
    }

    /// Whatever id it has, it gets a new one.
    pub async fn add_template(&self, template: Template) -> Result<i64, Error> {
        let template = checked(template)?;
        let add = move |connection: &Connection| {
            room_for_one(connection, "message_templates", "templates", TEMPLATES_MAX)?;
            let Template { id: _, name, shown, minutes } = &template;
            check_playlist(connection, shown.playlist)?;
            let sql = "INSERT INTO message_templates (name, text, playlist, everywhere, minutes) VALUES (?, ?, ?, ?, ?)";
            let values = params![name, shown.text, shown.playlist, shown.target.everywhere, minutes];
            connection.prepare_cached(sql)?.execute(values)?;
            let id = connection.last_insert_rowid();
            OF_TEMPLATES.insert(connection, id, &shown.target)?;
            Ok(id)
        };
        self.has_room()?;
        self.db().write(add).await
    }

    /// Takes the place of the one with its id.
    pub async fn put_template(&self, template: Template) -> Result<(), Error> {
        let template = checked(template)?;
        let put = move |connection: &Connection| {
            let Template { id, name, shown, minutes } = &template;
            check_playlist(connection, shown.playlist)?;
            let sql =
                "UPDATE message_templates SET name = ?, text = ?, playlist = ?, everywhere = ?, minutes = ?
                WHERE id = ?";
            let values = params![name, shown.text, shown.playlist, shown.target.everywhere, minutes, id];
            let changed = connection.prepare_cached(sql)?.execute(values)?;
            found((changed > 0).then_some(()), "template")?;
            OF_TEMPLATES.clear(connection, *id)?;
            OF_TEMPLATES.insert(connection, *id, &shown.target)
        };
        self.has_room()?;
        self.db().write(put).await
    }

    pub async fn remove_template(&self, id: i64) -> Result<(), Error> {
        let remove = move |connection: &Connection| {
            let sql = "DELETE FROM message_templates WHERE id = ?";
            let removed = connection.prepare_cached(sql)?.execute([id])?;
            found((removed > 0).then_some(()), "template")
        };
        self.make_way();
        self.db().write(remove).await
    }
}

fn checked(template: Template) -> Result<Template, Error> {
    check_minutes(template.minutes)?;
    Ok(Template { name: checked_name(&template.name)?, shown: message::checked(template.shown)?, ..template })
}

const COLUMNS: &str = "id, name, text, playlist, everywhere, minutes";

fn read(row: &Row<'_>) -> rusqlite::Result<Template> {
    let target = Target { everywhere: row.get(4)?, ..Target::default() };
    let shown = Shown { text: row.get(2)?, playlist: row.get(3)?, target };
    Ok(Template { id: row.get(0)?, name: row.get(1)?, shown, minutes: row.get(5)? })
}

fn one(connection: &Connection, id: i64) -> Result<Template, Error> {
    let sql = format!("SELECT {COLUMNS} FROM message_templates WHERE id = ?");
    let read = connection.prepare_cached(&sql)?.query_row([id], read).optional()?;
    let mut template = found(read, "template")?;
    OF_TEMPLATES.read(connection, id, &mut template.shown.target)?;
    Ok(template)
}

fn all(connection: &Connection) -> Result<Vec<Template>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM message_templates ORDER BY name, id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut templates = statement.query_map([], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    for template in &mut templates {
        OF_TEMPLATES.read(connection, template.id, &mut template.shown.target)?;
    }
    Ok(templates)
}
