//! Letters that no font of ours has.

use resvg::usvg::FontResolver;

use super::svg::fonts;

/// Named when they are missing: enough to see which script it is.
pub const LETTERS_NAMED_MAX: usize = 10;

/// Letters of a text that a drawing of it would leave out, each once, in the text's order.
pub fn letters_missing(text: &str) -> String {
    let mut fonts = fonts();
    let Some(first) = fonts.faces().next().map(|face| face.id) else { return String::new() };
    // Asked for another font than the first one, whose weights have the same letters.
    let other_font = FontResolver::default_fallback_selector();
    let mut missing = String::new();
    for letter in text.chars().filter(|letter| !letter.is_control() && !letter.is_whitespace()) {
        if missing.chars().count() == LETTERS_NAMED_MAX {
            break;
        }
        if !missing.contains(letter) && other_font(letter, &[first], &mut fonts).is_none() {
            missing.push(letter);
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_named_once_and_not_without_end() {
        assert_eq!(letters_missing("Menü 5 €\u{a0}– Größe\n2"), "");
        assert_eq!(letters_missing("Suppe 湯 und 湯, später 茶"), "湯茶");
        assert_eq!(letters_missing("一二三四五六七八九十百千").chars().count(), LETTERS_NAMED_MAX);
    }
}
