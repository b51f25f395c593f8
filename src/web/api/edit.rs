//! What changes assets: names, tags, ratings, the bin, where somebody is watching.

use hyper::{Response, StatusCode};
use serde::de::DeserializeOwned;

use super::{assets, json, no_content, read_json};
use crate::library::{Edit, Edited, Purge};
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_library as wire;

/// `PATCH /api/assets/{id}`
pub(crate) async fn one(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let (services, body) = read::<wire::Edit>(call).await?;
    if !body.ids.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "The address names the asset: leave ids away."));
    }
    services.library()?.edit(vec![id], edit(body)).await?;
    assets::one(&services, id).await
}

/// `POST /api/assets/edit`
pub(crate) async fn many(call: Call) -> Result<Response<Body>, Problem> {
    let (services, mut body) = read::<wire::Edit>(call).await?;
    let ids = std::mem::take(&mut body.ids);
    Ok(changed(services.library()?.edit(ids, edit(body)).await?))
}

pub(crate) async fn bin(call: Call) -> Result<Response<Body>, Problem> {
    let (services, body) = read::<wire::Ids>(call).await?;
    Ok(changed(services.library()?.bin(body.ids).await?))
}

pub(crate) async fn restore(call: Call) -> Result<Response<Body>, Problem> {
    let (services, body) = read::<wire::Ids>(call).await?;
    Ok(changed(services.library()?.restore(body.ids).await?))
}

pub(crate) async fn purge(call: Call) -> Result<Response<Body>, Problem> {
    let (services, body) = read::<wire::Ids>(call).await?;
    let which = if body.all { Purge::All } else { Purge::Assets(body.ids) };
    Ok(changed(services.library()?.purge(which).await?))
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
    let wire::Edit { ids: _, name, favorite, rating, add_tags, remove_tags } = body;
    Edit { name, favorite, rating, add_tags, remove_tags }
}

fn changed(edited: Edited) -> Response<Body> {
    json(StatusCode::OK, to_json(&wire::Changed { assets: edited.assets }))
}

/// What an answer is made with, and the request's body as JSON of one shape.
async fn read<T: DeserializeOwned>(call: Call) -> Result<(Services, T), Problem> {
    Ok((call.services, read_json(call.request.into_body()).await?))
}
