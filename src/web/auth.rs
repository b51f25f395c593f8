//! Who may ask for what. One table, by route; everything passes it before its handler.

use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderValue, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Method, Response, StatusCode};
use url::form_urlencoded;

use super::answer::Call;
use super::body::{self, Body};
use super::connection::Client;
use super::problem::Problem;
use super::route::Route;
use super::route_signage::SignageRoute;
use super::viewing::{self, Asker};
use super::{origin, pages};
use crate::access::{Access, Phase, Right};

/// Names of the cookies: a session, a link that only looks, the key of a TV.
pub(super) const SESSION_COOKIE: &str = "marquee_session";
pub(super) const VIEW_COOKIE: &str = "marquee_view";
pub(super) const SCREEN_COOKIE: &str = "marquee_screen";

/// What a route needs. No `_` here: who adds a route has to say.
fn need(route: &Route) -> Option<Right> {
    match route {
        // What a TV needs, which has no keyboard (pictures of a private source need more: `viewing`); what a login needs;
        // whether the box lives.
        Route::PlayerPage { .. }
        | Route::WhepOffer { .. }
        | Route::WhepPatch { .. }
        | Route::WhepDelete { .. }
        | Route::Mse { .. }
        | Route::Frame { .. }
        | Route::Mjpeg { .. }
        | Route::Media { .. }
        | Route::UiFile { .. }
        | Route::LoginPage
        | Route::ApiPage
        | Route::OpenApi
        | Route::Session
        | Route::LogIn
        | Route::LogOut
        | Route::SetUp
        | Route::EnterByLink { .. }
        | Route::Health
        | Route::Options { .. } => None,
        Route::LivePage
        | Route::Status
        | Route::Sources
        | Route::Source { .. }
        | Route::Events
        | Route::Metrics
        | Route::LibraryPage
        | Route::WatchPage
        // How it looks is everybody's; what else is there asks for itself.
        | Route::SettingsPage
        | Route::Library
        | Route::Assets
        | Route::Asset { .. }
        | Route::WatchedAsset { .. }
        | Route::RandomAsset
        | Route::CountAssets
        | Route::Shares
        | Route::Tags
        | Route::Uploads => Some(Right::View),
        Route::RestartSource { .. }
        | Route::Logs
        | Route::BinPage
        | Route::EditAsset { .. }
        | Route::ChangeAssets(_)
        | Route::PositionAsset { .. }
        | Route::CreateUpload
        | Route::Upload { .. }
        | Route::ChangeUpload { .. }
        | Route::RetryJob { .. }
        | Route::CancelJob { .. }
        | Route::ConvertAsset { .. }
        | Route::Backup
        | Route::Restore
        | Route::Rescue
        | Route::StartEmpty
        | Route::ForgetSetAside
        | Route::ChangePassword
        | Route::Grants { .. }
        | Route::Grant { .. }
        | Route::Withdraw { .. } => Some(Right::Admin),
        Route::Signage(route) => signage_need(*route),
    }
}

fn signage_need(route: SignageRoute) -> Option<Right> {
    match route {
        // What a TV opens, asks for and says: it knows its key.
        SignageRoute::TvPage
        | SignageRoute::TvCode
        | SignageRoute::Hello
        | SignageRoute::Playlist
        | SignageRoute::Time
        | SignageRoute::PlayerEvents
        | SignageRoute::Report
        | SignageRoute::RecordPlays
        | SignageRoute::TakeShot { .. } => None,
        SignageRoute::Page
        | SignageRoute::Screens
        | SignageRoute::Shot { .. }
        | SignageRoute::ProgramAt { .. }
        | SignageRoute::Groups
        | SignageRoute::Playlists
        | SignageRoute::OnePlaylist { .. }
        | SignageRoute::Preview { .. }
        | SignageRoute::Windows
        | SignageRoute::Week
        | SignageRoute::Message
        | SignageRoute::Templates
        | SignageRoute::Plays
        | SignageRoute::PlaysCsv => Some(Right::View),
        SignageRoute::PutMessage | SignageRoute::ClearMessage => Some(Right::Message),
        SignageRoute::EditScreens
        | SignageRoute::EditScreen { .. }
        | SignageRoute::RemoveScreen { .. }
        | SignageRoute::Identify { .. }
        | SignageRoute::Reload { .. }
        | SignageRoute::AskForShot { .. }
        | SignageRoute::AddGroup
        | SignageRoute::EditGroup { .. }
        | SignageRoute::RemoveGroup { .. }
        | SignageRoute::AddPlaylist
        | SignageRoute::PutPlaylist { .. }
        | SignageRoute::AddItems { .. }
        | SignageRoute::RemovePlaylist { .. }
        | SignageRoute::AddTemplate
        | SignageRoute::PutTemplate { .. }
        | SignageRoute::RemoveTemplate { .. }
        | SignageRoute::AddWindow
        | SignageRoute::EditWindow { .. }
        | SignageRoute::RemoveWindow { .. } => Some(Right::Admin),
    }
}

