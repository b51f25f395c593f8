//! The same change to any number of assets, named one by one or by what selects them; and what takes it back.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::edit::{self, Edit, Edited, IDS_MAX};
use super::error::Error;
use super::fold::tag_key;
use super::query::{self, Order, Selection};
use super::{Library, now};

/// Assets that one request changes by what selects them: as many as a library is tried with. They are one transaction.
pub const BULK_MAX: usize = 100_000;
/// Changes that can be taken back: of several people who each have ten seconds for it.
const UNDOS_MAX: usize = 64;
/// Assets in all of them together, 16 bytes each; the oldest are forgotten first, and one that is larger is never kept.
const UNDO_ASSETS_MAX: usize = 4 * BULK_MAX;
/// For how long a change can be taken back: the pages offer it for ten seconds, and longer while somebody points at it.
const UNDO_TIME: Duration = Duration::from_secs(600);

/// Which assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those of them that are there; [`IDS_MAX`] at most.
    Assets(Vec<i64>),
    /// All that are selected, but for some; [`BULK_MAX`] and [`IDS_MAX`] at most.
    Selected { selection: Selection, except: Vec<i64> },
}

impl From<Vec<i64>> for Which {
    fn from(ids: Vec<i64>) -> Self {
        Self::Assets(ids)
    }
}

/// What is done to each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Edit(Edit),
    /// In seconds since 1970.
    Bin(i64),
    Restore,
}

/// What an asset was before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Was {
    Named(String),
    Favorite(bool),
    Rated(u8),
    Tagged(String),
    Untagged(String),
    /// In the bin since a moment, or outside of it.
    Binned(Option<i64>),
}

/// Assets by what they were.
type Before = HashMap<Was, Vec<i64>>;

/// The changes that can be taken back, the newest at the end.
#[derive(Default)]
pub(super) struct Undos(VecDeque<Undo>);

struct Undo {
    /// By chance, so that none is taken for one from before a restart.
    name: String,
    made: std::time::Instant,
    before: Before,
}

impl Undos {
    fn assets(before: &Before) -> usize {
        before.values().map(Vec::len).sum()
    }

    /// `None`: it is too large to be kept.
    fn keep(&mut self, name: String, before: Before) -> Option<String> {
        if Self::assets(&before) > UNDO_ASSETS_MAX {
            return None;
        }
        self.0.push_back(Undo { name: name.clone(), made: std::time::Instant::now(), before });
        let mut assets: usize = self.0.iter().map(|undo| Self::assets(&undo.before)).sum();
        while self.0.len() > UNDOS_MAX || assets > UNDO_ASSETS_MAX {
            assets -= self.0.pop_front().map_or(0, |undo| Self::assets(&undo.before));
        }
        Some(name)
    }

    fn take(&mut self, name: &str) -> Option<Before> {
        self.0.retain(|undo| undo.made.elapsed() < UNDO_TIME);
        let at = self.0.iter().position(|undo| undo.name == name)?;
        self.0.remove(at).map(|undo| undo.before)
    }
}

impl Library {
    /// Changes those that are there.
    pub async fn edit(&self, which: impl Into<Which>, edit: Edit) -> Result<Edited, Error> {
        let which = which.into();
        let one = matches!(&which, Which::Assets(ids) if ids.len() == 1);
        let edit = edit::checked(&edit, one)?;
        self.has_room()?;
        self.change_all(which, Change::Edit(edit)).await
    }

    /// Throws away, so that it can be taken back.
    pub async fn bin(&self, which: impl Into<Which>) -> Result<Edited, Error> {
        self.make_way();
        self.change_all(which.into(), Change::Bin(now())).await
    }

    pub async fn restore(&self, which: impl Into<Which>) -> Result<Edited, Error> {
        self.change_all(which.into(), Change::Restore).await
    }

    /// Makes assets again what they were before a change, by its [`Edited::undo`].
    pub async fn undo(&self, name: &str) -> Result<Edited, Error> {
        let found = self.undos().take(name);
        let before = found.ok_or(Error::NoSuch("change that can be taken back"))?;
        self.make_way();
        let assets = self.db().write(move |connection| take_back(connection, &before)).await?;
        self.changed();
        Ok(Edited { assets, undo: None })
    }

    async fn change_all(&self, which: Which, change: Change) -> Result<Edited, Error> {
        let all = move |connection: &Connection| {
            let mut before = Before::new();
            let mut assets = 0;
            for id in ids_of(connection, &which, None)? {
                assets += usize::from(change_one(connection, id, &change, &mut before)?);
            }
            Ok((assets, before))
        };
        let (assets, before) = self.db().write(all).await?;
        if assets == 0 {
            return Ok(Edited { assets, undo: None });
        }
        self.changed();
        let mut name = [0; 16];
        // Without chance there is no name nobody else has: then it can't be taken back.
        let named = getrandom::fill(&mut name).is_ok();
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let undo = if named { self.undos().keep(name, before) } else { None };
        Ok(Edited { assets, undo })
    }

