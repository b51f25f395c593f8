//! The splash: what a TV shows while somebody sets the box up. Where to open it, and what is missing.

use std::fmt::Write as _;

use qrcode::{Color, QrCode};

use super::svg::{escape, render, wrap};

/// Side of the QR code in hundredths of the height. A phone reads it from across the room above a quarter.
const QR_PERCENT: f64 = 38.0;
const QR_PERCENT_MIN: f64 = 25.0;
/// Modules of white around it, ISO/IEC 18004 section 5.3.8.
const QUIET_ZONE: usize = 4;
/// Lines of what is missing; more would run into the foot.
const MISSING_LINES_MAX: usize = 4;

/// The texts of a splash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splash {
    /// The box's name.
    pub name: String,
    /// What the box does or waits for, one line.
    pub state: String,
    /// What the QR code leads to; none before there is an address.
    pub url: Option<String>,
    /// What is missing and how to mend it, a sentence each.
    pub missing: Vec<String>,
    /// Version and time.
    pub foot: String,
}

/// The splash as 8-bit RGBA, `width * height * 4` bytes, opaque. Any size; sizes follow the height.
pub fn draw_splash(splash: &Splash, width: u32, height: u32) -> Vec<u8> {
    render(&svg(splash, width, height), width, height)
}

fn svg(splash: &Splash, width: u32, height: u32) -> String {
    // Text that would not fit a narrow picture shrinks with its width.
    let unit = f64::from(height).min(f64::from(width) * 9.0 / 16.0) / 100.0;
    let middle = f64::from(width) / 2.0;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">
<rect width="{width}" height="{height}" fill="#14171c"/>
<g font-family="Inter" text-anchor="middle">"##
    );
    let mut line = |text: &str, y: f64, size: f64, weight: u32, colour: &str| {
        let (text, size) = (escape(text), size * unit);
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            r#"<text x="{middle}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}">{text}</text>"#
        );
    };
    let height = f64::from(height);
    let code = splash.url.as_ref().and_then(|url| QrCode::new(url).ok());
    let code_top = height * 0.34;
    line(&splash.name, height * 0.14, 9.0, 600, "#f2f4f7");
    let state = wrap(&splash.state);
    for (row, text) in state.iter().take(2).enumerate() {
        line(text, height * 0.23 + 5.0 * unit * row as f64, 4.5, 400, "#c3cad4");
    }
    // Without a code there is room for what is missing in its place.
    let below = if code.is_some() { 0.75 } else { 0.45 };
    for (row, text) in missing_lines(&splash.missing).iter().enumerate() {
        line(text, height * below + 5.0 * unit * row as f64, 4.0, 400, "#f0b95a");
    }
    line(&splash.foot, height * 0.965, 4.0, 400, "#9aa4b2");
    svg += "</g>";
    if let Some(code) = code {
        svg += &qr_path(&code, middle, code_top, height, f64::from(width));
    }
    svg + "</svg>"
}

