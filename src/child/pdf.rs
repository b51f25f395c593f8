//! Documents, page by page, by a library that is Rust alone.

use std::path::Path;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::{Rgb, RgbImage};

use super::page::{LONG_SIDE_MAX, SHORT_SIDE_MAX};
use super::{Problem, remark};
use crate::library::work::{Failure, PAGES_MAX, Remark};

/// It is read as a whole.
const BYTES_MAX: u64 = 200 << 20;
/// Longer ones are made for 1080p: 200 pages of 4K would take the box an hour and a gigabyte.
const PAGES_MAX_LARGE: usize = 20;

/// Calls `each` with every page, in order.
pub(super) fn read(
    path: &Path,
    mut each: impl FnMut(RgbImage) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes > BYTES_MAX {
        return Err(Problem::new(Failure::TooLarge, format!("{} MB of PDF", bytes >> 20)));
    }
    let pdf = Pdf::new(std::fs::read(path)?).map_err(|error| match error {
        LoadPdfError::Decryption(_) => Failure::Encrypted,
        LoadPdfError::Invalid => Failure::Damaged,
    })?;
    let pages = pdf.pages();
    let large = pages.len() <= PAGES_MAX_LARGE;
    let divisor = if large { 1 } else { 2 };
    let (long, short) = ((LONG_SIDE_MAX / divisor) as f32, (SHORT_SIDE_MAX / divisor) as f32);
    if pages.len() > PAGES_MAX as usize {
        remark(Remark::PagesLeftOut, format!("{PAGES_MAX} of {}", pages.len()));
    }
    let cache = RenderCache::new();
    for page in pages.iter().take(PAGES_MAX as usize) {
        let (width, height) = page.render_dimensions();
        if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
            return Err(Failure::Damaged.into());
        }
        let scale = (long / width.max(height)).min(short / width.min(height));
        // A strip so thin that it would have no pixels at all.
        if width.min(height) * scale < 1.0 {
            return Err(Problem::new(Failure::TooLarge, format!("a page of {width}x{height} points")));
        }
        let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let pixmap =
            render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &settings);
        let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
        let pixels = pixmap.data_as_u8_slice();
        each(RgbImage::from_fn(width, height, |x, y| {
            let at = (y * width + x) as usize * 4;
            Rgb([pixels[at], pixels[at + 1], pixels[at + 2]])
        }))?;
    }
    Ok(())
}
