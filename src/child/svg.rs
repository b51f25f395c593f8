//! SVG as a picture. Nothing is loaded from anywhere and nothing is run: the library that draws knows no scripts, and is
//! given no way to files, addresses or embedded pictures.

use std::path::Path;

use image::{Rgb, RgbImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

use super::Problem;
use super::page::{LONG_SIDE_MAX, SHORT_SIDE_MAX};
use crate::library::work::Failure;

/// Drawings of programs have up to some MB.
const BYTES_MAX: u64 = 16 << 20;

pub(super) fn read(path: &Path) -> Result<RgbImage, Problem> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes > BYTES_MAX {
        return Err(Problem::new(Failure::TooLarge, format!("{} MB of SVG", bytes >> 20)));
    }
    draw(&std::fs::read_to_string(path).map_err(|error| Problem::new(Failure::Damaged, error.to_string()))?)
}

fn draw(svg: &str) -> Result<RgbImage, Problem> {
    let options = usvg::Options {
        resources_dir: None,
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        fontdb: crate::draw::fonts(),
        font_family: "Inter".to_owned(),
        ..Default::default()
    };
    let damaged = |error: usvg::Error| Problem::new(Failure::Damaged, error.to_string());
    let tree = usvg::Tree::from_str(svg, &options).map_err(damaged)?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let scale = (LONG_SIDE_MAX as f32 / width.max(height)).min(SHORT_SIDE_MAX as f32 / width.min(height));
    let side = |side: f32| ((side * scale).round() as u32).clamp(1, LONG_SIDE_MAX);
    let (width, height) = (side(width), side(height));
    let mut pixmap = Pixmap::new(width, height).ok_or(Failure::TooLarge)?;
    pixmap.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    let pixels = pixmap.pixels();
    Ok(RgbImage::from_fn(width, height, |x, y| {
        let pixel = pixels[(y * width + x) as usize];
        // On white nothing is transparent, so that premultiplied is as it is.
        Rgb([pixel.red(), pixel.green(), pixel.blue()])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(inside: &str) -> RgbImage {
        draw(&format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \
                       width='160' height='90'>{inside}</svg>"
        ))
        .unwrap()
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
                Ok(image) => assert!(white(&image), "{inside}"),
                Err(problem) => assert_eq!(problem.failure, Failure::Damaged, "{inside}"),
            }
        }
    }

    #[test]
    fn entities_are_neither_loaded_nor_multiplied() {
        let external = "<!DOCTYPE svg [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>\
                        <svg xmlns='http://www.w3.org/2000/svg' width='160' height='90'><text y='50'>&e;</text></svg>";
        if let Ok(image) = draw(external) {
            assert!(image.pixels().all(|pixel| pixel.0 == [255; 3]), "the file's text is not drawn");
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
