//! Whether rows and files agree, and what can be mended.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::Library;
use super::asset::{Hash, StoredFile};
use super::content::{Content, HEAD_BYTES};
use super::edit::record_file;
use super::error::Error;
use super::purge::forget_file;
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
    Missing { file: String, asset: Option<String>, mended: Option<Mended> },
    /// Its content is not what its name says.
    Changed { file: String, asset: Option<String>, mended: Option<Mended> },
    /// A row that nothing refers to.
    Unused { file: String },
    /// No row names it.
    Orphan { path: PathBuf },
    /// Kept figures that do not agree with what is there.
    Count { what: String },
}

/// What a repair made of a file that is lost or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// It was made from something that is there, and is made again.
    MadeAgain,
    /// The copy that plays everywhere is the asset's file now.
    CopyTookPlace,
    /// What is left of it is the asset's file now, and is looked into again.
    KeptAsFound,
    /// Nothing of it is left that could be shown: the asset is gone.
    Removed,
}

impl Mended {
    const fn words(self) -> &'static str {
        match self {
            Self::MadeAgain => "is made again",
            Self::CopyTookPlace => "the copy made from it took its place",
            Self::KeptAsFound => "is kept as it was found, and looked into again",
            Self::Removed => "nothing of it is left to show, so it is no longer in the library",
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of =
            |asset: &Option<String>| asset.as_ref().map_or(String::new(), |name| format!(" of \"{name}\""));
        let then =
            |mended: &Option<Mended>| mended.map_or(String::new(), |mended| format!(": {}", mended.words()));
        match self {
            Self::Database(text) => write!(out, "the database: {text}"),
            Self::Missing { file, asset, mended } => {
                write!(out, "{file}{} is missing{}", of(asset), then(mended))
            }
            Self::Changed { file, asset, mended } => {
                write!(out, "{file}{} is damaged{}", of(asset), then(mended))
            }
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
    /// Remove what belongs to nothing, count anew, keep what can be kept of assets whose file is lost or damaged.
    pub repair: bool,
}

impl Library {
    /// Blocks for as long as it takes. Nothing may be taken in meanwhile: nobody else may hold this library.
    pub fn check(&self, options: Options) -> Result<Report, Error> {
        let store = self.store().clone();
        // A damaged database may name files that belong to nothing here.
        let orphans = if self.set_aside().is_empty() { Orphans::Told } else { Orphans::Kept };
        self.db().write_blocking(move |connection| check(connection, &store, options, orphans))
    }
}

/// Files that no row names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Orphans {
    Told,
    Kept,
}

struct Known {
    ext: String,
    bytes: u64,
}

fn check(connection: &Connection, store: &Store, options: Options, keep: Orphans) -> Result<Report, Error> {
    let assets = connection.query_row("SELECT count(*) FROM assets", [], |row| row.get(0))?;
    let mut report = Report { assets, ..Report::default() };
    database(connection, &mut report)?;
    let mut known = known_files(connection)?;
    let mut kept = BTreeMap::new();
    for (hash, file) in &known {
        report.files += 1;
        report.bytes += file.bytes;
        if let Some(lost) = look(store, *hash, file, options.content) {
            let name = format!("{hash}.{}", file.ext);
            let asset = owner(connection, *hash)?;
            let mended = match options.repair {
                true => Some(mend(connection, store, *hash, &file.ext, lost, &mut kept)?),
                false => None,
            };
            report.findings.push(match lost {
                Lost::Missing => Finding::Missing { file: name, asset, mended },
                Lost::Changed => Finding::Changed { file: name, asset, mended },
            });
        } else if !is_used(connection, *hash)? {
            report.findings.push(Finding::Unused { file: format!("{hash}.{}", file.ext) });
            if options.repair && forget_file(connection, *hash)?.is_some() {
                remove(&store.path(*hash, &file.ext))?;
            }
        }
    }
    known.append(&mut kept);
    if keep == Orphans::Told {
        orphans(store, &known, options.repair, &mut report)?;
    }
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

/// A file that can't be had any more as it was. What was made from an original is made again; an asset keeps its name,
/// tags and rating as long as there is anything of it to show. `kept`: files that have a name of their own now.
fn mend(
    connection: &Connection,
    store: &Store,
    hash: Hash,
    ext: &str,
    lost: Lost,
    kept: &mut BTreeMap<Hash, Known>,
) -> Result<Mended, Error> {
    make_again(connection, hash)?;
    let original = "SELECT id, converted FROM assets WHERE hash = ?";
    let original: Option<(i64, Option<Hash>)> =
        connection.query_row(original, [hash], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let mended = match original {
        None => Mended::MadeAgain,
        // Another asset may be the same as the copy: one file is one asset.
        Some((asset, Some(copy)))
            if !is_original(connection, copy)? && is_whole(connection, store, copy)? =>
        {
            connection.execute(
                "UPDATE assets SET hash = ?1, converted = NULL WHERE id = ?2",
                params![copy, asset],
            )?;
            connection.execute("DELETE FROM jobs WHERE asset = ? AND step = 'convert'", [asset])?;
            look_again(connection, asset)?;
            Mended::CopyTookPlace
        }
        Some((asset, _)) => match keep_as_found(store, hash, ext, lost)? {
            Some(found) if found.hash == hash => {
                // The file is right, and what is known of its length was not.
                let sql = "UPDATE files SET bytes = ? WHERE hash = ?";
                connection.execute(sql, params![found.bytes.cast_signed(), hash])?;
                return Ok(Mended::KeptAsFound);
            }
            Some(found) if !is_known(connection, found.hash)? => {
                record_file(connection, &found)?;
                connection
                    .execute("UPDATE assets SET hash = ?1 WHERE id = ?2", params![found.hash, asset])?;
                look_again(connection, asset)?;
                kept.insert(found.hash, Known { ext: found.ext, bytes: found.bytes });
                Mended::KeptAsFound
            }
            _ => {
                connection.execute("DELETE FROM asset_tags WHERE asset = ?", [asset])?;
                connection.execute("DELETE FROM assets WHERE id = ?", [asset])?;
                Mended::Removed
            }
        },
    };
    forget_file(connection, hash)?;
    set_aside(store, hash, ext)?;
    Ok(mended)
}

/// With what that finds, everything else is made again, too.
fn look_again(connection: &Connection, asset: i64) -> Result<(), Error> {
    let sql = "UPDATE jobs SET state = 'waiting', problem = '', advice = ''
         WHERE asset = ? AND step IN ('probe', 'pages')";
    connection.execute(sql, [asset])?;
    Ok(())
}

/// What was made from something else is made from it again.
fn make_again(connection: &Connection, hash: Hash) -> Result<(), Error> {
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
    ] {
        connection.execute(sql, [hash])?;
    }
    Ok(())
}

fn is_whole(connection: &Connection, store: &Store, hash: Hash) -> Result<bool, Error> {
    let sql = "SELECT ext, bytes FROM files WHERE hash = ?";
    let known = connection.query_row(sql, [hash], |row| Ok(Known { ext: row.get(0)?, bytes: row.get(1)? }));
    Ok(known.optional()?.is_some_and(|known| look(store, hash, &known, true).is_none()))
}

fn is_original(connection: &Connection, hash: Hash) -> Result<bool, Error> {
    Ok(connection.prepare_cached("SELECT 1 FROM assets WHERE hash = ?")?.exists([hash])?)
}

fn is_known(connection: &Connection, hash: Hash) -> Result<bool, Error> {
    Ok(connection.prepare_cached("SELECT 1 FROM files WHERE hash = ?")?.exists([hash])?)
}

/// A damaged file under the name of what it is now, if it still begins as a file of its kind: one bit of a video that
/// flipped is a speck in one picture.
fn keep_as_found(store: &Store, hash: Hash, ext: &str, lost: Lost) -> Result<Option<StoredFile>, Error> {
    let path = store.path(hash, ext);
    let failed = |error: io::Error| Error::file("reading", &path, &error);
    if matches!(lost, Lost::Missing) {
        return Ok(None);
    }
    let mut head = Vec::new();
    File::open(&path).map_err(failed)?.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
    if !Content::of(&head).is_some_and(|content| content.fits(ext)) {
        return Ok(None);
    }
    let (found, bytes) = File::open(&path).and_then(|mut file| hash_of(&mut file)).map_err(failed)?;
    let stored = StoredFile { hash: found, ext: ext.to_owned(), bytes };
    // Under its own name it stays where it is.
    if found != hash {
        store.place(&path, &stored)?;
    }
    Ok(Some(stored))
}

/// Kept for whoever wants to look at it, if it is still there; no name of a whole file any more.
fn set_aside(store: &Store, hash: Hash, ext: &str) -> Result<(), Error> {
    let path = store.path(hash, ext);
    match fs::rename(&path, path.with_extension(format!("{ext}.damaged"))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::file("setting aside", &path, &error))
        }
        _ => Ok(()),
    }
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

pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
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
pub(super) fn counts(connection: &Connection, repair: bool, report: &mut Report) -> Result<(), Error> {
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
