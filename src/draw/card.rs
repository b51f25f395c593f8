//! Text that is all there is on a screen: a message to everybody, or which screen this is.

use std::fmt::Write as _;

use super::svg::{escape, render};

/// Colours of a message, as the player of network TVs has them: nobody overlooks it.
const MESSAGE_GROUND: &str = "#ffd60a";
const MESSAGE_TEXT: &str = "#14171c";
/// Sizes of text to try, in hundredths of the height, largest first: as large as all of it fits.
const SIZES: [f64; 8] = [16.0, 13.0, 11.0, 9.0, 7.5, 6.0, 5.0, 4.0];
/// Width of a character on average, and of a line, in sizes of the font.
const CHAR_WIDE: f64 = 0.58;
const LINE_HIGH: f64 = 1.25;
/// Share of the screen that text may take.
const ROOM: f64 = 0.9;

/// A message, as 8-bit RGBA.
pub fn draw_message(text: &str, width: u32, height: u32) -> Vec<u8> {
    let (size, lines) = set(text, f64::from(width), f64::from(height));
    let middle = f64::from(width) / 2.0;
    let top = (f64::from(height) - size * LINE_HIGH * lines.len() as f64) / 2.0 + size * 0.98;
    let mut svg = ground(width, height, MESSAGE_GROUND);
    for (row, line) in lines.iter().enumerate() {
        let (y, line) = (top + size * LINE_HIGH * row as f64, escaped(line));
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            r#"<text x="{middle}" y="{y}" font-size="{size}" font-weight="600" fill="{MESSAGE_TEXT}">{line}</text>"#
        );
    }
    render(&(svg + "</g></svg>"), width, height)
}

/// Name and code of a screen, as 8-bit RGBA.
pub fn draw_code(name: &str, code: &str, width: u32, height: u32) -> Vec<u8> {
    let unit = f64::from(height).min(f64::from(width) * 9.0 / 16.0) / 100.0;
    let (middle, centre) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let mut svg = ground(width, height, "#14171c");
    for (text, down, size) in [(name, -16.0, 10.0), (code, 14.0, 26.0)] {
        let (y, size, text) = (centre + down * unit, size * unit, escape(text));
        let _ = write!(
            svg,
            r##"<text x="{middle}" y="{y}" font-size="{size}" font-weight="600" fill="#f2f4f7">{text}</text>"##
        );
    }
    render(&(svg + "</g></svg>"), width, height)
}

fn ground(width: u32, height: u32, colour: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"><rect width="{width}" height="{height}" fill="{colour}"/><g font-family="Inter" text-anchor="middle">"#
    )
}

/// Markup escaped, whole: lines are short already.
fn escaped(line: &str) -> String {
    line.chars().collect::<Vec<_>>().chunks(20).map(|part| escape(&part.iter().collect::<String>())).collect()
}

/// The largest size at which a text fits, and its lines.
fn set(text: &str, width: f64, height: f64) -> (f64, Vec<String>) {
    let mut fitting = (1.0, Vec::new());
    for size in SIZES {
        let size = size * height.min(width) / 100.0;
        let chars = (width * ROOM / (size * CHAR_WIDE)).floor().max(1.0) as usize;
        let whole = text.split_whitespace().all(|word| word.chars().count() <= chars);
        let lines = lines(text, chars);
        let fits = size * LINE_HIGH * lines.len() as f64 <= height * ROOM;
        fitting = (size, lines);
        if fits && whole {
            break;
        }
    }
    fitting
}

/// Lines of at most so many characters, cut at spaces where there are any, and where whoever wrote it did.
fn lines(text: &str, chars_max: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut length = 0;
        for word in paragraph.split_whitespace() {
            let letters: Vec<char> = word.chars().collect();
            for (part, letters) in letters.chunks(chars_max).enumerate() {
                let fits = length + 1 + letters.len() <= chars_max;
                if length > 0 && (part > 0 || !fits) {
                    lines.push(std::mem::take(&mut line));
                    length = 0;
                }
                if length > 0 {
                    line.push(' ');
                    length += 1;
                }
                line.extend(letters);
                length += letters.len();
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_large_and_a_long_one_is_whole() {
        let (large, lines) = set("Closed today", 1920.0, 1080.0);
        assert_eq!((lines.as_slice(), large > 150.0), (["Closed today".to_owned()].as_slice(), true));
        let long = "Please leave the building by the nearest exit. ".repeat(10);
        let (small, lines) = set(&long, 1920.0, 1080.0);
        assert!(small < large && small * LINE_HIGH * lines.len() as f64 <= 1080.0);
        assert_eq!(lines.join(" "), long.trim());
    }

    #[test]
    fn lines_end_where_somebody_ended_them_and_words_stay_whole() {
        assert_eq!(lines("a b\nc", 10), ["a b", "c"]);
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(lines("a\n\nb", 4), ["a", "", "b"]);
    }

    #[test]
    fn any_text_and_size_is_drawn() {
        for text in ["", "Fire", "<script>&\u{0}", &"x".repeat(1000), "\n\n\n"] {
            for (width, height) in [(1280, 720), (64, 64), (1, 1), (720, 1280)] {
                assert_eq!(draw_message(text, width, height).len(), (width * height * 4) as usize);
                assert_eq!(draw_code(text, "K7QX", width, height).len(), (width * height * 4) as usize);
            }
        }
        let message = draw_message("Fire", 640, 360);
        assert_eq!(message[..3], [0xff, 0xd6, 0x0a]);
        assert!(message.chunks_exact(4).filter(|pixel| pixel[0] < 60).count() > 500, "it can be read");
    }
}
