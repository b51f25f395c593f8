//! A file for a screen: pictures and sound, in the order in which they are needed, onto standard output. Whoever reads it
//! takes them at its own pace; until then this waits.

use std::io::{self, BufWriter, Write};

use image::imageops::{self, FilterType};
use image::{DynamicImage, GenericImageView, RgbImage};

use super::limits::{self, Limits, NICE_SCREEN};
use super::{Problem, content, picture, sandbox, video};
use crate::library::content::Content;
use crate::library::work::Failure;
use crate::pipeline::file as videos;
use crate::pipeline::file::play::{Kind as Given, Playing, Settings};
use crate::program::Fit;
use crate::reel::Errand;
use crate::reel::wire::{self, Kind};

/// Of addresses. A 4K video in software takes a third, a slide of the largest size a fifth.
const MEMORY_BYTES_MAX: u64 = 2 << 30;
/// Nothing is written but what GStreamer compiles.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Does what it was sent for; true: it could. What was wrong is said to whoever reads.
pub fn run(errand: &Errand) -> bool {
    // Whole pictures go past the buffer.
    let mut out = BufWriter::new(io::stdout().lock());
    let done = show(errand, &mut out);
    let told = match &done {
        Ok(()) => wire::write(&mut out, Kind::End, 0, &[]),
        Err(Problem { failure, detail }) => {
            let reason = format!("{} {detail}", failure.name());
            wire::write_reason(&mut out, reason.trim_end())
        }
    };
    // Nobody listens: nobody wants to know.
    told.and_then(|()| out.flush()).is_ok() && done.is_ok()
}

fn show(errand: &Errand, out: &mut impl Write) -> Result<(), Problem> {
    limits::take(Limits {
        nice: NICE_SCREEN,
        memory_bytes: MEMORY_BYTES_MAX,
        cpu_s: None,
        file_bytes: FILE_BYTES_MAX,
    });
    let plays = super::plays(errand.ext());
    if plays {
        // Before it is confined: the list of plug-ins may have to be made anew.
        videos::init().map_err(|error| Problem::new(Failure::NotStarted, error.to_string()))?;
    }
    let openings = sandbox::Openings {
        input: Some(&errand.input),
        folders: &[&errand.scratch],
        encoder: false,
        network: false,
    };
    log::debug!("confined by {}", sandbox::enter(&openings));
    let content = content(&errand.input, errand.ext())?;
    if content.plays() != plays {
        return Err(Failure::NotMedia.into());
    }
    if plays { play(errand, out) } else { slide(errand, content, out) }
}

fn play(errand: &Errand, out: &mut impl Write) -> Result<(), Problem> {
    let settings = Settings {
        width: errand.width,
        height: errand.height,
        cover: errand.fit == Fit::Cover,
        from_ms: errand.from_ms,
        until_ms: errand.until_ms,
        sound: errand.sound,
        coded: errand.coded,
    };
    let mut playing = Playing::open(&errand.input, settings).map_err(video::problem)?;
    while let Some(piece) = playing.pull().map_err(video::problem)? {
        let kind = match piece.kind {
            Given::Picture => Kind::Picture,
            Given::Coded => Kind::Coded,
            Given::Sound => Kind::Sound,
        };
        wire::write(out, kind, piece.time_ns, &piece.data)?;
        out.flush()?;
    }
    Ok(())
}

fn slide(errand: &Errand, content: Content, out: &mut impl Write) -> Result<(), Problem> {
    let image = DynamicImage::from(picture::read(&errand.input, content)?.image);
    let page = on_screen(image, errand.width, errand.height, errand.fit).into_rgba8();
    Ok(wire::write(out, Kind::Slide, 0, page.as_raw())?)
}

