//! Bodies: what is read, with its limits, and what is sent.

use std::convert::Infallible;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::Response;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};

use super::limits::{BODY_SILENCE_MAX, BODY_TIME_MAX};

/// The body of an answer. It can't fail: a stream that has no more to give ends.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

pub(super) fn empty() -> Body {
    Empty::new().boxed_unsync()
}

pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).boxed_unsync()
}

pub(super) fn stream(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    use futures_util::StreamExt;
    StreamBody::new(pieces.map(|piece| Ok(Frame::data(piece)))).boxed_unsync()
}

/// Server-sent events (WHATWG HTML section 9.2). A proxy in between is asked to hand each on as it comes.
pub(super) fn event_stream(events: impl Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    let mut response = Response::new(stream(events));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    unbuffered(&mut response);
    response
}

/// Asks proxies to hand it on as it comes: nginx by `X-Accel-Buffering` (ngx_http_proxy_module, `proxy_buffering`), those
/// that compress by `no-transform` (RFC 9111, section 5.2.2.6).
pub(super) fn unbuffered(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
}

/// Why a request's body could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body is larger than {max} bytes")]
    TooLarge { max: usize },
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body broke off")]
    Broken(#[source] hyper::Error),
    #[error("the body is not text in UTF-8")]
    NotText,
}

/// Reads a whole body of at most `bytes_max`.
pub(super) async fn read(body: Incoming, bytes_max: usize) -> Result<Bytes, BodyError> {
    let too_large = BodyError::TooLarge { max: bytes_max };
    // A length that is announced need not be waited for.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large);
    }
    match tokio::time::timeout(BODY_TIME_MAX, collect(body, bytes_max)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(BodyError::TooSlow),
    }
}

/// The same as text.
pub(super) async fn read_text(body: Incoming, bytes_max: usize) -> Result<String, BodyError> {
    let bytes = read(body, bytes_max).await?;
    String::from_utf8(bytes.into()).map_err(|_| BodyError::NotText)
}

async fn collect(mut body: Incoming, bytes_max: usize) -> Result<Bytes, BodyError> {
    let mut collected = BytesMut::new();
    while let Some(frame) = within(BODY_SILENCE_MAX, body.frame()).await? {
        // Trailers are of no use here.
        if let Ok(data) = frame.map_err(BodyError::Broken)?.into_data() {
            if collected.len() + data.len() > bytes_max {
                return Err(BodyError::TooLarge { max: bytes_max });
            }
            collected.extend_from_slice(&data);
        }
    }
    Ok(collected.freeze())
}

async fn within<T>(time: Duration, wait: impl Future<Output = T>) -> Result<T, BodyError> {
    tokio::time::timeout(time, wait).await.map_err(|_| BodyError::TooSlow)
}
