//! The slate: what viewers see while a source has no picture. Names the source, the cause and the way out.

use std::fmt::Write as _;

use super::svg::{escape, render, wrap};

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
    render(&svg(slate, width, height), width, height)
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
}
