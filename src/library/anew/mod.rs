//! The way back from a database that can't be read: it is set aside, and another takes its place, which comes from a
//! backup, from what can still be read, or is empty. Nothing of what is set aside is removed before somebody says so.

mod adopt;
mod salvage;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use super::backup::{Restored, Scratch, read_backup, unique};
use super::db::Db;
use super::error::Error;
use super::held::Held;
use super::spare::SPARE;
use super::store::Store;
use super::swap::{put_in_place, set_aside};
use super::{DAMAGED, DATABASE, Library, schema};

/// What a library begins with whose database is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anew {
    Empty,
    /// What can be read of the damaged one and of its spare copy, and the files that are there.
    Rescued,
}

/// What it began with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renewed {
    pub assets: u64,
    /// Of these: files whose rows are lost, as new assets.
    pub adopted: u64,
    /// Rows that belong to what is gone.
    pub lost_rows: u64,
    /// Whether all of the damaged database could be read.
    pub whole: bool,
    /// Seconds since 1970 of the spare copy, if something had to be taken from it.
    pub spare_of: Option<i64>,
    /// What the damaged database is called now, in the library's folder.
    pub set_aside: String,
}

impl Library {
    /// Opens the library of a data folder whose database is damaged. Blocks for as long as reading it takes.
    pub fn open_anew(data: &Path, anew: Anew) -> Result<(Self, Renewed), Error> {
        let held = damaged(data)?;
        let aside = name_aside(&held.folder);
        let (made, mut renewed) = make(&held.folder, &held.store, anew)?;
        renewed.set_aside = file_name(&aside);
        set_aside(&held.database(), &aside)?;
        put_in_place(&made, &held.database())?;
        log::warn!("library: begun anew, the damaged database is kept as {}", renewed.set_aside);
        Ok((held.open()?, renewed))
    }

    /// The same with a backup. What is wrong with that is found before anything is replaced.
    pub fn open_from_backup(
        data: &Path,
        from: impl Read,
        check_access: impl Fn(&str) -> Result<(), String>,
    ) -> Result<(Self, Restored), Error> {
        let held = damaged(data)?;
        let folder = Scratch::new(&held.store)?;
        let outcome = read_backup(from, folder.path(), &held.store, check_access).and_then(|brought| {
            set_aside(&held.database(), &name_aside(&held.folder))?;
            put_in_place(&brought.database, &held.database())?;
            Ok(brought.restored)
        });
        let restored = outcome?;
        Ok((held.open()?, restored))
    }

    /// Begins anew with a database that was damaged while it was open. Blocks.
    pub fn begin_anew(&self, anew: Anew) -> Result<Renewed, Error> {
        if self.damage().is_none() {
            return Err(Error::NotDamaged);
        }
        let aside = name_aside(&self.inner.folder);
        let (tell, told) = std::sync::mpsc::channel();
        let (folder, store, name) = (self.inner.folder.clone(), self.store().clone(), file_name(&aside));
        let making = move || {
            let (made, renewed) = make(&folder, &store, anew)?;
            // Read below, once the new database is in its place.
            let _ = tell.send(Renewed { set_aside: name, ..renewed });
            Ok(made)
        };
        self.db().swap(making, aside)?;
        let renewed = told.recv().map_err(|error| Error::Failed {
            operation: "making a database".to_owned(),
            cause: error.to_string(),
        })?;
        log::warn!("library: begun anew, the damaged database is kept as {}", renewed.set_aside);
        self.everything_changed();
        Ok(renewed)
    }

    /// Puts a whole database in the place of this one, which is set aside if it is damaged. Blocks.
    pub(super) fn take_over(&self, database: PathBuf) -> Result<(), Error> {
        let replaced = match self.damage() {
            None => self.db().replace(database.clone()),
            Some(why) => Err(Error::Damaged(why)),
        };
        match replaced {
            Err(Error::Damaged(_)) => self.db().swap(|| Ok(database), name_aside(&self.inner.folder)),
            replaced => replaced,
        }
    }

