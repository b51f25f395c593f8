//! Sound as something to see: its cover, or how loud it is where, with its title. A screen shows this picture while the sound
//! plays, and the library shows a small copy of it.

use std::fmt::Write;
use std::io::Cursor;
use std::time::Duration;

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

use super::form::escaped;
use super::page::{THUMBNAIL_QUALITY, THUMBNAIL_WIDTH};
use super::picture::{self, shrink, write_jpeg};
use super::{Problem, remark, say, svg, video};
use crate::library::content::{Content, HEAD_BYTES};
use crate::library::work::{Errand, Line, Remark};
use crate::pipeline::file::sound::{About, about, loudness};
use crate::pipeline::file::still::film;

/// As drawn for the thumbnail, which shows what screens show.
const DRAWN: (u32, u32) = (960, 540);
/// One for each bar.
const BARS: usize = 72;
/// All lengths below are of the picture's height.
const COVER_SIDE: f64 = 0.56;
const COVER_TOP: f64 = 0.12;
/// Where the bars stand: in the middle, or above a title.
const BARS_MIDDLE: f64 = 0.5;
const BARS_MIDDLE_TITLED: f64 = 0.42;
const BAR_HEIGHT_MAX: f64 = 0.36;
const BAR_HEIGHT_MIN: f64 = 0.012;
const TITLE_AT: f64 = 0.80;
const ARTIST_AT: f64 = 0.88;
/// Readable from 5 m.
const TITLE_SIZE: f64 = 0.062;
const ARTIST_SIZE: f64 = 0.045;
/// Of a letter's height: the mean width of Inter's letters.
const LETTER_WIDTH: f64 = 0.54;
/// Of the picture's width.
const TEXT_WIDTH: f64 = 0.86;
const BARS_WIDTH: f64 = 0.64;
/// How much light of a cover is left behind it, in 256th.
const BEHIND: u32 = 96;

pub(super) fn thumbnail(errand: &Errand) -> Result<(), Problem> {
    let image = draw(errand, DRAWN, true)?;
    let image = shrink(image, THUMBNAIL_WIDTH, THUMBNAIL_WIDTH);
    write_jpeg(&image, &errand.output.join("thumbnail.jpg"), THUMBNAIL_QUALITY)
}

/// A film of it, which every screen plays.
pub(super) fn convert(errand: &Errand) -> Result<(), Problem> {
    let heard = video::copied(errand, |target, progress| {
        let image = draw(errand, (target.width, target.height), false)?;
        let pixels = image.pixels().flat_map(|Rgb([red, green, blue])| [*red, *green, *blue, 255]).collect();
        let length = Duration::from_millis(errand.duration_ms);
        film(&errand.input, target, pixels, length, progress).map_err(video::problem)
    })?;
    say(&Line::Fact { name: "sound_ms".to_owned(), value: heard.as_millis().to_string() });
    Ok(())
}

/// `told`: what is wrong with its cover is said.
fn draw(errand: &Errand, size: (u32, u32), told: bool) -> Result<RgbImage, Problem> {
    // What it says of itself is an ornament: whether it plays is another question.
    let mut about = about(&errand.input).unwrap_or_default();
    let cover = about.cover.take().map(|bytes| cover(&bytes));
    if matches!(cover, Some(None)) && told {
        remark(Remark::Cover, "");
    }
    if let Some(cover) = cover.flatten() {
        return with_cover(&cover, &about, size);
    }
    let length = Duration::from_millis(errand.duration_ms);
    let levels = loudness(&errand.input, length, BARS).unwrap_or_default();
    let bytes = std::fs::metadata(&errand.input)?.len();
    plain(&levels, hue(bytes), &about, size)
}

/// `None`: it is none that can be read.
fn cover(bytes: &[u8]) -> Option<RgbImage> {
    let content = Content::of(&bytes[..bytes.len().min(HEAD_BYTES)])?;
    picture::read_from(Cursor::new(bytes), content).ok().map(|read| read.image)
}

/// One of twelve, by chance and always the same: so that ten files without a cover are not ten times the same picture.
fn hue(bytes: u64) -> u64 {
    bytes.wrapping_mul(7) % 12 * 30
}

