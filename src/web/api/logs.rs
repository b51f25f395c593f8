//! `GET /api/logs?lines=N`: the last lines of the log.

use hyper::{Response, StatusCode};
use log::Level;

use super::json;
use crate::telemetry;
use crate::watched::Latest;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::limits::{LOG_LINES_DEFAULT, LOG_LINES_MAX};
use crate::web::problem::Problem;
use crate::web::wire::{self, rfc_3339};

pub(crate) fn get(call: &Call) -> Result<Response<Body>, Problem> {
    let count = call.number("lines", 1..=LOG_LINES_MAX, "a whole number from 1 to 1000")?;
    let lines = telemetry::log::recent(count.unwrap_or(LOG_LINES_DEFAULT));
    let zone = call.services.site.with(|site| site.time_zone.clone());
    let lines = lines.into_iter().map(|line| wire::LogLine {
        time: rfc_3339(line.time, &zone),
        level: level(line.level),
        target: line.target.as_str().to_owned(),
        text: line.text.as_str().to_owned(),
    });
    let logs = wire::Logs { lines: lines.collect(), lost: telemetry::log::lost() };
    Ok(json(StatusCode::OK, wire::to_json(&logs)))
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}
