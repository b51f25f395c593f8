//! `/api/groups`: screens that play in step.

use hyper::{Response, StatusCode};

use crate::library::signage::Group;
use crate::signage::State;
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::api::{json, no_content, read_json};
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_signage as wire;

pub(super) fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let state = super::state(&call.services.signage()?)?;
    let groups = state.groups.iter().map(|group| shown(group, inside(&state, group.id))).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Groups { groups })))
}

pub(super) async fn add(call: Call) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::EditGroup = read_json(call.request.into_body()).await?;
    let name = body.name.unwrap_or_default();
    let id = services.library()?.add_group(&name, body.screens.unwrap_or_default()).await?;
    Ok(super::created("/api/groups", id, to_json(&one(&services, id).await?)))
}

pub(super) async fn edit(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::EditGroup = read_json(call.request.into_body()).await?;
    services.library()?.edit_group(id, body.name.as_deref(), body.screens).await?;
    Ok(json(StatusCode::OK, to_json(&one(&services, id).await?)))
}

pub(super) async fn remove(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    call.services.library()?.remove_group(id).await?;
    call.services.signage()?.settled().await;
    Ok(no_content())
}

/// As it is after a change.
async fn one(services: &Services, id: i64) -> Result<wire::Group, Problem> {
    services.signage()?.settled().await;
    let (group, screens) = services.library()?.group(id).await?;
    Ok(shown(&group, screens))
}

fn inside(state: &State, id: i64) -> Vec<i64> {
    state.screens.iter().filter(|screen| screen.group == Some(id)).map(|screen| screen.id).collect()
}

fn shown(group: &Group, screens: Vec<i64>) -> wire::Group {
    wire::Group { id: group.id, name: group.name.clone(), screens }
}
