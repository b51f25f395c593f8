//! Conditional requests (RFC 9110 section 13). Pure.

use hyper::HeaderMap;
use hyper::header::{IF_MATCH, IF_NONE_MATCH};

/// Whether the client says that it has what `etag` names, so that 304 is the answer. `etag` with its quotes.
pub(super) fn has(headers: &HeaderMap, etag: &str) -> bool {
    let named = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    // A proxy may have weakened the tag; for a GET that makes no difference.
    let mut tags = named.flat_map(|tags| tags.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Whether the client's condition that it must be what `etag` names holds; 412 is the answer if not.
pub(super) fn may_go_on(headers: &HeaderMap, etag: &str) -> bool {
    if !headers.contains_key(IF_MATCH) {
        return true;
    }
    let named = headers.get_all(IF_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    // Here a weakened tag is none.
    named.flat_map(|tags| tags.split(',')).map(str::trim).any(|tag| tag == "*" || tag == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_weakened_or_as_a_star() {
        let check = |value: &'static str, expected| {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, value.parse().expect("a header value"))]);
            assert_eq!(has(&headers, "\"a-1\""), expected, "{value}");
        };
        check("\"a-1\"", true);
        check("\"x\", W/\"a-1\"", true);
        check("*", true);
        check("a-1", false);
        check("\"a-2\"", false);
        check("", false);
        assert!(!has(&HeaderMap::new(), "\"a-1\""));
    }

    #[test]
    fn a_condition_holds_for_the_very_same_only() {
        let check = |value: &'static str, expected| {
            let headers = HeaderMap::from_iter([(IF_MATCH, value.parse().expect("a header value"))]);
            assert_eq!(may_go_on(&headers, "\"a-1\""), expected, "{value}");
        };
        check("\"a-1\"", true);
        check("\"x\", \"a-1\"", true);
        check("*", true);
        check("W/\"a-1\"", false);
        check("\"a-2\"", false);
        check("", false);
        assert!(may_go_on(&HeaderMap::new(), "\"a-1\""));
    }
}
