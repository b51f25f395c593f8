//! Where the pages of this box can be opened.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Which addresses reach a server that listens on `listen`, the one a phone should use first.
pub fn addresses_of(listen: IpAddr) -> Vec<IpAddr> {
    if !listen.is_unspecified() {
        return vec![listen];
    }
    // Documentation addresses (RFC 5737, RFC 3849): the default route leads to them, nothing is ever sent.
    let v4 = source_address(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 =
        source_address(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    let v6 = v6.filter(|_| listen.is_ipv6());
    // A network without a way out has no default route, and is a network all the same.
    let own = if v4.is_none() && v6.is_none() { own(listen.is_ipv6()) } else { Vec::new() };
    v4.into_iter().chain(v6).chain(own).chain([Ipv4Addr::LOCALHOST.into()]).collect()
}

/// The own address from which `to` would be reached; connecting a UDP socket only asks the routing table.
fn source_address(any: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
}

/// Addresses of the interfaces that others can reach, IPv4 first.
fn own(v6: bool) -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let reachable = |interface: &if_addrs::Interface| !interface.is_loopback() && !interface.is_link_local();
    let mut own: Vec<IpAddr> =
        interfaces.into_iter().filter(reachable).map(|interface| interface.ip()).collect();
    own.retain(|ip| ip.is_ipv4() || v6);
    own.sort_by_key(IpAddr::is_ipv6);
    own
}

/// The address of the first page.
pub fn url(address: IpAddr, port: u16) -> String {
    match port {
        80 if address.is_ipv4() => format!("http://{address}/"),
        80 => format!("http://[{address}]/"),
        _ => format!("http://{}/", SocketAddr::new(address, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_one_address_is_reached_there_alone() {
        let ip: IpAddr = Ipv4Addr::new(192, 168, 1, 20).into();
        assert_eq!(addresses_of(ip), [ip]);
        assert!(addresses_of(Ipv4Addr::UNSPECIFIED.into()).contains(&Ipv4Addr::LOCALHOST.into()));
    }

    #[test]
    fn the_port_of_the_web_is_left_out() {
        let check = |ip: &str, port, expected| assert_eq!(url(ip.parse().expect("an IP"), port), expected);
        check("192.168.1.20", 80, "http://192.168.1.20/");
        check("192.168.1.20", 8080, "http://192.168.1.20:8080/");
        check("fd00::5", 80, "http://[fd00::5]/");
        check("fd00::5", 8080, "http://[fd00::5]:8080/");
    }
}
