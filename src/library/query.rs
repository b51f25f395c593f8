//! What is in the library: lists in any order, filtered, searched, page by page.
//!
//! Two ways to find a page, and which is taken depends on how many assets the filters leave. Few: all of them are taken
//! and sorted. Many: the index of the order is walked until the page is full. Either way, a page costs about the same
//! in a library of 100,000 as in one of 300.

use std::ops::RangeInclusive;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::Library;
use super::asset::{Asset, Kind, Summary};
use super::error::Error;
use super::fold::tag_key;
use super::rows::{self, SUMMARY_COLUMNS, SUMMARY_FILES};
use super::search::{Matches, search};

/// Assets in one answer.
pub const LIMIT_MAX: usize = 200;
/// Of a search's text.
pub const SEARCH_CHARS_MAX: usize = 200;
/// Filters that leave no more than this are sorted; for more, the index is walked.
const FEW: u64 = 4000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    Name,
    /// When it came.
    #[default]
    Added,
    Length,
    Rating,
    Views,
    LastWatched,
    /// By the camera, or, where that is unknown, when it came.
    Taken,
}

impl Order {
    pub const ALL: [Self; 7] =
        [Self::Name, Self::Added, Self::Length, Self::Rating, Self::Views, Self::LastWatched, Self::Taken];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Added => "added",
            Self::Length => "length",
            Self::Rating => "rating",
            Self::Views => "views",
            Self::LastWatched => "last_watched",
            Self::Taken => "taken",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.name() == name)
    }

    const fn column(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("sort_name", "assets_by_name"),
            Self::Added => ("added", "assets_by_added"),
            Self::Length => ("duration_ms", "assets_by_length"),
            Self::Rating => ("rating", "assets_by_rating"),
            Self::Views => ("views", "assets_by_views"),
            Self::LastWatched => ("last_watched", "assets_by_watched"),
            Self::Taken => ("taken", "assets_by_taken"),
        }
    }
}

/// Which assets. The default: all outside of the bin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// What was thrown away instead; newest first, whatever the order says.
    pub bin: bool,
    pub kind: Option<Kind>,
    pub favorite: bool,
    /// All of them.
    pub tags: Vec<String>,
    /// Words, each anywhere in the name or the tags; empty: no search.
    pub search: String,
    /// 0 to 5 stars.
    pub rating: Option<RangeInclusive<u8>>,
    pub duration_ms: Option<RangeInclusive<u64>>,
    /// In seconds since 1970.
    pub taken: Option<RangeInclusive<i64>>,
    /// Endings of files, one of them; empty: any.
    pub exts: Vec<String>,
    /// Of the bin, what was in it by then, in seconds since 1970.
    pub binned_until: Option<i64>,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub selection: Selection,
    pub order: Order,
    pub descending: bool,
    /// [`Listing::next`] of the page before.
    pub after: Option<String>,
    /// 1 to [`LIMIT_MAX`].
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    pub assets: Vec<Summary>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// How many there are on all pages, where that is known without counting them.
    pub total: Option<u64>,
    /// A word of the search was found nowhere: these are spelt like it.
    pub similar: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub assets: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub videos: u64,
    pub slides: u64,
    pub sounds: u64,
    pub favorites: u64,
    pub bin: u64,
}

impl Library {
    pub async fn list(&self, query: Query) -> Result<Listing, Error> {
        self.db().read(move |connection| list(connection, &query)).await
    }

    /// One of the selected, by chance; `None` if there are none.
    pub async fn random(&self, selection: Selection) -> Result<Option<i64>, Error> {
        self.db().read(move |connection| random(connection, &selection)).await
    }

    /// How many are selected, counted if they have to be.
    pub async fn count(&self, selection: Selection) -> Result<u64, Error> {
        self.db().read(move |connection| count(connection, &selection)).await
    }

    pub async fn asset(&self, id: i64) -> Result<Asset, Error> {
        self.db().read(move |connection| rows::asset(connection, id)).await
    }

    /// Which years and types of files there are outside of the bin, and of how many assets.
    pub async fn shares(&self) -> Result<Shares, Error> {
        self.db().read(shares).await
    }