/// In front of itself, large, dark and out of focus.
fn with_cover(cover: &RgbImage, about: &About, (width, height): (u32, u32)) -> Result<RgbImage, Problem> {
    /// So small that nothing of it can be made out.
    const BLURRED: (u32, u32) = (32, 18);
    let tiny = imageops::thumbnail(&filling(cover, BLURRED), BLURRED.0, BLURRED.1);
    let tiny = imageops::blur(&tiny, 2.0);
    let mut image = imageops::resize(&tiny, width, height, FilterType::CatmullRom);
    for pixel in image.pixels_mut() {
        pixel.0 = pixel.0.map(|part| (u32::from(part) * BEHIND / 256) as u8);
    }
    let of_height = |share: f64| (f64::from(height) * share).round() as u32;
    let titled = !about.title.is_empty() || !about.artist.is_empty();
    let side = of_height(if titled { COVER_SIDE } else { 1.0 - 2.0 * COVER_TOP });
    let scale = f64::from(side) / f64::from(cover.width().max(cover.height()).max(1));
    let scaled = |part: u32| ((f64::from(part) * scale).round() as u32).max(1);
    let (wide, high) = (scaled(cover.width()), scaled(cover.height()));
    let cover = match cover.width() >= 2 * wide {
        true => imageops::thumbnail(cover, wide, high),
        false => imageops::resize(cover, wide, high, FilterType::CatmullRom),
    };
    let left = i64::from(width.saturating_sub(wide) / 2);
    let top = i64::from(of_height(COVER_TOP) + side.saturating_sub(high) / 2);
    imageops::replace(&mut image, &cover, left, top);
    svg::draw_over(&mut image, &words(about, f64::from(width), f64::from(height)))?;
    Ok(image)
}

/// The middle of it in the shape of a screen.
fn filling(image: &RgbImage, (width, height): (u32, u32)) -> RgbImage {
    let (wide, high) = image.dimensions();
    let cut_high = u64::from(wide) * u64::from(height) / u64::from(width.max(1));
    let cut_wide = u64::from(high) * u64::from(width) / u64::from(height.max(1));
    let least = |cut: u64, side: u32| u32::try_from(cut).unwrap_or(u32::MAX).clamp(1, side.max(1));
    let (cut_wide, cut_high) = (least(cut_wide, wide), least(cut_high, high));
    imageops::crop_imm(image, (wide - cut_wide) / 2, (high - cut_high) / 2, cut_wide, cut_high).to_image()
}

/// How loud it is where, as bars on a calm ground.
fn plain(levels: &[f32], hue: u64, about: &About, (width, height): (u32, u32)) -> Result<RgbImage, Problem> {
    let (wide, high) = (f64::from(width), f64::from(height));
    let titled = !about.title.is_empty() || !about.artist.is_empty();
    let middle = high * if titled { BARS_MIDDLE_TITLED } else { BARS_MIDDLE };
    let step = wide * BARS_WIDTH / BARS as f64;
    let begin = wide * (1.0 - BARS_WIDTH) / 2.0;
    let mut svg = format!(
        "<defs><linearGradient id='ground' x1='0' y1='0' x2='1' y2='1'><stop offset='0' stop-color='hsl({hue}, 38%, 24%)'/>\
         <stop offset='1' stop-color='hsl({}, 45%, 10%)'/></linearGradient></defs>\
         <rect width='{wide}' height='{high}' fill='url(#ground)'/><g fill='hsl({hue}, 55%, 78%)'>",
        (hue + 40) % 360
    );
    for number in 0..BARS {
        let level = f64::from(levels.get(number).copied().unwrap_or(0.0));
        let tall = high * (BAR_HEIGHT_MIN + level * (BAR_HEIGHT_MAX - BAR_HEIGHT_MIN));
        let (x, y, bar) = (begin + (number as f64 + 0.2) * step, middle - tall / 2.0, step * 0.6);
        // Writing into a string can't fail.
        let _ = write!(
            svg,
            "<rect x='{x:.1}' y='{y:.1}' width='{bar:.1}' height='{tall:.1}' rx='{:.1}'/>",
            bar.min(tall) / 2.0
        );
    }
    svg.push_str("</g>");
    svg.push_str(&words(about, wide, high));
    let mut image = RgbImage::new(width, height);
    svg::draw_over(&mut image, &svg)?;
    Ok(image)
}

