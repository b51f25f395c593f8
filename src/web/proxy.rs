//! What a proxy in front of the box says of a request, if it is one that `[web] trusted_proxies` names. Pure.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderValue};

use crate::config::{BasePath, Subnet};

/// Proxies in a row that are looked through.
const PROXIES_MAX: usize = 16;

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) address: IpAddr,
    /// The browser's connection is encrypted.
    pub(super) is_secure: bool,
}

/// Whether this is a proxy that is believed.
pub(super) fn is_trusted(proxies: &[Subnet], address: IpAddr) -> bool {
    proxies.iter().any(|network| network.contains(address))
}

/// Believes what trusted proxies say; the name under which the box was asked for takes the place of theirs. From anybody
/// else, the same headers are only what they made up; but for one on this machine, which may say that it encrypts: that
/// decides about nothing but the answer to the same request.
pub(super) fn look_through(proxies: &[Subnet], peer: IpAddr, headers: &mut HeaderMap) -> Origin {
    let is_secure =
        last(headers, "x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    if !is_trusted(proxies, peer) {
        return Origin { address: peer, is_secure: is_secure && peer.is_loopback() };
    }
    if let Some(host) = last(headers, "x-forwarded-host").and_then(|host| HeaderValue::from_str(&host).ok()) {
        headers.insert(HOST, host);
    }
    Origin { address: client(proxies, peer, headers), is_secure }
}

/// The path below which a trusted proxy has the box (Traefik and others name it when they take it off): in place of the
/// box's own. One that is no path, or none of a trusted proxy, counts for nothing.
pub(super) fn base_path(proxies: &[Subnet], peer: IpAddr, headers: &HeaderMap) -> Option<BasePath> {
    let named = last(headers, "x-forwarded-prefix").filter(|_| is_trusted(proxies, peer))?;
    BasePath::parse(&named).ok()
}

/// Each proxy adds who came to it at the end: the last that is no proxy of ours is the client. What stands before it is
/// what that client made up.
fn client(proxies: &[Subnet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let values = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut nearest = peer;
    for text in named.into_iter().rev().take(PROXIES_MAX) {
        let Some(address) = address(text) else { break };
        nearest = address;
        if !is_trusted(proxies, address) {
            break;
        }
    }
    nearest
}

/// Some write a port behind it, and brackets around IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let plain = text.trim_start_matches('[').trim_end_matches(']');
    let parsed = plain.parse::<IpAddr>().ok();
    parsed.or_else(|| Some(text.parse::<std::net::SocketAddr>().ok()?.ip())).map(|ip| ip.to_canonical())
}

fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get_all(name).into_iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(peer: &str, headers: &[(&'static str, &'static str)]) -> (String, bool, String) {
        let proxies = ["10.0.0.0/8", "::1"].map(|text| text.parse().expect("a network"));
        let mut map = HeaderMap::new();
        map.insert(HOST, HeaderValue::from_static("box:8080"));
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let origin = look_through(&proxies, peer.parse().expect("an address"), &mut map);
        let host = map.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
        (origin.address.to_string(), origin.is_secure, host)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let said = [
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "tv.example"),
        ];
        let asked = |address: &str, secure, host: &str| (address.to_owned(), secure, host.to_owned());
        assert_eq!(through("10.0.0.2", &said), asked("203.0.113.7", true, "tv.example"));
        assert_eq!(through("::1", &said), asked("203.0.113.7", true, "tv.example"));
        assert_eq!(through("192.0.2.9", &said), asked("192.0.2.9", false, "box:8080"));
        assert_eq!(through("127.0.0.1", &said), asked("127.0.0.1", true, "box:8080"));
        assert_eq!(through("10.0.0.2", &[]), asked("10.0.0.2", false, "box:8080"));
    }

    #[test]
    fn a_trusted_proxy_names_the_path_that_it_takes_off() {
        let proxies = ["10.0.0.0/8".parse().expect("a network")];
        let named = |peer: &str, text| {
            let headers = HeaderMap::from_iter([(
                "x-forwarded-prefix".parse().expect("a name"),
                HeaderValue::from_static(text),
            )]);
            base_path(&proxies, peer.parse().expect("an address"), &headers).map(|path| path.to_string())
        };
        assert_eq!(named("10.0.0.2", "/signs").as_deref(), Some("/signs"));
        assert_eq!(named("10.0.0.2", "/a, /signs/").as_deref(), Some("/signs"));
        assert_eq!(named("192.0.2.9", "/signs"), None, "a stranger");
        assert_eq!(named("10.0.0.2", "/signs\"><script>"), None, "no path");
    }

    #[test]
    fn what_a_client_made_up_stands_before_what_the_proxy_says() {
        let address = |said: &'static str| through("10.0.0.2", &[("x-forwarded-for", said)]).0;
        assert_eq!(address("1.1.1.1, 203.0.113.7"), "203.0.113.7");
        assert_eq!(address("1.1.1.1, 203.0.113.7, 10.0.0.3"), "203.0.113.7");
        assert_eq!(address("10.0.0.4, 10.0.0.3"), "10.0.0.4", "somebody behind the proxy");
        assert_eq!(address("203.0.113.7, garbage"), "10.0.0.2");
        assert_eq!(address("[2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(address("203.0.113.7:5555"), "203.0.113.7");
        let twice = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(through("10.0.0.2", &twice).0, "203.0.113.7");
    }
}