    /// All tags by name, also those of nothing.
    pub async fn tags(&self) -> Result<Vec<Tag>, Error> {
        self.db()
            .read(|connection| {
                let mut statement =
                    connection.prepare_cached("SELECT name, assets FROM tags ORDER BY name")?;
                let tags =
                    statement.query_map([], |row| Ok(Tag { name: row.get(0)?, assets: row.get(1)? }))?;
                Ok(tags.collect::<rusqlite::Result<_>>()?)
            })
            .await
    }

    pub async fn totals(&self) -> Result<Totals, Error> {
        self.db().read(totals).await
    }
}

/// What the library can be narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// When assets were taken, the newest first.
    pub years: Vec<(i64, u64)>,
    /// Endings of files, the most first.
    pub types: Vec<(String, u64)>,
}

fn shares(connection: &Connection) -> Result<Shares, Error> {
    let mut years = connection.prepare_cached(
        "SELECT CAST(strftime('%Y', taken, 'unixepoch') AS INTEGER) AS year, count(*) FROM assets
         INDEXED BY assets_by_taken WHERE binned IS NULL GROUP BY year ORDER BY year DESC",
    )?;
    let mut types = connection.prepare_cached(
        "SELECT ext, count(*) AS many FROM assets JOIN files USING (hash) WHERE binned IS NULL
         GROUP BY ext ORDER BY many DESC, ext",
    )?;
    let years = years.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let types = types.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Shares {
        years: years.collect::<rusqlite::Result<_>>()?,
        types: types.collect::<rusqlite::Result<_>>()?,
    })
}

type Range = (&'static str, &'static str, Option<(i64, i64)>);

/// Columns with their indexes: how many are in a range is a step into one, and few are looked up by it.
fn ranges(selection: &Selection) -> [Range; 3] {
    let ms = |ms: &u64| i64::try_from(*ms).unwrap_or(i64::MAX);
    let rating = selection.rating.as_ref().map(|of| (i64::from(*of.start()), i64::from(*of.end())));
    let length = selection.duration_ms.as_ref().map(|of| (ms(of.start()), ms(of.end())));
    let taken = selection.taken.as_ref().map(|of| (*of.start(), *of.end()));
    [
        ("rating", "INDEXED BY assets_by_rating", rating),
        ("duration_ms", "INDEXED BY assets_by_length", length),
        ("taken", "INDEXED BY assets_by_taken", taken),
    ]
}

fn totals(connection: &Connection) -> Result<Totals, Error> {
    let mut totals = Totals::default();
    let mut statement = connection.prepare_cached("SELECT what, assets FROM totals")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let assets = row.get(1)?;
        match row.get_ref(0)?.as_str().unwrap_or_default() {
            "video" => totals.videos = assets,
            "slide" => totals.slides = assets,
            "sound" => totals.sounds = assets,
            "favorite" => totals.favorites = assets,
            "bin" => totals.bin = assets,
            _ => {}
        }
    }
    Ok(totals)
}

/// The part of a statement that finds assets, and its values.
struct Found {
    from: &'static str,
    conditions: Vec<String>,
    values: Vec<Value>,
    total: Option<u64>,
    /// So many that the index of the order is to be walked.
    many: bool,
    similar: bool,
}

