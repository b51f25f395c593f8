//! What is wrong with a configuration file, in German: the messages as they stand where they are made, with gaps for what
//! was typed. `every_message_is_said_in_german` (tests) finds one that is missing here.

use super::problem::Problem;

/// A message in English and in German; `{}` is what was typed or would be right, and goes where `{}` stands again, in the
/// same order.
type Words = [(&'static str, &'static str)];

/// The first that fits: those with more words come before those that end in a gap.
const MESSAGES: &Words = &[
    ("unknown key, did you mean {}?", "unbekannter Schlüssel, gemeint ist wohl {}"),
    ("unknown key", "unbekannter Schlüssel"),
    ("can't be read: {}", "ist nicht lesbar: {}"),
    ("is not TOML: {}", "ist kein TOML: {}"),
    ("is UTF-16 text", "ist Text in UTF-16"),
    ("is not UTF-8 text", "ist kein Text in UTF-8"),
    ("is too large", "ist zu groß"),
    ("is too long", "ist zu lang"),
    ("is empty", "ist leer"),
    ("is missing", "fehlt"),
    (
        "is missing, and {} is already the id of the source on line {}",
        "fehlt, und {} ist schon die id der Quelle in Zeile {}",
    ),
    ("{} is already the id of the source on line {}", "{} ist schon die id der Quelle in Zeile {}"),
    (
        "is missing, and {} is already the connector of the screen on line {}",
        "fehlt, und {} ist schon der connector des Bildschirms in Zeile {}",
    ),
    (
        "{} is already the connector of the screen on line {}",
        "{} ist schon der connector des Bildschirms in Zeile {}",
    ),
    ("{} is already the pin of {} on line {}", "{} ist schon der Pin von {} in Zeile {}"),
    ("is one source too many", "ist eine Quelle zu viel"),
    ("is the same as that of the capture on line {}", "ist dasselbe wie bei der Capture-Karte in Zeile {}"),
    ("there are no words in {}", "für {} gibt es keine Texte"),
    ("there is no time zone {}, did you mean {}?", "es gibt keine Zeitzone {}, gemeint ist wohl {}"),
    ("there is no time zone {}", "es gibt keine Zeitzone {}"),
    ("there is no profile {}, did you mean {}?", "es gibt kein Profil {}, gemeint ist wohl {}"),
    ("there is no profile {}", "es gibt kein Profil {}"),
    ("there is no source {}, did you mean {}?", "es gibt keine Quelle {}, gemeint ist wohl {}"),
    ("there is no source {}", "es gibt keine Quelle {}"),
    ("there is no connector {}", "es gibt keinen Anschluss {}"),
    ("there is no user with it", "dazu fehlt der Benutzer"),
    ("there are {} of them", "davon gibt es {}"),
    ("{} is out of range", "{} liegt außerhalb des Bereichs"),
    ("{} is odd, which video can't be", "{} ist ungerade, das kann Video nicht sein"),
    ("{} is no quarter turn", "{} ist keine Vierteldrehung"),
    ("{} is not a rate of {} to {} Hz", "{} ist keine Rate von {} bis {} Hz"),
    ("{} is not a size", "{} ist keine Größe"),
    (
        "{} has a space, a capital letter or another character",
        "{} hat ein Leerzeichen, einen Großbuchstaben oder ein anderes Zeichen",
    ),
    (
        "holds a control character, such as a line break",
        "enthält ein Steuerzeichen, etwa einen Zeilenumbruch",
    ),
    ("has too many entries", "hat zu viele Einträge"),
    ("{} is not a sound device", "{} ist kein Tongerät"),
    ("{} is not a capture device", "{} ist keine Capture-Karte"),
    ("is not a device", "ist kein Gerät"),
    ("its {} is not a number of 4 hexadecimal digits", "{} darin ist keine Zahl aus 4 hexadezimalen Ziffern"),
    ("its serial number is empty", "die Seriennummer darin ist leer"),
    ("is not a fingerprint", "ist kein Fingerabdruck"),
    ("the address holds a user too", "auch in der Adresse steht ein Benutzer"),
    ("{} is not an address with a port", "{} ist keine Adresse mit Port"),
    ("{} is not an address with its bits", "{} ist keine Adresse mit ihren Bits"),
    ("{} is not an IPv4 address", "{} ist keine IPv4-Adresse"),
    ("{} is not an IP address", "{} ist keine IP-Adresse"),
    ("{} is no address and no network", "{} ist weder eine Adresse noch ein Netz"),
    ("{} is not a host", "{} ist kein Rechnername"),
    ("{} is not a country's code", "{} ist kein Ländercode"),
    ("{} is not in the network of {}", "{} liegt nicht im Netz von {}"),
    ("{} leaves no network with neighbours", "{} lässt kein Netz mit Nachbarn übrig"),
    ("{} can't be a box's own address", "{} kann nicht die Adresse einer Box sein"),
    ("nobody can connect to {}", "zu {} kann sich niemand verbinden"),
    ("{} is not the origin of a page", "{} ist keine Herkunft einer Seite"),
    ("this is more than an origin: write {}", "das ist mehr als eine Herkunft: schreibe {}"),
    ("{} is no path of letters, digits and -._~", "{} ist kein Pfad aus Buchstaben, Ziffern und -._~"),
    ("addresses of Marquee itself begin with {}", "Adressen von Marquee selbst beginnen mit {}"),
    ("this is too short or too long", "das ist zu kurz oder zu lang"),
    ("is there without {}", "steht da ohne {}"),
    ("needs {}", "braucht {}"),
    ("has {} characters", "hat {} Zeichen"),
    (
        "holds characters that no Wi-Fi password can have",
        "enthält Zeichen, die kein WLAN-Passwort haben kann",
    ),
    ("has no rtsp:// in front", "hat vorn kein rtsp://"),
    ("is not an address: {}", "ist keine Adresse: {}"),
    ("is not an RTSP address", "ist keine RTSP-Adresse"),
    ("has no host", "nennt keinen Rechner"),
    (
        "has a host with characters that no host has",
        "nennt einen Rechner mit Zeichen, die kein Rechnername hat",
    ),
    ("has port 0", "hat Port 0"),
    ("holds a #: write it as %23", "enthält ein #: schreibe es als %23"),
    ("has a password but no user", "hat ein Passwort, aber keinen Benutzer"),
    ("can't be used without its user and password", "ist ohne Benutzer und Passwort nicht verwendbar"),
    (
        "has an @ behind its host: if it belongs to a password with {} in it, use the keys {} and {} instead, or \
         write / as {}, ? as {}, # as {}; in a path write @ as {}",
        "hat ein @ hinter dem Rechner: Gehört es zu einem Passwort mit {} darin, nimm die Schlüssel {} und {}, oder \
         schreibe / als {}, ? als {}, # als {}; in einem Pfad schreibe @ als {}",
    ),
    (
        "has a user or password that is not UTF-8 after percent-decoding",
        "hat einen Benutzer oder ein Passwort, die nach dem Auflösen von % kein UTF-8 sind",
    ),
    (
        "has a user or password with a control character",
        "hat einen Benutzer oder ein Passwort mit einem Steuerzeichen",
    ),
    ("is a text", "ist ein Text"),
    ("is a whole number", "ist eine ganze Zahl"),
    ("is a number with a decimal point", "ist eine Zahl mit Komma"),
    ("is true or false", "ist true oder false"),
    ("is a date or time", "ist ein Datum oder eine Uhrzeit"),
    ("is a list", "ist eine Liste"),
    ("is a section", "ist ein Abschnitt"),
    ("is {}", "ist {}"),
];

