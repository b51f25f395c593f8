//! `GET /health`: for load balancers and watchdogs.

use hyper::{Response, StatusCode};

use super::json;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::wire;

pub(crate) fn get(call: &Call) -> Response<Body> {
    let problems = call.services.problems();
    if problems.is_empty() {
        return json(StatusCode::OK, wire::to_json(&wire::Health { ok: true, problems: None }));
    }
    let problems = Some(wire::HealthProblem::list(problems));
    json(StatusCode::SERVICE_UNAVAILABLE, wire::to_json(&wire::Health { ok: false, problems }))
}
