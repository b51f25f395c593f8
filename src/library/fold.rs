//! Text as people compare it: what is the same to them has the same form.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// For searching and sorting: without case, accents, joiners, variants of pictographs and compatibility forms (full-width
/// letters, ligatures); what separates words is one space each.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for char in text.chars().flat_map(char::to_lowercase).nfkd().filter(|char| !is_decoration(*char)) {
        if separates(char) {
            if !folded.ends_with(' ') && !folded.is_empty() {
                folded.push(' ');
            }
            continue;
        }
        match letters(char) {
            "" => folded.push(char),
            letters => folded.push_str(letters),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Two names with the same key are the same tag: case and the way accents are encoded do not matter, accents do.
pub(super) fn tag_key(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// What names are sorted by: folded, numbers by their value ("Part 2" before "Part 10"), and where that is the same, as
/// they are.
pub(super) fn sort_name(name: &str) -> String {
    /// Digits of a number that are compared by value; longer ones are numbers of something else.
    const DIGITS: usize = 12;
    let folded = folded(name);
    let mut sorted = String::with_capacity(folded.len() + DIGITS);
    let mut rest = folded.as_str();
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            sorted.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let number = rest[..digits].trim_start_matches('0');
            sorted.extend(std::iter::repeat_n('0', DIGITS.saturating_sub(number.len())));
            sorted.push_str(number);
            rest = &rest[digits..];
        }
    }
    sorted
}

/// Accents of Latin, Greek and Cyrillic letters, Hebrew and Arabic vowel points, selectors of variants, the joiner and the
/// skin colours of pictographs. Marks of other scripts are letters of their own: Thai has its vowels so.
fn is_decoration(char: char) -> bool {
    let of_letters = matches!(char, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}');
    of_letters && is_combining_mark(char)
        || matches!(char, '\u{fe00}'..='\u{fe0f}' | '\u{200b}'..='\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Punctuation and spaces, of every script; no pictograph.
fn separates(char: char) -> bool {
    char.is_whitespace()
        || char.is_control()
        || !char.is_alphanumeric()
            && !is_combining_mark(char)
            && matches!(char, '\0'..='\u{bf}' | '\u{d7}' | '\u{f7}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{30fb}')
}

/// Letters that no decomposition takes apart; empty: any other.
const fn letters(char: char) -> &'static str {
    match char {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'þ' => "th",
        'ı' => "i",
        'ς' => "σ",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_the_same_is_the_same() {
        for (text, same) in [
            ("Ärger", "a\u{308}RGER"),
            ("Straße", "STRASSE"),
            ("ＡＢＣ１２", "abc12"),
            ("Smørrebrød_Łódź", "smorrebrod lodz"),
            ("İstanbul ışık", "istanbul isik"),
            ("  a -- b.", "a b"),
            ("❤️ 👍🏽", "❤ 👍"),
            ("ไทย", "ไทย"),
            ("۱۲ سَلَام", "۱۲ سلام"),
            ("", ""),
        ] {
            assert_eq!(folded(text), folded(same), "{text}");
        }
        assert_eq!(folded("Ärger, Straße!"), "arger strasse");
        assert_ne!(folded("が"), folded("か"), "another letter");
        assert_ne!(folded("ที่"), folded("ท"), "a vowel is no accent");
    }

    #[test]
    fn tags_differ_by_accents_and_not_by_case_and_form() {
        assert_eq!(tag_key("Äpfel"), tag_key("a\u{308}PFEL"));
        assert_ne!(tag_key("Äpfel"), tag_key("Apfel"));
        assert_eq!(tag_key("ﬁlm"), tag_key("Film"));
    }

    #[test]
    fn names_are_sorted_as_people_do() {
        let mut names = ["Part 10", "part 2", "Part 02b", "Ärger", "alpha", "zebra", "2001", "7 dwarfs", ""];
        names.sort_by_key(|name| sort_name(name));
        assert_eq!(
            names,
            ["", "7 dwarfs", "2001", "alpha", "Ärger", "part 2", "Part 02b", "Part 10", "zebra"]
        );
    }
}
