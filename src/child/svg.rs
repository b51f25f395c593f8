//! SVG as a picture. Nothing is loaded from anywhere and nothing is run: the library that draws knows no scripts, and is
//! given no way to files and addresses. Pictures within the file are drawn; other drawings within it are not.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use image::{DynamicImage, RgbImage, RgbaImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

use super::Problem;
use super::page::{LONG_SIDE_MAX, SHORT_SIDE_MAX};
use crate::draw::LETTERS_NAMED_MAX;
use crate::library::work::Failure;

/// Drawings of programs have up to some MB.
const BYTES_MAX: u64 = 16 << 20;

/// A drawing, and the letters that no font has.
pub(super) struct Drawn {
    pub(super) image: RgbImage,
    pub(super) missing: String,
}

pub(super) fn read(path: &Path) -> Result<Drawn, Problem> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes > BYTES_MAX {
        return Err(Problem::new(Failure::TooLarge, format!("{} MB of SVG", bytes >> 20)));
    }
    draw(&text(&std::fs::read(path)?)?)
}

/// In the encoding of its mark, else the one it declares (XML 1.0, appendix F), else UTF-8.
fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    let declared = || match bytes {
        [b'<', 0, ..] => Some(UTF_16LE),
        [0, b'<', ..] => Some(UTF_16BE),
        _ => declared(bytes),
    };
    let encoding = Encoding::for_bom(bytes).map(|(encoding, _)| encoding).or_else(declared).unwrap_or(UTF_8);
    let (text, encoding, has_errors) = encoding.decode(bytes);
    if has_errors {
        return Err(Problem::new(
            Failure::Damaged,
            format!("it is not the {} that it should be", encoding.name()),
        ));
    }
    Ok(text)
}

/// `<?xml version="1.0" encoding="ISO-8859-1"?>`
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    /// A declaration says three things.
    const DECLARATION_BYTES_MAX: usize = 200;
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES_MAX)];
    let head = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let head = &head[..head.iter().position(|byte| *byte == b'>')?];
    let text = std::str::from_utf8(head).ok()?;
    let value = text.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value[1..].split(quote).next()?;
    // It could be read so far, so that it is none of two bytes a letter.
    Encoding::for_label(label.as_bytes()).filter(|encoding| encoding.is_ascii_compatible())
}

/// A picture that stands in the file, if it is one of those that browsers show there.
fn embedded(kind: &str, data: Arc<Vec<u8>>) -> Option<usvg::ImageKind> {
    match (kind, data.as_slice()) {
        (_, [0xff, 0xd8, 0xff, ..]) => Some(usvg::ImageKind::JPEG(data)),
        (_, [0x89, b'P', b'N', b'G', ..]) => Some(usvg::ImageKind::PNG(data)),
        (_, [b'G', b'I', b'F', b'8', ..]) => Some(usvg::ImageKind::GIF(data)),
        (_, [b'R', b'I', b'F', b'F', ..]) => Some(usvg::ImageKind::WEBP(data)),
        _ => None,
    }
}

/// Draws over a picture what is given in its pixels.
pub(super) fn draw_over(image: &mut RgbImage, inside: &str) -> Result<(), Problem> {
    let (width, height) = image.dimensions();
    let svg =
        format!("<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'>{inside}</svg>");
    let mut pixmap = Pixmap::new(width, height).ok_or(Failure::TooLarge)?;
    resvg::render(&tree(&svg)?.0, Transform::identity(), &mut pixmap.as_mut());
    for (pixel, over) in image.pixels_mut().zip(pixmap.pixels()) {
        let below = 255 - u32::from(over.alpha());
        let color = [over.red(), over.green(), over.blue()];
        for (part, over) in pixel.0.iter_mut().zip(color) {
            // Premultiplied: the sum of both is at most 255.
            *part = (u32::from(over) + (u32::from(*part) * below + 127) / 255).min(255) as u8;
        }
    }
    Ok(())
}

/// With the letters that no font has.
fn tree(svg: &str) -> Result<(usvg::Tree, String), Problem> {
    let missing = Mutex::new(BTreeSet::new());
    let other_font = usvg::FontResolver::default_fallback_selector();
    let select_fallback: usvg::FallbackSelectionFn<'_> = Box::new(|letter, used, fonts| {
        let found = other_font(letter, used, fonts);
        if found.is_none() && !letter.is_control() && !letter.is_whitespace() {
            missing.lock().expect("no holder of this lock can panic").insert(letter);
        }
        found
    });
    let options = usvg::Options {
        resources_dir: None,
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|kind, data, _| embedded(kind, data)),
            resolve_string: Box::new(|_, _| None),
        },
        fontdb: crate::draw::fonts(),
        font_family: "Inter".to_owned(),
        font_resolver: usvg::FontResolver { select_fallback, ..Default::default() },
        ..Default::default()
    };
    let damaged = |error: usvg::Error| Problem::new(Failure::Damaged, error.to_string());
    let tree = usvg::Tree::from_str(svg, &options).map_err(damaged)?;
    drop(options);
    let missing = missing.into_inner().expect("no holder of this lock can panic");
    Ok((tree, missing.into_iter().take(LETTERS_NAMED_MAX).collect()))
}

