//! Which address is what. Pure: method and path in, route out.

use std::borrow::Cow;
use std::sync::LazyLock;

use hyper::Method;
use matchit::{Params, Router};
use percent_encoding::percent_decode_str;

use super::api::edit::Bulk;
use super::route_signage::{self, SignageAddress, SignageRoute};
use crate::access::GrantKind;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The page with all sources.
    LivePage,
    PlayerPage {
        source: String,
    },
    UiFile {
        path: String,
    },
    Status,
    Sources,
    Source {
        source: String,
    },
    RestartSource {
        source: String,
    },
    Events,
    Logs,
    Health,
    Metrics,
    WhepOffer {
        source: String,
    },
    WhepPatch {
        source: String,
        session: String,
    },
    WhepDelete {
        source: String,
        session: String,
    },
    Mse {
        source: String,
    },
    Frame {
        source: String,
    },
    Mjpeg {
        source: String,
    },
    /// The pages of the library.
    LibraryPage,
    WatchPage,
    BinPage,
    /// What screens play.
    Signage(SignageRoute),
    Library,
    Assets,
    Asset {
        id: i64,
    },
    EditAsset {
        id: i64,
    },
    ChangeAssets(Bulk),
    CountAssets,
    Shares,
    WatchedAsset {
        id: i64,
    },
    PositionAsset {
        id: i64,
    },
    RandomAsset,
    Tags,
    /// A step of the work on an asset, done again or given up.
    RetryJob {
        id: i64,
        step: String,
    },
    CancelJob {
        id: i64,
        step: String,
    },
    ConvertAsset {
        id: i64,
    },
    OpenApi,
    ApiPage,
    Backup,
    Restore,
    Rescue,
    StartEmpty,
    ForgetSetAside,
    LoginPage,
    SettingsPage,
    Session,
    LogIn,
    LogOut,
    SetUp,
    ChangePassword,
    Grants {
        kind: GrantKind,
    },
    Grant {
        kind: GrantKind,
    },
    Withdraw {
        kind: GrantKind,
        id: String,
    },
    /// A link that only looks, opened by somebody.
    EnterByLink {
        secret: String,
    },
    Media {
        file: String,
    },
    Uploads,
    CreateUpload,
    Upload {
        upload: String,
    },
    ChangeUpload {
        upload: String,
    },
    /// What the address takes.
    Options {
        allow: &'static str,
    },
}

/// A route and the pattern it was found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub route: Route,
    /// For counters: there are as many as routes, whatever people type.
    pub pattern: &'static str,
}

/// Why there is no route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing has this address.
    NotFound,
    /// The address is known, by this pattern, and takes other methods.
    MethodNotAllowed { pattern: &'static str, allow: &'static str },
}

/// An address, whatever is done with it.
#[derive(Clone, Copy, Debug)]
enum Address {
    LivePage,
    PlayerPage,
    UiFile,
    Status,
    Sources,
    Source,
    RestartSource,
    Events,
    Logs,
    Health,
    Metrics,
    Whep,
    WhepSession,
    Mse,
    Frame,
    Mjpeg,
    LibraryPage,
    WatchPage,
    BinPage,
    Signage(SignageAddress),
    Library,
    Assets,
    Asset,
    ChangeAssets(Bulk),
    CountAssets,
    Shares,
    WatchedAsset,
    PositionAsset,
    RandomAsset,
    Tags,
    RetryJob,
    CancelJob,
    ConvertAsset,
    OpenApi,
    ApiPage,
    Backup,
    Restore,
    Rescue,
    StartEmpty,
    SetAside,
    LoginPage,
    SettingsPage,
    Session,
    SetUp,
    Password,
    Grants(GrantKind),
    Grant(GrantKind),
    View,
    Media,
    Uploads,
    Upload,
}

/// HEAD goes wherever GET does, OPTIONS everywhere.
pub(super) const GET: &str = "GET, HEAD, OPTIONS";
pub(super) const POST: &str = "POST, OPTIONS";
pub(super) const PUT: &str = "PUT, OPTIONS";
pub(super) const PATCH_DELETE: &str = "PATCH, DELETE, OPTIONS";
const DELETE: &str = "DELETE, OPTIONS";
pub(super) const GET_POST: &str = "GET, HEAD, POST, OPTIONS";
const GET_POST_DELETE: &str = "GET, HEAD, POST, DELETE, OPTIONS";
pub(super) const GET_PATCH: &str = "GET, HEAD, PATCH, OPTIONS";
/// POST stands for another method, which a header names: not every proxy lets all of them through.
const UPLOAD: &str = "GET, HEAD, PATCH, DELETE, POST, OPTIONS";

