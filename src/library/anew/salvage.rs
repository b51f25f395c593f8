//! What can be read of a database that is damaged, row by row.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, params_from_iter};

use crate::library::error::Error;

/// A table, and what its rows belong to. In this order: what others refer to comes first. Not among them: what is counted
/// or indexed anew, and the files, which the store tells better.
struct Table {
    name: &'static str,
    /// A column, and the table whose `id` it names, without which a row means nothing.
    parent: Option<(&'static str, &'static str)>,
    /// Columns that may be empty, and what they refer to: a row without it is better than no row.
    loose: &'static [(&'static str, &'static str)],
}

const fn table(name: &'static str) -> Table {
    Table { name, parent: None, loose: &[] }
}

const fn part(name: &'static str, column: &'static str, of: &'static str) -> Table {
    Table { name, parent: Some((column, of)), loose: &[] }
}

const MADE_FROM: &[(&str, &str)] =
    &[("converted", "files.hash"), ("thumbnail", "files.hash"), ("preview", "files.hash")];

const TABLES: [Table; 25] = [
    Table { name: "assets", parent: None, loose: MADE_FROM },
    part("pages", "asset", "assets"),
    part("subtitles", "asset", "assets"),
    table("tags"),
    part("asset_tags", "asset", "assets"),
    part("jobs", "asset", "assets"),
    table("playlists"),
    part("playlist_items", "playlist", "playlists"),
    table("screen_groups"),
    Table { name: "screens", parent: None, loose: &[("in_group", "screen_groups.id")] },
    table("past_screens"),
    table("windows"),
    part("window_screens", "window_id", "windows"),
    part("window_groups", "window_id", "windows"),
    table("message"),
    part("message_screens", "message", "message"),
    part("message_groups", "message", "message"),
    Table { name: "message_templates", parent: None, loose: &[("playlist", "playlists.id")] },
    part("template_screens", "template", "message_templates"),
    part("template_groups", "template", "message_templates"),
    part("anchors", "playlist", "playlists"),
    table("players"),
    table("shown"),
    table("plays"),
    table("idle"),
];

/// What came of one database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Salvaged {
    pub(super) opened: bool,
    /// Every table was read to its end.
    pub(super) whole: bool,
    /// Rows that belong to what is gone, or are none of ours.
    pub(super) lost_rows: u64,
}

/// Adds to `to` what can be read of `from` and is not there yet. What belongs to a row that was there before stays as it
/// is: a playlist does not get back what was taken out of it since.
pub(super) fn salvage(to: &Connection, from: &Path) -> Result<Salvaged, Error> {
    let Some(from) = open(from) else { return Ok(Salvaged::default()) };
    let mut salvaged = Salvaged { opened: true, whole: true, lost_rows: 0 };
    let parents: BTreeSet<_> = TABLES.iter().filter_map(|table| Some(table.parent?.1)).collect();
    for parent in &parents {
        to.execute_batch(&format!(
            "DROP TABLE IF EXISTS temp.had_{parent}; CREATE TEMP TABLE had_{parent} AS SELECT id FROM main.{parent};"
        ))?;
    }
    for table in &TABLES {
        let lost = &mut salvaged.lost_rows;
        salvaged.whole &= copy(&from, to, table, lost)?;
    }
    for parent in &parents {
        to.execute_batch(&format!("DROP TABLE temp.had_{parent}"))?;
    }
    keep_numbers(&from, to)?;
    Ok(salvaged)
}

/// `None` if not even what tables there are can be read.
fn open(path: &Path) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).ok()?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;").ok()?;
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, u64>(0));
    tables.is_ok_and(|count| count > 0).then_some(connection)
}

