//! `GET /api/status`: the box at a glance.

use std::time::SystemTime;

use hyper::{Response, StatusCode};

use super::{json, signage};
use crate::config::{Language, Problem};
use crate::telemetry::process;
use crate::watched::Latest;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::wire::{self, rfc_3339};
use crate::web::wire_trouble::Problems;

pub(crate) fn get(call: &Call) -> Response<Body> {
    let services = &call.services;
    let site = services.site.latest();
    let condition = services.condition.latest();
    let parts = services.problems();
    let problems: Vec<_> = parts.into_iter().chain(condition.problems()).collect();
    let (mut sources, mut viewers) = (wire::SourceCounts::default(), wire::Viewers::default());
    for source in services.sources.list() {
        source.status.with(|status| sources.add(&status.state));
        viewers.add(wire::Viewers::of(&source.viewers));
    }
    let zone = &site.time_zone;
    let status = wire::Status {
        name: site.name,
        version: env!("CARGO_PKG_VERSION"),
        started: rfc_3339(services.started, zone),
        uptime_s: services.started_at.elapsed().as_secs(),
        time: rfc_3339(SystemTime::now(), zone),
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        health: wire::Health { ok: problems.is_empty(), problems: Some(wire::HealthProblem::list(problems)) },
        problems: services.troubles.with(|troubles| Problems::new(troubles, zone)),
        sources,
        viewers,
        screens: services.screens.with(|ports| ports.iter().map(wire::Screen::from).collect()),
        screens_active: signage::active(services),
        web_screens: {
            let (total, active) = signage::web_screens(services);
            wire::WebScreens { total, active }
        },
        webrtc: wire::WebRtc {
            port: services.whep.engine().port(),
            peers: services.whep.engine().stats().peers,
            problem: services.whep.engine().missing().map(|missing| missing.why),
        },
        config: wire::Config {
            file: site.config_file,
            ok: site.config_errors.is_empty(),
            errors: errors(&site.config_errors, Language::English),
            errors_de: errors(&site.config_errors, Language::German),
        },
        board: condition.board.into(),
        data: condition.data.map(wire::Data::from),
        process: process::read().ok().map(wire::Process::from),
    };
    json(StatusCode::OK, wire::to_json(&status))
}

fn errors(problems: &[Problem], language: Language) -> Vec<String> {
    problems.iter().map(|problem| problem.text(language)).collect()
}
