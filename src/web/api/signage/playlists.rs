//! `/api/playlists`: what people arranged, how long it is, and what of it can't be played.

use hyper::header::{ETAG, HeaderValue, IF_MATCH};
use hyper::{Response, StatusCode};

use crate::library::signage::Appended;
use crate::library::{Error, Selection};
use crate::program::{Playlist, unroll};
use crate::signage::now_ms;
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::api::edit::Named;
use crate::web::api::{assets, json, no_content, read_json, read_long_json};
use crate::web::body::Body;
use crate::web::conditional;
use crate::web::limits::PLAYLIST_BYTES_MAX;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_library::Ids;
use crate::web::wire_playlist as wire;
use crate::web::wire_program;

pub(super) fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let state = super::state(&call.services.signage()?)?;
    let mut playlists: Vec<&Playlist> = state.world.playlists.values().collect();
    playlists.sort_by_cached_key(|playlist| (playlist.name.to_lowercase(), playlist.id));
    let shown =
        |playlist: &Playlist| wire::OnePlaylist::new(playlist.clone(), &unroll(playlist, &state.world.shelf));
    let playlists = playlists.into_iter().map(shown).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Playlists { playlists })))
}

/// With the ETag by which it may be changed.
pub(super) async fn one(services: &Services, id: i64, status: StatusCode) -> Result<Response<Body>, Problem> {
    let versioned = services.library()?.playlist(id).await?;
    let state = super::state(&services.signage()?)?;
    let round = unroll(&versioned.playlist, &state.world.shelf);
    let etag = etag(id, versioned.version);
    let mut response = json(status, to_json(&wire::OnePlaylist::new(versioned.playlist, &round)));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}

/// As a screen plays it that began with it at `since`: the player shows it so in a browser.
pub(super) fn preview(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    let state = super::state(&call.services.signage()?)?;
    let since_ms: i64 = match call.parameter("since") {
        Some(text) => text.parse().map_err(|_| Problem::bad_parameter("since", "milliseconds since 1970"))?,
        None => now_ms(),
    };
    // A clock that was measured may be ahead a little.
    let plan = state.alone(id, since_ms.clamp(0, now_ms())).ok_or(Error::NoSuch("playlist"))?;
    Ok(json(StatusCode::OK, wire_program::preview(&plan)))
}

pub(super) async fn add(call: Call) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::NewPlaylist = read_long_json(call.request.into_body(), PLAYLIST_BYTES_MAX).await?;
    let id = services.library()?.add_playlist(arranged(body, 0)?).await?;
    services.signage()?.settled().await;
    Ok(super::at(one(&services, id, StatusCode::CREATED).await?, "/api/playlists", id))
}

/// With `If-Match`: only if it is still what the client saw.
pub(super) async fn put(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let (head, body) = call.request.into_parts();
    let body: wire::NewPlaylist = read_long_json(body, PLAYLIST_BYTES_MAX).await?;
    let seen = match head.headers.contains_key(IF_MATCH) {
        true => {
            let version = services.library()?.playlist(id).await?.version;
            if !conditional::may_go_on(&head.headers, &etag(id, version)) {
                return Err(Error::Changed.into());
            }
            Some(version)
        }
        false => None,
    };
    services.library()?.put_playlist(arranged(body, id)?, seen).await?;
    services.signage()?.settled().await;
    one(&services, id, StatusCode::OK).await
}

/// `POST /api/playlists/{id}/items`: assets, by ids or as the address selects and orders them.
pub(super) async fn append(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let selection = Selection { bin: false, ..assets::selection(&call)? };
    let order = assets::order(&call)?;
    let services = call.services;
    let body: Ids = read_json(call.request.into_body()).await?;
    let which = Named::from(body).which(selection)?;
    let Appended { added, left_out } = services.library()?.append_to_playlist(id, which, order).await?;
    services.signage()?.settled().await;
    let version = services.library()?.playlist(id).await?.version;
    let mut response = json(StatusCode::OK, to_json(&wire::Appended { added, left_out }));
    if let Ok(etag) = HeaderValue::from_str(&etag(id, version)) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}

pub(super) async fn remove(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    call.services.library()?.remove_playlist(id).await?;
    call.services.signage()?.settled().await;
    Ok(no_content())
}

fn etag(id: i64, version: i64) -> String {
    format!("\"p{id}-{version}\"")
}

fn arranged(body: wire::NewPlaylist, id: i64) -> Result<Playlist, Problem> {
    body.playlist(id).map_err(|lacking| Problem::bad_parameter(lacking, needed(lacking)))
}

/// What a member of an item is, and which kinds of items need it.
const fn needed(member: &str) -> &'static str {
    match member.as_bytes() {
        b"asset" => "an asset's id; needed when `kind` is `asset`",
        b"tag" => "a tag; needed when `kind` is `tag`",
        b"source" => "a source's id; needed when `kind` is `live`",
        _ => "given, since the item's kind needs it",
    }
}
