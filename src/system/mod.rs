//! What the operating system of our image must be told from the configuration: files, as pure text.
//!
//! Belongs here: systemd-networkd's, wpa_supplicant's and timesyncd's files. Does not belong here: writing them
//! (`marquee apply-system` does), or anything a PC needs.

mod network;
mod wifi;

use crate::config::Config;

/// Longest label of a host name (RFC 1035 section 2.3.4).
const HOST_LABEL_BYTES_MAX: usize = 63;
/// Of a box whose name has no letter that a host name may have.
const HOST_NAME: &str = "marquee";

/// A file below `/run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to `/run`.
    pub path: &'static str,
    pub text: String,
    /// Holds a password: for root only.
    pub secret: bool,
}

/// A symbolic link below `/run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Relative to `/run`.
    pub path: &'static str,
    pub target: String,
}

/// Where the time zone's link is.
const LOCALTIME: &str = "marquee-system/localtime";

/// All files that the configuration asks for.
pub fn files(config: &Config) -> Vec<File> {
    let host = format!("{}\n", host_name(&config.device.name));
    let host = File { path: "marquee-system/hostname", text: host, secret: false };
    let wifi = config.network.wifi.as_ref().map(wifi::supplicant);
    let networkd = network::fixed(&config.network);
    let time = network::time_servers(&config.network);
    [host].into_iter().chain(wifi).chain(networkd).chain(time).collect()
}

/// Every path that [`files`] may give; those it does not give are taken away.
pub const PATHS: &[&str] =
    &["marquee-system/hostname", wifi::PATH, network::WIRED_PATH, network::WIFI_PATH, network::TIME_PATH];

/// The time zone's link.
pub fn time_zone(config: &Config) -> Link {
    Link { path: LOCALTIME, target: format!("/usr/share/zoneinfo/{}", config.device.time_zone) }
}

/// The box's name as a host name: letters, digits and hyphens, in lower case.
pub fn host_name(name: &str) -> String {
    let mut host = String::new();
    for char in name.chars().flat_map(char::to_lowercase) {
        match char {
            'a'..='z' | '0'..='9' => host.push(char),
            'ä' => host.push_str("ae"),
            'ö' => host.push_str("oe"),
            'ü' => host.push_str("ue"),
            'ß' => host.push_str("ss"),
            _ if !host.is_empty() && !host.ends_with('-') => host.push('-'),
            _ => {}
        }
    }
    host.truncate(HOST_LABEL_BYTES_MAX);
    let host = host.trim_end_matches('-');
    if host.is_empty() { HOST_NAME.to_owned() } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_gives_a_host_name() {
        let check = |name: &str, expected: &str| assert_eq!(host_name(name), expected, "{name}");
        check("Corner shop", "corner-shop");
        check("  Küche / 2 ", "kueche-2");
        check("日本", "marquee");
        check("-", "marquee");
        check(&"x".repeat(80), &"x".repeat(63));
    }

    #[test]
    fn every_file_is_one_that_can_be_taken_away() {
        let mut config = Config::default();
        let names = |config: &Config| files(config).into_iter().map(|file| file.path).collect::<Vec<_>>();
        assert_eq!(names(&config), ["marquee-system/hostname"]);
        config.network = network::tests::everything();
        assert!(names(&config).len() >= 4);
        assert!(names(&config).iter().all(|path| PATHS.contains(path)));
    }
}
