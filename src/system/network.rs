//! systemd-networkd's and timesyncd's files.

use std::fmt::Write;

use super::File;
use crate::config::{FixedAddress, Network};

/// Before the image's own files for the same network card, and so instead of them.
pub(super) const WIRED_PATH: &str = "systemd/network/10-marquee-wired.network";
pub(super) const WIFI_PATH: &str = "systemd/network/10-marquee-wifi.network";
pub(super) const TIME_PATH: &str = "systemd/timesyncd.conf.d/50-marquee.conf";

/// The fixed address, if there is one: of the Wi-Fi if that is set up, else of the cable.
pub(super) fn fixed(network: &Network) -> Option<File> {
    let FixedAddress { address, prefix, gateway, dns } = network.fixed.as_ref()?;
    let (path, card) = match network.wifi {
        Some(_) => (WIFI_PATH, "Type=wlan"),
        None => (WIRED_PATH, "Type=ether\nKind=!*"),
    };
    let mut text = format!(
        "[Match]\n{card}\n\n[Link]\nRequiredForOnline=no\n\n[Network]\nAddress={address}/{prefix}\n\
         LinkLocalAddressing=ipv6\nIPv6AcceptRA=yes\nLLMNR=no\nMulticastDNS=no\n"
    );
    // Writing to a String cannot fail.
    for server in dns {
        let _ = writeln!(text, "DNS={server}");
    }
    if let Some(gateway) = gateway {
        let _ = writeln!(text, "Gateway={gateway}");
    }
    Some(File { path, text, secret: false })
}

/// Time servers, if any are set.
pub(super) fn time_servers(network: &Network) -> Option<File> {
    let servers = network.ntp.join(" ");
    (!servers.is_empty()).then(|| File {
        path: TIME_PATH,
        // The empty line first takes the image's own servers off the list.
        text: format!("[Time]\nNTP=\nNTP={servers}\n"),
        secret: false,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::config::{Secret, Wifi};

    pub(in super::super) fn everything() -> Network {
        Network {
            wifi: Some(Wifi {
                ssid: "Shop".to_owned(),
                password: Some(Secret::new("correct horse")),
                country: "DE".to_owned(),
                hidden: true,
            }),
            fixed: Some(FixedAddress {
                address: Ipv4Addr::new(192, 168, 1, 20),
                prefix: 24,
                gateway: Some(Ipv4Addr::new(192, 168, 1, 1)),
                dns: vec![IpAddr::V4(Ipv4Addr::new(192, 168, 1, 1))],
            }),
            ntp: vec!["time.example".to_owned()],
        }
    }

    #[test]
    fn a_fixed_address_is_of_the_wifi_or_else_of_the_cable() {
        let mut network = everything();
        assert_eq!(fixed(&network).expect("set").path, WIFI_PATH);
        network.wifi = None;
        let file = fixed(&network).expect("set");
        assert_eq!(file.path, WIRED_PATH);
        for line in ["Address=192.168.1.20/24", "Gateway=192.168.1.1", "DNS=192.168.1.1", "Type=ether"] {
            assert!(file.text.lines().any(|found| found == line), "{line}\n{}", file.text);
        }
        network.fixed = None;
        assert_eq!(fixed(&network), None);
    }

    #[test]
    fn time_servers_replace_the_built_in_ones() {
        let file = time_servers(&everything()).expect("set");
        assert_eq!(file.text, "[Time]\nNTP=\nNTP=time.example\n");
        assert_eq!(time_servers(&Network::default()), None);
    }
}