/// `None`: nothing can match.
fn find(connection: &Connection, selection: &Selection, matches: Matches) -> Result<Option<Found>, Error> {
    let totals = totals(connection)?;
    let all = totals.videos + totals.slides + totals.sounds;
    let mut found = Found {
        from: "",
        conditions: Vec::new(),
        values: Vec::new(),
        total: Some(all),
        many: all > FEW,
        similar: false,
    };
    found.conditions.push(format!("binned IS {}NULL", if selection.bin { "NOT " } else { "" }));
    let mut least = all;
    let mut narrow = |found: &mut Found, from: &'static str, assets: u64| {
        // Two filters at once leave nobody knows how many.
        found.total = (found.conditions.len() == 2).then_some(assets);
        if assets < least || found.from.is_empty() {
            least = assets;
            found.from = from;
        }
        found.many = found.many && assets > FEW;
    };
    if let Some(kind) = selection.kind {
        found.conditions.push("kind = ?".to_owned());
        found.values.push(kind.name().to_owned().into());
        let assets = match kind {
            Kind::Video => totals.videos,
            Kind::Slide => totals.slides,
            Kind::Sound => totals.sounds,
        };
        narrow(&mut found, "INDEXED BY assets_by_kind", assets);
    }
    for (column, index, range) in ranges(selection) {
        let Some((from, until)) = range else { continue };
        found.conditions.push(format!("{column} BETWEEN ? AND ?"));
        found.values.extend([from.into(), until.into()]);
        let count =
            format!("SELECT count(*) FROM assets {index} WHERE binned IS NULL AND {column} BETWEEN ? AND ?");
        let assets = connection.prepare_cached(&count)?.query_row([from, until], |row| row.get(0))?;
        narrow(&mut found, index, assets);
    }
    if !selection.exts.is_empty() {
        let any = vec!["?"; selection.exts.len()].join(", ");
        found
            .conditions
            .push(format!("EXISTS (SELECT 1 FROM files WHERE files.hash = assets.hash AND ext IN ({any}))"));
        found.values.extend(selection.exts.iter().map(|ext| Value::from(ext.clone())));
        found.total = None;
    }
    if selection.favorite {
        found.conditions.push("favorite".to_owned());
        narrow(&mut found, "INDEXED BY assets_favorite", totals.favorites);
    }
    let mut tags = Vec::new();
    for name in &selection.tags {
        let mut statement = connection.prepare_cached("SELECT id, assets FROM tags WHERE key = ?")?;
        let tag =
            statement.query_row([tag_key(name)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u64>(1)?)));
        let Some((id, assets)) = tag.optional()? else { return Ok(None) };
        tags.push(id);
        found.conditions.push(String::new());
        // Looked up by the tag's own list of assets.
        narrow(&mut found, "NOT INDEXED", assets);
    }
    add_tags(&mut found, &tags);
    if !selection.search.is_empty() {
        let Some(search) = search(connection, &selection.search, matches)? else { return Ok(None) };
        found.conditions.extend(search.conditions);
        found.values.extend(search.values);
        found.similar = search.similar;
        found.total = None;
        found.from = "NOT INDEXED";
        found.many = false;
    }
    if selection.bin {
        // The indexes are of what is outside of it.
        found.from = if selection.search.is_empty() { "INDEXED BY assets_in_bin" } else { "NOT INDEXED" };
        found.many = false;
        found.total = (found.conditions.len() == 1).then_some(totals.bin);
        if let Some(until) = selection.binned_until {
            found.conditions.push("binned <= ?".to_owned());
            found.values.push(until.into());
            found.total = None;
        }
    }
    Ok(Some(found))
}

/// Asked of each asset while an index is walked, else where the search begins.
fn add_tags(found: &mut Found, tags: &[i64]) {
    found.conditions.retain(|condition| !condition.is_empty());
    for tag in tags {
        found.conditions.push(match found.many || found.from != "NOT INDEXED" {
            true => "EXISTS (SELECT 1 FROM asset_tags WHERE asset = assets.id AND tag = ?)".to_owned(),
            false => "id IN (SELECT asset FROM asset_tags WHERE tag = ?)".to_owned(),
        });
        found.values.push((*tag).into());
    }
}

fn list(connection: &Connection, query: &Query) -> Result<Listing, Error> {
    let Some(mut found) = find(connection, &query.selection, Matches::Newest)? else {
        return Ok(Listing { assets: Vec::new(), next: None, total: Some(0), similar: false });
    };
    let limit = query.limit.clamp(1, LIMIT_MAX);
    let (key, index) = if query.selection.bin { ("binned", "") } else { query.order.column() };
    let descending = query.descending || query.selection.bin;
    let from = if found.many || found.from.is_empty() && !index.is_empty() {
        format!("INDEXED BY {index}")
    } else {
        found.from.to_owned()
    };
    if let Some(after) = &query.after {
        let (id, after) = read_cursor(after, query.order == Order::Name && !query.selection.bin)?;
        found.conditions.push(format!("({key}, id) {} (?, ?)", if descending { "<" } else { ">" }));
        found.values.extend([after, id.into()]);
    }
    let direction = if descending { "DESC" } else { "ASC" };
    let conditions = found.conditions.join(" AND ");
    // First the page's keys alone: the rest is read for these and no others.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {SUMMARY_COLUMNS}, page.key FROM (
            SELECT id, {key} AS key FROM assets {from} WHERE {conditions}
            ORDER BY {key} {direction}, id {direction} LIMIT {}
         ) page JOIN assets a ON a.id = page.id {SUMMARY_FILES}
         ORDER BY page.key {direction}, page.id {direction}",
        limit + 1
    ))?;
    let rows = statement.query_map(params_from_iter(found.values), |row| {
        Ok((rows::summary(row)?, row.get::<_, Value>(rows::SUMMARY_COUNT)?))
    })?;
    let mut page = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|(last, key)| cursor(last.id, key));
    let assets = page.into_iter().map(|(summary, _)| summary).collect();
    Ok(Listing { assets, next, total: found.total, similar: found.similar })
}