/// Every address there is, and what it takes.
const ADDRESSES: &[(&str, &str, Address)] = &[
    ("/", GET, Address::LivePage),
    ("/live/{source}", GET, Address::PlayerPage),
    ("/ui/{*path}", GET, Address::UiFile),
    ("/api/status", GET, Address::Status),
    ("/api/sources", GET, Address::Sources),
    ("/api/sources/{source}", GET, Address::Source),
    ("/api/sources/{source}/restart", POST, Address::RestartSource),
    ("/api/events", GET, Address::Events),
    ("/api/logs", GET, Address::Logs),
    ("/health", GET, Address::Health),
    ("/metrics", GET, Address::Metrics),
    ("/live/{source}/whep", POST, Address::Whep),
    ("/live/{source}/whep/{session}", PATCH_DELETE, Address::WhepSession),
    ("/live/{source}/mse", GET, Address::Mse),
    ("/live/{source}/frame.jpg", GET, Address::Frame),
    ("/live/{source}/mjpeg", GET, Address::Mjpeg),
    ("/library", GET, Address::LibraryPage),
    ("/library/{id}", GET, Address::WatchPage),
    ("/bin", GET, Address::BinPage),
    ("/api/library", GET, Address::Library),
    ("/api/assets", GET, Address::Assets),
    ("/api/assets/{id}", GET_PATCH, Address::Asset),
    ("/api/assets/edit", POST, Address::ChangeAssets(Bulk::Edit)),
    ("/api/assets/bin", POST, Address::ChangeAssets(Bulk::Bin)),
    ("/api/assets/restore", POST, Address::ChangeAssets(Bulk::Restore)),
    ("/api/assets/purge", POST, Address::ChangeAssets(Bulk::Purge)),
    ("/api/assets/undo", POST, Address::ChangeAssets(Bulk::Undo)),
    ("/api/assets/count", GET, Address::CountAssets),
    ("/api/library/shares", GET, Address::Shares),
    ("/api/assets/{id}/watched", POST, Address::WatchedAsset),
    ("/api/assets/{id}/position", PUT, Address::PositionAsset),
    ("/api/assets/random", GET, Address::RandomAsset),
    ("/api/tags", GET, Address::Tags),
    ("/api/assets/{id}/jobs/{step}/retry", POST, Address::RetryJob),
    ("/api/assets/{id}/jobs/{step}/cancel", POST, Address::CancelJob),
    ("/api/assets/{id}/convert", POST, Address::ConvertAsset),
    ("/api", GET, Address::ApiPage),
    ("/api/openapi.json", GET, Address::OpenApi),
    ("/api/backup", GET, Address::Backup),
    ("/api/restore", POST, Address::Restore),
    ("/api/library/rescue", POST, Address::Rescue),
    ("/api/library/start-empty", POST, Address::StartEmpty),
    ("/api/library/set-aside", DELETE, Address::SetAside),
    ("/login", GET, Address::LoginPage),
    ("/settings", GET, Address::SettingsPage),
    ("/api/session", GET_POST_DELETE, Address::Session),
    ("/api/setup", POST, Address::SetUp),
    ("/api/password", PUT, Address::Password),
    ("/api/tokens", GET_POST, Address::Grants(GrantKind::Token)),
    ("/api/tokens/{grant}", DELETE, Address::Grant(GrantKind::Token)),
    ("/api/links", GET_POST, Address::Grants(GrantKind::Link)),
    ("/api/links/{grant}", DELETE, Address::Grant(GrantKind::Link)),
    ("/view/{secret}", GET, Address::View),
    ("/media/{file}", GET, Address::Media),
    ("/api/uploads", GET_POST, Address::Uploads),
    ("/api/uploads/{upload}", UPLOAD, Address::Upload),
];

/// Below these stand files.
const FILES: [&str; 2] = ["/media/", "/ui/"];

type Entry = (&'static str, &'static str, Address);

/// What each address is, by its pattern.
static ROUTER: LazyLock<Router<Entry>> = LazyLock::new(|| {
    let mut router = Router::new();
    for entry in entries() {
        router.insert(entry.0, entry).expect("the patterns are well formed and do not overlap");
    }
    router
});

fn entries() -> impl Iterator<Item = Entry> {
    let signage = route_signage::ADDRESSES.iter();
    let signage = signage.map(|(pattern, allow, address)| (*pattern, *allow, Address::Signage(*address)));
    ADDRESSES.iter().copied().chain(signage)
}

/// Every pattern, and the methods it takes.
#[cfg(test)]
pub(super) fn addresses() -> impl Iterator<Item = (&'static str, &'static str)> {
    entries().map(|(pattern, allow, _)| (pattern, allow))
}

/// Finds what a request asks for. `path` is without the query, as it came (percent-encoded); a slash at its end, as some
/// type and some programs add, changes nothing but the name of a file.
pub(super) fn route(method: &Method, path: &str) -> Result<Found, Refusal> {
    let is_file = FILES.iter().any(|files| path.starts_with(files));
    let trimmed = path.strip_suffix('/').filter(|rest| !is_file && !rest.is_empty() && !rest.ends_with('/'));
    let found = ROUTER.at(trimmed.unwrap_or(path)).map_err(|_| Refusal::NotFound)?;
    let (pattern, allow, address) = *found.value;
    if method == Method::OPTIONS {
        return Ok(Found { route: Route::Options { allow }, pattern });
    }
    let captured = Captured::read(&found.params).ok_or(Refusal::NotFound)?;
    match take(address, method, captured) {
        Some(route) => Ok(Found { route, pattern }),
        None => Err(Refusal::MethodNotAllowed { pattern, allow }),
    }
}

