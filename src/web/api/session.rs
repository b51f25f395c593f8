//! Logging in and out, the first password, and links that only look.

use hyper::header::HeaderValue;
use hyper::{Response, StatusCode};

use super::{json, no_content, read_json};
use crate::access::{self, Phase, Plain, Right, SESSION_TIME};
use crate::web::answer::Call;
use crate::web::auth::{self, SESSION_COOKIE, VIEW_COOKIE, set_cookie};
use crate::web::body::Body;
use crate::web::connection::Client;
use crate::web::problem::{Problem, capitalized};
use crate::web::wire::to_json;
use crate::web::wire_access as wire;

/// How long a browser keeps a link that only looks, which holds until it is withdrawn: for as long as browsers keep any cookie
/// (RFC 6265bis, section 5.5). It may be a TV's, which nobody looks after.
const LINK_S: u64 = 400 * 24 * 3600;

pub(crate) fn get(call: &Call) -> Response<Body> {
    let access = &call.services.access;
    let (phase, right) = (access.phase(), auth::right(access, call.headers()));
    let state = match (phase, right) {
        (Phase::Setup, _) => "setup",
        (_, Some(_)) => "in",
        (_, None) => "login",
    };
    let session = wire::Session {
        state,
        can: right.map(Right::name),
        open: phase == Phase::Open,
        password_is_fixed: access.password_is_fixed(),
        damaged: access.damaged().filter(|_| phase == Phase::Setup),
    };
    json(StatusCode::OK, to_json(&session))
}

pub(crate) async fn log_in(call: Call) -> Result<Response<Body>, Problem> {
    let (services, client) = (call.services, call.client);
    let body: wire::LogIn = read_json(call.request.into_body()).await?;
    Ok(logged_in(&client, &services.access.log_in(client.address, &body.password).await?))
}

pub(crate) async fn set_up(call: Call) -> Result<Response<Body>, Problem> {
    let (services, client) = (call.services, call.client);
    let body: wire::SetUp = read_json(call.request.into_body()).await?;
    let secret = services.access.set_up(client.address, &body.code, &body.password).await?;
    Ok(logged_in(&client, &secret))
}

pub(crate) async fn change_password(call: Call) -> Result<Response<Body>, Problem> {
    let (services, client) = (call.services, call.client);
    let body: wire::ChangePassword = read_json(call.request.into_body()).await?;
    let access = &services.access;
    let secret = access.change_password(client.address, &body.old, &body.new, body.end_grants).await?;
    Ok(logged_in(&client, &secret))
}

pub(crate) fn log_out(call: &Call) -> Response<Body> {
    if let Some(secret) = auth::cookie(call.headers(), SESSION_COOKIE) {
        call.services.access.log_out(&secret);
    }
    let mut response = no_content();
    for name in [SESSION_COOKIE, VIEW_COOKIE] {
        set_cookie(&call.client, &mut response, name, "", Some(0));
    }
    response
}

/// Somebody opens a link that only looks.
pub(crate) fn enter_by_link(call: &Call, secret: &str) -> Result<Response<Body>, Problem> {
    if call.services.access.by_link(secret).is_none() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "This link was withdrawn, or never was one."));
    }
    let mut response = auth::see_other("/");
    set_cookie(&call.client, &mut response, VIEW_COOKIE, secret, Some(LINK_S));
    Ok(response)
}

fn logged_in(client: &Client, secret: &Plain) -> Response<Body> {
    let mut response = no_content();
    set_cookie(client, &mut response, SESSION_COOKIE, secret.reveal(), Some(SESSION_TIME.as_secs()));
    response
}

impl From<access::Error> for Problem {
    fn from(error: access::Error) -> Self {
        use access::Error;
        let detail = format!("{}.", capitalized(&error.to_string()));
        match error {
            Error::WrongPassword => Self::new(StatusCode::UNAUTHORIZED, detail).coded("wrong_password"),
            Error::WrongCode => Self::new(StatusCode::UNAUTHORIZED, detail).coded("wrong_code"),
            Error::NotInSetup => Self::new(StatusCode::CONFLICT, detail).coded("password_set"),
            Error::InConfiguration => Self::new(StatusCode::CONFLICT, detail).coded("password_in_file"),
            Error::TooMany { seconds } => Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
                .with("seconds", seconds.to_string())
                .with_header(hyper::header::RETRY_AFTER, HeaderValue::from(seconds)),
            Error::Busy => Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
                .with_header(hyper::header::RETRY_AFTER, HeaderValue::from(access::BUSY_S)),
            Error::Invalid { what, allowed } => Self::new(StatusCode::BAD_REQUEST, detail)
                .coded("invalid")
                .with("parameter", what)
                .with("allowed", allowed),
            Error::Full => Self::new(StatusCode::CONFLICT, detail).coded("too_many"),
            Error::NotFound => Self::new(StatusCode::NOT_FOUND, detail),
            Error::Damaged(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).coded("logins_damaged"),
            Error::Write(_) | Error::Unwritten(_) => {
                log::error!("{error}");
                let code = if matches!(error, Error::Write(_)) { "not_written" } else { "not_kept" };
                Self::new(StatusCode::INSUFFICIENT_STORAGE, detail).coded(code)
            }
            Error::Hash(_) | Error::Chance(_) => {
                log::error!("{error}");
                Self::internal()
            }
        }
    }
}