    /// Names of the damaged databases that were set aside. As long as there is one, files that belong to nothing stay.
    pub fn set_aside(&self) -> Vec<String> {
        let names = all_set_aside(&self.inner.folder).into_iter().map(|path| file_name(&path));
        // The log beside one is a part of it.
        names.filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm")).collect()
    }

    /// Removes what was set aside: the files that only its rows named go with the next sweep. Blocks.
    pub fn forget_set_aside(&self) -> Result<(), Error> {
        for path in all_set_aside(&self.inner.folder) {
            fs::remove_file(&path).map_err(|error| Error::file("removing", &path, &error))?;
        }
        self.changed();
        Ok(())
    }
}

/// The folder of a library that can't be opened because its database is damaged, or of a kind that this program does not
/// know.
fn damaged(data: &Path) -> Result<Held, Error> {
    let held = Held::take(data)?;
    match Db::open(&held.database()) {
        Ok(_) => Err(Error::NotDamaged),
        Err(error) if error.is_of_the_database() => Ok(held),
        Err(error) => Err(error.into()),
    }
}

/// A database to begin with, closed, at a place of its own.
fn make(folder: &Path, store: &Store, anew: Anew) -> Result<(PathBuf, Renewed), Error> {
    let made = store.incoming().join(format!("{ANEW}{}.db", unique()?));
    let outcome = fill(&made, folder, store, anew);
    if outcome.is_err() {
        // The sweep comes for it otherwise.
        let _ = fs::remove_file(&made);
    }
    Ok((made, outcome?))
}

/// The beginning of the name of a database that is being made.
pub(super) const ANEW: &str = "anew-";

fn fill(made: &Path, folder: &Path, store: &Store, anew: Anew) -> Result<Renewed, Error> {
    let mut to = Connection::open(made)?;
    to.pragma_update(None, "foreign_keys", true)?;
    schema::migrate(&mut to).map_err(|error| Error::Failed {
        operation: "making a database".to_owned(),
        cause: error.to_string(),
    })?;
    let mut renewed = Renewed { whole: true, ..Renewed::default() };
    if anew == Anew::Rescued {
        let rescue = to.transaction()?;
        adopt::record_files(&rescue, store)?;
        let (damaged, spare) = (folder.join(DATABASE), folder.join(SPARE));
        let salvaged = salvage::salvage(&rescue, &damaged)?;
        (renewed.whole, renewed.lost_rows) = (salvaged.whole, salvaged.lost_rows);
        if !salvaged.whole {
            let more = salvage::salvage(&rescue, &spare)?;
            renewed.spare_of = more.opened.then(|| modified(&spare)).flatten();
            renewed.adopted = adopt::adopt(&rescue, store)?;
        }
        adopt::tidy(&rescue)?;
        rescue.commit()?;
    }
    renewed.assets = to.query_row("SELECT count(*) FROM assets", [], |row| row.get(0))?;
    to.close().map_err(|(_, error)| error)?;
    Ok(renewed)
}

/// A name that nothing has yet, with the moment in it.
fn name_aside(folder: &Path) -> PathBuf {
    let moment = Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
    let named = |suffix: &str| folder.join(format!("{DAMAGED}{moment}{suffix}"));
    let suffixes = std::iter::once(String::new()).chain((2..).map(|number| format!("-{number}")));
    suffixes.map(|suffix| named(&suffix)).find(|path| !path.exists()).expect("the numbers never end")
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(super) fn all_set_aside(folder: &Path) -> Vec<PathBuf> {
    let listed: io::Result<Vec<PathBuf>> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut found = listed.unwrap_or_default();
    found.retain(|path| file_name(path).starts_with(DAMAGED));
    found.sort();
    found
}

fn modified(path: &Path) -> Option<i64> {
    let at = fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since.as_secs().cast_signed())
}
