//! `POST /api/assets/{id}/jobs/{step}/retry` and `…/cancel`, `POST /api/assets/{id}/convert`.

use hyper::{Response, StatusCode};

use super::no_content;
use crate::library::Step;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;

pub(crate) async fn retry(call: &Call, id: i64, step: &str) -> Result<Response<Body>, Problem> {
    call.services.work()?.retry(id, read(step)?).await?;
    Ok(accepted())
}

pub(crate) async fn cancel(call: &Call, id: i64, step: &str) -> Result<Response<Body>, Problem> {
    call.services.work()?.cancel(id, read(step)?).await?;
    Ok(accepted())
}

pub(crate) async fn convert(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    call.services.work()?.convert(id).await?;
    Ok(accepted())
}

fn read(step: &str) -> Result<Step, Problem> {
    Step::named(step)
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, format!("There is no step \"{step}\".")))
}

fn accepted() -> Response<Body> {
    let mut response = no_content();
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}