/// A picture that fills the screen: with black borders, or without what does not fit.
fn on_screen(mut image: DynamicImage, width: u32, height: u32, fit: Fit) -> DynamicImage {
    let (wide, high) = match fit {
        Fit::Contain => scaled(image.dimensions(), (width, height)),
        // Cut to whole pixels, it may be a pixel too narrow.
        Fit::Cover => (width, height),
    };
    if fit == Fit::Cover {
        image = cut(image, width, height);
    }
    let image = match image.dimensions() {
        size if size == (wide, high) => image,
        // Averages: as good, for so much less.
        (from, _) if from >= 2 * wide => image.thumbnail_exact(wide, high),
        _ => image.resize_exact(wide, high, FilterType::CatmullRom),
    };
    if image.dimensions() == (width, height) {
        return image;
    }
    let mut page = RgbImage::new(width, height);
    let (left, top) = (i64::from((width - wide) / 2), i64::from((height - high) / 2));
    imageops::replace(&mut page, &image.into_rgb8(), left, top);
    page.into()
}

/// The middle of it, in the shape of the screen.
fn cut(image: DynamicImage, width: u32, height: u32) -> DynamicImage {
    let (wide, high) = image.dimensions();
    let share = |of: u32, by: u32, to: u32| {
        let part = u64::from(of) * u64::from(by) / u64::from(to.max(1));
        u32::try_from(part).unwrap_or(u32::MAX).max(1)
    };
    let (new_wide, new_high) = (share(high, width, height).min(wide), share(wide, height, width).min(high));
    if (new_wide, new_high) == (wide, high) {
        return image;
    }
    image.crop_imm((wide - new_wide) / 2, (high - new_high) / 2, new_wide, new_high)
}

/// The largest size of that shape on a screen; enlarged, too, as a TV is for looking from afar.
fn scaled((wide, high): (u32, u32), (width, height): (u32, u32)) -> (u32, u32) {
    let scale = (f64::from(width) / f64::from(wide.max(1))).min(f64::from(height) / f64::from(high.max(1)));
    let side = |side: u32, max: u32| ((f64::from(side) * scale).round() as u32).clamp(1, max);
    (side(wide, width), side(high, height))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    const WHITE: Rgb<u8> = Rgb([255; 3]);

    /// Where it is white: left and right edge in the middle row, upper and lower in the middle column.
    fn white(page: &DynamicImage) -> [u32; 4] {
        let (page, (width, height)) = (page.to_rgb8(), page.dimensions());
        let across: Vec<u32> = (0..width).filter(|x| page.get_pixel(*x, height / 2)[0] > 127).collect();
        let down: Vec<u32> = (0..height).filter(|y| page.get_pixel(width / 2, *y)[0] > 127).collect();
        [across[0], across[across.len() - 1], down[0], down[down.len() - 1]]
    }

    fn check(size: (u32, u32), fit: Fit, expected: [u32; 4]) {
        let image = RgbImage::from_pixel(size.0, size.1, WHITE);
        let page = on_screen(image.into(), 160, 90, fit);
        assert_eq!(page.dimensions(), (160, 90));
        assert_eq!(white(&page), expected, "{size:?} {fit:?}");
    }

    #[test]
    fn a_slide_is_as_large_as_the_screen_allows() {
        check((160, 90), Fit::Contain, [0, 159, 0, 89]);
        check((16, 9), Fit::Contain, [0, 159, 0, 89]);
        check((90, 90), Fit::Contain, [35, 124, 0, 89]);
        check((1600, 450), Fit::Contain, [0, 159, 22, 66]);
        check((90, 90), Fit::Cover, [0, 159, 0, 89]);
        check((1, 5000), Fit::Cover, [0, 159, 0, 89]);
        check((5000, 100), Fit::Contain, [0, 159, 43, 45]);
    }

    #[test]
    fn what_is_cut_off_is_the_same_on_both_sides() {
        let image =
            RgbImage::from_fn(300, 100, |x, _| if (100..200).contains(&x) { WHITE } else { Rgb([0; 3]) });
        assert_eq!(white(&on_screen(image.into(), 100, 100, Fit::Cover)), [0, 99, 0, 99]);
    }
}
