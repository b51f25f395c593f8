//! `/api/windows`: the schedule.

use hyper::{Response, StatusCode};
use jiff::civil::Date;

use crate::library::Error;
use crate::program::{Days, Target, Window};
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::api::{json, no_content, read_json};
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_signage as wire;

pub(super) fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let state = super::state(&call.services.signage()?)?;
    let windows = state.world.windows.iter().map(wire::OneWindow::from).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Windows { windows })))
}

/// What is not given: on all days, all day, of priority 0, and standby.
pub(super) async fn add(call: Call) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::EditWindow = read_json(call.request.into_body()).await?;
    let window = Window {
        id: 0,
        playlist: None,
        target: Target::default(),
        days: Days::ALL,
        from: 0,
        until: MINUTES,
        first: None,
        last: None,
        priority: 0,
    };
    let id = services.library()?.add_window(changed(window, body)?).await?;
    Ok(super::created("/api/windows", id, to_json(&one(&services, id).await?)))
}

pub(super) async fn edit(call: Call, id: i64) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::EditWindow = read_json(call.request.into_body()).await?;
    services.library()?.edit_window(id, |window| changed(window, body)).await?;
    Ok(json(StatusCode::OK, to_json(&one(&services, id).await?)))
}

pub(super) async fn remove(call: &Call, id: i64) -> Result<Response<Body>, Problem> {
    call.services.library()?.remove_window(id).await?;
    call.services.signage()?.settled().await;
    Ok(no_content())
}

/// As it is after a change.
async fn one(services: &Services, id: i64) -> Result<wire::OneWindow, Problem> {
    services.signage()?.settled().await;
    Ok(wire::OneWindow::from(&services.library()?.window(id).await?))
}

/// Of a day.
const MINUTES: u16 = 24 * 60;

pub(in crate::web) fn changed(window: Window, body: wire::EditWindow) -> Result<Window, Error> {
    let days = body.days.map(|days| {
        let days = Days::named(days.iter().map(String::as_str));
        days.ok_or(Error::Invalid { what: "days", allowed: "mon, tue, wed, thu, fri, sat, sun" })
    });
    let time = |what: &'static str, text: Option<String>, max: u16| {
        let read = |text: String| time(&text).filter(|minutes| *minutes <= max);
        let wrong = Error::Invalid { what, allowed: "a time such as 08:30; until also 24:00" };
        text.map(|text| read(text).ok_or(wrong)).transpose()
    };
    let date = |what: &'static str, given: Option<Option<String>>, kept: Option<Date>| match given {
        None => Ok(kept),
        Some(None) => Ok(None),
        Some(Some(text)) => match date(&text) {
            Some(date) => Ok(Some(date)),
            None => Err(Error::Invalid { what, allowed: "a date such as 2026-07-01" }),
        },
    };
    let Window { id, playlist, target, days: kept_days, from, until, first, last, priority } = window;
    Ok(Window {
        id,
        playlist: body.playlist.unwrap_or(playlist),
        target: Target {
            everywhere: body.everywhere.unwrap_or(target.everywhere),
            screens: body.screens.unwrap_or(target.screens),
            groups: body.groups.unwrap_or(target.groups),
        },
        days: days.transpose()?.unwrap_or(kept_days),
        from: time("from", body.from, MINUTES - 1)?.unwrap_or(from),
        until: time("until", body.until, MINUTES)?.unwrap_or(until),
        first: date("first", body.first, first)?,
        last: date("last", body.last, last)?,
        priority: body.priority.unwrap_or(priority),
    })
}

/// Minutes of the day.
fn time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, max: u16| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|number: &u16| digits && *number <= max)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 59)?)
}

/// As RFC 3339 has it, and no more.
pub(super) fn date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == "2026-07-01".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_two_digits_each() {
        assert_eq!((time("00:00"), time("08:30"), time("24:00")), (Some(0), Some(510), Some(1440)));
        for text in ["", "8:30", "08:60", "25:00", "08:30:00", "+8:30", "-1:00", "24:01x", "０８:30"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_years_months_and_days() {
        assert_eq!(date("2028-02-29").map(|date| date.to_string()).as_deref(), Some("2028-02-29"));
        for text in ["", "2027-02-29", "2027-2-1", "20270201", "2027-02-01T10:00:00"] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