/// Copies one table; whether it was read to its end. From its end, too, if there is damage in between.
fn copy(from: &Connection, to: &Connection, table: &Table, lost: &mut u64) -> Result<bool, Error> {
    let known = columns(from, table.name).unwrap_or_default();
    let columns: Vec<String> =
        columns(to, table.name)?.into_iter().filter(|column| known.contains(column)).collect();
    if columns.is_empty() {
        return Ok(false);
    }
    let insert = insert_of(table, &columns);
    let (list, name) = (columns.join(", "), table.name);
    // By the table itself, whose order is the key's: its indexes may be what is damaged.
    let select = format!("SELECT {list} FROM {name} NOT INDEXED");
    if copy_rows(from, to, &select, &insert, lost)? {
        return Ok(true);
    }
    let key = keys(to, name)?.iter().map(|key| format!("{key} DESC")).collect::<Vec<_>>().join(", ");
    let mut again = 0;
    copy_rows(from, to, &format!("{select} ORDER BY {key}"), &insert, &mut again)?;
    *lost += again;
    Ok(false)
}

/// Puts one row in, unless it is there, or belongs to what was there before; what it may do without is left out if gone.
fn insert_of(table: &Table, columns: &[String]) -> String {
    let values = columns.iter().enumerate().map(|(index, column)| {
        let place = format!("?{}", index + 1);
        match table.loose.iter().find(|(loose, _)| loose == column).and_then(|(_, of)| of.split_once('.')) {
            Some((of, key)) => format!("(SELECT {key} FROM {of} WHERE {key} = {place})"),
            None => place,
        }
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let condition = table.parent.and_then(|(column, of)| {
        let index = columns.iter().position(|known| known == column)?;
        Some(format!(" WHERE ?{} NOT IN (SELECT id FROM temp.had_{of})", index + 1))
    });
    let condition = condition.unwrap_or_default();
    format!("INSERT OR IGNORE INTO main.{} ({}) SELECT {values}{condition}", table.name, columns.join(", "))
}

/// Whether it came to the end.
fn copy_rows(
    from: &Connection,
    to: &Connection,
    select: &str,
    insert: &str,
    lost: &mut u64,
) -> Result<bool, Error> {
    let Ok(mut select) = from.prepare(select) else { return Ok(false) };
    let mut insert = to.prepare(insert)?;
    let count = select.column_count();
    let Ok(mut rows) = select.query([]) else { return Ok(false) };
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        };
        let values: Result<Vec<Value>, _> = (0..count).map(|index| row.get(index)).collect();
        let Ok(values) = values else {
            *lost += 1;
            continue;
        };
        match insert.execute(params_from_iter(values)) {
            Ok(_) => {}
            // What it belongs to is gone, or it is garbage.
            Err(error) if refused(&error) => *lost += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn refused(error: &rusqlite::Error) -> bool {
    let codes = [ErrorCode::ConstraintViolation, ErrorCode::TypeMismatch, ErrorCode::TooBig];
    error.sqlite_error_code().is_some_and(|code| codes.contains(&code))
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?)")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// The columns of the primary key, in its order.
fn keys(connection: &Connection, table: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut statement =
        connection.prepare("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// Numbers that were given once are not given again: links and plays go by them.
fn keep_numbers(from: &Connection, to: &Connection) -> Result<(), Error> {
    let Ok(mut select) = from.prepare("SELECT name, seq FROM sqlite_sequence") else { return Ok(()) };
    let Ok(mut rows) = select.query([]) else { return Ok(()) };
    while let Ok(Some(row)) = rows.next() {
        let (Ok(name), Ok(number)) = (row.get::<_, String>(0), row.get::<_, i64>(1)) else { continue };
        let own = TABLES.iter().any(|table| table.name == name);
        // Garbage would leave no numbers to give.
        if own && (0..=NUMBER_MAX).contains(&number) {
            to.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, 0
                    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
                [&name],
            )?;
            to.execute("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", (&name, number))?;
        }
    }
    Ok(())
}

/// More than any box gives in its life.
const NUMBER_MAX: i64 = 1 << 40;
