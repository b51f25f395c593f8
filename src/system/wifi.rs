//! wpa_supplicant's file.

use super::File;
use crate::config::{Secret, Wifi};

pub(super) const PATH: &str = "marquee-system/wpa_supplicant.conf";

/// One network. The name goes in hexadecimal, which takes every byte; the password was checked to be printable
/// ASCII, of which wpa_supplicant takes everything up to the last quote as it is.
pub(super) fn supplicant(wifi: &Wifi) -> File {
    let Wifi { ssid, password, country, hidden } = wifi;
    let ssid: String = ssid.bytes().map(|byte| format!("{byte:02x}")).collect();
    let scan = u8::from(*hidden);
    let key = match password.as_ref().map(Secret::reveal) {
        // WPA2 and WPA3 alike; management frames are protected where the access point can.
        Some(password) => {
            format!("\tkey_mgmt=WPA-PSK WPA-PSK-SHA256 SAE\n\tpsk=\"{password}\"\n\tieee80211w=1\n")
        }
        None => "\tkey_mgmt=NONE\n".to_owned(),
    };
    let text = format!(
        "country={country}\nupdate_config=0\n\nnetwork={{\n\tssid={ssid}\n\tscan_ssid={scan}\n{key}}}\n"
    );
    File { path: PATH, text, secret: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ssid: &str, password: Option<&str>, expected: &[&str]) {
        let wifi = Wifi {
            ssid: ssid.to_owned(),
            password: password.map(Secret::new),
            country: "DE".to_owned(),
            hidden: password.is_some(),
        };
        let file = supplicant(&wifi);
        assert!(file.secret);
        for line in expected {
            assert!(file.text.lines().any(|found| found.trim() == *line), "{line}\n{}", file.text);
        }
    }

    #[test]
    fn names_and_passwords_of_every_kind() {
        check("Shop", Some("correct horse"), &["ssid=53686f70", "psk=\"correct horse\"", "scan_ssid=1"]);
        check("Café \"x\"\n}", None, &["ssid=436166c3a9202278220a7d", "key_mgmt=NONE", "scan_ssid=0"]);
        check("a", Some("quote\" and \\ too"), &["psk=\"quote\" and \\ too\"", "country=DE"]);
    }
}
