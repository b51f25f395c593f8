//! Random bytes for what comes by HTTP, behind hyper: addresses, headers, bodies.

use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};
use serde::de::DeserializeOwned;

use super::api::signage::windows;
use super::media::range::{self, Wanted};
use super::{
    auth, conditional, origin, proxy, route, tus, wire_access, wire_library, wire_playlist, wire_program,
    wire_signage,
};
use crate::library::signage::Play;
use crate::program::{Days, Target, Window};

/// The size of a file, and the header.
pub(crate) fn range(input: &[u8]) {
    let Some((head, tail)) = input.split_at_checked(8) else { return };
    let bytes = u64::from_le_bytes(head.try_into().expect("of 8")) >> (head[0] % 64);
    let Ok(header) = std::str::from_utf8(tail) else { return };
    if let Wanted::Parts(parts) = range::wanted(header, bytes) {
        assert!(!parts.is_empty() && parts.iter().all(|part| part.start < part.end && part.end <= bytes));
        let apart = |one: usize, two: usize| {
            let (one, two) = (&parts[one], &parts[two]);
            one.end < two.start || two.end < one.start
        };
        assert!((0..parts.len()).all(|one| (0..one).all(|two| apart(one, two))), "none overlaps: {parts:?}");
    }
}

/// Headers of resumable uploads, all of the same value.
pub(crate) fn tus(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(metadata) = tus::metadata(text)
    {
        assert!(metadata.file_name.is_none_or(|name| name.len() <= text.len()));
        assert!(metadata.tags.iter().all(|tag| !tag.is_empty() && tag.trim() == tag));
    }
    let Ok(value) = HeaderValue::from_bytes(input) else { return };
    let names =
        ["tus-resumable", "upload-checksum", "upload-length", "upload-offset", "x-http-method-override"];
    let headers = HeaderMap::from_iter(names.map(|name| (HeaderName::from_static(name), value.clone())));
    let _ = tus::check_version(&headers);
    let _ = tus::checksum(&headers);
    let _ = tus::method(&Method::POST, &headers);
    let _ = tus::number(&headers, &HeaderName::from_static("upload-length"));
}

/// Headers that say what is there already, who asks, and from where.
pub(crate) fn headers(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else { return };
    let names = ["if-none-match", "if-match", "cookie", "origin", "host", "sec-fetch-site", "forwarded"];
    let headers = HeaderMap::from_iter(names.map(|name| (HeaderName::from_static(name), value.clone())));
    let _ = conditional::has(&headers, "\"etag\"");
    let _ = conditional::may_go_on(&headers, "\"etag\"");
    for is_secure in [false, true] {
        let _ = origin::may_change(&headers, is_secure);
        let _ = origin::page(&headers, is_secure, &[]);
    }
    let _ = origin::is_local(headers.get("host"));
    if let Some(cookie) = auth::cookie(&headers, "marquee") {
        assert!(cookie.len() <= value.len());
    }
}

/// A path, as anybody may ask for it.
pub(crate) fn route(input: &[u8]) {
    let Some((method, path)) = input.split_first() else { return };
    let Ok(path) = std::str::from_utf8(path) else { return };
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let _ = route::route(&methods[usize::from(*method) % methods.len()], path);
}

fn window() -> Window {
    let (days, target) = (Days::ALL, Target::default());
    Window { id: 0, playlist: None, target, days, from: 0, until: 1440, first: None, last: None, priority: 0 }
}

/// A body, as each of the shapes that the API takes; what comes of it is checked as the handlers do.
pub(crate) fn json(input: &[u8]) {
    fn read<T: DeserializeOwned>(input: &[u8]) -> Option<T> {
        serde_json::from_slice(input).ok()
    }
    if let Some(list) = read::<wire_playlist::NewPlaylist>(input)
        && let Ok(list) = list.playlist(1)
    {
        let _ = list.check();
    }
    if let Some(body) = read::<wire_signage::EditWindow>(input)
        && let Ok(window) = windows::changed(window(), body)
    {
        let _ = window.check();
        let _ = wire_signage::OneWindow::from(&window);
    }
    if let Some(report) = read::<wire_program::PlayerReport>(input) {
        let _ = report.report();
    }
    if let Some(plays) = read::<wire_program::Plays>(input) {
        let _: Vec<Play> = plays.plays.into_iter().map(Into::into).collect();
    }
    let _ = read::<wire_program::Hello>(input);
    let _ = read::<wire_signage::EditScreen>(input);
    let _ = read::<wire_signage::EditGroup>(input);
    let _ = read::<wire_signage::PutMessage>(input);
    let _ = read::<wire_signage::PutTemplate>(input);
    let _ = read::<wire_library::Edit>(input);
    let _ = read::<wire_library::Ids>(input);
    let _ = read::<wire_library::Position>(input);
    let _ = read::<wire_access::LogIn>(input);
    let _ = read::<wire_access::SetUp>(input);
    let _ = read::<wire_access::ChangePassword>(input);
    let _ = read::<wire_access::NewGrant>(input);
}

/// What a proxy says: who asks, how, and by which name.
pub(crate) fn forwarded([address, scheme, host]: [&[u8]; 3]) {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("x-forwarded-for", address), ("x-forwarded-proto", scheme), ("x-forwarded-host", host)]
    {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    let proxies = ["10.0.0.0/8", "::1"].map(|text| text.parse().expect("a network"));
    let peer = [10, 0, 0, 2].into();
    let origin = proxy::look_through(&proxies, peer, &mut headers);
    assert!(origin.address == peer || headers.contains_key("x-forwarded-for"));
    let stranger = [192, 0, 2, 1].into();
    assert_eq!(proxy::look_through(&proxies, stranger, &mut headers).address, stranger);
}
