//! `GET /api/sources` and `GET /api/sources/{id}`.

use hyper::{Response, StatusCode};

use super::json;
use crate::hub::Source;
use crate::pipeline::clock;
use crate::watched::Latest;
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire;

pub(crate) fn list(call: &Call) -> Response<Body> {
    json(StatusCode::OK, wire::to_json(&all(&call.services)))
}

pub(crate) fn get(call: &Call, id: &str) -> Result<Response<Body>, Problem> {
    let source = call.source(id)?;
    Ok(json(StatusCode::OK, wire::to_json(&one(&call.services, &source))))
}

/// All sources as they are now.
pub(in crate::web) fn all(services: &Services) -> wire::Sources {
    let sources = services.sources.list();
    wire::Sources { sources: sources.iter().map(|source| one(services, source)).collect() }
}

pub(super) fn one(services: &Services, source: &Source) -> wire::Source {
    let (is_private, zone) =
        services.site.with(|site| (site.private_sources.contains(&source.id), site.time_zone.clone()));
    wire::Source::of(source, is_private, clock::now(), &zone)
}
