//! What changes assets: names, tags, ratings, the bin, where somebody is watching.

use hyper::{Response, StatusCode};
use serde::de::DeserializeOwned;

use super::{assets, json, no_content, read_json};
use crate::library::{Edit, Edited, Purge, Selection, Which};
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_library as wire;

/// `PATCH /api/assets/{id}`
pub(crate) async fn one(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let (services, body) = read::<wire::Edit>(call).await?;
    if body.all || !body.ids.is_empty() || !body.except.is_empty() {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "The address names the asset: leave ids, all and except away.",
        ));
    }
    services.library()?.edit(vec![id], edit(body)).await?;
    assets::one(&services, id).await
}

/// What is done to many assets at once: `POST /api/assets/…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bulk {
    Edit,
    Bin,
    Restore,
    Purge,
    /// Takes one of the others back.
    Undo,
}

pub(crate) async fn bulk(call: Call, change: Bulk) -> Result<Response<Body>, Problem> {
    match change {
        Bulk::Edit => many(call).await,
        Bulk::Bin => bin(call).await,
        Bulk::Restore => restore(call).await,
        Bulk::Purge => purge(call).await,
        Bulk::Undo => undo(call).await,
    }
}

async fn many(call: Call) -> Result<Response<Body>, Problem> {
    let selection = assets::selection(&call)?;
    let (services, mut body) = read::<wire::Edit>(call).await?;
    let named =
        Named { ids: std::mem::take(&mut body.ids), except: std::mem::take(&mut body.except), all: body.all };
    Ok(changed(services.library()?.edit(named.which(selection)?, edit(body)).await?))
}

async fn bin(call: Call) -> Result<Response<Body>, Problem> {
    let selection = Selection { bin: false, ..assets::selection(&call)? };
    let (services, body) = read::<wire::Ids>(call).await?;
    Ok(changed(services.library()?.bin(Named::from(body).which(selection)?).await?))
}

async fn restore(call: Call) -> Result<Response<Body>, Problem> {
    let selection = Selection { bin: true, ..assets::selection(&call)? };
    let (services, body) = read::<wire::Ids>(call).await?;
    Ok(changed(services.library()?.restore(Named::from(body).which(selection)?).await?))
}

async fn purge(call: Call) -> Result<Response<Body>, Problem> {
    let selection = assets::selection(&call)?;
    let (services, wire::Purge { ids, all, except, binned_until }) = read(call).await?;
    let until = binned_until.as_deref().map(moment).transpose()?;
    if until.is_some() && !all {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "binned_until goes with all."));
    }
    let which = match (Named { ids, all, except }).which(selection)? {
        Which::Assets(ids) => Purge::Assets(ids),
        Which::Selected { selection, except } => Purge::Selected { selection, except, until },
    };
    Ok(changed(services.library()?.purge(which).await?))
}

async fn undo(call: Call) -> Result<Response<Body>, Problem> {
    let (services, body) = read::<wire::Undo>(call).await?;
    Ok(changed(services.library()?.undo(&body.undo).await?))
}

/// Assets as a request names them.
pub(super) struct Named {
    ids: Vec<i64>,
    all: bool,
    except: Vec<i64>,
}

impl From<wire::Ids> for Named {
    fn from(body: wire::Ids) -> Self {
        let wire::Ids { ids, all, except } = body;
        Self { ids, all, except }
    }
}

impl Named {
    /// `selection`: what the address selects, which counts with `all` alone.
    pub(super) fn which(self, selection: Selection) -> Result<Which, Problem> {
        match self {
            Self { ids, all: true, except } if ids.is_empty() => Ok(Which::Selected { selection, except }),
            Self { ids, all: false, except } if except.is_empty() => Ok(Which::Assets(ids)),
            _ => {
                Err(Problem::new(StatusCode::BAD_REQUEST, "Either ids, or all and what is excepted from it."))
            }
        }
    }
}

/// Seconds since 1970 of a time as RFC 3339 has it.
fn moment(text: &str) -> Result<i64, Problem> {
    let parsed = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second);
    parsed
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "binned_until must be a time as RFC 3339 has it."))
}

/// `POST /api/assets/{id}/watched`: somebody begins to watch.
pub(crate) async fn watched(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    call.services.library()?.watched(id).await?;
    Ok(no_content())
}

/// `PUT /api/assets/{id}/position`
pub(crate) async fn position(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let (services, body) = read::<wire::Position>(call).await?;
    services.library()?.position(id, body.position_ms).await?;
    Ok(no_content())
}

fn edit(body: wire::Edit) -> Edit {
    let wire::Edit { ids: _, all: _, except: _, name, favorite, rating, add_tags, remove_tags } = body;
    Edit { name, favorite, rating, add_tags, remove_tags }
}

fn changed(edited: Edited) -> Response<Body> {
    json(StatusCode::OK, to_json(&wire::Changed { assets: edited.assets, undo: edited.undo }))
}

/// What an answer is made with, and the request's body as JSON of one shape.
async fn read<T: DeserializeOwned>(call: Call) -> Result<(Services, T), Problem> {
    Ok((call.services, read_json(call.request.into_body()).await?))
}
