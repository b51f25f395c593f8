//! Pages of slides: pictures that every screen can show, and the thumbnail of the first.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use image::RgbImage;

use super::picture::{self, is_drawn, shrink, write_jpeg, write_png};
use super::{Problem, heif, pdf, remark, say, svg, whole};
use crate::library::content::Content;
use crate::library::work::{Errand, Failure, Line, Remark};

/// A page fills a 4K screen, upright or not, and no more.
pub(super) const LONG_SIDE_MAX: u32 = 3840;
pub(super) const SHORT_SIDE_MAX: u32 = 2160;
/// Of an original that is shown as it is: TVs have to load it.
const PLAIN_BYTES_MAX: u64 = 16 << 20;
const QUALITY: u8 = 90;
pub(super) const THUMBNAIL_WIDTH: u32 = 480;
/// Of pages that are much higher than wide.
pub(super) const THUMBNAIL_HEIGHT_MAX: u32 = 960;
pub(super) const THUMBNAIL_QUALITY: u8 = 80;

/// Writes the pages to `page-N.jpg` or `page-N.png` and tells each.
pub(super) fn pages(errand: &Errand, content: Content) -> Result<(), Problem> {
    let mut number = 0;
    let mut each = |image: RgbImage| {
        number += 1;
        write(errand, number, &image)
    };
    match content {
        Content::Pdf => pdf::read(&errand.input, &mut each)?,
        Content::Svg => {
            let svg::Drawn { image, missing } = svg::read(&errand.input)?;
            if !missing.is_empty() {
                remark(Remark::LettersMissing, missing);
            }
            each(image)?;
        }
        Content::Jpeg
        | Content::Png
        | Content::WebP
        | Content::Gif
        | Content::Bmp
        | Content::Tiff
        | Content::Heic
        | Content::Avif => {
            match content {
                Content::Tiff => several(&errand.input)?,
                Content::Heic | Content::Avif => heif::tell_others(&errand.input)?,
                _ => {}
            }
            if whole::is_animated(&errand.input, content).unwrap_or(false) {
                remark(Remark::FirstPicture, "");
            }
            let read = match content {
                Content::Heic | Content::Avif => heif::read(&errand.input)?,
                _ => picture::read(&errand.input, content)?,
            };
            if read.off {
                remark(Remark::Colours, "");
            }
            if let Some(at) = read.taken {
                say(&Line::Taken { at });
            }
            let (width, height) = read.image.dimensions();
            let small = width.max(height) <= LONG_SIDE_MAX
                && std::fs::metadata(&errand.input)?.len() <= PLAIN_BYTES_MAX;
            if read.plain && small {
                say(&Line::Page { width, height, ext: None });
                return Ok(());
            }
            each(shrink(read.image, LONG_SIDE_MAX, LONG_SIDE_MAX))?;
        }
        _ => return Err(Failure::NotMedia.into()),
    }
    if number == 0 { Err(Failure::NoPicture.into()) } else { Ok(()) }
}

/// Of a TIFF the first page is shown.
fn several(path: &Path) -> Result<(), Problem> {
    // What makes no sense is said by what reads it.
    let pages = whole::tiff::pages(&mut BufReader::new(File::open(path)?)).unwrap_or_default();
    if pages.raw {
        return Err(Problem::new(Failure::OddPicture, "raw, of a camera"));
    }
    if pages.count > 1 {
        remark(Remark::FirstPage, format!("1 of {}", pages.count));
    }
    Ok(())
}

fn write(errand: &Errand, number: u32, image: &RgbImage) -> Result<(), Problem> {
    let (width, height) = image.dimensions();
    let ext = if is_drawn(image) { "png" } else { "jpg" };
    let path = errand.output.join(format!("page-{number}.{ext}"));
    match ext {
        "png" => write_png(image, &path)?,
        _ => write_jpeg(image, &path, QUALITY)?,
    }
    say(&Line::Page { width, height, ext: Some(ext) });
    Ok(())
}

/// Of a page that was made, or of an original that is one.
pub(super) fn thumbnail(errand: &Errand, content: Content) -> Result<(), Problem> {
    let image = picture::read(&errand.input, content)?.image;
    let image = shrink(image, THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT_MAX);
    write_jpeg(&image, &errand.output.join("thumbnail.jpg"), THUMBNAIL_QUALITY)
}
