//! `/api/message`: what is over everything.

use hyper::{Response, StatusCode};

use crate::program::{MINUTES_MAX, Message};
use crate::signage::{Signage, now_ms};
use crate::web::answer::Call;
use crate::web::api::{json, no_content, read_json};
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_signage as wire;

pub(super) fn get(call: &Call) -> Result<Response<Body>, Problem> {
    let signage = call.services.signage()?;
    answered(super::state(&signage)?.world.message.as_ref(), &signage)
}

/// Answered when all who ask are answered by it.
pub(super) async fn put(call: Call) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::PutMessage = read_json(call.request.into_body()).await?;
    let from_ms = now_ms();
    let until_ms = match body.minutes {
        Some(minutes @ 1..=MINUTES_MAX) => Some(from_ms + i64::from(minutes) * 60_000),
        None => None,
        Some(_) => return Err(Problem::bad_parameter("minutes", "1 to 10080, or null")),
    };
    let wire::PutMessage { text, playlist, screens, minutes: _ } = body;
    let message = Message { id: 0, text, playlist, screens, from_ms, until_ms };
    services.library()?.put_message(message).await?;
    let signage = services.signage()?;
    signage.settled().await;
    let message = services.library()?.message().await?;
    answered(message.as_ref(), &signage)
}

pub(super) async fn clear(call: &Call) -> Result<Response<Body>, Problem> {
    call.services.library()?.clear_message().await?;
    call.services.signage()?.settled().await;
    Ok(no_content())
}

/// Null while there is none.
fn answered(message: Option<&Message>, signage: &Signage) -> Result<Response<Body>, Problem> {
    let state = super::state(signage)?;
    let current = message.filter(|message| !message.is_over(now_ms()));
    let message = current.map(|message| wire::Message::new(message, &state.world.zone));
    Ok(json(StatusCode::OK, to_json(&message)))
}
