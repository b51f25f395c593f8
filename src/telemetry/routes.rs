//! How often each route was asked for, how that ended and how long it took.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds in seconds: an answer from memory takes 0.1 ms, one that waits for a first picture a second.
const DURATIONS_S: [f64; 12] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Recorder of requests. Cheap to clone.
#[derive(Clone)]
pub struct Routes {
    requests: Family<Answer, Counter>,
    durations: Family<Route, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    route: &'static str,
    status: Class,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

/// The first digit of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Class(u16);

impl EncodeLabelValue for Class {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        use std::fmt::Write;
        write!(encoder, "{}xx", self.0)
    }
}

impl Default for Routes {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(DURATIONS_S);
        Self { requests: Family::default(), durations: Family::new_with_constructor(histogram) }
    }
}

impl Routes {
    /// Counts a request by its route's pattern (such as `/live/{source}/whep`, never a path that somebody typed:
    /// there is one counter for each). `duration` is the time to the answer's head: a stream's body lasts as long
    /// as its viewer.
    pub fn record(&self, route: &'static str, status: u16, duration: Duration) {
        self.requests.get_or_create(&Answer { route, status: Class(status / 100) }).inc();
        self.durations.get_or_create(&Route { route }).observe(duration.as_secs_f64());
    }

    pub(super) fn register(&self, metrics: &mut Registry) {
        metrics.register("http_requests", "Requests answered", self.requests.clone());
        metrics.register(
            "http_request_duration_seconds",
            "Time to the head of the answer",
            self.durations.clone(),
        );
    }
}
