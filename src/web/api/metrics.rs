//! `GET /metrics`, for Prometheus.

use hyper::header::{ACCEPT, HeaderValue, VARY};
use hyper::{Response, StatusCode};

use super::{signage, typed};
use crate::pipeline::clock;
use crate::rtc::Stats;
use crate::telemetry::metrics::{self, Board, Figures, Rtc};
use crate::telemetry::{plain, process};
use crate::watched::Latest;
use crate::web::answer::Call;
use crate::web::body::Body;

pub(crate) fn get(call: &Call) -> Response<Body> {
    let services = &call.services;
    let board = services.condition.with(|condition| condition.board.clone());
    let figures = Figures {
        version: env!("CARGO_PKG_VERSION"),
        started: services.started,
        now: clock::now(),
        healthy: services.problems().is_empty(),
        config_ok: services.site.with(|site| site.config_errors.is_empty()),
        board: Board { temperature_c: board.temperature_c, under_voltage: board.under_voltage },
        sources: &services.sources,
        screens: signage::web_screens(services),
        connections: services.admission.count(),
        rtc: rtc_figures(&services.whep.engine().stats()),
        process: process::read().ok(),
        routes: &services.routes,
    };
    let text = metrics::text(&figures);
    let open = call.headers().get_all(ACCEPT).iter().any(|accept| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.to_ascii_lowercase().contains("application/openmetrics-text"))
    });
    let mut response = match open {
        true => typed(StatusCode::OK, metrics::CONTENT_TYPE, text),
        false => typed(StatusCode::OK, plain::CONTENT_TYPE, plain::plain(&text)),
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

fn rtc_figures(stats: &Stats) -> Rtc {
    Rtc {
        peers: stats.peers,
        packets_sent: stats.packets_sent,
        bytes_sent: stats.bytes_sent,
        packets_dropped: stats.packets_dropped,
        nacks: stats.nacks,
        key_frame_requests: stats.key_frame_requests,
        garbage: stats.garbage,
        frames_missed: stats.frames_missed,
        panics: stats.panics,
    }
}
