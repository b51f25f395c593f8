//! `GET /api/assets…`, `GET /api/tags`: what is in the library.

use hyper::{Response, StatusCode};

use super::json;
use crate::library::{Kind, LIMIT_MAX, Order, Query, SEARCH_CHARS_MAX, Selection, TAGS_MAX};
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_library as wire;

/// Assets in an answer when no number is asked: a screen full, and a little more.
const LIMIT_DEFAULT: usize = 60;

pub(crate) async fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let query = query(call)?;
    let library = call.services.library()?;
    let listing = library.list(query).await?;
    library.seen(listing.assets.iter().map(|asset| asset.id));
    let zone = call.services.site.borrow().time_zone.clone();
    let assets = listing.assets.into_iter().map(|summary| wire::Summary::new(summary, &zone)).collect();
    let assets = wire::Assets { assets, next: listing.next, total: listing.total, similar: listing.similar };
    Ok(json(StatusCode::OK, to_json(&assets)))
}

pub(crate) async fn one(services: &Services, id: i64) -> Result<Response<Body>, Problem> {
    let library = services.library()?;
    let asset = library.asset(id).await?;
    library.seen([id]);
    let zone = services.site.borrow().time_zone.clone();
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

pub(crate) async fn tags(call: &Call) -> Result<Response<Body>, Problem> {
    let tags = call.services.library()?.tags().await?.into_iter();
    let tags = tags.map(|tag| wire::Tag { name: tag.name, assets: tag.assets }).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Tags { tags })))
}

fn query(call: &Call) -> Result<Query, Problem> {
    let order = match call.parameter("order") {
        Some(name) => Order::named(&name).ok_or_else(|| {
            Problem::bad_parameter("order", "name, added, length, rating, views or last_watched")
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
    let limit = call.number("limit", 1..=LIMIT_MAX, "a whole number from 1 to 200")?.unwrap_or(LIMIT_DEFAULT);
    Ok(Query { selection: selection(call)?, order, descending, after: call.parameter("after"), limit })
}

/// What the address selects.
pub(super) fn selection(call: &Call) -> Result<Selection, Problem> {
    let kind = match call.parameter("kind") {
        Some(name) => {
            Some(Kind::named(&name).ok_or_else(|| Problem::bad_parameter("kind", "video or slide"))?)
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
    Ok(Selection { bin, kind, favorite, tags, search, binned_until: None })
}

fn flag(call: &Call, name: &'static str) -> Result<bool, Problem> {
    match call.parameter(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::bad_parameter(name, "true or false")),
    }
}