fn count(connection: &Connection, selection: &Selection) -> Result<u64, Error> {
    let Some(found) = find(connection, selection, Matches::All)? else { return Ok(0) };
    if let Some(total) = found.total {
        return Ok(total);
    }
    let (from, conditions) = (found.from, found.conditions.join(" AND "));
    let mut statement =
        connection.prepare_cached(&format!("SELECT count(*) FROM assets {from} WHERE {conditions}"))?;
    Ok(statement.query_row(params_from_iter(found.values), |row| row.get(0))?)
}

/// The ids of the selected, `most` of them; in an order, and whether that descends.
pub(super) fn ids(
    connection: &Connection,
    selection: &Selection,
    order: Option<(Order, bool)>,
    most: usize,
) -> Result<Vec<i64>, Error> {
    let Some(found) = find(connection, selection, Matches::All)? else { return Ok(Vec::new()) };
    let (from, conditions) = (found.from, found.conditions.join(" AND "));
    let order = order.map_or_else(String::new, |(order, descending)| {
        let (key, direction) = (order.column().0, if descending { "DESC" } else { "ASC" });
        format!("ORDER BY {key} {direction}, id {direction}")
    });
    let sql = format!("SELECT id FROM assets {from} WHERE {conditions} {order} LIMIT {most}");
    let mut statement = connection.prepare_cached(&sql)?;
    let ids = statement.query_map(params_from_iter(found.values), |row| row.get(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Where a page ended: the id, and the key it was sorted by.
fn cursor(id: i64, key: &Value) -> String {
    match key {
        Value::Text(text) => format!("{id}~{text}"),
        Value::Integer(number) => format!("{id}~{number}"),
        _ => format!("{id}~"),
    }
}

fn read_cursor(text: &str, key_is_text: bool) -> Result<(i64, Value), Error> {
    let invalid =
        Error::Invalid { what: "after", allowed: "the `next` of the page before, in the same order" };
    let (id, key) = text.split_once('~').ok_or_else(|| invalid.clone())?;
    let id = id.parse().map_err(|_| invalid.clone())?;
    if key_is_text {
        return Ok((id, Value::Text(key.to_owned())));
    }
    let key: i64 = key.parse().map_err(|_| invalid)?;
    Ok((id, key.into()))
}

fn random(connection: &Connection, selection: &Selection) -> Result<Option<i64>, Error> {
    let Some(found) = find(connection, selection, Matches::Newest)? else { return Ok(None) };
    let from = if found.many { "INDEXED BY assets_by_added" } else { found.from };
    let conditions = found.conditions.join(" AND ");
    let ids = format!("SELECT id FROM assets {from} WHERE {conditions}");
    let picked = match found.total {
        // Known how many: one step into the index for each that is skipped, and nothing is sorted.
        Some(total) if total > 0 => {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).map_err(|error| Error::Failed {
                operation: "chance".to_owned(),
                cause: error.to_string(),
            })?;
            let skipped = u64::from_ne_bytes(bytes) % total;
            let values = found.values.into_iter().chain([skipped.cast_signed().into()]);
            let mut statement = connection.prepare_cached(&format!("{ids} LIMIT 1 OFFSET ?"))?;
            statement.query_row(params_from_iter(values), |row| row.get(0))
        }
        _ => connection
            .prepare_cached(&format!("{ids} ORDER BY random() LIMIT 1"))?
            .query_row(params_from_iter(found.values), |row| row.get(0)),
    };
    Ok(picked.optional()?)
}
