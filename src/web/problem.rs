//! What went wrong with a request, as RFC 9457 has it. What the client sees is written here; what the log says is
//! another text.

use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

use super::body::{self, Body, BodyError};
use super::limits::RETRY_AFTER_S;
use super::wire;
use crate::library::{self, Use};

/// A refusal, to be sent as `application/problem+json`.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// By which a page has it in its reader's language.
    code: &'static str,
    detail: String,
    members: Vec<(&'static str, String)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code_of(status),
            detail: detail.into(),
            members: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// A code that says more than the status.
    pub(super) fn coded(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// A member beside those of the RFC.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn not_found(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is nothing at {path}."))
    }

    pub(super) fn unknown_source(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no source \"{id}\".")).with("source", id)
    }

    /// By its key or its id.
    pub(super) fn unknown_screen() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such screen.")
    }

    /// Live pictures go on without it.
    pub(super) fn no_library(why: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("There is no library: {why}."))
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This address takes other methods.")
            .with("allowed", allow)
            .with_header(ALLOW, HeaderValue::from_static(allow))
    }

    /// A query parameter that can't be used.
    pub(super) fn bad_parameter(name: &'static str, allowed: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("The parameter {name} must be {allowed}."))
            .coded("invalid")
            .with("parameter", name)
            .with("allowed", allowed)
    }

    /// Too much is going on, or what is asked for is not there yet.
    pub(super) fn come_again(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
            .with_header(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S))
    }

    /// Something failed in here. The log has the reason; the client has no use for it.
    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something failed in here. The log has the details.")
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let problem = wire::Problem::new(
            self.status.canonical_reason().unwrap_or("Problem"),
            self.status.as_u16(),
            self.code,
            &self.detail,
            &self.members,
        );
        let mut response = Response::new(body::full(wire::to_json(&problem)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.headers);
        response
    }
}

impl Problem {
    /// With the error's own words as a sentence.
    pub(super) fn from_error(status: StatusCode, error: &impl ToString) -> Self {
        Self::new(status, format!("{}.", capitalized(&error.to_string())))
    }
}

impl From<library::Error> for Problem {
    fn from(error: library::Error) -> Self {
        let detail = format!("{}.", capitalized(&error.to_string()));
        match error {
            library::Error::NoSuchAsset | library::Error::NoSuch(_) => {
                Self::new(StatusCode::NOT_FOUND, detail)
            }
            library::Error::InUse { used, .. } => {
                let problem =
                    Self::new(StatusCode::CONFLICT, detail).coded("in_use").with("used_by", used.name());
                if let Use::Windows(count) = used {
                    problem.with("count", count.to_string())
                } else {
                    problem
                }
            }
            library::Error::TooMany { what, max } => Self::new(StatusCode::CONFLICT, detail)
                .coded("too_many")
                .with("what", what)
                .with("max", max.to_string()),
            library::Error::NotDamaged => Self::new(StatusCode::CONFLICT, detail).coded("not_damaged"),
            library::Error::Changed => Self::new(StatusCode::PRECONDITION_FAILED, detail),
            library::Error::Full => Self::new(StatusCode::INSUFFICIENT_STORAGE, detail),
            library::Error::NoRoom { free, kept } => Self::new(StatusCode::INSUFFICIENT_STORAGE, detail)
                .with("free_bytes", free.to_string())
                .with("kept_bytes", kept.to_string()),
            library::Error::Busy => Self::come_again(detail),
            library::Error::NotABackup(_) => Self::new(StatusCode::BAD_REQUEST, detail).coded("not_a_backup"),
            library::Error::ReadOnly => Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).coded("read_only"),
            library::Error::Damaged(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).coded("library_damaged")
            }
            library::Error::Invalid { what, allowed } => Self::new(StatusCode::BAD_REQUEST, detail)
                .coded("invalid")
                .with("parameter", what)
                .with("allowed", allowed),
            library::Error::Failed { .. } => {
                log::error!("{error}");
                Self::internal()
            }
        }
    }
}

/// What there is to say where nothing more is known than the status.
fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "bad_request",
        StatusCode::UNAUTHORIZED => "login_needed",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::REQUEST_TIMEOUT => "too_slow",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PRECONDITION_FAILED => "changed",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported",
        StatusCode::MISDIRECTED_REQUEST => "other_name",
        StatusCode::LOCKED => "locked",
        StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
        StatusCode::INSUFFICIENT_STORAGE => "disk_full",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_server_error() => "internal",
        _ => "refused",
    }
}

/// An error's text as the beginning of a sentence.
pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { max } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body may have at most {max} bytes."))
            }
            BodyError::TooSlow => Self::new(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time."),
            BodyError::Broken(_) => Self::new(StatusCode::BAD_REQUEST, "The body broke off."),
            BodyError::NotText => Self::new(StatusCode::BAD_REQUEST, "The body is not text in UTF-8."),
        }
    }
}
