//! `/api/screens`: every TV, and what is on it.

use std::time::Instant;

use hyper::header::{CACHE_CONTROL, HeaderValue};
use hyper::{Response, StatusCode};

use crate::library::signage::Screen;
use crate::output::hdmi;
use crate::program::{Idle, Power};
use crate::signage::{Live, Playing, Signage};
use crate::watched::Latest;
use crate::web::answer::Call;
use crate::web::api::{json, no_content, read_json, typed};
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::{rfc_3339, to_json};
use crate::web::wire_signage as wire;
use crate::web::{Services, Stored};

pub(super) fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let signage = call.services.signage()?;
    let state = super::state(&signage)?;
    let screens = state.screens.iter().map(|screen| shown(&call.services, &signage, screen)).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Screens { screens, idle: state.world.idle.into() })))
}

/// What all of them have in common.
pub(super) async fn edit_all(call: Call) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let signage = services.signage()?;
    let body: wire::EditScreens = read_json(call.request.into_body()).await?;
    services.library()?.set_idle(idle_of(&body.idle)?).await?;
    signage.settled().await;
    let idle = super::state(&signage)?.world.idle.into();
    Ok(json(StatusCode::OK, to_json(&wire::EditedScreens { idle })))
}

pub(super) async fn edit(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let signage = services.signage()?;
    let body: wire::EditScreen = read_json(call.request.into_body()).await?;
    let idle = body.idle.map(|idle| idle.as_ref().map(idle_of).transpose()).transpose()?;
    services.library()?.edit_screen(id, body.name.as_deref(), body.group, idle).await?;
    signage.settled().await;
    let screen = services.library()?.screen(id).await?;
    Ok(json(StatusCode::OK, to_json(&shown(&services, &signage, &screen))))
}

fn idle_of(idle: &wire::Idle) -> Result<Idle, Problem> {
    let wrong = "`idle` is `splash` or `dark`, or `playlist` or `asset` with its `id`.";
    Idle::of(&idle.show, idle.id).ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, wrong))
}

pub(super) async fn remove(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    call.services.library()?.remove_screen(id).await?;
    call.services.signage()?.settled().await;
    Ok(no_content())
}

pub(super) fn identify(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    order(call, id, Signage::identify)
}

pub(super) fn reload(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    order(call, id, Signage::reload)
}

