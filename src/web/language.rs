//! In which language a page is sent. Pure.

use hyper::HeaderMap;
use hyper::header::ACCEPT_LANGUAGE;

use super::auth;
use crate::config::Language;

/// What was chosen in the settings, by this browser; written by the pages themselves (`ui/language.js`).
const COOKIE: &str = "marquee_language";

/// As chosen, else the one the browser wants most of those there are, else English.
pub(super) fn wanted(headers: &HeaderMap) -> Language {
    let chosen = auth::cookie(headers, COOKIE).and_then(|code| of(&code));
    chosen.or_else(|| most_wanted(headers)).unwrap_or(Language::English)
}

fn most_wanted(headers: &HeaderMap) -> Option<Language> {
    let named = headers.get_all(ACCEPT_LANGUAGE).into_iter().filter_map(|value| value.to_str().ok());
    let mut best: Option<(f32, Language)> = None;
    for range in named.flat_map(|value| value.split(',')) {
        let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(1.0);
        // Of two that are wanted as much, the first.
        if let Some(language) = of(tag.trim())
            && weight > best.map_or(0.0, |(weight, _)| weight)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `de` and `de-AT` are German.
fn of(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next().unwrap_or_default();
    [Language::English, Language::German].into_iter().find(|known| known.code().eq_ignore_ascii_case(primary))
}

#[cfg(test)]
mod tests {
    use hyper::header::{COOKIE as COOKIES, HeaderValue};

    use super::*;

    #[test]
    fn chosen_else_wanted_most_else_english() {
        let check = |cookie: &'static str, accept: &'static str, expected| {
            let headers = HeaderMap::from_iter([
                (COOKIES, HeaderValue::from_static(cookie)),
                (ACCEPT_LANGUAGE, HeaderValue::from_static(accept)),
            ]);
            assert_eq!(wanted(&headers), expected, "{cookie} {accept}");
        };
        check("", "de-DE,de;q=0.9,en;q=0.8", Language::German);
        check("", "fr-FR,fr;q=0.9,de;q=0.8,en;q=0.7", Language::German);
        check("", "en;q=0.5, DE-at;q=0.9", Language::German);
        check("", "de;q=0, fr", Language::English);
        check("", "den, deu, *", Language::English);
        check("marquee_language=en", "de", Language::English);
        check("a=b; marquee_language=de", "en", Language::German);
        check("marquee_language=xx", "de", Language::German);
        check("", ";;,q=,-", Language::English);
        assert_eq!(wanted(&HeaderMap::new()), Language::English);
    }
}
