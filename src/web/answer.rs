//! From a request to its answer: the route's handler, and the headers that every answer has.

use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderValue, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};
use tokio::sync::watch;
use url::form_urlencoded;

use super::body::{self, Body};
use super::connection::Client;
use super::origin::Page;
use super::problem::Problem;
use super::route::{self, Found, Refusal, Route};
use super::ui_files::UiFile;
use super::{Services, api, auth, base_path, cors, events, language, media, origin, pages, tus};
use crate::hub::Source;
use crate::watched::Latest;

/// One request, with all that its handler may need.
pub(super) struct Call {
    pub services: Services,
    pub client: Client,
    /// True from the moment the server stops: streams then end.
    pub stopping: watch::Receiver<bool>,
    pub request: Request<Incoming>,
}

impl Call {
    pub(super) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The answer's body will not be sent.
    pub(super) fn is_head(&self) -> bool {
        self.request.method() == Method::HEAD
    }

    /// Whose page asks for live pictures.
    pub(super) fn page(&self) -> Page {
        self.services.site.with(|site| origin::page(self.headers(), self.client.is_secure, &site.origins))
    }

    pub(super) fn source(&self, id: &str) -> Result<Arc<Source>, Problem> {
        self.services.sources.get(id).ok_or_else(|| Problem::unknown_source(id))
    }

    /// All values of a query parameter.
    pub(super) fn parameters(&self, name: &str) -> Vec<String> {
        let query = self.request.uri().query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
    }

    /// The first value of a query parameter. Others are ignored: caches are outwitted with made-up ones.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.request.uri().query()?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// A query parameter that is a whole number within `range`.
    pub(super) fn number(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<usize>,
        allowed: &'static str,
    ) -> Result<Option<usize>, Problem> {
        let Some(text) = self.parameter(name) else { return Ok(None) };
        // `parse` would take a sign.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        number.map(Some).ok_or_else(|| Problem::bad_parameter(name, allowed))
    }
}

/// RFC 9112, section 3.2: a request of HTTP/1.1 has one, and no more. With none or two, a proxy in front may have seen another
/// address than this server.
fn has_one_host(call: &Call) -> bool {
    let hosts = call.headers().get_all(HOST).iter().count();
    hosts == 1 || hosts == 0 && call.request.version() < Version::HTTP_11
}

/// Answers a request. Never fails: what goes wrong becomes an answer.
pub(super) async fn answer(call: Call) -> Response<Body> {
    let begun = Instant::now();
    let routes = call.services.routes.clone();
    let page_wanted = pages::wanted(call.headers()).then(|| language::wanted(call.headers()));
    let base_path = call.client.base_path.clone();
    let shared = call.request.uri().path().starts_with("/live/");
    let asked_by = shared.then(|| (call.page(), call.headers().get(ORIGIN).cloned()));
    let (pattern, outcome) = match route::route(call.request.method(), call.request.uri().path()) {
        Ok(Found { pattern, .. }) if !has_one_host(&call) => {
            (pattern, Err(Problem::new(StatusCode::BAD_REQUEST, "A request names one host.")))
        }
        Ok(Found { route, pattern }) => (pattern, dispatch(route, call).await),
        Err(Refusal::NotFound) => ("other", Err(Problem::not_found(&shortened(call.request.uri().path())))),
        Err(Refusal::MethodNotAllowed { pattern, allow }) => {
            (pattern, Err(Problem::method_not_allowed(allow)))
        }
    };
    let mut response = outcome.unwrap_or_else(|problem| match page_wanted {
        Some(language) => pages::problem(&problem, language, &base_path),
        None => problem.into_response(),
    });
    add_headers(response.headers_mut(), shared);
    base_path::lead_below(&base_path, response.headers_mut());
    if let Some((page, origin)) = asked_by {
        cors::allow(response.headers_mut(), page, origin.as_ref());
    }
    routes.record(pattern, response.status().as_u16(), begun.elapsed());
    response
}