/// Title and artist, one below the other; the one there is takes the title's place.
fn words(about: &About, wide: f64, high: f64) -> String {
    let lines: Vec<&str> = [&about.title, &about.artist]
        .into_iter()
        .map(String::as_str)
        .filter(|line| !line.is_empty())
        .collect();
    let styles = [(TITLE_AT, TITLE_SIZE, 600, 1.0), (ARTIST_AT, ARTIST_SIZE, 400, 0.75)];
    let mut svg = String::new();
    for (line, (at, size, weight, opacity)) in lines.into_iter().zip(styles) {
        let size = high * size;
        let fits = (wide * TEXT_WIDTH / (size * LETTER_WIDTH)) as usize;
        let shown = match line.chars().count() > fits {
            true => line.chars().take(fits.saturating_sub(1)).collect::<String>().trim_end().to_owned() + "…",
            false => line.to_owned(),
        };
        let _ = write!(
            svg,
            "<text x='{:.1}' y='{:.1}' text-anchor='middle' font-size='{size:.1}' font-weight='{weight}' fill='#fff' \
             fill-opacity='{opacity}'>{}</text>",
            wide / 2.0,
            high * at,
            escaped(&shown)
        );
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(title: &str, artist: &str) -> About {
        About { title: title.to_owned(), artist: artist.to_owned(), cover: None }
    }

    fn light(image: &RgbImage, x: f64, y: f64) -> u32 {
        let at = |share: f64, side: u32| (share * f64::from(side)) as u32;
        image
            .get_pixel(at(x, image.width()), at(y, image.height()))
            .0
            .iter()
            .map(|part| u32::from(*part))
            .sum()
    }

    #[test]
    fn bars_are_as_tall_as_it_is_loud() {
        let levels: Vec<f32> = (0..BARS).map(|bar| if bar < BARS / 2 { 1.0 } else { 0.0 }).collect();
        let image = plain(&levels, 210, &About::default(), (1920, 1080)).unwrap();
        assert_eq!(image.dimensions(), (1920, 1080));
        // In the middle of the tenth bar and of the tenth from the end, a quarter of a bar's height above the line.
        let bar = |number: f64| 0.18 + 0.64 * (number + 0.5) / BARS as f64;
        assert!(light(&image, bar(9.0), 0.4) > 500, "loud");
        assert!(light(&image, bar(62.0), 0.4) < 300, "quiet");
        assert!(light(&image, bar(62.0), 0.5) > 500, "and still a line");
    }

    #[test]
    fn a_cover_stands_in_front_of_itself() {
        let cover = RgbImage::from_pixel(300, 300, Rgb([0, 200, 0]));
        let image = with_cover(&cover, &about("Song", "Band"), (320, 180)).unwrap();
        assert_eq!(image.get_pixel(160, 70).0, [0, 200, 0]);
        assert!(image.get_pixel(5, 90).0[1] < 100, "darker behind");
        let has_letters =
            |image: &RgbImage| image.pixels().any(|pixel| pixel.0.iter().all(|part| *part > 180));
        assert!(has_letters(&image));
        assert!(!has_letters(&with_cover(&cover, &About::default(), (320, 180)).unwrap()));
        for odd in [(1, 1), (2000, 3), (3, 2000)] {
            let image = with_cover(&RgbImage::new(odd.0, odd.1), &About::default(), (320, 180)).unwrap();
            assert_eq!(image.dimensions(), (320, 180));
        }
    }

    #[test]
    fn words_fit_and_are_no_markup() {
        let svg = words(&about(&"W".repeat(200), "<b>&"), 1920.0, 1080.0);
        assert!(svg.contains("…") && svg.contains("&lt;b&gt;&amp;") && svg.len() < 600, "{svg}");
        assert_eq!(words(&About::default(), 1920.0, 1080.0), "");
        assert!(
            words(&about("", "Band"), 1920.0, 1080.0).contains("font-weight='600'"),
            "in the title's place"
        );
    }

    #[test]
    fn what_is_no_picture_is_no_cover() {
        for bytes in [
            &b""[..],
            b"\xff\xd8\xff\xe0",
            b"\0\0\0\x20ftypisom",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        ] {
            assert!(cover(bytes).is_none(), "{bytes:x?}");
        }
    }
}