/// As many lines as there is room for; what is left out is seen to be.
fn missing_lines(missing: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = missing.iter().flat_map(|sentence| wrap(sentence)).collect();
    if lines.len() > MISSING_LINES_MAX {
        lines.truncate(MISSING_LINES_MAX);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// Of a module of a code alone, where nothing says how large it is to be.
const MODULE_PX: usize = 10;

/// A QR code alone, with its quiet zone, as SVG. `None`: more than one holds.
pub fn code_svg(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    let side = code.width() + 2 * QUIET_ZONE;
    let path = dark(&code, 1.0, (0.0, 0.0));
    // Some engines draw no picture onto a canvas that does not say how large it is.
    let size = side * MODULE_PX;
    Some(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {side} {side}"><rect width="{side}" height="{side}" fill="#fff"/>{path}</svg>"##
    ))
}

/// Black modules on a white ground, each of them a whole number of pixels.
fn qr_path(code: &QrCode, middle: f64, top: f64, height: f64, width: f64) -> String {
    let modules = code.width();
    let side = (modules + 2 * QUIET_ZONE) as f64;
    // Rounded down unless that falls below a quarter of the height; never wider than the picture.
    let rounded_down = (height * QR_PERCENT / 100.0 / side).floor();
    let module = rounded_down.max((height * QR_PERCENT_MIN / 100.0 / side).ceil());
    let module = module.min((width / side).floor()).max(1.0);
    let (left, top) = ((middle - side * module / 2.0).round(), top.round());
    let size = side * module;
    let ground = format!(r##"<rect x="{left}" y="{top}" width="{size}" height="{size}" fill="#fff"/>"##);
    ground + &dark(code, module, (left, top))
}

/// The dark ones, each `module` wide, with the quiet zone's corner at `origin`.
fn dark(code: &QrCode, module: f64, (left, top): (f64, f64)) -> String {
    let modules = code.width();
    let mut path = r##"<path fill="#000" d=""##.to_owned();
    for (index, _) in code.to_colors().iter().enumerate().filter(|(_, colour)| **colour == Color::Dark) {
        let at = |cell: usize, origin: f64| origin + (cell + QUIET_ZONE) as f64 * module;
        let (x, y) = (at(index % modules, left), at(index / modules, top));
        let _ = write!(path, "M{x} {y}h{module}v{module}h-{module}z");
    }
    path + r#"" shape-rendering="crispEdges"/>"#
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://192.168.1.20/";

    fn splash(url: Option<&str>) -> Splash {
        Splash {
            name: "Clubhouse".to_owned(),
            state: "Open http://192.168.1.20".to_owned(),
            url: url.map(str::to_owned),
            missing: vec!["No network: plug a cable in, or write the Wi-Fi's name.".to_owned()],
            foot: "Marquee 0.1.0 · 10:45".to_owned(),
        }
    }

    /// Height and text of the QR code in a picture.
    fn qr(pixels: &[u8], width: u32, height: u32) -> Option<(u32, String)> {
        let grey = |x: usize, y: usize| pixels[(y * width as usize + x) * 4 + 1];
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, grey);
        let found = picture.detect_grids();
        let grid = found.first()?;
        let rows = grid.bounds.map(|point| point.y);
        let tall = rows.iter().max()?.abs_diff(*rows.iter().min()?);
        Some((tall, grid.decode().ok()?.1))
    }

    #[test]
    fn what_there_is_no_room_for_is_seen_to_be_left_out() {
        let lines = |count: usize| missing_lines(&vec!["One.".to_owned(); count]);
        assert_eq!(lines(MISSING_LINES_MAX).last().map(String::as_str), Some("One."));
        let more = lines(MISSING_LINES_MAX + 1);
        assert_eq!((more.len(), more.last().map(String::as_str)), (MISSING_LINES_MAX, Some("One.…")));
    }

    #[test]
    fn the_code_is_read_back_and_at_least_a_quarter_of_the_height() {
        for (width, height) in [(1920, 1080), (1280, 720), (1080, 1920), (720, 480), (3840, 2160)] {
            let pixels = draw_splash(&splash(Some(URL)), width, height);
            assert_eq!(pixels.len(), width as usize * height as usize * 4);
            assert!(pixels.chunks_exact(4).all(|pixel| pixel[3] == 255), "{width}x{height}: opaque");
            let (tall, text) = qr(&pixels, width, height).expect("a code");
            assert_eq!(text, URL, "{width}x{height}");
            // The grid found has no quiet zone: 25 of its 33 modules.
            assert!(tall * 33 / 25 + 2 >= height / 4, "{width}x{height}: {tall}");
        }
    }

    #[test]
    fn the_quiet_zone_is_white() {
        let svg = svg(&splash(Some(URL)), 1280, 720);
        let pixels = render(&svg, 1280, 720);
        let white = |x: usize, y: usize| pixels[(y * 1280 + x) * 4..][..3] == [255; 3];
        let row = (0..720).find(|y| white(640, *y)).expect("a ground");
        // 33 modules with the quiet zone: the first four rows of them are white all through.
        let wide = (0..1280).filter(|x| white(*x, row)).count();
        let module = wide / 33;
        assert_eq!(wide % 33, 0);
        for y in row..row + QUIET_ZONE * module {
            assert_eq!((0..1280).filter(|x| white(*x, y)).count(), wide, "row {y}");
        }
    }

    #[test]
    fn a_code_alone_is_read_back() {
        let svg = code_svg(URL).expect("short enough");
        let (_, text) = qr(&render(&svg, 330, 330), 330, 330).expect("a code");
        assert_eq!(text, URL);
        assert_eq!(code_svg(&"x".repeat(10_000)), None);
    }

    #[test]
    fn without_an_address_there_is_no_code_to_follow() {
        let pixels = draw_splash(&splash(None), 1280, 720);
        assert!(qr(&pixels, 1280, 720).is_none());
        assert!(pixels.chunks_exact(4).filter(|pixel| pixel[0] > 100).count() > 500, "but there is text");
    }

    #[test]
    fn hostile_texts_and_tiny_sizes_are_drawn_all_the_same() {
        let mut hostile = splash(Some(URL));
        hostile.name = "</text><rect width='9999' height='9999' fill='white'/>\u{0}&".to_owned();
        hostile.missing = vec!["word ".repeat(1000)];
        for (width, height) in [(160, 120), (64, 64), (120, 640)] {
            assert_eq!(draw_splash(&hostile, width, height).len(), (width * height * 4) as usize);
        }
        hostile.url = Some("x".repeat(10_000));
        assert!(qr(&draw_splash(&hostile, 640, 360), 640, 360).is_none(), "more than a QR code holds");
    }
}
