//! What is on at a moment, and over a week: asked of the code that makes the players' answers.

use hyper::{Response, StatusCode};
use jiff::ToSpan;
use jiff::civil::Time;

use super::Day;
use super::windows::date;
use crate::program::{Item, Now, moment};
use crate::signage::now_ms;
use crate::web::answer::Call;
use crate::web::api::json;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_program as program;
use crate::web::wire_signage::{self as wire, time_ms};

/// `GET /api/screens/{id}/program`
pub(super) fn program_at(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    let signage = call.services.signage()?;
    let state = super::state(&signage)?;
    let screen = super::screen(&signage, &state, id)?;
    let at_ms = super::moment(call, "at", &state.world.zone, Day::Begin)?.unwrap_or_else(now_ms);
    let plan = state.plan_at(screen, at_ms);
    let now = plan.at(at_ms).ok_or_else(Problem::internal)?;
    let zone = &state.world.zone;
    // The plan has an end; what goes on there has none that anybody knows.
    let ends = plan.segments.last().is_some_and(|last| last.until_ms > now.segment.until_ms);
    let Now { segment, program: of, item } = now;
    let answer = wire::ProgramAt {
        at: time_ms(at_ms, zone),
        state: of.show.name(),
        playlist: of.playlist,
        name: &of.name,
        window: segment.window,
        item: now.playing().map(|item: &Item| program::Item::of(item)),
        position_ms: item.map(|(_, position_ms)| position_ms),
        until: ends.then(|| time_ms(segment.until_ms, zone)),
    };
    Ok(json(StatusCode::OK, to_json(&answer)))
}

/// `GET /api/week`: what the windows say for a screen from midnight to midnight of seven days.
pub(super) fn week(call: &Call) -> Result<Response<Body>, Problem> {
    let signage = call.services.signage()?;
    let state = super::state(&signage)?;
    let wanted = call.parameter("screen").and_then(|id| id.parse().ok());
    let id: i64 = wanted.ok_or_else(|| Problem::bad_parameter("screen", "the id of a screen"))?;
    let screen = super::screen(&signage, &state, id)?;
    let zone = &state.world.zone;
    let first = match call.parameter("from") {
        Some(text) => date(&text).filter(|date| (1970..3000).contains(&date.year())),
        None => jiff::Timestamp::from_millisecond(now_ms()).ok().map(|now| zone.to_datetime(now).date()),
    };
    let first = first.ok_or_else(|| Problem::bad_parameter("from", "a date such as 2026-07-01"))?;
    let midnight = |days: i32| moment(zone, first.saturating_add(days.days()).to_datetime(Time::midnight()));
    let stretches = state.stretches(screen, midnight(0), midnight(7));
    let segments = stretches.into_iter().map(|stretch| {
        let window = stretch.window.map(|index| &state.world.windows[index]);
        let playlist = window.and_then(|window| window.playlist);
        let known = playlist.and_then(|id| state.world.playlists.get(&id));
        wire::WeekSegment {
            from: time_ms(stretch.from_ms, zone),
            until: time_ms(stretch.until_ms, zone),
            window: window.map(|window| window.id),
            playlist,
            name: known.map_or("", |playlist| &playlist.name),
        }
    });
    Ok(json(StatusCode::OK, to_json(&wire::Week { segments: segments.collect() })))
}
