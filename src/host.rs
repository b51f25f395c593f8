//! Which host an address is of, for bounds by host. Pure.

use std::net::{IpAddr, Ipv6Addr};

/// One IPv6 host has as many addresses as it likes, all within a /64 (RFC 4291, section 2.5.4): they count as one.
pub(crate) fn host_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_with_many_addresses_is_one() {
        let host = |text: &str| host_of(text.parse().expect("an address"));
        assert_eq!(host("2001:db8::1"), host("2001:db8::2:3:4:5"));
        assert_ne!(host("2001:db8::1"), host("2001:db8:0:1::1"));
        assert_eq!(host("::ffff:192.0.2.1"), host("192.0.2.1"));
        assert_ne!(host("192.0.2.1"), host("192.0.2.2"));
    }
}
