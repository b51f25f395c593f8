//! Documents, page by page, by a library that is Rust alone.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use hayro::hayro_interpret::font::{FallbackFontQuery, FontQuery};
use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::{Rgb, RgbImage};

use super::form::Form;
use super::page::{LONG_SIDE_MAX, SHORT_SIDE_MAX};
use super::{Problem, remark, svg};
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
    let lost = Lost::default();
    let (cache, interpreter) = (RenderCache::new(), lost.watching());
    let drawing = Drawing { cache, interpreter, form: Form::of(&pdf), long, short };
    let mut odd: Vec<(usize, Problem)> = Vec::new();
    for (page, number) in pages.iter().take(PAGES_MAX as usize).zip(1..) {
        match drawing.draw(page) {
            Ok(image) => each(image)?,
            Err(problem) => odd.push((number, problem)),
        }
    }
    if odd.len() == pages.len().min(PAGES_MAX as usize) {
        // Of none there is nothing to be shown; the first page says why.
        return odd.into_iter().next().map_or(Ok(()), |(_, problem)| Err(problem));
    }
    if !odd.is_empty() {
        let numbers: Vec<String> =
            odd.iter().take(NUMBERS_MAX).map(|(number, _)| number.to_string()).collect();
        let more = if odd.len() > NUMBERS_MAX { ", …" } else { "" };
        remark(Remark::PagesOdd, format!("{}{more}", numbers.join(", ")));
    }
    lost.tell();
    Ok(())
}

/// What the library could not draw of the pages. It goes on without.
#[derive(Clone, Default)]
struct Lost {
    of_pages: Arc<Mutex<LostOfPages>>,
}

#[derive(Default)]
struct LostOfPages {
    /// Names of fonts that are not in the file and can't be replaced.
    fonts: BTreeSet<String>,
    pictures: bool,
}

impl Lost {
    fn of_pages(&self) -> MutexGuard<'_, LostOfPages> {
        self.of_pages.lock().expect("no holder of this lock can panic")
    }

    /// Settings that take down what is lost.
    fn watching(&self) -> InterpreterSettings {
        let settings = InterpreterSettings::default();
        let (fonts, warnings, resolve) = (self.clone(), self.clone(), settings.font_resolver);
        InterpreterSettings {
            font_resolver: Arc::new(move |query| {
                if let FontQuery::Fallback(font) = query {
                    fonts.replaced(font);
                }
                resolve(query)
            }),
            warning_sink: Arc::new(move |warning| match warning {
                InterpreterWarning::UnsupportedFont => {
                    warnings.of_pages().fonts.insert(String::new());
                }
                InterpreterWarning::ImageDecodeFailure => warnings.of_pages().pictures = true,
                // Of a form, whose fields are drawn here.
                _ => {}
            }),
            ..settings
        }
    }

    /// The fonts in their place have the letters of Western Europe: enough for a font of single bytes, but not for a
    /// composite one (ISO 32000-2, 9.7), which is for more than that.
    fn replaced(&self, font: &FallbackFontQuery) {
        if font.character_collection.is_some() {
            let name = font.post_script_name.clone().unwrap_or_default();
            self.of_pages().fonts.insert(name.chars().take(FONT_CHARS_MAX).collect());
        }
    }

    fn tell(&self) {
        let lost = self.of_pages();
        if !lost.fonts.is_empty() {
            let names: Vec<&str> =
                lost.fonts.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            remark(Remark::FontsMissing, names[..names.len().min(FONTS_MAX)].join(", "));
        }
        if lost.pictures {
            remark(Remark::PicturesOdd, "");
        }
    }
}

/// Names of fonts in one remark, and their letters.
const FONTS_MAX: usize = 5;
const FONT_CHARS_MAX: usize = 60;

/// Numbers of pages in one remark.
const NUMBERS_MAX: usize = 20;

struct Drawing<'a> {
    cache: RenderCache<'a>,
    interpreter: InterpreterSettings,
    form: Form,
    /// Sides of the largest page there is to be, in pixels.
    long: f32,
    short: f32,
}

impl<'a> Drawing<'a> {
    /// One page. What the library can't take (it panics on some content) costs no other page.
    fn draw(&self, page: &'a Page<'a>) -> Result<RgbImage, Problem> {
        let drawn = catch_unwind(AssertUnwindSafe(|| self.page(page)));
        drawn.unwrap_or_else(|_| Err(Problem::new(Failure::Damaged, "the page can't be drawn")))
    }

    fn page(&self, page: &'a Page<'a>) -> Result<RgbImage, Problem> {
        let (width, height) = page.render_dimensions();
        if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
            return Err(Failure::Damaged.into());
        }
        let scale = (self.long / width.max(height)).min(self.short / width.min(height));
        // A strip so thin that it would have no pixels at all.
        if width.min(height) * scale < 1.0 {
            return Err(Problem::new(Failure::TooLarge, format!("a page of {width}x{height} points")));
        }
        let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let pixmap = render(page, &self.cache, &self.interpreter, &RenderSettings::default(), &settings);
        let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
        let pixels = pixmap.data_as_u8_slice();
        let mut image = RgbImage::from_fn(width, height, |x, y| {
            let at = (y * width + x) as usize * 4;
            Rgb([pixels[at], pixels[at + 1], pixels[at + 2]])
        });
        if let Some(fields) = self.form.missing(page) {
            let scaled = page.initial_transform(true).as_coeffs().map(|part| part * f64::from(scale));
            let [a, b, c, d, e, f] = scaled;
            let placed = format!("<g transform='matrix({a} {b} {c} {d} {e} {f})'>{fields}</g>");
            svg::draw_over(&mut image, &placed)?;
        }
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Sides of the pages that are drawn of a document whose pages have these sides, in points.
    fn drawn(pages: &[&str]) -> Result<Vec<(u32, u32)>, Failure> {
        let kids: String = (0..pages.len()).map(|number| format!("{} 0 R ", number + 3)).collect();
        let mut objects = vec![
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            format!("<< /Type /Pages /Count {} /Kids [{kids}] >>", pages.len()),
        ];
        let page = |sides: &&str| format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {sides}] >>");
        objects.extend(pages.iter().map(page));
        let mut pdf = "%PDF-1.7\n".to_owned();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
        for (object, number) in objects.iter().zip(1..) {
            let _ = writeln!(table, "{:010} 00000 n ", pdf.len());
            let _ = write!(pdf, "{number} 0 obj\n{object}\nendobj\n");
        }
        let at = pdf.len();
        let _ = write!(
            pdf,
            "{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n",
            objects.len() + 1
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pdf).unwrap();
        let mut sides = Vec::new();
        let read = read(file.path(), |image| {
            sides.push(image.dimensions());
            Ok(())
        });
        read.map(|()| sides).map_err(|problem| problem.failure)
    }

    #[test]
    fn an_odd_page_costs_no_other() {
        let wide = (3840, 2160);
        assert_eq!(drawn(&["160 90", "1 14000", "320 180"]), Ok(vec![wide, wide]));
        assert_eq!(drawn(&["1 14000"]), Err(Failure::TooLarge));
    }
}