/// `None`: go on. Some refusals are a way to the login, not a problem.
pub(super) fn check(route: &Route, call: &Call) -> Result<Option<Response<Body>>, Problem> {
    let live = call.request.uri().path().starts_with("/live/");
    if changes(call.request.method()) && !live && !origin::may_change(call.headers(), call.client.is_secure) {
        let detail = "Pages from elsewhere may not change anything.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    viewing::check_page(route, call)?;
    let private = viewing::private_source(route, &call.services);
    let Some(needed) = need(route).or(private.map(|_| Right::View)) else { return Ok(None) };
    let access = &call.services.access;
    if access.phase() == Phase::Open && !origin::is_local(call.headers().get(HOST)) {
        // A name of somebody else's that leads here: their page would be taken for ours (DNS rebinding).
        let detail =
            "Without a login, this box answers only to its address, or to a name of the local network.";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail));
    }
    let right = match private {
        Some(source) => Asker::of(call).right(&call.services, source)?,
        None => right(access, call.headers()),
    };
    match right {
        Some(right) if right.covers(needed) => Ok(None),
        Some(Right::Message) => {
            Err(Problem::new(StatusCode::FORBIDDEN, "This token is for the message alone."))
        }
        Some(_) => {
            Err(Problem::new(StatusCode::FORBIDDEN, "This needs the admin's login.").coded("needs_admin"))
        }
        None if pages::wanted(call.headers()) => Ok(Some(to_login(call))),
        None => {
            let detail = match private {
                Some(_) => "This source is private: it needs a login or a token.",
                None => "This needs a login or a token.",
            };
            Err(Problem::new(StatusCode::UNAUTHORIZED, detail)
                .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
        }
    }
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// What whoever sends these headers may do.
pub(super) fn right(access: &Access, headers: &HeaderMap) -> Option<Right> {
    if access.phase() == Phase::Open {
        return Some(Right::Admin);
    }
    if let Some(authorization) = headers.get(AUTHORIZATION) {
        // One who shows a token wants it looked at, whatever cookies there are.
        let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| access.by_token(token.trim()))?;
    }
    let session = cookie(headers, SESSION_COOKIE).and_then(|secret| access.by_session(&secret));
    session.or_else(|| access.by_link(&cookie(headers, VIEW_COOKIE)?))
}

pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// `seconds`: how long it is kept; `None`: until the browser is closed. `Strict`: no page from elsewhere can make a browser
/// show it. `Secure` only behind a proxy that encrypts: on a LAN there is no certificate.
pub(super) fn set_cookie(
    client: &Client,
    response: &mut Response<Body>,
    name: &str,
    value: &str,
    seconds: Option<u64>,
) {
    let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let secure = if client.is_secure { "; Secure" } else { "" };
    // Two boxes on one host, each below its own path, have a login each.
    let path = Some(client.base_path.as_str()).filter(|path| !path.is_empty()).unwrap_or("/");
    let cookie = format!("{name}={value}; Path={path}{age}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// To the login, and from there back.
fn to_login(call: &Call) -> Response<Body> {
    let to = call.request.uri().path_and_query().map_or("/", |path| path.as_str());
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
    see_other(&format!("/login?{query}"))
}

pub(super) fn see_other(to: &str) -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, to);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_among_others() {
        let headers = HeaderMap::from_iter([
            (COOKIE, HeaderValue::from_static("a=1; marquee_view=x; b=marquee_session=2")),
            (COOKIE, HeaderValue::from_static("marquee_session=y")),
        ]);
        assert_eq!(cookie(&headers, SESSION_COOKIE).as_deref(), Some("y"));
        assert_eq!(cookie(&headers, VIEW_COOKIE).as_deref(), Some("x"));
        assert_eq!(cookie(&headers, "c"), None);
    }
}
