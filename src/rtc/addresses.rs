//! Which addresses a viewer is told to send to.

use std::net::{IpAddr, SocketAddr};

/// Each candidate costs a browser a round of checks; a box has rarely more than wired, wireless and a tunnel, each
/// with two families.
const CANDIDATES_MAX: usize = 8;

/// The addresses for one answer, best first.
///
/// `reached_at` is the local address the viewer's request came in on: it is known to work. `configured`, if not
/// empty, replaces all others (a box behind a router). `usable` says whether the socket can be reached at an address.
pub(super) fn candidates(
    reached_at: IpAddr,
    configured: &[IpAddr],
    own: impl FnOnce() -> Vec<IpAddr>,
    usable: impl Fn(IpAddr) -> bool,
) -> Vec<IpAddr> {
    if !configured.is_empty() {
        return configured.iter().copied().take(CANDIDATES_MAX).collect();
    }
    let mut chosen = Vec::new();
    for address in std::iter::once(reached_at.to_canonical()).chain(own()) {
        let nowhere = address.is_unspecified() || address.is_multicast();
        if !nowhere && usable(address) && !chosen.contains(&address) && chosen.len() < CANDIDATES_MAX {
            chosen.push(address);
        }
    }
    chosen
}

/// This machine's addresses that others can reach: no loopback, and no link-local ones, which need a zone that SDP
/// can't express.
pub(super) fn own() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        log::warn!("reading the network addresses failed: {error}");
        Vec::new()
    });
    let reachable = |interface: &if_addrs::Interface| !interface.is_loopback() && !interface.is_link_local();
    interfaces.into_iter().filter(reachable).map(|interface| interface.ip()).collect()
}

/// The candidate a datagram was meant for. Behind a router the datagram's destination is not the address that was
/// offered: then it is the first one of that family.
pub(super) fn destination(arrived_at: Option<IpAddr>, candidates: &[SocketAddr]) -> Option<SocketAddr> {
    let arrived_at = arrived_at.map(|address| address.to_canonical());
    let exact = candidates.iter().find(|candidate| Some(candidate.ip()) == arrived_at);
    let family = || {
        candidates.iter().find(|candidate| arrived_at.is_none_or(|at| at.is_ipv4() == candidate.is_ipv4()))
    };
    exact.or_else(family).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_address_the_request_came_in_on_is_first_and_only_once() {
        let own = || vec![ip("10.0.0.2"), ip("192.168.1.5"), ip("fd00::5")];
        let chosen = candidates(ip("::ffff:192.168.1.5"), &[], own, |address| address.is_ipv4());
        assert_eq!(chosen, [ip("192.168.1.5"), ip("10.0.0.2")]);
    }

    #[test]
    fn configured_addresses_replace_all_others() {
        let own = || unreachable!("not asked for");
        assert_eq!(candidates(ip("10.0.0.2"), &[ip("203.0.113.7")], own, |_| true), [ip("203.0.113.7")]);
    }

    #[test]
    fn their_number_is_bounded() {
        let own = || (1..100).map(|last| IpAddr::from([10, 0, 0, last])).collect();
        assert_eq!(candidates(ip("127.0.0.1"), &[], own, |_| true).len(), CANDIDATES_MAX);
    }

    #[test]
    fn behind_a_router_the_offered_address_stands_for_the_real_one() {
        let offered: Vec<SocketAddr> =
            ["203.0.113.7:5", "[2001:db8::7]:5"].map(|text| text.parse().expect("an address")).into();
        let check = |arrived: Option<&str>, index: usize| {
            assert_eq!(destination(arrived.map(ip), &offered), Some(offered[index]), "{arrived:?}");
        };
        check(Some("203.0.113.7"), 0);
        check(Some("::ffff:10.0.0.2"), 0);
        check(Some("fd00::2"), 1);
        check(None, 0);
        assert_eq!(destination(Some(ip("fd00::2")), &offered[..1]), None);
    }
}
