//! `GET /api/assets…`, `GET /api/tags`: what is in the library.

use std::ops::RangeInclusive;

use hyper::{Response, StatusCode};

use super::json;
use crate::library::{EXTENSIONS, Kind, LIMIT_MAX, Order, Query, SEARCH_CHARS_MAX, Selection, TAGS_MAX};
use crate::watched::Latest;
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_library as wire;

/// Assets in an answer when no number is asked: a screen full, and a little more.
const LIMIT_DEFAULT: usize = 60;
/// No video for a screen is longer.
const LENGTH_S_MAX: usize = 31 * 24 * 3600;
const YEARS: RangeInclusive<usize> = 1970..=2100;

pub(crate) async fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let query = query(call)?;
    let library = call.services.library()?;
    let listing = library.list(query).await?;
    library.seen(listing.assets.iter().map(|asset| asset.id));
    let zone = call.services.site.with(|site| site.time_zone.clone());
    let assets = listing.assets.into_iter().map(|summary| wire::Summary::new(summary, &zone)).collect();
    let assets = wire::Assets { assets, next: listing.next, total: listing.total, similar: listing.similar };
    Ok(json(StatusCode::OK, to_json(&assets)))
}

pub(crate) async fn one(services: &Services, id: i64) -> Result<Response<Body>, Problem> {
    let library = services.library()?;
    let asset = library.asset(id).await?;
    library.seen([id]);
    let zone = services.site.with(|site| site.time_zone.clone());
    Ok(json(StatusCode::OK, to_json(&wire::Asset::new(asset, &zone))))
}

pub(crate) async fn random(call: &Call) -> Result<Response<Body>, Problem> {
    let id = call.services.library()?.random(selection(call)?).await?;
    Ok(json(StatusCode::OK, to_json(&wire::Random { id })))
}

pub(crate) async fn count(call: &Call) -> Result<Response<Body>, Problem> {
    let assets = call.services.library()?.count(selection(call)?).await?;
    Ok(json(StatusCode::OK, to_json(&wire::Count { assets })))
}

/// `GET /api/library/shares`: what the library can be narrowed to.
pub(crate) async fn shares(call: &Call) -> Result<Response<Body>, Problem> {
    let shares = call.services.library()?.shares().await?;
    let years = shares.years.into_iter().map(|(year, assets)| wire::Year { year, assets }).collect();
    let types = shares.types.into_iter().map(|(ext, assets)| wire::Type { r#type: ext, assets }).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Shares { years, types })))
}

pub(crate) async fn tags(call: &Call) -> Result<Response<Body>, Problem> {
    let tags = call.services.library()?.tags().await?.into_iter();
    let tags = tags.map(|tag| wire::Tag { name: tag.name, assets: tag.assets }).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Tags { tags })))
}

/// How the address orders what it selects.
pub(super) fn order(call: &Call) -> Result<(Order, bool), Problem> {
    let order = match call.parameter("order") {
        Some(name) => Order::named(&name).ok_or_else(|| {
            Problem::bad_parameter("order", "name, added, length, rating, views, last_watched or taken")
        })?,
        None => Order::default(),
    };
    let descending = match call.parameter("direction").as_deref() {
        Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(Problem::bad_parameter("direction", "asc or desc")),
        // The newest, the best, the longest first.
        None => order != Order::Name,
    };
    Ok((order, descending))
}

fn query(call: &Call) -> Result<Query, Problem> {
    let (order, descending) = order(call)?;
    let limit = call.number("limit", 1..=LIMIT_MAX, "a whole number from 1 to 200")?.unwrap_or(LIMIT_DEFAULT);
    Ok(Query { selection: selection(call)?, order, descending, after: call.parameter("after"), limit })
}

/// What the address selects.
pub(super) fn selection(call: &Call) -> Result<Selection, Problem> {
    let kind = match call.parameter("kind") {
        Some(name) => {
            Some(Kind::named(&name).ok_or_else(|| Problem::bad_parameter("kind", "video, slide or sound"))?)
        }
        None => None,
    };
    let search = call.parameter("q").unwrap_or_default();
    if search.chars().count() > SEARCH_CHARS_MAX {
        return Err(Problem::bad_parameter("q", "a text of at most 200 characters"));
    }
    let tags = call.parameters("tag");
    if tags.len() > TAGS_MAX {
        return Err(Problem::bad_parameter("tag", "given at most 64 times"));
    }
    let (bin, favorite) = (flag(call, "bin")?, flag(call, "favorite")?);
    let exts = call.parameters("type");
    if exts.iter().any(|ext| !EXTENSIONS.iter().any(|(known, _)| known == ext))
        || exts.len() > EXTENSIONS.len()
    {
        return Err(Problem::bad_parameter("type", "an ending of files that the library takes, such as mp4"));
    }
    let (rating, duration_ms, taken) = (rating(call)?, length(call)?, year(call)?);
    Ok(Selection { bin, kind, favorite, tags, search, rating, duration_ms, taken, exts, binned_until: None })
}

fn rating(call: &Call) -> Result<Option<RangeInclusive<u8>>, Problem> {
    let stars = |name| call.number(name, 0..=5, "a whole number from 0 to 5");
    let (least, most) = (stars("rating_min")?, stars("rating_max")?);
    let or = |stars: Option<usize>, none| stars.and_then(|stars| u8::try_from(stars).ok()).unwrap_or(none);
    Ok((least.is_some() || most.is_some()).then(|| or(least, 0)..=or(most, 5)))
}

/// Of videos: a slide has none.
fn length(call: &Call) -> Result<Option<RangeInclusive<u64>>, Problem> {
    let seconds = |name| call.number(name, 0..=LENGTH_S_MAX, "a whole number of seconds, at most 31 days");
    let (least, most) = (seconds("length_min_s")?, seconds("length_max_s")?);
    let ms = |seconds: usize| (seconds as u64).saturating_mul(1000);
    let range = || ms(least.unwrap_or(0)).max(1)..=most.map_or(u64::MAX, ms);
    Ok((least.is_some() || most.is_some()).then(range))
}

/// The year in which it was taken, by the camera's own clock.
fn year(call: &Call) -> Result<Option<RangeInclusive<i64>>, Problem> {
    let Some(year) = call.number("year", YEARS, "a year from 1970 to 2100")? else { return Ok(None) };
    let begin = |year: usize| {
        let day = jiff::civil::Date::new(i16::try_from(year).ok()?, 1, 1).ok()?;
        Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
    };
    Ok(begin(year).zip(begin(year + 1)).map(|(from, until)| from..=until - 1))
}

fn flag(call: &Call, name: &'static str) -> Result<bool, Problem> {
    match call.parameter(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::bad_parameter(name, "true or false")),
    }
}
