//! `/api/message`: what is over everything.

use hyper::{Response, StatusCode};

use crate::library::Error;
use crate::program::{Message, Shown, Target, check_minutes};
use crate::signage::{Signage, now_ms};
use crate::web::answer::Call;
use crate::web::api::{json, no_content, read_json};
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_signage as wire;

pub(super) fn get(call: &Call) -> Result<Response<Body>, Problem> {
    let signage = call.services.signage()?;
    answered(super::state(&signage)?.world.message.clone(), &signage)
}

/// Answered when all who ask are answered by it.
pub(super) async fn put(call: Call) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::PutMessage = read_json(call.request.into_body()).await?;
    let library = services.library()?;
    let (shown, minutes) = match body {
        wire::PutMessage { template: Some(id), .. } if body.is_template_alone() => {
            let template = library.template(id).await?;
            (template.shown, template.minutes)
        }
        wire::PutMessage { template: Some(_), .. } => {
            return Err(Problem::bad_parameter("template", "given alone, or not at all"));
        }
        wire::PutMessage { template: None, text, playlist, screens, groups, minutes } => {
            (Shown { text, playlist, target: Target::of(screens, groups) }, minutes)
        }
    };
    check_minutes(minutes).map_err(Error::from)?;
    let from_ms = now_ms();
    let until_ms = minutes.map(|minutes| from_ms + i64::from(minutes) * 60_000);
    library.put_message(Message { id: 0, shown, from_ms, until_ms }).await?;
    let signage = services.signage()?;
    signage.settled().await;
    let message = library.message().await?;
    answered(message, &signage)
}

pub(super) async fn clear(call: &Call) -> Result<Response<Body>, Problem> {
    call.services.library()?.clear_message().await?;
    call.services.signage()?.settled().await;
    Ok(no_content())
}

/// Null while there is none.
fn answered(message: Option<Message>, signage: &Signage) -> Result<Response<Body>, Problem> {
    let state = super::state(signage)?;
    let current = message.filter(|message| !message.is_over(now_ms()));
    let message = current.map(|message| wire::Message::new(message, &state.world.zone));
    Ok(json(StatusCode::OK, to_json(&message)))
}