async fn dispatch(route: Route, call: Call) -> Result<Response<Body>, Problem> {
    if let Some(refused) = auth::check(&route, &call)? {
        return Ok(refused);
    }
    match route {
        Route::LivePage | Route::LibraryPage | Route::WatchPage | Route::BinPage | Route::SettingsPage => {
            pages::app(&call)
        }
        Route::PlayerPage { source } => pages::player(&call, &source),
        Route::Signage(route) => api::signage::answer(route, call).await,
        Route::UiFile { path } => match UiFile::find(&path) {
            Some(file) => Ok(file.into_response(call.headers())),
            None => Err(Problem::not_found(&shortened(call.request.uri().path()))),
        },
        Route::Status => Ok(api::status::get(&call)),
        Route::Sources => Ok(api::sources::list(&call)),
        Route::Source { source } => api::sources::get(&call, &source),
        Route::RestartSource { source } => api::restart::post(&call, &source),
        Route::Events => events::get(&call),
        Route::Logs => api::logs::get(&call),
        Route::Health => Ok(api::health::get(&call)),
        Route::Metrics => Ok(api::metrics::get(&call)),
        Route::WhepOffer { source } => api::whep::offer(call, &source).await,
        Route::WhepPatch { source, session } => api::whep::patch(call, &source, &session).await,
        Route::WhepDelete { source, session } => api::whep::delete(&call, &source, &session).await,
        Route::Mse { source } => api::mse::get(call, &source),
        Route::Frame { source } => api::frame::get(&call, &source).await,
        Route::Mjpeg { source } => api::mjpeg::get(&call, &source).await,
        Route::Library => api::library::get(&call).await,
        Route::Assets => api::assets::list(&call).await,
        Route::Asset { id } => api::assets::one(&call.services, id).await,
        Route::EditAsset { id } => api::edit::one(call, id).await,
        Route::WatchedAsset { id } => api::edit::watched(&call, id).await,
        Route::PositionAsset { id } => api::edit::position(call, id).await,
        Route::ChangeAssets(change) => api::edit::bulk(call, change).await,
        Route::CountAssets => api::assets::count(&call).await,
        Route::Shares => api::assets::shares(&call).await,
        Route::RandomAsset => api::assets::random(&call).await,
        Route::Tags => api::assets::tags(&call).await,
        Route::RetryJob { id, step } => api::work::retry(&call, id, &step).await,
        Route::CancelJob { id, step } => api::work::cancel(&call, id, &step).await,
        Route::ConvertAsset { id } => api::work::convert(&call, id).await,
        Route::ApiPage => pages::api(&call),
        Route::OpenApi => api::openapi::get(&call),
        Route::Backup => api::backup::get(&call).await,
        Route::Restore => api::backup::restore(call).await,
        Route::Rescue => api::library::rescue(&call).await,
        Route::StartEmpty => api::library::start_empty(&call).await,
        Route::ForgetSetAside => api::library::forget_set_aside(&call).await,
        Route::LoginPage => pages::login(&call),
        Route::Session => Ok(api::session::get(&call)),
        Route::LogIn => api::session::log_in(call).await,
        Route::LogOut => Ok(api::session::log_out(&call)),
        Route::SetUp => api::session::set_up(call).await,
        Route::ChangePassword => api::session::change_password(call).await,
        Route::Grants { kind } => Ok(api::grants::list(&call, kind)),
        Route::Grant { kind } => api::grants::add(call, kind).await,
        Route::Withdraw { kind, id } => api::grants::withdraw(&call, kind, &id),
        Route::EnterByLink { secret } => api::session::enter_by_link(&call, &secret),
        Route::Media { file } => media::get(&call, &file).await,
        Route::Uploads => api::uploads::list(&call),
        Route::CreateUpload => api::uploads::create(call).await,
        Route::Upload { upload } => api::uploads::one(&call, &upload).await,
        Route::ChangeUpload { upload } => api::uploads::change(call, &upload).await,
        Route::Options { allow } => Ok(options(&call, allow)),
    }
}

fn options(call: &Call, allow: &'static str) -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    if call.request.uri().path().starts_with("/api/uploads") {
        tus::add_abilities(headers);
    }
    if call.request.uri().path().starts_with("/live/") {
        cors::allow_sending(headers, call.page(), allow);
        api::whep::add_accepted(headers);
    }
    response
}

/// Our own scripts, styles and connections only; nothing inline. `ws:` because not every browser takes a WebSocket to
/// the same host for `'self'`.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
    connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
/// A player may be shown inside other pages: it changes nothing.
const POLICY_SHARED: &str = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
    connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'";

fn add_headers(headers: &mut HeaderMap, shared: bool) {
    let policy = if shared { POLICY_SHARED } else { POLICY };
    // A file of the library may have a stricter one.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // What says nothing about it is of this moment.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// A path for people to read back: as long as one would type.
fn shortened(path: &str) -> String {
    const CHARS_MAX: usize = 120;
    match path.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}
