//! `POST /api/sources/{id}/restart`: ends the attempt or the waiting of a source, and tries now.

use hyper::{Response, StatusCode};

use super::{json, sources};
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire;

pub(crate) fn post(call: &Call, id: &str) -> Result<Response<Body>, Problem> {
    let source = call.source(id)?;
    log::info!("{id}: restarted by {}", call.client.address);
    source.restart.notify_one();
    Ok(json(StatusCode::ACCEPTED, wire::to_json(&sources::one(&call.services, &source))))
}
