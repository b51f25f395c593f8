//! What pages of other servers may read of the live pictures (CORS, the Fetch standard). Pure.
//!
//! Nothing unless the configuration names them. Where it lets any page in, they come without what the person's browser has:
//! who is logged in shows nothing of that to pages from anywhere.

use hyper::HeaderMap;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderValue, VARY,
};

use super::origin::Page;

const EXPOSED: &str = "Location, ETag, Link, Accept-Patch, Retry-After, Marquee-Picture, Marquee-Cause";
const TAKEN: &str = "Content-Type, If-Match, If-None-Match, Authorization";
/// A day: how long a browser remembers what it may send here.
const MAX_AGE_S: &str = "86400";

/// Adds what an answer says to the page that asks. `origin`: as it names itself.
pub(super) fn allow(headers: &mut HeaderMap, page: Page, origin: Option<&HeaderValue>) {
    // Of every answer, the one without an origin, too: a cache hands it to the next who asks.
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let allowed = match (page, origin) {
        (Page::Ours | Page::Named, Some(origin)) => {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            origin.clone()
        }
        (Page::Any, _) => HeaderValue::from_static("*"),
        _ => return,
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

/// Adds what a page may send, beside the above. `methods`: of the address.
pub(super) fn allow_sending(headers: &mut HeaderMap, page: Page, methods: &'static str) {
    if matches!(page, Page::None | Page::Foreign) {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(TAKEN));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE_S));
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: HeaderValue = HeaderValue::from_static("https://intranet.example");

    fn allowed(page: Page) -> (Option<HeaderValue>, bool, bool) {
        let mut headers = HeaderMap::new();
        allow(&mut headers, page, (page != Page::None).then_some(&ORIGIN));
        allow_sending(&mut headers, page, "POST, OPTIONS");
        assert_eq!(headers[VARY], "Origin");
        let origin = headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).cloned();
        assert_eq!(headers.contains_key(ACCESS_CONTROL_EXPOSE_HEADERS), origin.is_some());
        let may_send = headers.contains_key(ACCESS_CONTROL_ALLOW_METHODS);
        (origin, headers.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS), may_send)
    }

    #[test]
    fn only_pages_that_are_named_read_anything() {
        assert_eq!(allowed(Page::Named), (Some(ORIGIN), true, true));
        assert_eq!(allowed(Page::Ours), (Some(ORIGIN), true, true));
        assert_eq!(allowed(Page::Any), (Some(HeaderValue::from_static("*")), false, true));
        assert_eq!(allowed(Page::Foreign), (None, false, false));
        assert_eq!(allowed(Page::None), (None, false, false));
    }
}
