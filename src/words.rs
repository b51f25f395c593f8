//! What the box says on its screens by itself, in its language: the slates of sources and the splash. English stands where
//! it is said (`media::Cause`); pages have texts of their own.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::config::Language;
use crate::media::Cause;

/// All screens of the box speak the same. Set from the configuration, read at each drawing.
static LANGUAGE: AtomicU8 = AtomicU8::new(0);

pub fn set_language(language: Language) {
    LANGUAGE.store(u8::from(language == Language::German), Ordering::Relaxed);
}

pub fn language() -> Language {
    if LANGUAGE.load(Ordering::Relaxed) == 0 { Language::English } else { Language::German }
}

/// Title and advice of a slate.
pub const fn of_cause(language: Language, cause: Cause) -> (&'static str, &'static str) {
    match language {
        Language::English => (cause.text(), cause.advice()),
        Language::German => german(cause),
    }
}

pub const fn connecting(language: Language) -> &'static str {
    match language {
        Language::English => "Connecting",
        Language::German => "Verbindung wird aufgebaut",
    }
}

const fn german(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::NoDevice => {
            ("Gerät fehlt", "Stecke die Capture-Karte ein oder korrigiere ihren Namen in marquee.toml.")
        }
        Cause::NoCable => (
            "Kein Kabel",
            "Verbinde Capture-Karte und Zuspieler mit einem HDMI-Kabel und schalte den Zuspieler ein.",
        ),
        Cause::NoSignal => {
            ("Kein Signal", "Schalte den Zuspieler oder die Konsole ein und wähle dort den HDMI-Ausgang.")
        }
        Cause::NoLock => (
            "Kein stabiles Signal",
            "Stecke das HDMI-Kabel an beiden Enden neu ein oder nimm ein kürzeres oder besseres.",
        ),
        Cause::OutOfRange => {
            ("Signal nicht unterstützt", "Stelle Zuspieler oder Konsole auf 1080p mit höchstens 60 Hz.")
        }
        Cause::BadSignal => {
            ("Signal nicht verwendbar", "Stelle am Zuspieler eine andere Bildgröße ein, ohne Kopierschutz.")
        }
        Cause::Unauthorized => (
            "Benutzer oder Passwort falsch",
            "Korrigiere Benutzer und Passwort dieser Kamera in marquee.toml.",
        ),
        Cause::Refused => (
            "Kamera lehnt ab",
            "Vielleicht hat sie zu viele Zuschauer: Beende einen davon oder starte die Kamera neu.",
        ),
        Cause::Certificate => (
            "Zertifikat nicht vertrauenswürdig",
            "Ist es deine Kamera, trage den SHA-256 ihres Zertifikats als tls_fingerprint in marquee.toml ein.",
        ),
        Cause::NotAnswering => {
            ("Kamera antwortet nicht", "Prüfe Strom, Netzwerkkabel und Adresse der Kamera.")
        }
        Cause::NotVideo => (
            "Kein Videostream",
            "Prüfe die Adresse der Kamera: Der Pfad hinter dem Hostnamen wählt den Stream.",
        ),
        Cause::NoPicture => (
            "Kein Bild kommt an",
            "Die Verbindung steht, aber es kommt kein Bild. Marquee versucht es von selbst weiter.",
        ),
        Cause::NoKeyFrame => (
            "Wartet auf ein Schlüsselbild",
            "Vorher ist kein Bild zeigbar. Stelle den Schlüsselbild-Abstand der Kamera auf 2 s.",
        ),
        Cause::Busy => ("Gerät ist belegt", "Schließe das andere Programm, das dieses Gerät benutzt."),
        Cause::Failed => {
            ("Kein Bild", "Marquee versucht es von selbst weiter. Einzelheiten stehen im Protokoll.")
        }
    }
}

/// The sentences of the splash; `{}` is filled in.
pub struct Splash {
    pub looking: &'static str,
    pub open: &'static str,
    pub or: &'static str,
    pub no_network: &'static str,
    pub logins_damaged: &'static str,
    pub no_password: &'static str,
    pub mistakes: &'static str,
}

pub const fn splash(language: Language) -> &'static Splash {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

const ENGLISH: Splash = Splash {
    looking: "Looking for a network…",
    open: "Open",
    or: "or",
    no_network: "No network yet: plug in a network cable, or set up [network] in marquee.toml.",
    logins_damaged: "The file with the logins is damaged. Code for a new password:",
    no_password: "Nobody has set the admin's password yet. Code:",
    mistakes: "marquee.toml has mistakes, the last good settings are in use:",
};

const GERMAN: Splash = Splash {
    looking: "Suche nach einem Netzwerk…",
    open: "Öffne",
    or: "oder",
    no_network: "Noch kein Netzwerk: Stecke ein Netzwerkkabel ein oder richte [network] in marquee.toml ein.",
    logins_damaged: "Die Datei mit den Anmeldungen ist beschädigt. Code für ein neues Passwort:",
    no_password: "Noch niemand hat das Admin-Passwort gesetzt. Code:",
    mistakes: "marquee.toml hat Fehler, die letzten guten Einstellungen gelten weiter:",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_words_of_its_own_in_each_language() {
        for cause in Cause::ALL {
            let english = of_cause(Language::English, cause);
            let german = of_cause(Language::German, cause);
            assert!(english.0 != german.0 && english.1 != german.1, "{cause:?}");
            assert!(!german.0.is_empty() && german.1.ends_with('.'), "{cause:?}");
        }
    }
}
