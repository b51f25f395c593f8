//! What is printed once the pages can be opened: their address, and a QR code of it for a phone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// Which addresses reach a server that listens on `listen`, the one a phone should use first.
pub(super) fn addresses_of(listen: IpAddr) -> Vec<IpAddr> {
    if !listen.is_unspecified() {
        return vec![listen];
    }
    // Documentation addresses (RFC 5737, RFC 3849): the default route leads to them, nothing is ever sent.
    let v4 = source_address(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 =
        source_address(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    let v6 = v6.filter(|_| listen.is_ipv6());
    v4.into_iter().chain(v6).chain([Ipv4Addr::LOCALHOST.into()]).collect()
}

/// The own address from which `to` would be reached; connecting a UDP socket only asks the routing table.
fn source_address(any: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
}

/// Where to open the pages: an address of the LAN rather than loopback, with its QR code if `qr`.
pub(super) fn greeting(addresses: &[IpAddr], port: u16, qr: bool) -> String {
    let lan = addresses.iter().find(|address| !address.is_loopback());
    let address = lan.or(addresses.first()).copied().unwrap_or(Ipv4Addr::LOCALHOST.into());
    let url = url(address, port);
    let code = if qr { qr_code(&url) } else { String::new() };
    format!("{code}Marquee is at {url}\n")
}

fn url(address: IpAddr, port: u16) -> String {
    match port {
        80 if address.is_ipv4() => format!("http://{address}/"),
        80 => format!("http://[{address}]/"),
        _ => format!("http://{}/", SocketAddr::new(address, port)),
    }
}

/// Two modules above each other in one character, in black on white whatever the terminal's colours are: many phones
/// do not read light modules on a dark ground.
fn qr_code(text: &str) -> String {
    const BLACK_ON_WHITE: &str = "\x1b[30;107m";
    const RESET: &str = "\x1b[0m";
    let Ok(code) = QrCode::new(text) else { return String::new() };
    let image = code.render::<Dense1x2>().quiet_zone(true).build();
    image.lines().map(|line| format!("{BLACK_ON_WHITE}{line}{RESET}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &[&str], port: u16, expected: &str) {
        let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().expect("an address")).collect();
        assert_eq!(greeting(&addresses, port, false), format!("Marquee is at {expected}\n"));
    }

    #[test]
    fn the_lan_comes_before_loopback() {
        check(&["127.0.0.1", "192.168.1.20"], 8080, "http://192.168.1.20:8080/");
        check(&["127.0.0.1"], 8080, "http://127.0.0.1:8080/");
        check(&[], 80, "http://127.0.0.1/");
        check(&["192.168.1.20"], 80, "http://192.168.1.20/");
        check(&["fd00::5"], 80, "http://[fd00::5]/");
        check(&["fd00::5"], 8080, "http://[fd00::5]:8080/");
    }

    #[test]
    fn the_code_has_a_quiet_zone_and_equal_lines() {
        let text = greeting(&[Ipv4Addr::new(192, 168, 1, 20).into()], 8080, true);
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('\x1b')).collect();
        // Version 2 (25 modules) holds 26 letters at level M, with 4 modules of quiet zone on each side.
        assert_eq!(lines.len(), (25_usize + 2 * 4).div_ceil(2), "{text}");
        assert!(lines[0].contains(&" ".repeat(33)), "{text}");
    }

    #[test]
    fn a_server_on_one_address_is_greeted_by_it() {
        let ip: IpAddr = Ipv4Addr::new(192, 168, 1, 20).into();
        assert_eq!(addresses_of(ip), [ip]);
        assert!(addresses_of(Ipv4Addr::UNSPECIFIED.into()).contains(&Ipv4Addr::LOCALHOST.into()));
    }
}
