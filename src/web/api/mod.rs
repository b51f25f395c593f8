//! One handler per file: from a [`Call`](super::answer::Call) to an answer, through the handles of other parts.

pub(super) mod assets;
pub(super) mod backup;
pub(super) mod edit;
pub(super) mod frame;
pub(super) mod grants;
pub(super) mod health;
pub(super) mod library;
pub(super) mod logs;
pub(super) mod metrics;
pub(super) mod mjpeg;
pub(super) mod mse;
pub(super) mod openapi;
pub(super) mod restart;
pub(super) mod session;
pub(super) mod signage;
pub(super) mod sources;
pub(super) mod status;
pub(super) mod uploads;
pub(super) mod whep;
pub(super) mod work;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Call;
use super::body::{self, Body};
use super::limits::BODY_BYTES_MAX;
use super::problem::{Problem, capitalized};
use crate::causes::with_causes;
use crate::hub::Source;
use crate::output::jpeg::SnapshotError;
use crate::watched::Latest;

/// `text` is from [`wire::to_json`](crate::web::wire::to_json).
fn json(status: StatusCode, text: Bytes) -> Response<Body> {
    typed(status, "application/json", text)
}

fn typed(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(body::full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn no_content() -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Qualities that pictures are made in: each that is asked for is made by itself, up to 60 times a second.
const QUALITY_STEPS: [u8; 6] = [10, 30, 55, 70, 85, 95];

/// The quality a picture is asked in, as the nearest step.
fn quality(call: &Call) -> Result<Option<u8>, Problem> {
    let quality = call.number("quality", 1..=100, "a whole number from 1 to 100")?;
    Ok(quality.map(|quality| nearest_step(u8::try_from(quality).expect("at most 100"))))
}

/// One step for each of 1 to 100.
fn nearest_step(quality: u8) -> u8 {
    let nearest = QUALITY_STEPS.into_iter().min_by_key(|step| step.abs_diff(quality));
    nearest.expect("there are some")
}

/// Says whether a picture is live, and if not, why.
fn add_picture_state(headers: &mut HeaderMap, source: &Source, slate: bool) {
    let state = if slate { "slate" } else { "live" };
    headers.insert(HeaderName::from_static("marquee-picture"), HeaderValue::from_static(state));
    let cause = source.status.with(|status| status.state.loss().map(|loss| loss.cause.code()));
    if let Some(cause) = cause.filter(|_| slate) {
        headers.insert(HeaderName::from_static("marquee-cause"), HeaderValue::from_static(cause));
    }
}

/// The request's body as JSON of one shape.
async fn read_json<T: DeserializeOwned>(body: Incoming) -> Result<T, Problem> {
    read_long_json(body, BODY_BYTES_MAX).await
}

/// The same for one that may have so many bytes.
async fn read_long_json<T: DeserializeOwned>(body: Incoming, bytes_max: usize) -> Result<T, Problem> {
    let text = body::read(body, bytes_max).await?;
    parse(&text).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, format!("The body is not what is expected here: {error}."))
    })
}

/// JSON has one kind of numbers: 1280.0 is the whole number 1280 (JSON Schema, "integer"), and some languages write it so.
fn parse<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(text).or_else(|error| {
        let Ok(mut value) = serde_json::from_slice(text) else { return Err(error) };
        make_whole(&mut value);
        serde_json::from_value(value).map_err(|_| error)
    })
}

fn make_whole(value: &mut Value) {
    /// Beyond, not every whole number is one of 64 bits.
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Array(values) => values.iter_mut().for_each(make_whole),
        Value::Object(members) => members.values_mut().for_each(make_whole),
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            if let Some(whole) = float.filter(|float| float.fract() == 0.0 && float.abs() <= WHOLE_MAX) {
                *value = Value::from(whole as i64);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

impl From<SnapshotError> for Problem {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::NoPictureYet { source_id } => {
                Self::come_again(format!("Source \"{source_id}\" has given no picture yet."))
            }
            error @ SnapshotError::Unreadable { .. } => {
                Self::come_again(format!("{}.", capitalized(&with_causes(&error))))
            }
            // Logged where it happened.
            SnapshotError::NoEncoder { .. } | SnapshotError::EncoderGone { .. } => Self::internal(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_have_a_point() {
        let check = |text: &str, expected: Option<(u32, Vec<i64>)>| {
            let found = parse::<(u32, Vec<i64>)>(text.as_bytes()).ok();
            assert_eq!(found, expected, "{text}");
        };
        check("[1280.0, [-1.0, 2e3, 7]]", Some((1280, vec![-1, 2000, 7])));
        check("[1280, []]", Some((1280, vec![])));
        check("[1280.5, []]", None);
        check("[-1.0, []]", None);
        check("[1e300, []]", None);
        let error = parse::<u32>(b"1280.5").expect_err("no whole number").to_string();
        assert!(error.contains("line 1"), "the place is told: {error}");
        assert_eq!(parse::<f64>(b"2.5").expect("a number"), 2.5);
    }

    #[test]
    fn a_quality_is_the_nearest_step() {
        let steps: std::collections::BTreeSet<u8> = (1..=100).map(nearest_step).collect();
        assert!(steps.into_iter().eq(QUALITY_STEPS));
        for (asked, step) in [(1, 10), (10, 10), (21, 30), (50, 55), (80, 85), (100, 95)] {
            assert_eq!(nearest_step(asked), step, "{asked}");
        }
    }
}
