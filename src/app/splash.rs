//! What the splash says: where to open the box, and what is missing.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::{Timestamp, Zoned};
use tokio::sync::watch;

use crate::access::Access;
use crate::device::{Condition, Data};
use crate::draw::Splash;
use crate::output::hdmi::{Notice, Notices};
use crate::system;
use crate::telemetry::addresses::{addresses_of, url};
use crate::watched::Latest;
use crate::web::Site;
use crate::words;

/// Mistakes of the configuration that are shown; the page has them all.
const ERRORS_SHOWN_MAX: usize = 2;

/// Looks at the network, the configuration and the data partition anew at each call.
pub(super) fn notices(
    site: watch::Receiver<Site>,
    condition: watch::Receiver<Condition>,
    access: Arc<Access>,
    listen: SocketAddr,
) -> Notices {
    Arc::new(move || {
        let site = site.latest();
        let now = Timestamp::now().to_zoned(site.time_zone.clone());
        let lost =
            condition.with(|condition| condition.data.clone()).filter(Data::is_lost).map(|data| data.text);
        let code = access.setup_code().map(|code| (code, access.damaged().is_some()));
        let words = words::splash(words::language());
        notice(words, &site, lost, code, &addresses_of(listen.ip()), listen, &now)
    })
}

/// `lost`: what became of the data partition. `code`: what sets the admin's password, and whether there was one that can't
/// be read. `listen`: where the web server listens; if that is this machine alone, no network is needed.
fn notice(
    words: &words::Splash,
    site: &Site,
    lost: Option<String>,
    code: Option<(&str, bool)>,
    addresses: &[IpAddr],
    listen: SocketAddr,
    now: &Zoned,
) -> Notice {
    let local = listen.ip().is_loopback();
    let reached = addresses.iter().find(|address| local || !address.is_loopback());
    let url = reached.map(|address| url(*address, listen.port()));
    let state = match &url {
        None => words.looking.to_owned(),
        Some(url) if local => format!("{} {}", words.open, url.trim_end_matches('/')),
        // The name for people; phones that can't resolve it have the QR code, which is the address.
        Some(url) => {
            let port = if listen.port() == 80 { String::new() } else { format!(":{}", listen.port()) };
            let host = system::host_name(&site.name);
            format!("{} http://{host}.local{port} {} {}", words.open, words.or, url.trim_end_matches('/'))
        }
    };
    let mut missing = Vec::new();
    if url.is_none() {
        missing.push(words.no_network.to_owned());
    }
    let unreadable = code.is_some_and(|(_, unreadable)| unreadable);
    match code.filter(|_| url.is_some()) {
        Some((code, true)) => missing.push(format!("{} {code}", words.logins_damaged)),
        Some((code, false)) => missing.push(format!("{} {code}", words.no_password)),
        None => {}
    }
    let alert = lost.is_some() || unreadable || !site.config_errors.is_empty();
    missing.extend(lost);
    if !site.config_errors.is_empty() {
        missing.push(words.mistakes.to_owned());
        let language = site.language.unwrap_or_default();
        let errors = site.config_errors.iter().take(ERRORS_SHOWN_MAX).map(|error| error.text(language));
        missing.extend(errors.map(|error| short(&error).to_owned()));
    }
    let foot = format!("Marquee {} · {}", env!("CARGO_PKG_VERSION"), now.strftime("%Y-%m-%d %H:%M %Z"));
    let splash = Splash { name: site.name.clone(), state, url, missing, foot };
    Notice { splash, alert }
}

/// A mistake without the folder its file is in.
fn short(error: &str) -> &str {
    let path = error.split(':').next().unwrap_or_default();
    path.rfind('/').map_or(error, |slash| &error[slash + 1..])
}

#[cfg(test)]
mod tests {

    use jiff::tz::TimeZone;

    use super::*;
    use crate::config::{Language, Problem};

    const EN: &words::Splash = words::splash(Language::English);

    fn mistake(file: &str) -> Problem {
        let (key, message) = ("web.listen".to_owned(), "is missing".to_owned());
        Problem { file: file.to_owned(), line: Some(3), key, message, allowed: String::new() }
    }