    fn undos(&self) -> std::sync::MutexGuard<'_, Undos> {
        self.inner.undos.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The ids of what is meant, some of which may not be there; `order`: of those that are selected, and whether it descends.
pub(super) fn ids_of(
    connection: &Connection,
    which: &Which,
    order: Option<(Order, bool)>,
) -> Result<Vec<i64>, Error> {
    match which {
        Which::Assets(ids) if ids.len() > IDS_MAX => {
            Err(Error::Invalid { what: "the number of assets", allowed: "at most 1000" })
        }
        Which::Assets(ids) => Ok(ids.clone()),
        Which::Selected { except, .. } if except.len() > IDS_MAX => {
            Err(Error::Invalid { what: "the number of exceptions", allowed: "at most 1000" })
        }
        Which::Selected { selection, except } => {
            let ids = query::ids(connection, selection, order, BULK_MAX + 1)?;
            if ids.len() > BULK_MAX {
                return Err(Error::Invalid {
                    what: "what is changed at once",
                    allowed: "at most 100,000 assets",
                });
            }
            Ok(ids.into_iter().filter(|id| !except.contains(id)).collect())
        }
    }
}

/// Returns whether there is such an asset, for which the change is meant.
fn change_one(connection: &Connection, id: i64, change: &Change, before: &mut Before) -> Result<bool, Error> {
    let mut was = |was: Was| before.entry(was).or_default().push(id);
    match change {
        Change::Edit(wanted) => {
            let mut there =
                connection.prepare_cached("SELECT name, favorite, rating FROM assets WHERE id = ?")?;
            let there =
                there.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
            let Some((name, favorite, rating)): Option<(String, bool, u8)> = there else { return Ok(false) };
            if wanted.name.as_ref().is_some_and(|wanted| *wanted != name) {
                was(Was::Named(name));
            }
            if wanted.favorite.is_some_and(|wanted| wanted != favorite) {
                was(Was::Favorite(favorite));
            }
            if wanted.rating.is_some_and(|wanted| wanted != rating) {
                was(Was::Rated(rating));
            }
            // In the order in which they are changed: what is taken and given is there in the end.
            let has = |tag: &str| has_tag(connection, id, tag);
            for tag in &wanted.remove_tags {
                if has(tag)? {
                    was(Was::Tagged(tag.clone()));
                }
            }
            for tag in &wanted.add_tags {
                if !has(tag)? {
                    was(Was::Untagged(tag.clone()));
                }
            }
            edit::change(connection, id, wanted)?;
        }
        Change::Bin(at) => {
            let sql = "UPDATE assets SET binned = ? WHERE id = ? AND binned IS NULL";
            if connection.prepare_cached(sql)?.execute(params![at, id])? == 0 {
                return Ok(false);
            }
            was(Was::Binned(None));
        }
        Change::Restore => {
            let since = "SELECT binned FROM assets WHERE id = ? AND binned IS NOT NULL";
            let Some(since) =
                connection.prepare_cached(since)?.query_row([id], |row| row.get(0)).optional()?
            else {
                return Ok(false);
            };
            connection.prepare_cached("UPDATE assets SET binned = NULL WHERE id = ?")?.execute([id])?;
            was(Was::Binned(since));
        }
    }
    Ok(true)
}

fn has_tag(connection: &Connection, id: i64, tag: &str) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM asset_tags JOIN tags ON tags.id = tag WHERE asset = ? AND key = ?";
    Ok(connection.prepare_cached(sql)?.exists(params![id, tag_key(tag)])?)
}

/// Returns how many assets are what they were. Those that are gone for good stay so.
fn take_back(connection: &Connection, before: &Before) -> Result<usize, Error> {
    let mut back = std::collections::HashSet::new();
    let tag = |tag: &String| vec![tag.clone()];
    for (was, ids) in before {
        let edit = match was {
            Was::Named(name) => Edit { name: Some(name.clone()), ..Edit::default() },
            Was::Favorite(favorite) => Edit { favorite: Some(*favorite), ..Edit::default() },
            Was::Rated(rating) => Edit { rating: Some(*rating), ..Edit::default() },
            Was::Tagged(name) => Edit { add_tags: tag(name), ..Edit::default() },
            Was::Untagged(name) => Edit { remove_tags: tag(name), ..Edit::default() },
            Was::Binned(_) => Edit::default(),
        };
        for id in ids {
            let there = match was {
                Was::Binned(since) => {
                    let sql = "UPDATE assets SET binned = ? WHERE id = ?";
                    connection.prepare_cached(sql)?.execute(params![since, id])?
                }
                _ => edit::change(connection, *id, &edit)?,
            };
            if there > 0 {
                back.insert(*id);
            }
        }
    }
    Ok(back.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_changes_are_forgotten_and_one_too_large_is_never_kept() {
        let mut undos = Undos::default();
        let of = |assets: usize| Before::from([(Was::Binned(None), vec![1; assets])]);
        assert_eq!(undos.keep("large".to_owned(), of(UNDO_ASSETS_MAX + 1)), None);
        for number in 0..=UNDOS_MAX {
            assert!(undos.keep(format!("{number}"), of(1)).is_some());
        }
        assert!(undos.take("0").is_none(), "there is room for {UNDOS_MAX}");
        assert!(undos.take("1").is_some());
        assert!(undos.take("1").is_none(), "it is taken back once");
        assert!(undos.keep("full".to_owned(), of(UNDO_ASSETS_MAX)).is_some());
        assert!(undos.take("2").is_none(), "assets count, too");
        assert!(undos.take("full").is_some());
    }
}
