//! What players on TVs ask and say. A TV has no login; it is known by its key, which is never logged.

use std::sync::Arc;

use futures_util::stream;
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

use super::by_key;
use crate::access::whole_seconds;
use crate::library::Hash;
use crate::library::signage::{Met, Play};
use crate::signage::{SHOT_BYTES_MAX, ShotError, Signage, State, now_ms};
use crate::web::answer::Call;
use crate::web::api::{json, no_content, read_json, read_long_json};
use crate::web::auth::{self, SCREEN_COOKIE, set_cookie};
use crate::web::body::{self, Body};
use crate::web::conditional;
use crate::web::limits::PLAYS_BYTES_MAX;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_program as wire;

/// Of a key as it is sent: ours have 32.
const KEY_BYTES_MAX: usize = 100;

/// The key that the query names.
pub(super) fn key(call: &Call) -> Result<String, Problem> {
    let key = call.parameter("screen").filter(|key| !key.is_empty() && key.len() <= KEY_BYTES_MAX);
    key.ok_or_else(|| Problem::bad_parameter("screen", "the key of a screen"))
}

/// Returns the id of a screen that was heard by this.
fn heard(signage: &Signage, call: &Call, key: &str) -> Result<i64, Problem> {
    let state = super::state(signage)?;
    let (screen, _) = by_key(signage, &state, key)?;
    signage.heard(screen.id, Some(call.client.address));
    Ok(screen.id)
}

/// `POST /api/screens/hello`
pub(super) async fn hello(call: Call) -> Result<Response<Body>, Problem> {
    let (services, client) = (call.services, call.client);
    let address = client.address;
    let signage = services.signage()?;
    let body: wire::Hello = read_json(call.request.into_body()).await?;
    let met =
        Met { browser: body.browser, width: body.width, height: body.height, address: address.to_string() };
    let state = super::state(&signage)?;
    let library = services.library()?;
    let known = match body.key {
        Some(key) => match state.by_key(&key) {
            Some((screen, _)) => Some((key, screen.clone())),
            // It may have come a moment ago: else it would be taken for another TV.
            None => library.screen_of(hash(&key)).await?.map(|screen| (key, screen)),
        },
        None => None,
    };
    let (key, id) = match known {
        Some((key, screen)) => {
            let same = screen.browser == met.browser
                && (screen.width, screen.height) == (met.width, met.height)
                && screen.address == met.address;
            // A page that is only loaded again wears nothing out.
            if !same {
                library.meet_screen(screen.id, met).await?;
            }
            (key, screen.id)
        }
        None => {
            let wait = |seconds: std::time::Duration| {
                let detail = "Too many new screens from this address.";
                Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
                    .with_header(RETRY_AFTER, HeaderValue::from(whole_seconds(seconds)))
            };
            signage.may_arrive(address).map_err(wait)?;
            let key = new_key()?;
            let id = library.add_screen(hash(&key), met, signage.reported()).await?;
            (key, id)
        }
    };
    signage.settled().await;
    signage.heard(id, Some(address));
    let screen = library.screen(id).await?;
    let welcome = wire::Welcome { id, key: &key, code: &screen.code, name: &screen.name };
    let mut response = json(StatusCode::OK, to_json(&welcome));
    set_cookie(&client, &mut response, SCREEN_COOKIE, &key, None);
    Ok(response)
}

/// What of a key is kept.
fn hash(key: &str) -> Hash {
    Hash::from(blake3::hash(key.as_bytes()))
}

/// 128 random bits: nobody finds one by trying.
fn new_key() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        log::error!("no random numbers: {error}");
        Problem::internal()
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `GET /api/playlist`: what was compiled, as it stands.
pub(super) fn playlist(call: &Call) -> Result<Response<Body>, Problem> {
    let signage = call.services.signage()?;
    let key = key(call)?;
    let state: Arc<State> = super::state(&signage)?;
    let (screen, answer) = by_key(&signage, &state, &key)?;
    signage.heard(screen.id, Some(call.client.address));
    let mut response = match conditional::has(call.headers(), &answer.etag) {
        true => {
            let mut response = Response::new(body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        }
        false => {
            let length = answer.head.len() + answer.rest.len();
            let parts = [answer.head.clone(), answer.rest.clone()];
            let mut response = Response::new(body::stream(stream::iter(parts)));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=5"));
    if let Ok(etag) = HeaderValue::from_str(&answer.etag) {
        headers.insert(ETAG, etag);
    }
    // By it the TV is known where live pictures are private. It says hello only when it starts.
    if auth::cookie(call.headers(), SCREEN_COOKIE).is_none_or(|known| known != key) {
        set_cookie(&call.client, &mut response, SCREEN_COOKIE, &key, None);
    }
    Ok(response)
}

/// `GET /api/time`: for measuring how far a clock is off.
pub(super) fn time() -> Response<Body> {
    json(StatusCode::OK, to_json(&wire::Time { now_ms: now_ms() }))
}

/// `POST /api/screens/report`
pub(super) async fn report(call: Call) -> Result<Response<Body>, Problem> {
    let (services, address) = (call.services, call.client.address);
    let signage = services.signage()?;
    let body: wire::PlayerReport = read_json(call.request.into_body()).await?;
    let state = super::state(&signage)?;
    let (screen, _) = by_key(&signage, &state, &body.key)?;
    let report = body.report();
    let report = report.ok_or_else(|| Problem::bad_parameter("state", "play, splash, standby or message"))?;
    signage.report(screen.id, Some(address), report);
    Ok(no_content())
}

/// `POST /api/screens/plays`
pub(super) async fn plays(call: Call) -> Result<Response<Body>, Problem> {
    let (services, address) = (call.services, call.client.address);
    let signage = services.signage()?;
    let body: wire::Plays = read_long_json(call.request.into_body(), PLAYS_BYTES_MAX).await?;
    let state = super::state(&signage)?;
    let (screen, _) = by_key(&signage, &state, &body.key)?;
    signage.may_record(screen, &body.player, address, body.plays.len()).map_err(|wait| {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many plays within an hour.")
            .with_header(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)))
    })?;
    let plays = state.proven(screen, body.plays.into_iter().map(Play::from).collect());
    let through = services.library()?.record_plays(screen.id, &body.player, plays).await?;
    Ok(json(StatusCode::OK, to_json(&wire::Through { through })))
}

/// `PUT /api/screens/screenshot/{id}`
pub(super) async fn screenshot(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let signage = call.services.signage()?;
    let key = key(&call)?;
    let screen = heard(&signage, &call, &key)?;
    let jpeg = body::read(call.request.into_body(), SHOT_BYTES_MAX).await?;
    signage.take_shot(screen, id.unsigned_abs(), jpeg)?;
    Ok(no_content())
}

impl From<ShotError> for Problem {
    fn from(error: ShotError) -> Self {
        let status = match error {
            ShotError::NotAsked => StatusCode::NOT_FOUND,
            ShotError::NotAPicture => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        Self::from_error(status, &error)
    }
}