/// Under way once it is told; whether the screen hears it, it shows itself.
fn order(call: &Call, id: i64, order: fn(&Signage, i64)) -> Result<Response<Body>, Problem> {
    let signage = switched_on(call, id)?;
    order(&signage, id);
    let mut response = no_content();
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

pub(super) fn ask_for_shot(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    let id = switched_on(call, id)?.ask_for_shot(id);
    Ok(json(StatusCode::ACCEPTED, to_json(&wire::Asked { id })))
}

pub(super) fn shot(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    let jpeg = known(call, id)?.shot(id);
    let none = || Problem::new(StatusCode::NOT_FOUND, "There is no screenshot of this screen yet.");
    let mut response = typed(StatusCode::OK, "image/jpeg", jpeg.ok_or_else(none)?);
    // Its address says which one it is.
    let kept = HeaderValue::from_static("private, max-age=86400, immutable");
    response.headers_mut().insert(CACHE_CONTROL, kept);
    Ok(response)
}

fn known(call: &Call, id: i64) -> Result<Signage, Problem> {
    let signage = call.services.signage()?;
    let state = super::state(&signage)?;
    super::screen(&signage, &state, id)?;
    Ok(signage)
}

/// One that is off hears nothing, and does not do it later either.
fn switched_on(call: &Call, id: i64) -> Result<Signage, Problem> {
    let signage = call.services.signage()?;
    let state = super::state(&signage)?;
    let screen = super::screen(&signage, &state, id)?;
    let (live, port) = (signage.live(id), port_of(&call.services, screen));
    if is_active(screen, live.as_ref(), port.as_ref()) {
        return Ok(signage);
    }
    Err(Problem::new(StatusCode::CONFLICT, "The screen is off. Switch it on first.").coded("screen_off"))
}

fn shown(services: &Services, signage: &Signage, screen: &Screen) -> wire::Screen {
    let zone = services.site.with(|site| site.time_zone.clone());
    let live = signage.live(screen.id);
    let port = port_of(services, screen);
    let active = is_active(screen, live.as_ref(), port.as_ref());
    let report = live.as_ref().and_then(|live| live.report.clone()).filter(|_| active);
    let since = report.as_ref().and_then(Signage::since);
    let (state, playing) = match (&report, &port) {
        (Some(report), _) => (Some(report.state.name()), report.name.clone()),
        // A port that plays no playlist says what it shows.
        (None, Some(port)) if active => {
            let shows = port.shows.clone().filter(|shows| shows != hdmi::SHOWS_SPLASH);
            (Some(if shows.is_some() { Playing::Play } else { Playing::Splash }.name()), shows)
        }
        _ => (None, None),
    };
    let shot = signage.shot_id(screen.id);
    let (width, height) =
        port.as_ref().map_or((screen.width, screen.height), |port| (port.width, port.height));
    wire::Screen {
        id: screen.id,
        name: screen.name.clone(),
        code: screen.code.clone(),
        kind: if screen.connector.is_some() { "hdmi" } else { "web" },
        connector: screen.connector.clone(),
        group: screen.group,
        idle: screen.idle.map(Into::into),
        active,
        last_seen: last_seen(screen, live.as_ref(), &zone),
        since: since.map(|since| rfc_3339(since, &zone)),
        playing,
        state,
        browser: (!screen.browser.is_empty()).then(|| screen.browser.clone()),
        width,
        height,
        dropped_frames: report.as_ref().map_or(0, |report| report.dropped_frames),
        offset_ms: report.as_ref().and_then(|report| report.offset_ms),
        late_ms: report.as_ref().and_then(|report| report.late_ms),
        problem: report.as_ref().and_then(|report| report.problem.clone()),
        address: address(screen, live.as_ref()),
        screenshot: shot.map(|shot| format!("/api/screens/{}/screenshot.jpg?{shot}", screen.id)),
        // Its number is the moment it was asked for.
        screenshot_at: shot.map(|shot| wire::time_ms(i64::try_from(shot).unwrap_or(i64::MAX), &zone)),
        power: port.as_ref().and_then(|port| signage.tv(port.port)).map(Power::name),
    }
}

fn is_active(screen: &Screen, live: Option<&Live>, port: Option<&hdmi::Status>) -> bool {
    match &screen.connector {
        Some(_) => port.is_some_and(is_on),
        None => live.is_some_and(|live| live.is_active(Instant::now())),
    }
}

fn last_seen(screen: &Screen, live: Option<&Live>, zone: &jiff::tz::TimeZone) -> Option<String> {
    let written = (screen.seen > 0).then(|| wire::time_ms(screen.seen.saturating_mul(1000), zone));
    live.map(|live| rfc_3339(live.heard_at, zone)).or(written)
}

fn address(screen: &Screen, live: Option<&Live>) -> Option<String> {
    let now = live.and_then(|live| live.address).map(|address| address.to_string());
    now.or_else(|| (!screen.address.is_empty()).then(|| screen.address.clone()))
}

fn port_of(services: &Services, screen: &Screen) -> Option<hdmi::Status> {
    let connector = screen.connector.as_deref()?;
    services.screens.with(|ports| ports.iter().find(|port| port.port.id() == connector).cloned())
}

fn is_on(port: &hdmi::Status) -> bool {
    port.connected && port.shows.is_some()
}

/// Screens that are on, whatever they are.
pub(crate) fn active(services: &Services) -> usize {
    let web = services.stored().map_or(0, |stored| stored.signage.active());
    web + services.screens.with(|ports| ports.iter().filter(|port| is_on(port)).count())
}

/// Network TVs: all, and those that are on.
pub(crate) fn web_screens(services: &Services) -> (usize, usize) {
    let Ok(Stored { signage, .. }) = services.stored() else { return (0, 0) };
    let web = signage.state().screens.iter().filter(|screen| screen.connector.is_none()).count();
    (web, signage.active())
}
