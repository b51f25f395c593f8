//! Which pages may do what. Pure.
//!
//! Live pictures may be shown by any page (`/live/**`: players of others, dashboards). What changes something may be
//! done by our own pages and by programs, but not by a page from elsewhere that a person on this network happens to
//! look at.

use hyper::header::{HOST, HeaderValue, ORIGIN};
use hyper::{HeaderMap, Uri};

/// Whether a request that changes something comes from our own pages, or from no page at all.
pub(super) fn may_change(headers: &HeaderMap) -> bool {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    // Every browser of the last years says it itself, and no page can forge it.
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(text(site).as_str(), "same-origin" | "none");
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = headers.get(HOST).map(text);
    // An origin without an authority is `null`: a page in a sandbox, or a file.
    let authority =
        text(origin).parse::<Uri>().ok().and_then(|uri| Some(uri.authority()?.as_str().to_owned()));
    authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&'static str, &'static str)], expected: bool) {
        let map = headers
            .iter()
            .map(|&(name, value)| (name.parse().expect("a header name"), HeaderValue::from_static(value)));
        assert_eq!(may_change(&map.collect()), expected, "{headers:?}");
    }

    #[test]
    fn programs_and_our_own_pages_may_change_things() {
        check(&[], true);
        check(&[("host", "box:8080")], true);
        check(&[("host", "box:8080"), ("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "none")], true);
        check(&[("host", "box:8080"), ("origin", "http://box:8080")], true);
    }

    #[test]
    fn pages_from_elsewhere_may_not() {
        check(
            &[("host", "box:8080"), ("sec-fetch-site", "cross-site"), ("origin", "http://box:8080")],
            false,
        );
        check(&[("host", "box:8080"), ("sec-fetch-site", "same-site")], false);
        check(&[("host", "box:8080"), ("origin", "http://evil.example")], false);
        check(&[("host", "box:8080"), ("origin", "http://box:9090")], false);
        check(&[("host", "box:8080"), ("origin", "null")], false);
        check(&[("origin", "http://box:8080")], false);
    }
}
