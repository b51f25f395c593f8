//! Whether rows and files agree, and what can be mended.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::Library;
use super::asset::Hash;
use super::edit::forget_file;
use super::error::Error;
use super::store::{Store, hash_of};
use super::sweep::is_old;

/// What is wrong, one sentence each, and how much was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub assets: u64,
    pub files: u64,
    pub bytes: u64,
    pub findings: Vec<Finding>,
    /// Files of something that broke off, so young that the sweep has not come for them yet: nothing is wrong.
    pub left_over: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// What SQLite says of its own file.
    Database(String),
    /// A row names it, but it is not there.
    Missing { file: String, asset: Option<String> },
    /// Its content is not what its name says.
    Changed { file: String, asset: Option<String> },
    /// A row that nothing refers to.
    Unused { file: String },
    /// No row names it.
    Orphan { path: PathBuf },
    /// Kept figures that do not agree with what is there.
    Count { what: String },
}

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of =
            |asset: &Option<String>| asset.as_ref().map_or(String::new(), |name| format!(" of \"{name}\""));
        match self {
            Self::Database(text) => write!(out, "the database: {text}"),
            Self::Missing { file, asset } => write!(out, "{file}{} is missing", of(asset)),
            Self::Changed { file, asset } => write!(out, "{file}{} is damaged", of(asset)),
            Self::Unused { file } => write!(out, "{file} belongs to nothing"),
            Self::Orphan { path } => write!(out, "{} is not known", path.display()),
            Self::Count { what } => write!(out, "the number of {what} is wrong"),
        }
    }
}

/// What is looked at, and what is done about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Read every file and compare it with its name: takes as long as copying the library.
    pub content: bool,
    /// Remove what belongs to nothing, put lost and damaged originals into the bin, count anew.
    pub repair: bool,
}

impl Library {
    /// Blocks for as long as it takes. Nothing may be taken in meanwhile: nobody else may hold this library.
    pub fn check(&self, options: Options) -> Result<Report, Error> {
        let store = self.store().clone();
        self.db().write_blocking(move |connection| check(connection, &store, options))
    }
}

struct Known {
    ext: String,
    bytes: u64,
}

fn check(connection: &Connection, store: &Store, options: Options) -> Result<Report, Error> {
    let assets = connection.query_row("SELECT count(*) FROM assets", [], |row| row.get(0))?;
    let mut report = Report { assets, ..Report::default() };
    database(connection, &mut report)?;
    let known = known_files(connection)?;
    for (hash, file) in &known {
        report.files += 1;
        report.bytes += file.bytes;
        if let Some(lost) = look(store, *hash, file, options.content) {
            let name = format!("{hash}.{}", file.ext);
            let asset = owner(connection, *hash)?;
            if options.repair {
                give_up(connection, store, *hash, &file.ext, lost)?;
            }
            report.findings.push(match lost {
                Lost::Missing => Finding::Missing { file: name, asset },
                Lost::Changed => Finding::Changed { file: name, asset },
            });
        } else if !is_used(connection, *hash)? {
            report.findings.push(Finding::Unused { file: format!("{hash}.{}", file.ext) });
            if options.repair && forget_file(connection, *hash)?.is_some() {
                remove(&store.path(*hash, &file.ext))?;
            }
        }
    }
    orphans(store, &known, options.repair, &mut report)?;
    counts(connection, options.repair, &mut report)?;
    Ok(report)
}

fn database(connection: &Connection, report: &mut Report) -> Result<(), Error> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    for line in lines.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().filter(|line| line != "ok") {
        report.findings.push(Finding::Database(line));
    }
    let mut statement =
        connection.prepare("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1")?;
    let broken = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?)))?;
    for (table, rows) in broken.collect::<rusqlite::Result<Vec<_>>>()? {
        report.findings.push(Finding::Database(format!("{rows} rows of {table} refer to nothing")));
    }
    Ok(())
}

fn known_files(connection: &Connection) -> Result<BTreeMap<Hash, Known>, Error> {
    let mut statement = connection.prepare("SELECT hash, ext, bytes FROM files")?;
    let files =
        statement.query_map([], |row| Ok((row.get(0)?, Known { ext: row.get(1)?, bytes: row.get(2)? })))?;
    Ok(files.collect::<rusqlite::Result<_>>()?)
}

#[derive(Clone, Copy)]
enum Lost {
    Missing,
    Changed,
}

fn look(store: &Store, hash: Hash, known: &Known, content: bool) -> Option<Lost> {
    let Ok(mut file) = File::open(store.path(hash, &known.ext)) else { return Some(Lost::Missing) };
    let whole = file.metadata().is_ok_and(|metadata| metadata.len() == known.bytes);
    let same = !content || hash_of(&mut file).is_ok_and(|(found, _)| found == hash);
    (!whole || !same).then_some(Lost::Changed)
}