/// What would be right.
const ALLOWED: &Words = &[
    ("an id of its own for each source", "eine eigene id für jede Quelle"),
    ("a connector of its own for each screen", "ein eigener connector für jeden Bildschirm"),
    ("a device of its own for each capture", "ein eigenes Gerät für jede Capture-Karte"),
    ("a pin of its own for each LED and the button", "ein eigener Pin für jede LED und den Taster"),
    ("at most {} KiB", "höchstens {} KiB"),
    ("at most {}", "höchstens {}"),
    ("UTF-8; choose it when saving the file", "UTF-8; wähle es beim Speichern der Datei"),
    ("texts in quotes, such as {}", "Texte in Anführungszeichen, etwa {}"),
    ("a text in quotes, at most {} characters", "ein Text in Anführungszeichen, höchstens {} Zeichen"),
    ("a text of 8 to 256 bytes", "ein Text von 8 bis 256 Bytes"),
    ("a whole number from {} to {}", "eine ganze Zahl von {} bis {}"),
    ("true or false, without quotes", "true oder false, ohne Anführungszeichen"),
    ("a list such as [\"…\"] of {}", "eine Liste wie [\"…\"] aus: {}"),
    ("a section [[{}]]", "ein Abschnitt [[{}]]"),
    ("a section [{}]", "ein Abschnitt [{}]"),
    ("sections [[{}]], in two pairs of brackets", "Abschnitte [[{}]], in doppelten Klammern"),
    ("sections [{}]", "Abschnitte [{}]"),
    ("a name such as {}", "ein Name wie {}"),
    ("leave the key out, or write a name", "den Schlüssel weglassen oder einen Namen schreiben"),
    ("leave the key out: there is no source", "den Schlüssel weglassen: Es gibt keine Quelle"),
    ("the id of a source: {}", "die id einer Quelle: {}"),
    (
        "1 to 32 of a-z, 0-9 and -, not beginning with -",
        "1 bis 32 Zeichen aus a-z, 0-9 und -, nicht mit - am Anfang",
    ),
    (
        "a size such as {}, both sides even and from {} to {}",
        "eine Größe wie {}, beide Seiten gerade und von {} bis {}",
    ),
    ("a mode such as {} or {}", "ein Modus wie {} oder {}"),
    ("0, 90, 180 or 270", "0, 90, 180 oder 270"),
    (
        "\"auto\", a path such as {}, or {} with an optional {}, such as {}",
        "\"auto\", ein Pfad wie {}, oder {}, wahlweise mit {}, etwa {}",
    ),
    ("\"auto\", \"off\", or an ALSA device such as {}", "\"auto\", \"off\" oder ein Gerät von ALSA wie {}"),
    ("an ALSA device such as {} or {}", "ein Gerät von ALSA wie {} oder {}"),
    ("ADDRESS:PORT such as {} or {}", "ADRESSE:PORT wie {} oder {}"),
    ("ADDRESS/BITS such as {}", "ADRESSE/BITS wie {}"),
    ("IP addresses of this box", "IP-Adressen dieser Box"),
    ("IP addresses of name servers", "IP-Adressen von Nameservern"),
    ("an IPv4 address such as {}", "eine IPv4-Adresse wie {}"),
    ("addresses or networks such as {}", "Adressen oder Netze wie {}"),
    ("host names or addresses of time servers", "Namen oder Adressen von Zeitservern"),
    ("a path such as {}", "ein Pfad wie {}"),
    ("origins such as {}, or {} for any page at all", "Herkünfte wie {}, oder {} für jede Seite überhaupt"),
    (
        "the 64 hexadecimal digits of a certificate's SHA-256, with or without colons",
        "die 64 hexadezimalen Ziffern des SHA-256 eines Zertifikats, mit oder ohne Doppelpunkte",
    ),
    ("either in {} or in {} and {}", "entweder in {} oder in {} und {}"),
    ("{} and {} together", "{} und {} zusammen"),
    ("rtsp://{} or rtsps://{}", "rtsp://{} oder rtsps://{}"),
    ("the name of a network, at most {} bytes", "der Name eines Netzes, höchstens {} Bytes"),
    ("two capital letters such as {}", "zwei Großbuchstaben wie {}"),
    ("{} as well, or neither: DHCP tells it", "auch {}, oder keines von beiden: DHCP sagt es"),
    ("{} as well, or neither", "auch {}, oder keines von beiden"),
    (
        "8 to 63 characters of ASCII, or empty for an open network",
        "8 bis 63 Zeichen aus ASCII, oder leer für ein offenes Netz",
    ),
    ("a neighbour", "ein Nachbar"),
    ("{} or {}", "{} oder {}"),
];

