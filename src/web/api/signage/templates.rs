//! `/api/message/templates`: messages that are kept, to be shown again.

use hyper::{Response, StatusCode};

use crate::program::{Shown, Target, Template};
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::api::{json, no_content, read_json};
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_signage as wire;

pub(super) async fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let templates = call.services.library()?.templates().await?;
    let templates = templates.into_iter().map(wire::Template::from).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Templates { templates })))
}

pub(super) async fn add(call: Call) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::PutTemplate = read_json(call.request.into_body()).await?;
    let id = services.library()?.add_template(template(0, body)).await?;
    Ok(super::created("/api/message/templates", id, to_json(&one(&services, id).await?)))
}

pub(super) async fn put(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::PutTemplate = read_json(call.request.into_body()).await?;
    services.library()?.put_template(template(id, body)).await?;
    Ok(json(StatusCode::OK, to_json(&one(&services, id).await?)))
}

pub(super) async fn remove(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    call.services.library()?.remove_template(id).await?;
    Ok(no_content())
}

fn template(id: i64, body: wire::PutTemplate) -> Template {
    let wire::PutTemplate { name, text, playlist, screens, groups, minutes } = body;
    let shown = Shown { text, playlist, target: Target::of(screens, groups) };
    Template { id, name, shown, minutes }
}

async fn one(services: &Services, id: i64) -> Result<wire::Template, Problem> {
    Ok(services.library()?.template(id).await?.into())
}