/// The name of the asset whose original this is.
fn owner(connection: &Connection, hash: Hash) -> Result<Option<String>, Error> {
    let mut statement = connection.prepare_cached("SELECT name FROM assets WHERE hash = ?")?;
    let mut rows = statement.query([hash])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
}

fn is_used(connection: &Connection, hash: Hash) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM assets WHERE hash = ?1) OR EXISTS (SELECT 1 FROM assets WHERE converted = ?1)
            OR EXISTS (SELECT 1 FROM assets WHERE thumbnail = ?1) OR EXISTS (SELECT 1 FROM assets WHERE preview = ?1)
            OR EXISTS (SELECT 1 FROM pages WHERE hash = ?1) OR EXISTS (SELECT 1 FROM subtitles WHERE hash = ?1)",
    )?;
    Ok(statement.query_row([hash], |row| row.get(0))?)
}

/// A file that can't be had any more. What was made from an original is made again; an asset without its original is
/// of no use and goes, its name having been told.
fn give_up(connection: &Connection, store: &Store, hash: Hash, ext: &str, lost: Lost) -> Result<(), Error> {
    connection.execute(
        "UPDATE jobs SET state = 'waiting' WHERE
            (step = 'thumbnail' AND asset IN (SELECT id FROM assets WHERE thumbnail = ?1))
            OR (step = 'preview' AND asset IN (SELECT id FROM assets WHERE preview = ?1))
            OR (step = 'convert' AND asset IN (SELECT id FROM assets WHERE converted = ?1))
            OR (step = 'pages' AND asset IN (SELECT asset FROM pages WHERE hash = ?1))",
        [hash],
    )?;
    for sql in [
        "UPDATE assets SET thumbnail = NULL WHERE thumbnail = ?",
        "UPDATE assets SET preview = NULL, preview_frames = 0 WHERE preview = ?",
        "UPDATE assets SET converted = NULL WHERE converted = ?",
        "DELETE FROM pages WHERE hash = ?",
        "DELETE FROM subtitles WHERE hash = ?",
        "DELETE FROM asset_tags WHERE asset IN (SELECT id FROM assets WHERE hash = ?)",
        "DELETE FROM assets WHERE hash = ?",
    ] {
        connection.execute(sql, [hash])?;
    }
    forget_file(connection, hash)?;
    if matches!(lost, Lost::Changed) {
        // Kept for whoever wants to look at it; no name of a whole file any more.
        let path = store.path(hash, ext);
        let aside = path.with_extension(format!("{ext}.damaged"));
        fs::rename(&path, &aside).map_err(|error| Error::file("setting aside", &path, &error))?;
    }
    Ok(())
}

/// Files below the shelves that no row names, but for those that were set aside.
fn orphans(
    store: &Store,
    known: &BTreeMap<Hash, Known>,
    repair: bool,
    report: &mut Report,
) -> Result<(), Error> {
    let names: BTreeSet<String> = known.iter().map(|(hash, file)| format!("{hash}.{}", file.ext)).collect();
    for shelf in list(&store.shelves())? {
        for path in list(&shelf)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if names.contains(name) || name.ends_with(".damaged") {
                continue;
            }
            let old = is_old(&path);
            if repair {
                remove(&path)?;
            }
            if old {
                report.findings.push(Finding::Orphan { path });
            } else {
                report.left_over += 1;
            }
        }
    }
    Ok(())
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let listed = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    listed.map_err(|error: io::Error| Error::file("listing", folder, &error))
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("removing", path, &error)),
        _ => Ok(()),
    }
}

/// What is counted as it changes, against counting it now.
fn counts(connection: &Connection, repair: bool, report: &mut Report) -> Result<(), Error> {
    let real = "CASE what
        WHEN 'bin' THEN (SELECT count(*) FROM assets WHERE binned IS NOT NULL)
        WHEN 'favorite' THEN (SELECT count(*) FROM assets WHERE binned IS NULL AND favorite)
        ELSE (SELECT count(*) FROM assets WHERE binned IS NULL AND kind = what) END";
    let mut statement = connection.prepare(&format!("SELECT what FROM totals WHERE assets <> {real}"))?;
    let wrong =
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    report.findings.extend(wrong.into_iter().map(|what| Finding::Count { what }));
    let of_tag = "(SELECT count(*) FROM asset_tags x JOIN assets a ON a.id = x.asset
        WHERE x.tag = tags.id AND a.binned IS NULL)";
    let mut statement = connection.prepare(&format!("SELECT name FROM tags WHERE assets <> {of_tag}"))?;
    let wrong =
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    report
        .findings
        .extend(wrong.into_iter().map(|tag| Finding::Count { what: format!("assets tagged {tag}") }));
    if repair {
        connection.execute(&format!("UPDATE totals SET assets = {real}"), [])?;
        connection.execute(&format!("UPDATE tags SET assets = {of_tag}"), [])?;
    }
    Ok(())
}