fn draw(svg: &str) -> Result<Drawn, Problem> {
    let (tree, missing) = tree(svg)?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let scale = (LONG_SIDE_MAX as f32 / width.max(height)).min(SHORT_SIDE_MAX as f32 / width.min(height));
    let side = |side: f32| ((side * scale).round() as u32).clamp(1, LONG_SIDE_MAX);
    let (width, height) = (side(width), side(height));
    let mut pixmap = Pixmap::new(width, height).ok_or(Failure::TooLarge)?;
    pixmap.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    // On white nothing is transparent, so that premultiplied is as it is.
    let opaque = RgbaImage::from_raw(width, height, pixmap.take()).ok_or(Failure::TooLarge)?;
    Ok(Drawn { image: DynamicImage::from(opaque).into_rgb8(), missing })
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn drawn(inside: &str) -> RgbImage {
        draw(&format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \
                       width='160' height='90'>{inside}</svg>"
        ))
        .unwrap()
        .image
    }

    #[test]
    fn letters_that_no_font_has_are_named() {
        let missing = |text: &str| {
            let svg = format!(
                "<svg xmlns='http://www.w3.org/2000/svg' width='160' height='90'><text y='50'>{text}</text></svg>"
            );
            draw(&svg).unwrap().missing
        };
        assert_eq!(missing("Menü 5 €\u{a0}– Größe"), "");
        assert_eq!(missing("Suppe 湯 und 湯"), "湯");
        // Of each text the first: the library looks no further.
        let many: String = "一二三四五六七八九十百千"
            .chars()
            .map(|letter| format!("<tspan x='1'>{letter}</tspan>"))
            .collect();
        assert_eq!(missing(&many).chars().count(), LETTERS_NAMED_MAX);
    }

    #[test]
    fn it_fills_a_screen_on_white() {
        let image = drawn("<rect width='80' height='90' fill='#f00'/>");
        assert_eq!(image.dimensions(), (3840, 2160));
        assert_eq!((image.get_pixel(10, 10).0, image.get_pixel(3000, 10).0), ([255, 0, 0], [255, 255, 255]));
        let text = drawn("<text x='10' y='50' font-family='Times' font-size='20'>Menu</text>");
        assert!(text.pixels().any(|pixel| pixel.0[0] < 40), "text is drawn whatever its font is called");
    }

    #[test]
    fn embedded_pictures_are_drawn() {
        let mut png = Vec::new();
        let red = RgbImage::from_pixel(4, 4, Rgb([255, 0, 0]));
        red.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &png);
        let image =
            drawn(&format!("<image width='80' height='90' xlink:href='data:image/png;base64,{data}'/>"));
        assert_eq!(
            (image.get_pixel(900, 900).0, image.get_pixel(3000, 900).0),
            ([255, 0, 0], [255, 255, 255])
        );
    }

    #[test]
    fn every_encoding_of_drawing_programs_is_read() {
        let svg = |encoding: &str| format!("<?xml version='1.0' encoding='{encoding}'?><svg>Größe</svg>");
        let latin: Vec<u8> =
            svg("ISO-8859-1").chars().map(|letter| u8::try_from(letter as u32).unwrap()).collect();
        assert_eq!(text(&latin).unwrap(), svg("ISO-8859-1"));
        let wide: Vec<u8> = svg("UTF-16").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&wide).unwrap(), svg("UTF-16"));
        assert_eq!(text(&[&[0xff, 0xfe], wide.as_slice()].concat()).unwrap(), svg("UTF-16"));
        let big: Vec<u8> = svg("UTF-16").encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&[&[0xfe, 0xff], big.as_slice()].concat()).unwrap(), svg("UTF-16"));
        assert_eq!(text(svg("UTF-8").as_bytes()).unwrap(), svg("UTF-8"));
        assert_eq!(text(b"<svg>\xff</svg>").err().map(|problem| problem.failure), Some(Failure::Damaged));
        for odd in
            ["<?xml encoding", "<?xml encoding=>", "<?xml encoding='utf-16'?><svg/>", "<?xml encoding='x'?>"]
        {
            assert_eq!(text(odd.as_bytes()).unwrap(), odd);
        }
    }

    #[test]
    fn nothing_is_loaded_and_nothing_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret.svg");
        let black =
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>";
        std::fs::write(&secret, black).unwrap();
        let white = |image: &RgbImage| image.pixels().all(|pixel| pixel.0 == [255; 3]);
        for inside in [
            format!("<image xlink:href='{}' width='160' height='90'/>", secret.display()),
            format!("<image xlink:href='file://{}' width='160' height='90'/>", secret.display()),
            "<image width='160' height='90' xlink:href='data:image/svg+xml;utf8,<svg/>'/>"
                .replace('<', "&lt;"),
            "<script>document.documentElement.innerHTML = ''</script>".to_owned(),
            "<foreignObject width='160' height='90'><body><h1>x</h1></body></foreignObject>".to_owned(),
            format!("<use xlink:href='{}#a'/>", secret.display()),
            format!("<style>@import url('file://{}');</style>", secret.display()),
        ] {
            match draw(&format!(
                "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \
                 width='160' height='90'>{inside}</svg>"
            )) {
                Ok(image) => assert!(white(&image.image), "{inside}"),
                Err(problem) => assert_eq!(problem.failure, Failure::Damaged, "{inside}"),
            }
        }
    }

    #[test]
    fn entities_are_neither_loaded_nor_multiplied() {
        let external = "<!DOCTYPE svg [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>\
                        <svg xmlns='http://www.w3.org/2000/svg' width='160' height='90'><text y='50'>&e;</text></svg>";
        if let Ok(image) = draw(external) {
            assert!(image.image.pixels().all(|pixel| pixel.0 == [255; 3]), "the file's text is not drawn");
        }
        let many: String = (1..10)
            .map(|level| format!("<!ENTITY e{level} '{}'>", format!("&e{};", level - 1).repeat(10)))
            .collect();
        let bomb = format!(
            "<!DOCTYPE svg [<!ENTITY e0 'ha'>{many}]><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>\
             <text>&e9;</text></svg>"
        );
        assert!(draw(&bomb).is_err());
    }
}