/// The whole line, as [`Problem`] writes it in English.
pub(super) fn line(problem: &Problem) -> String {
    let message = said(MESSAGES, &problem.message).unwrap_or_else(|| problem.message.clone());
    let allowed = said(ALLOWED, &problem.allowed).unwrap_or_else(|| problem.allowed.clone());
    let place = problem.place();
    if allowed.is_empty() {
        format!("{place} {message}")
    } else {
        format!("{place} {message}; erlaubt: {allowed}")
    }
}

/// `None`: it is not known, or needs no words.
fn said(words: &Words, english: &str) -> Option<String> {
    words.iter().find_map(|(from, to)| gaps(from, english).map(|gaps| filled(to, &gaps)))
}

/// What stands in the gaps of a template.
fn gaps<'t>(template: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = template.split("{}");
    let mut left = text.strip_prefix(parts.next()?)?;
    let mut gaps = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // The last part is the end of the text; an empty one takes all there is.
        let at =
            if parts.peek().is_some() { left.find(part) } else { left.strip_suffix(part).map(str::len) }?;
        gaps.push(left.get(..at).filter(|gap| !gap.is_empty())?);
        left = left.get(at + part.len()..)?;
    }
    left.is_empty().then_some(gaps)
}

fn filled(template: &str, gaps: &[&str]) -> String {
    let mut gaps = gaps.iter();
    let mut parts = template.split("{}");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(gaps.next().copied().unwrap_or_default());
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only what is a list of keys, or a choice of words to write, is the same in every language.
    fn needs_no_words(allowed: &str) -> bool {
        let plain = |word: &str| word.starts_with('"') || !word.contains(' ');
        allowed.split(", ").all(plain)
    }

    #[test]
    fn every_message_is_said_in_german() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/invalid");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).expect("there") {
            let path = entry.expect("there").path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            for problem in crate::config::load(&path).expect_err("it is invalid").problems {
                let Problem { message, allowed, .. } = &problem;
                assert!(said(MESSAGES, message).is_some(), "{message}");
                assert!(needs_no_words(allowed) || said(ALLOWED, allowed).is_some(), "{allowed}");
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn what_was_typed_stands_where_it_belongs() {
        let check = |message: &str, allowed: &str, expected: &str| {
            let problem = Problem {
                file: "m.toml".to_owned(),
                line: Some(3),
                key: "a.b".to_owned(),
                message: message.to_owned(),
                allowed: allowed.to_owned(),
            };
            assert_eq!(line(&problem), expected);
        };
        check(
            "there is no time zone \"Europe/Berln\", did you mean \"Europe/Berlin\"?",
            "a name such as \"Europe/Berlin\"",
            "m.toml:3: a.b: es gibt keine Zeitzone \"Europe/Berln\", gemeint ist wohl \"Europe/Berlin\"; \
             erlaubt: ein Name wie \"Europe/Berlin\"",
        );
        check(
            "28 is out of range",
            "a whole number from 2 to 27",
            "m.toml:3: a.b: 28 liegt außerhalb des Bereichs; erlaubt: eine ganze Zahl von 2 bis 27",
        );
        check(
            "unknown key",
            "name, language",
            "m.toml:3: a.b: unbekannter Schlüssel; erlaubt: name, language",
        );
        check("something new", "", "m.toml:3: a.b: something new");
    }

    #[test]
    fn the_words_fit_each_other() {
        for (english, german) in MESSAGES.iter().chain(ALLOWED) {
            assert_eq!(english.matches("{}").count(), german.matches("{}").count(), "{english}");
        }
    }
}
