//! The slate: what viewers see while a source has no picture. Names the source, the cause and the way out.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

/// Longest line in characters, so that a long name stays on the picture.
const LINE_CHARS_MAX: usize = 60;

/// The texts of a slate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slate {
    /// The source's name.
    pub name: String,
    /// The cause in a few words.
    pub title: String,
    /// What a person can do, one sentence; may be empty.
    pub advice: String,
}

/// The slate as 8-bit RGBA, `width * height * 4` bytes, opaque.
///
/// Sizes of text follow the height, so that it can be read from across the room on any screen.
pub fn draw(slate: &Slate, width: u32, height: u32) -> Vec<u8> {
    let options = usvg::Options { fontdb: fonts(), font_family: "Inter".to_owned(), ..Default::default() };
    let pixmap = usvg::Tree::from_str(&svg(slate, width, height), &options).ok().and_then(|tree| {
        let mut pixmap = Pixmap::new(width, height)?;
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        Some(pixmap)
    });
    // A size of zero has no pixels; anything else our own template can draw.
    pixmap.map(Pixmap::take).unwrap_or_else(|| vec![0; width as usize * height as usize * 4])
}

fn fonts() -> Arc<usvg::fontdb::Database> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = usvg::fontdb::Database::new();
        fonts.load_font_data(include_bytes!("fonts/Inter-Regular.otf").to_vec());
        fonts.load_font_data(include_bytes!("fonts/Inter-SemiBold.otf").to_vec());
        Arc::new(fonts)
    });
    Arc::clone(fonts)
}

fn svg(slate: &Slate, width: u32, height: u32) -> String {
    // Text that would not fit a narrow picture shrinks with its width.
    let unit = f64::from(height).min(f64::from(width) * 9.0 / 16.0) / 100.0;
    let (middle, top) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">
<rect width="{width}" height="{height}" fill="#14171c"/>
<g font-family="Inter" text-anchor="middle">"##
    );
    let mut line = |text: &str, down: f64, size: f64, weight: u32, colour: &str| {
        let (y, size) = (top + down * unit, size * unit);
        let text = escape(text);
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            r#"<text x="{middle}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}">{text}</text>"#
        );
    };
    line(&slate.name, -12.0, 4.5, 400, "#9aa4b2");
    line(&slate.title, 0.0, 9.0, 600, "#f2f4f7");
    let lines = wrap(&slate.advice);
    for (row, text) in lines.iter().enumerate() {
        line(text, 9.0 + 5.5 * row as f64, 4.0, 400, "#c3cad4");
    }
    svg + "</g></svg>"
}

/// Lines of at most [`LINE_CHARS_MAX`] characters, cut at spaces where there are any.
fn wrap(text: &str) -> Vec<String> {
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
fn escape(text: &str) -> String {
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

    fn slate(name: &str) -> Slate {
        Slate { name: name.to_owned(), title: "No signal".to_owned(), advice: "Switch it on.".to_owned() }
    }

    fn ink(pixels: &[u8]) -> usize {
        pixels.chunks_exact(4).filter(|pixel| pixel[0] > 100).count()
    }

    #[test]
    fn text_is_drawn_opaque_at_every_size() {
        for (width, height) in [(1280, 720), (640, 480), (360, 640), (160, 120)] {
            let pixels = draw(&slate("Door"), width, height);
            assert_eq!(pixels.len(), width as usize * height as usize * 4);
            assert!(ink(&pixels) > 20, "{width}x{height}");
            assert!(pixels.chunks_exact(4).all(|pixel| pixel[3] == 255));
        }
    }

    #[test]
    fn a_hostile_name_is_only_text() {
        let plain = ink(&draw(&slate(""), 640, 360));
        let hostile =
            draw(&slate("</text><rect width='9999' height='9999' fill='white'/>\u{1b}\u{0}&"), 640, 360);
        assert!(ink(&hostile) > plain && ink(&hostile) < 640 * 360 / 4);
    }

    #[test]
    fn advice_is_wrapped_at_spaces() {
        let lines = wrap("Set the player or console to 1080p, 60 Hz or less, without copy protection.");
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.chars().count() <= LINE_CHARS_MAX));
    }
}
