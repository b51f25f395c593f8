//! Which pages may do what. Pure.
//!
//! What changes something may be done by our own pages and by programs, but not by a page from elsewhere that a person on
//! this network happens to look at. Live pictures (`/live/**`) may be read by pages from elsewhere that the configuration
//! names, and by no others: a camera's picture in a browser behind the shop's router is nothing for the whole web.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use hyper::http::uri::Authority;

use crate::config::PageOrigin;

/// What browsers say themselves, and no page can forge.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// All that is looked at here.
pub(super) const LOOKED_AT: [HeaderName; 3] = [SITE, ORIGIN, HOST];

/// Whose page a request for live pictures comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// No page's: a program, or a picture that some page shows and can't read.
    None,
    Ours,
    /// One that `[web] origins` names.
    Named,
    /// `[web] origins` lets pages from anywhere in, and this is one.
    Any,
    Foreign,
}

/// `is_secure`: the browser's connection is encrypted.
pub(super) fn page(headers: &HeaderMap, is_secure: bool, named: &[PageOrigin]) -> Page {
    let Some(origin) = headers.get(ORIGIN) else { return Page::None };
    if is_ours(headers, is_secure) {
        return Page::Ours;
    }
    let is =
        |named: &PageOrigin| matches!(named, PageOrigin::One(one) if origin.as_bytes() == one.as_bytes());
    match named {
        _ if named.iter().any(is) => Page::Named,
        _ if named.contains(&PageOrigin::Any) => Page::Any,
        _ => Page::Foreign,
    }
}

/// Whether a request that changes something comes from our own pages, or from no page at all.
pub(super) fn may_change(headers: &HeaderMap, is_secure: bool) -> bool {
    is_ours(headers, is_secure)
}

/// Our own pages, and programs.
fn is_ours(headers: &HeaderMap, is_secure: bool) -> bool {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    if let Some(site) = text(SITE) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN) else { return true };
    // An origin without a scheme is `null`: a page in a sandbox, or a file. A page that came by https is ours as well if
    // nobody said that the connection is encrypted: not every proxy says it, and from an encrypted page browsers let nothing
    // through to a box that is not (mixed content).
    let port = match origin.split_once("://") {
        Some(("http", _)) if !is_secure => ":80",
        Some(("https", _)) => ":443",
        _ => return false,
    };
    let bare = |text: &str| text.strip_suffix(port).unwrap_or(text).to_ascii_lowercase();
    let authority = origin.split_once("://").map(|(_, authority)| bare(authority));
    authority.is_some_and(|authority| !authority.is_empty() && text(HOST).map(bare) == Some(authority))
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
        assert_eq!(may_change(&map.collect(), false), expected, "{headers:?}");
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
    #[test]
    fn pages_are_ours_named_or_foreign() {
        let named = [PageOrigin::One("https://intranet.example".to_owned())];
        let of = |origin: &'static str, host: &'static str, is_secure, named: &[PageOrigin]| {
            let pairs =
                [(ORIGIN, origin), (HOST, host)].map(|(name, value)| (name, HeaderValue::from_static(value)));
            page(&HeaderMap::from_iter(pairs), is_secure, named)
        };
        assert_eq!(page(&HeaderMap::new(), false, &named), Page::None);
        for (origin, host, is_secure) in [
            ("http://box:8080", "box:8080", false),
            ("http://box", "Box:80", false),
            ("https://tv.example", "tv.example", true),
            ("https://tv.example", "tv.example:443", true),
            // A proxy that does not say that it encrypts.
            ("https://tv.example", "tv.example", false),
            ("http://[fd00::5]:8080", "[fd00::5]:8080", false),
        ] {
            assert_eq!(of(origin, host, is_secure, &[]), Page::Ours, "{origin} at {host}");
        }
        let any = [PageOrigin::Any];
        for (origin, host, is_secure) in [
            ("http://box:9090", "box:8080", false),
            ("http://tv.example", "tv.example", true),
            ("http://tv.example:443", "tv.example:443", true),
            ("https://tv.example.evil.example", "tv.example", true),
            ("https://", "", true),
            ("null", "box", false),
            ("", "box", false),
        ] {
            assert_eq!(of(origin, host, is_secure, &named), Page::Foreign, "{origin} at {host}");
            assert_eq!(of(origin, host, is_secure, &any), Page::Any, "{origin} at {host}");
        }
        let both = [PageOrigin::Any, named[0].clone()];
        assert_eq!(of("https://intranet.example", "box", false, &both), Page::Named);
        for other in
            ["http://intranet.example", "https://intranet.example:8443", "https://x.intranet.example"]
        {
            assert_eq!(of(other, "box", false, &named), Page::Foreign, "{other}");
        }
    }

    #[test]
    fn what_the_browser_says_itself_goes_before_names() {
        let of = |site: &'static str| {
            let pairs = [(ORIGIN, "https://tv.example"), (HOST, "127.0.0.1:8080"), (SITE, site)];
            let pairs = pairs.map(|(name, value)| (name, HeaderValue::from_static(value)));
            page(&HeaderMap::from_iter(pairs), false, &[])
        };
        assert_eq!(of("same-origin"), Page::Ours, "behind a proxy that nobody named");
        assert_eq!((of("same-site"), of("cross-site")), (Page::Foreign, Page::Foreign));
    }
}
