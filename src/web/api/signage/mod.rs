//! What screens play: what players ask and say, and what the dashboard sees and changes.

mod groups;
mod message;
mod player;
mod playlists;
mod plays;
mod schedule;
mod screens;
mod templates;
pub(in crate::web) mod windows;

use bytes::Bytes;
use hyper::header::{HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

pub(crate) use screens::{active, web_screens};

use crate::library::signage::Screen;
use crate::program;
use crate::signage::{Answer, Signage, State};
use crate::web::answer::Call;
use crate::web::api::json;
use crate::web::body::Body;
use crate::web::pages;
use crate::web::player_events;
use crate::web::problem::Problem;
use crate::web::route_signage::SignageRoute as Route;

pub(crate) async fn answer(route: Route, call: Call) -> Result<Response<Body>, Problem> {
    match route {
        Route::Page => pages::app(&call),
        Route::TvPage => pages::tv(&call),
        Route::TvCode => pages::tv_code(&call),
        Route::Hello => player::hello(call).await,
        Route::Playlist => player::playlist(&call),
        Route::Time => Ok(player::time()),
        Route::PlayerEvents => player_events::get(&call, player::key(&call)?),
        Route::Report => player::report(call).await,
        Route::RecordPlays => player::plays(call).await,
        Route::TakeShot { id } => player::screenshot(call, id).await,
        Route::Screens => screens::list(&call),
        Route::EditScreens => screens::edit_all(call).await,
        Route::EditScreen { id } => screens::edit(call, id).await,
        Route::RemoveScreen { id } => screens::remove(&call, id).await,
        Route::Identify { id } => screens::identify(&call, id),
        Route::Reload { id } => screens::reload(&call, id),
        Route::AskForShot { id } => screens::ask_for_shot(&call, id),
        Route::Shot { id } => screens::shot(&call, id),
        Route::ProgramAt { id } => schedule::program_at(&call, id),
        Route::Week => schedule::week(&call),
        Route::Groups => groups::list(&call),
        Route::AddGroup => groups::add(call).await,
        Route::EditGroup { id } => groups::edit(call, id).await,
        Route::RemoveGroup { id } => groups::remove(&call, id).await,
        Route::Playlists => playlists::list(&call),
        Route::AddPlaylist => playlists::add(call).await,
        Route::OnePlaylist { id } => playlists::one(&call.services, id, StatusCode::OK).await,
        Route::AddItems { id } => playlists::append(call, id).await,
        Route::Preview { id } => playlists::preview(&call, id),
        Route::PutPlaylist { id } => playlists::put(call, id).await,
        Route::RemovePlaylist { id } => playlists::remove(&call, id).await,
        Route::Windows => windows::list(&call),
        Route::AddWindow => windows::add(call).await,
        Route::EditWindow { id } => windows::edit(call, id).await,
        Route::RemoveWindow { id } => windows::remove(&call, id).await,
        Route::Message => message::get(&call),
        Route::PutMessage => message::put(call).await,
        Route::ClearMessage => message::clear(&call).await,
        Route::Templates => templates::list(&call).await,
        Route::AddTemplate => templates::add(call).await,
        Route::PutTemplate { id } => templates::put(call, id).await,
        Route::RemoveTemplate { id } => templates::remove(&call, id).await,
        Route::Plays => plays::list(&call).await,
        Route::PlaysCsv => plays::csv(&call),
    }
}

/// 201 with the address of what was made. `text` is from [`wire::to_json`](crate::web::wire::to_json).
fn created(path: &str, id: i64, text: Bytes) -> Response<Body> {
    at(json(StatusCode::CREATED, text), path, id)
}

fn at(mut response: Response<Body>, path: &str, id: i64) -> Response<Body> {
    if let Ok(location) = HeaderValue::from_str(&format!("{path}/{id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// What was compiled last, once there is something.
fn state(signage: &Signage) -> Result<std::sync::Arc<State>, Problem> {
    let state = signage.state();
    if state.is_empty() {
        return Err(Problem::come_again("What the screens play is not known yet."));
    }
    Ok(state)
}

fn screen<'a>(signage: &Signage, state: &'a State, id: i64) -> Result<&'a Screen, Problem> {
    state.screen(id).ok_or_else(|| unknown(signage, state))
}

/// The network TV of this key, and what it is answered.
pub(in crate::web) fn by_key<'a>(
    signage: &Signage,
    state: &'a State,
    key: &str,
) -> Result<(&'a Screen, &'a Answer), Problem> {
    state.by_key(key).ok_or_else(|| unknown(signage, state))
}

/// 404 once everything that was written is compiled, 503 before. A TV that gets 404 asks for a new key, and would be listed
/// twice.
fn unknown(signage: &Signage, state: &State) -> Problem {
    match signage.is_current(state) {
        true => Problem::unknown_screen(),
        false => Problem::come_again("What the screens play is being worked out."),
    }
}

/// Of days where a moment is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Day {
    Begin,
    End,
}

/// A query parameter that is a moment, in milliseconds since 1970; or a date, which is its begin or its end.
fn moment(call: &Call, name: &'static str, zone: &TimeZone, day: Day) -> Result<Option<i64>, Problem> {
    const ALLOWED: &str = "a date, or a time such as 2026-07-01T18:00:00+02:00";
    /// The first moment of the year 3000: beyond, there are only mistakes.
    const END_MS: i64 = 32_503_680_000_000;
    let Some(text) = call.parameter(name) else { return Ok(None) };
    if let Some(date) = windows::date(&text).filter(|date| (1970..3000).contains(&date.year())) {
        let midnight = if day == Day::End { date.tomorrow().unwrap_or(date) } else { date };
        return Ok(Some(program::moment(zone, midnight.to_datetime(Time::midnight()))));
    }
    // A plus that was not encoded has become a blank.
    let moment: Option<Timestamp> = text.replace(' ', "+").parse().ok();
    let ms = moment.map(Timestamp::as_millisecond).filter(|ms| (0..END_MS).contains(ms));
    ms.map(Some).ok_or_else(|| Problem::bad_parameter(name, ALLOWED))
}