fn take(address: Address, method: &Method, captured: Captured) -> Option<Route> {
    let Captured { source, session, path, id, grant, secret, file, upload, step } = captured;
    let get = method == Method::GET || method == Method::HEAD;
    let post = method == Method::POST;
    let (put, delete) = (method == Method::PUT, method == Method::DELETE);
    Some(match address {
        Address::LivePage if get => Route::LivePage,
        Address::PlayerPage if get => Route::PlayerPage { source },
        Address::UiFile if get => Route::UiFile { path },
        Address::Status if get => Route::Status,
        Address::Sources if get => Route::Sources,
        Address::Source if get => Route::Source { source },
        Address::RestartSource if post => Route::RestartSource { source },
        Address::Events if get => Route::Events,
        Address::Logs if get => Route::Logs,
        Address::Health if get => Route::Health,
        Address::Metrics if get => Route::Metrics,
        Address::Whep if post => Route::WhepOffer { source },
        Address::WhepSession if method == Method::PATCH => Route::WhepPatch { source, session },
        Address::WhepSession if delete => Route::WhepDelete { source, session },
        Address::Mse if get => Route::Mse { source },
        Address::Frame if get => Route::Frame { source },
        Address::Mjpeg if get => Route::Mjpeg { source },
        Address::LibraryPage if get => Route::LibraryPage,
        Address::WatchPage if get => Route::WatchPage,
        Address::BinPage if get => Route::BinPage,
        Address::Signage(address) => Route::Signage(route_signage::take(address, method, id)?),
        Address::Library if get => Route::Library,
        Address::Assets if get => Route::Assets,
        Address::Asset if get => Route::Asset { id },
        Address::Asset if method == Method::PATCH => Route::EditAsset { id },
        Address::ChangeAssets(change) if post => Route::ChangeAssets(change),
        Address::CountAssets if get => Route::CountAssets,
        Address::Shares if get => Route::Shares,
        Address::WatchedAsset if post => Route::WatchedAsset { id },
        Address::PositionAsset if put => Route::PositionAsset { id },
        Address::RandomAsset if get => Route::RandomAsset,
        Address::Tags if get => Route::Tags,
        Address::RetryJob if post => Route::RetryJob { id, step },
        Address::CancelJob if post => Route::CancelJob { id, step },
        Address::ConvertAsset if post => Route::ConvertAsset { id },
        Address::ApiPage if get => Route::ApiPage,
        Address::OpenApi if get => Route::OpenApi,
        Address::Backup if get => Route::Backup,
        Address::Restore if post => Route::Restore,
        Address::Rescue if post => Route::Rescue,
        Address::StartEmpty if post => Route::StartEmpty,
        Address::SetAside if delete => Route::ForgetSetAside,
        Address::LoginPage if get => Route::LoginPage,
        Address::SettingsPage if get => Route::SettingsPage,
        Address::Session if get => Route::Session,
        Address::Session if post => Route::LogIn,
        Address::Session if delete => Route::LogOut,
        Address::SetUp if post => Route::SetUp,
        Address::Password if put => Route::ChangePassword,
        Address::Grants(kind) if get => Route::Grants { kind },
        Address::Grants(kind) if post => Route::Grant { kind },
        Address::Grant(kind) if delete => Route::Withdraw { kind, id: grant },
        Address::View if get => Route::EnterByLink { secret },
        Address::Media if get => Route::Media { file },
        Address::Uploads if get => Route::Uploads,
        Address::Uploads if post => Route::CreateUpload,
        Address::Upload if get => Route::Upload { upload },
        Address::Upload if matches!(*method, Method::PATCH | Method::DELETE | Method::POST) => {
            Route::ChangeUpload { upload }
        }
        _ => return None,
    })
}

/// The variable parts of an address, decoded; empty where the pattern has none.
#[derive(Default)]
struct Captured {
    source: String,
    session: String,
    path: String,
    file: String,
    upload: String,
    /// Of an asset; 0, which no asset has, where the pattern has none.
    id: i64,
    /// A token's or a link's.
    grant: String,
    secret: String,
    step: String,
}

impl Captured {
    /// `None` if one is not UTF-8, or no number where one belongs.
    fn read(params: &Params<'_, '_>) -> Option<Self> {
        let get = |name| -> Option<String> {
            let encoded = params.get(name).unwrap_or_default();
            percent_decode_str(encoded).decode_utf8().ok().map(Cow::into_owned)
        };
        let id = params.get("id").map_or(Some(0), |id| id.parse().ok())?;
        Some(Self {
            source: get("source")?,
            session: get("session")?,
            path: get("path")?,
            upload: get("upload")?,
            step: get("step")?,
            id,
            grant: get("grant")?,
            secret: get("secret")?,
            file: get("file")?,
        })
    }
}

#[cfg(test)]
mod tests;
