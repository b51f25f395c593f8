//! What is printed once the pages can be opened: their address, and a QR code of it for a phone.

use std::net::{IpAddr, Ipv4Addr};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::telemetry::addresses;

/// Where to open the pages: an address of the LAN rather than loopback, with its QR code if `qr`.
pub(super) fn greeting(own: &[IpAddr], port: u16, qr: bool) -> String {
    let lan = own.iter().find(|address| !address.is_loopback());
    let address = lan.or(own.first()).copied().unwrap_or(Ipv4Addr::LOCALHOST.into());
    let url = addresses::url(address, port);
    let code = if qr { qr_code(&url) } else { String::new() };
    format!("{code}Marquee is at {url}\n")
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
}
