//! Which pages may do what. Pure.
//!
//! Live pictures may be shown by any page (`/live/**`: players of others, dashboards). What changes something may be
//! done by our own pages and by programs, but not by a page from elsewhere that a person on this network happens to
//! look at.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderValue, ORIGIN};
use hyper::http::uri::Authority;
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

/// Endings of names that exist only within a local network (RFC 6762, RFC 8375, and what routers use).
const LOCAL_ENDINGS: [&str; 7] =
    [".local", ".lan", ".home.arpa", ".home", ".internal", ".localdomain", ".localhost"];

/// Whether a request is addressed to a name that nobody outside of this network can have made lead here.
pub(super) fn is_local(host: Option<&HeaderValue>) -> bool {
    // Without one, it is no browser.
    let Some(host) = host else { return true };
    let Some(authority) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else {
        return false;
    };
    let name = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok()
        || !name.contains('.')
        || LOCAL_ENDINGS.iter().any(|ending| name.ends_with(ending))
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
    fn names_of_the_local_network_are_told_from_others() {
        let local = |host: &'static str| is_local(Some(&HeaderValue::from_static(host)));
        for host in
            ["192.168.1.20", "[fd00::5]:8080", "marquee.local", "box:8080", "localhost", "tv.home.arpa"]
        {
            assert!(local(host), "{host}");
        }
        for host in ["evil.example", "192.168.1.20.evil.example:8080", "local.evil.example", "", "a b"] {
            assert!(!local(host), "{host}");
        }
        assert!(is_local(None));
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
