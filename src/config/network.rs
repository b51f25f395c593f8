//! The section `[network]`: what an image of ours sets up at boot. On a PC the system's own settings stand.

use std::net::{IpAddr, Ipv4Addr};

use super::Secret;
use super::problem::quoted;
use super::section::Section;

/// IEEE 802.11 allows no longer name of a network.
const SSID_BYTES_MAX: usize = 32;
/// The resolver asks no more.
const DNS_MAX: usize = 3;
const NTP_MAX: usize = 4;
/// RFC 1035 section 2.3.4.
const HOST_BYTES_MAX: usize = 253;

/// What the box is told of its networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    pub wifi: Option<Wifi>,
    /// `None`: DHCP.
    pub fixed: Option<FixedAddress>,
    /// Time servers instead of the built-in ones.
    pub ntp: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wifi {
    pub ssid: String,
    /// `None`: an open network.
    pub password: Option<Secret>,
    /// ISO 3166: which channels may be used.
    pub country: String,
    /// The network does not say its name by itself.
    pub hidden: bool,
}

/// An address that stays, of the Wi-Fi if there is one, else of the cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedAddress {
    pub address: Ipv4Addr,
    /// Bits of the network's part.
    pub prefix: u8,
    pub gateway: Option<Ipv4Addr>,
    pub dns: Vec<IpAddr>,
}

pub(super) fn network(section: &Section<'_>) -> Network {
    let ntp = section.list("ntp", NTP_MAX, "host names or addresses of time servers", host);
    Network { wifi: wifi(section), fixed: fixed(section), ntp: ntp.unwrap_or_default() }
}

fn wifi(section: &Section<'_>) -> Option<Wifi> {
    let ssid = section.parsed("wifi_ssid", "the name of a network, at most 32 bytes", ssid);
    let password = section.parsed("wifi_password", PASSWORD_ALLOWED, password);
    let country = section.parsed("wifi_country", "two capital letters such as \"DE\"", country);
    let hidden = section.flag("wifi_hidden");
    if !section.has("wifi_ssid") {
        for key in ["wifi_password", "wifi_country", "wifi_hidden"].into_iter().filter(|key| section.has(key))
        {
            section.note(key, "is there without wifi_ssid", "wifi_ssid as well, or neither");
        }
        return None;
    }
    if !section.has("wifi_country") {
        section.note("wifi_ssid", "needs wifi_country", "two capital letters such as \"DE\"");
    }
    Some(Wifi {
        ssid: ssid?,
        password: password.flatten(),
        country: country?,
        hidden: hidden.unwrap_or(false),
    })
}

fn ssid(text: &str) -> Result<String, String> {
    match text.len() {
        0 => Err("is empty".to_owned()),
        1..=SSID_BYTES_MAX => Ok(text.to_owned()),
        _ => Err("is too long".to_owned()),
    }
}

const PASSWORD_ALLOWED: &str = "8 to 63 characters of ASCII, or empty for an open network";

/// WPA's passphrase (IEEE 802.11 annex J.4). Never repeated in a message.
fn password(text: &str) -> Result<Option<Secret>, String> {
    let printable = text.bytes().all(|byte| (32..127).contains(&byte));
    match text.len() {
        0 => Ok(None),
        8..=63 if printable => Ok(Some(Secret::new(text))),
        _ if !printable => Err("holds characters that no Wi-Fi password can have".to_owned()),
        length => Err(format!("has {length} characters")),
    }
}

fn country(text: &str) -> Result<String, String> {
    let right = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    right.then(|| text.to_owned()).ok_or_else(|| format!("{} is not a country's code", quoted(text)))
}

fn fixed(section: &Section<'_>) -> Option<FixedAddress> {
    let address = section.parsed("address", "ADDRESS/BITS such as \"192.168.1.20/24\"", cidr);
    let gateway = section.parsed("gateway", "an IPv4 address such as \"192.168.1.1\"", |text| {
        text.parse::<Ipv4Addr>().map_err(|_| format!("{} is not an IPv4 address", quoted(text)))
    });
    let dns = section.list("dns", DNS_MAX, "IP addresses of name servers", |text| {
        text.parse::<IpAddr>().map_err(|_| format!("{} is not an IP address", quoted(text)))
    });
    if !section.has("address") {
        for key in ["gateway", "dns"].into_iter().filter(|key| section.has(key)) {
            section.note(key, "is there without address", "address as well, or neither: DHCP tells it");
        }
        return None;
    }
    let (address, prefix) = address?;
    if let Some(gateway) = gateway.filter(|gateway| !same_network(address, *gateway, prefix)) {
        section.note(
            "gateway",
            format!("{gateway} is not in the network of {address}/{prefix}"),
            "a neighbour",
        );
    }
    Some(FixedAddress { address, prefix, gateway, dns: dns.unwrap_or_default() })
}

fn cidr(text: &str) -> Result<(Ipv4Addr, u8), String> {
    let parts = text.split_once('/');
    let parsed = parts.and_then(|(address, prefix)| Some((address.parse().ok()?, prefix.parse().ok()?)));
    let (address, prefix): (Ipv4Addr, u8) =
        parsed.ok_or_else(|| format!("{} is not an address with its bits", quoted(text)))?;
    if !(8..=30).contains(&prefix) {
        return Err(format!("/{prefix} leaves no network with neighbours"));
    }
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() || address.is_broadcast() {
        return Err(format!("{address} can't be a box's own address"));
    }
    Ok((address, prefix))
}

fn same_network(one: Ipv4Addr, other: Ipv4Addr, prefix: u8) -> bool {
    let mask = u32::MAX << (32 - u32::from(prefix));
    one.to_bits() & mask == other.to_bits() & mask
}

fn host(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    let right = !text.is_empty() && text.len() <= HOST_BYTES_MAX && text.bytes().all(plain);
    right.then(|| text.to_owned()).ok_or_else(|| format!("{} is not a host", quoted(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(cidr("192.168.1.20/24"), Ok((Ipv4Addr::new(192, 168, 1, 20), 24)));
        for wrong in
            ["192.168.1.20", "192.168.1.20/33", "192.168.1.20/0", "127.0.0.1/8", "0.0.0.0/24", "fd00::1/64"]
        {
            cidr(wrong).expect_err(wrong);
        }
        assert!(same_network(Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 3, 255), 22));
        assert!(!same_network(Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 4, 1), 22));
    }

    #[test]
    fn passwords_are_those_of_wpa() {
        assert_eq!(password(""), Ok(None));
        assert_eq!(password("correct horse"), Ok(Some(Secret::new("correct horse"))));
        for wrong in ["short", &"x".repeat(64), "pässwörter"] {
            let message = password(wrong).expect_err(wrong);
            assert!(!message.contains(wrong));
        }
    }
}
