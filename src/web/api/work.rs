//! `POST /api/assets/{id}/jobs/{step}/retry` and `…/cancel`, `POST /api/assets/{id}/convert`.

use hyper::{Response, StatusCode};

use super::no_content;
use crate::library::Step;
use crate::library::work::Work;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;

pub(crate) async fn retry(call: &Call, id: i64, step: &str) -> Result<Response<Body>, Problem> {
    work(call)?.retry(id, read(step)?).await?;
    Ok(accepted())
}

pub(crate) async fn cancel(call: &Call, id: i64, step: &str) -> Result<Response<Body>, Problem> {
    work(call)?.cancel(id, read(step)?).await?;
    Ok(accepted())
}

pub(crate) async fn convert(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    work(call)?.convert(id).await?;
    Ok(accepted())
}

fn work(call: &Call) -> Result<&Work, Problem> {
    call.services.library()?;
    call.services.work.as_ref().ok_or_else(|| Problem::come_again("Nobody is at work on the library."))
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