    fn check(addresses: &[&str], listen: &str, errors: &[&str]) -> Notice {
        let site = Site {
            name: "Clubhouse".to_owned(),
            config_errors: errors.iter().map(|file| mistake(file)).collect(),
            ..Site::default()
        };
        let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().expect("an IP")).collect();
        let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        notice(EN, &site, None, None, &addresses, listen.parse().expect("an address"), &now)
    }

    #[test]
    fn no_address_is_told_before_there_is_one() {
        let Notice { splash, alert } = check(&["127.0.0.1"], "0.0.0.0:80", &[]);
        assert_eq!((splash.state.as_str(), splash.url, alert), ("Looking for a network…", None, false));
        assert!(splash.missing[0].starts_with("No network yet"), "{:?}", splash.missing);
    }

    #[test]
    fn the_code_leads_to_the_first_address() {
        let Notice { splash, .. } = check(&["192.168.1.20", "fd00::5", "127.0.0.1"], "[::]:80", &[]);
        assert_eq!(splash.url.as_deref(), Some("http://192.168.1.20/"));
        assert_eq!(splash.state, "Open http://clubhouse.local or http://192.168.1.20");
        assert!(splash.missing.is_empty() && splash.foot.ends_with(" · 1970-01-01 00:00 UTC"), "{splash:?}");
        let local = check(&["127.0.0.1"], "127.0.0.1:8080", &[]).splash;
        assert_eq!(local.url.as_deref(), Some("http://127.0.0.1:8080/"));
    }

    #[test]
    fn the_code_of_the_first_visit_is_shown_with_the_address() {
        let site = Site { name: "Clubhouse".to_owned(), ..Site::default() };
        let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        let listen = "10.0.0.2:80".parse().expect("an address");
        let shown = |addresses: &[IpAddr]| {
            notice(EN, &site, None, Some(("12345678", false)), addresses, listen, &now).splash
        };
        assert!(!shown(&[]).missing.iter().any(|line| line.contains("12345678")));
        let reached = shown(&["10.0.0.2".parse().expect("an IP")]);
        assert!(reached.missing[0].ends_with("Code: 12345678"), "{:?}", reached.missing);
        let damaged = notice(
            EN,
            &site,
            None,
            Some(("12345678", true)),
            &["10.0.0.2".parse().expect("an IP")],
            listen,
            &now,
        );
        assert!(damaged.alert, "it stands above what is played, too");
        assert!(
            damaged.splash.missing[0].ends_with("new password: 12345678"),
            "{:?}",
            damaged.splash.missing
        );
    }

    #[test]
    fn mistakes_of_the_configuration_are_an_alert() {
        let errors = ["/boot/marquee.toml", "b", "c"];
        let Notice { splash, alert } = check(&["10.0.0.2"], "0.0.0.0:80", &errors);
        assert!(alert);
        assert_eq!(splash.missing.len(), 1 + ERRORS_SHOWN_MAX);
        assert_eq!(splash.missing[1], "marquee.toml:3: web.listen: is missing");
    }

    #[test]
    fn lost_data_is_an_alert_above_mistakes() {
        let site = Site {
            name: "Clubhouse".to_owned(),
            config_errors: vec![mistake("marquee.toml")],
            ..Site::default()
        };
        let listen = "10.0.0.2:80".parse().expect("an address");
        let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        let lost = Some("It is gone.".to_owned());
        let Notice { splash, alert } = notice(EN, &site, lost.clone(), None, &[], listen, &now);
        assert!(alert);
        assert_eq!(splash.missing[1], "It is gone.", "{:?}", splash.missing);
        let well = Site { config_errors: Vec::new(), ..site };
        assert!(notice(EN, &well, lost, None, &[], listen, &now).alert);
    }

    #[test]
    fn it_speaks_the_language_of_the_box() {
        let site = Site {
            name: "Clubhouse".to_owned(),
            language: Some(Language::German),
            config_errors: vec![mistake("marquee.toml")],
            ..Site::default()
        };
        let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        let listen = "10.0.0.2:80".parse().expect("an address");
        let german = words::splash(Language::German);
        let address = ["10.0.0.2".parse().expect("an IP")];
        let splash = notice(german, &site, None, Some(("12345678", false)), &address, listen, &now).splash;
        assert_eq!(splash.state, "Öffne http://clubhouse.local oder http://10.0.0.2");
        assert_eq!(splash.missing[0], "Noch niemand hat das Admin-Passwort gesetzt. Code: 12345678");
        assert_eq!(splash.missing[2], "marquee.toml:3: web.listen: fehlt");
    }
}
