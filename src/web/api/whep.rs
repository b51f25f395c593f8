//! WHEP over HTTP: `POST /live/{source}/whep`, then `PATCH` and `DELETE` of the session it answers with.

use hyper::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, LOCATION};
use hyper::{HeaderMap, Response, StatusCode};

use super::{no_content, typed};
use crate::hub::Left;
use crate::output::whep::{Answer, Patched, Whep, WhepError};
use crate::task;
use crate::web::answer::Call;
use crate::web::body::{self, Body};
use crate::web::limits::BODY_BYTES_MAX;
use crate::web::problem::Problem;
use crate::web::viewing::Permit;

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// Says what may be sent to these addresses.
pub(crate) fn add_accepted(headers: &mut HeaderMap) {
    headers.insert(ACCEPT_POST, HeaderValue::from_static(SDP));
    headers.insert(ACCEPT_PATCH, HeaderValue::from_static(FRAGMENT));
}

pub(crate) async fn offer(call: Call, id: &str) -> Result<Response<Body>, Problem> {
    let source = call.source(id)?;
    expect_type(call.headers(), SDP, ACCEPT_POST)?;
    let permit = Permit::of(&call, id);
    let path = call.request.uri().path().to_owned();
    let sdp = body::read_text(call.request.into_body(), BODY_BYTES_MAX).await?;
    let (address, reached_at) = (call.client.address, call.client.reached_at);
    let whep = call.services.whep.clone();
    let Answer { session, sdp, etag, left } = whep.offer(&source, &sdp, address, reached_at).await?;
    let mut response = typed(StatusCode::CREATED, SDP, sdp);
    let headers = response.headers_mut();
    // The path as it was asked: already encoded.
    let location = format!("{path}/{session}");
    headers.insert(LOCATION, HeaderValue::try_from(location).expect("a path and hex digits"));
    headers.insert(ETAG, tag(&etag));
    headers.insert(ACCEPT_PATCH, HeaderValue::from_static(FRAGMENT));
    // Not joined: it ends with the viewer.
    drop(task::spawn(
        format!("{id}: permit of a viewer"),
        end_with(permit, whep, source.id.clone(), session, left),
    ));
    Ok(response)
}

/// Ends a viewer whom nobody would let in any more.
async fn end_with(permit: Permit, whep: Whep, source: String, session: String, left: Left) {
    tokio::select! {
        () = permit.ended() => {
            // It may have left by itself at the same moment.
            let _ = whep.delete(&source, &session).await;
        }
        () = left.done() => {}
    }
}

pub(crate) async fn patch(call: Call, id: &str, session: &str) -> Result<Response<Body>, Problem> {
    expect_type(call.headers(), FRAGMENT, ACCEPT_PATCH)?;
    let if_match = call.headers().get(IF_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let fragment = body::read_text(call.request.into_body(), BODY_BYTES_MAX).await?;
    let patched = call.services.whep.patch(id, session, if_match.as_deref(), &fragment).await?;
    Ok(match patched {
        Patched::Trickled => no_content(),
        Patched::Restarted { fragment, etag } => {
            let mut response = typed(StatusCode::OK, FRAGMENT, fragment);
            response.headers_mut().insert(ETAG, tag(&etag));
            response
        }
    })
}

pub(crate) async fn delete(call: &Call, id: &str, session: &str) -> Result<Response<Body>, Problem> {
    call.services.whep.delete(id, session).await?;
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

fn tag(etag: &str) -> HeaderValue {
    HeaderValue::from_str(etag).expect("ICE credentials are letters and digits, here in quotes")
}

fn expect_type(headers: &HeaderMap, expected: &'static str, accept: HeaderName) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    let detail = format!("The body must be of type {expected}.");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
        .with("allowed", expected)
        .with_header(accept, HeaderValue::from_static(expected)))
}

impl From<WhepError> for Problem {
    fn from(error: WhepError) -> Self {
        let text = error.to_string();
        let refused = |status| Self::new(status, sentence(&text));
        match error {
            WhepError::NotFound => refused(StatusCode::NOT_FOUND),
            WhepError::BadOffer(_) | WhepError::BadFragment(_) => refused(StatusCode::BAD_REQUEST),
            WhepError::NotAcceptable(_) => refused(StatusCode::NOT_ACCEPTABLE),
            WhepError::NoIfMatch => refused(StatusCode::PRECONDITION_REQUIRED),
            WhepError::OldIfMatch => refused(StatusCode::PRECONDITION_FAILED),
            WhepError::TooMany | WhepError::Stopped(_) | WhepError::NoAddress => {
                Self::come_again(sentence(&text))
            }
        }
    }
}

/// An error's text as a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
