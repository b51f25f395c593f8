//! What all drawings share: the fonts, text made safe for SVG, and SVG made pixels.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

/// Longest line in characters, so that a long name stays on the picture.
pub(super) const LINE_CHARS_MAX: usize = 60;

/// An SVG of our own as 8-bit RGBA, `width * height * 4` bytes.
pub(super) fn render(svg: &str, width: u32, height: u32) -> Vec<u8> {
    let options = usvg::Options { fontdb: fonts(), font_family: "Inter".to_owned(), ..Default::default() };
    let pixmap = usvg::Tree::from_str(svg, &options).ok().and_then(|tree| {
        let mut pixmap = Pixmap::new(width, height)?;
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        Some(pixmap)
    });
    // A size of zero has no pixels; anything else our own templates can draw.
    pixmap.map(Pixmap::take).unwrap_or_else(|| vec![0; width as usize * height as usize * 4])
}

/// The only fonts there are: what is drawn looks the same on every machine.
pub fn fonts() -> Arc<usvg::fontdb::Database> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = usvg::fontdb::Database::new();
        fonts.load_font_data(include_bytes!("fonts/Inter-Regular.otf").to_vec());
        fonts.load_font_data(include_bytes!("fonts/Inter-SemiBold.otf").to_vec());
        // Whatever else a drawing asks for, a text in another font is better than none.
        fonts.set_serif_family("Inter");
        fonts.set_sans_serif_family("Inter");
        fonts.set_monospace_family("Inter");
        fonts.set_cursive_family("Inter");
        fonts.set_fantasy_family("Inter");
        Arc::new(fonts)
    });
    Arc::clone(fonts)
}

/// Lines of at most [`LINE_CHARS_MAX`] characters, cut at spaces where there are any.
pub(super) fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE_CHARS_MAX => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Text for XML: markup escaped, control characters (not allowed in XML) left out, cut to a line.
pub(super) fn escape(text: &str) -> String {
    let kept = text.chars().filter(|char| !char.is_control()).take(LINE_CHARS_MAX);
    kept.fold(String::new(), |mut escaped, char| {
        match char {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_wrapped_at_spaces() {
        let lines = wrap("Set the player or console to 1080p, 60 Hz or less, without copy protection.");
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.chars().count() <= LINE_CHARS_MAX));
    }
}
