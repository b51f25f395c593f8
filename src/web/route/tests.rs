//! Addresses and what they mean.

use super::*;

fn check(method: &Method, path: &str, expected: Route) {
    assert_eq!(route(method, path).map(|found| found.route), Ok(expected), "{method} {path}");
}

#[test]
fn addresses_lead_to_their_routes() {
    let source = || "door".to_owned();
    let session = || "1f".to_owned();
    check(&Method::GET, "/", Route::LivePage);
    check(&Method::GET, "/live/door", Route::PlayerPage { source: source() });
    check(&Method::GET, "/live/door/", Route::PlayerPage { source: source() });
    check(&Method::GET, "/ui/live/page.js", Route::UiFile { path: "live/page.js".to_owned() });
    check(&Method::POST, "/api/sources/door/restart", Route::RestartSource { source: source() });
    check(&Method::POST, "/live/door/whep", Route::WhepOffer { source: source() });
    let patch = Route::WhepPatch { source: source(), session: session() };
    check(&Method::PATCH, "/live/door/whep/1f", patch);
    let delete = Route::WhepDelete { source: source(), session: session() };
    check(&Method::DELETE, "/live/door/whep/1f", delete);
    check(&Method::GET, "/live/door/frame.jpg", Route::Frame { source: source() });
}

#[test]
fn head_goes_wherever_get_does_and_options_everywhere() {
    for (pattern, allow, _) in entries() {
        let path = pattern.replace("{*path}", "x").replace("{id}", "7").replace(['{', '}'], "");
        assert_eq!(route(&Method::GET, &path).is_ok(), route(&Method::HEAD, &path).is_ok(), "{pattern}");
        check(&Method::OPTIONS, &path, Route::Options { allow });
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE, Method::PUT] {
            let taken = allow.split(", ").any(|allowed| allowed == method.as_str());
            assert_eq!(route(&method, &path).is_ok(), taken, "{method} {pattern}");
        }
    }
}

#[test]
fn encoded_names_are_decoded_and_damaged_ones_are_not_found() {
    check(&Method::GET, "/live/f%C3%BCr", Route::PlayerPage { source: "für".to_owned() });
    check(&Method::GET, "/live/a%2Fb", Route::PlayerPage { source: "a/b".to_owned() });
    assert_eq!(route(&Method::GET, "/live/%ff"), Err(Refusal::NotFound));
}

#[test]
fn what_is_not_there_is_not_found() {
    for path in ["", "*", "/x", "/live", "/live/", "/live/a/b", "/ui/", "//", "/api/sources//"] {
        assert_eq!(route(&Method::GET, path), Err(Refusal::NotFound), "{path}");
    }
}

#[test]
fn other_methods_are_told_what_is_allowed() {
    let refusal = Refusal::MethodNotAllowed { pattern: "/live/{source}/whep", allow: POST };
    assert_eq!(route(&Method::GET, "/live/door/whep"), Err(refusal));
}

#[test]
fn below_a_base_path_addresses_can_be_told_apart() {
    let firsts =
        entries().filter_map(|(pattern, ..)| pattern.split('/').nth(1)).filter(|first| !first.is_empty());
    for first in firsts {
        assert!(crate::config::BasePath::parse(&format!("/{first}")).is_err(), "/{first}");
    }
}
