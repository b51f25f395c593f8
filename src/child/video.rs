//! Videos as pictures: thumbnail, preview; and as another video.

use std::time::{Duration, Instant};

use image::RgbImage;

use super::page::{THUMBNAIL_HEIGHT_MAX, THUMBNAIL_QUALITY, THUMBNAIL_WIDTH};
use super::picture::{fit, light, write_jpeg};
use super::{Problem, say};
use crate::library::content::Content;
use crate::library::work::{Errand, Failure, Line};
use crate::pipeline::file::convert::{Target, convert as make};
use crate::pipeline::file::frames::{Frame, Frames};
use crate::pipeline::file::{Container, FileError};

/// What is enough is taken then: the step has 30 s in all.
const TIME_MAX: Duration = Duration::from_secs(15);
/// Where to look for a thumbnail, in thousandths of the length: around a tenth, then anywhere.
const PLACES: [u64; 8] = [100, 120, 150, 80, 200, 300, 500, 30];
/// A picture darker or duller than this is a fade, a title's ground, or the night.
const LIGHT_MIN: f64 = 32.0;
const LIVELINESS_MIN: f64 = 8.0;
const PREVIEW_FRAMES: u64 = 10;
const PREVIEW_SIDE: u32 = 240;
const PREVIEW_QUALITY: u8 = 70;
/// In shorter ones key frames may lie too far apart to show anything; in longer ones decoding up to a time takes too
/// long, and nobody sees the difference.
const EXACT_MS_MAX: u64 = 60_000;

pub(super) fn is_mp4(content: Content) -> bool {
    matches!(content, Content::Mp4 | Content::QuickTime | Content::M4a)
}

/// What takes it apart.
pub(super) fn container(content: Content) -> Container {
    match content {
        Content::Matroska | Content::WebM => Container::Matroska,
        Content::Avi => Container::Avi,
        Content::Asf => Container::Asf,
        Content::MpegTs => Container::MpegTs,
        Content::MpegPs => Container::MpegPs,
        Content::Flash => Container::Flash,
        Content::Ogg => Container::Ogg,
        Content::Mp3 | Content::Adts | Content::Flac | Content::Wav | Content::OggSound => Container::Sound,
        _ => Container::Mp4,
    }
}

pub(super) fn problem(error: FileError) -> Problem {
    let (failure, detail) = match error {
        FileError::Unsupported(detail) => (Failure::Unsupported, detail),
        FileError::Damaged(detail) => (Failure::Damaged, detail),
        FileError::Encrypted => (Failure::Encrypted, String::new()),
        FileError::NoPicture => (Failure::NoPicture, String::new()),
        FileError::NoEncoder(detail) => (Failure::NoEncoder, detail),
        FileError::NoRoom => (Failure::NoRoom, String::new()),
        FileError::TooSlow => (Failure::TooSlow, String::new()),
        FileError::Failed(detail) => (Failure::Damaged, detail),
    };
    Problem::new(failure, detail)
}

fn open(errand: &Errand, width_max: u32, height_max: u32) -> Result<Frames, Problem> {
    let size = fit(errand.width, errand.height, width_max, height_max);
    Frames::open(&errand.input, size, errand.rotation).map_err(problem)
}

fn image(frame: Frame) -> Result<RgbImage, Problem> {
    RgbImage::from_raw(frame.width, frame.height, frame.data).ok_or_else(|| Failure::Damaged.into())
}

/// The first picture that shows something, else the best there was.
pub(super) fn thumbnail(errand: &Errand) -> Result<(), Problem> {
    let started = Instant::now();
    let mut frames = open(errand, THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT_MAX)?;
    let mut best: Option<(f64, RgbImage)> = None;
    for place in PLACES {
        let time_ms = errand.duration_ms.saturating_mul(place) / 1000;
        let Ok(frame) = frames.at(time_ms, errand.duration_ms <= EXACT_MS_MAX) else { continue };
        let image = image(frame)?;
        let (light, liveliness) = light(&image);
        let score = light.min(LIGHT_MIN) / LIGHT_MIN + liveliness.min(LIVELINESS_MIN) / LIVELINESS_MIN;
        if best.as_ref().is_none_or(|(most, _)| score > *most) {
            best = Some((score, image));
        }
        // Both are as good as asked for, or there is no time for more.
        if score >= 2.0 || started.elapsed() > TIME_MAX || errand.duration_ms == 0 {
            break;
        }
    }
    let image = match best {
        Some((_, image)) => image,
        // It can't be searched: what it begins with is all there is.
        None => image(open(errand, THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT_MAX)?.at(0, true).map_err(problem)?)?,
    };
    write_jpeg(&image, &errand.output.join("thumbnail.jpg"), THUMBNAIL_QUALITY)
}

/// Pictures from all over the video, side by side.
pub(super) fn preview(errand: &Errand) -> Result<(), Problem> {
    let started = Instant::now();
    let mut frames = open(errand, PREVIEW_SIDE, PREVIEW_SIDE)?;
    let mut images = Vec::new();
    let mut last = Failure::Damaged.into();
    for number in 0..PREVIEW_FRAMES {
        let time_ms = errand.duration_ms.saturating_mul(2 * number + 1) / (2 * PREVIEW_FRAMES);
        match frames.at(time_ms, errand.duration_ms <= EXACT_MS_MAX) {
            Ok(frame) => images.push(image(frame)?),
            Err(error) => last = problem(error),
        }
        if started.elapsed() > TIME_MAX || errand.duration_ms == 0 {
            break;
        }
    }
    let Some((width, height)) = images.first().map(RgbImage::dimensions) else { return Err(last) };
    images.retain(|image| image.dimensions() == (width, height));
    let count = images.len() as u32;
    let mut strip = RgbImage::new(width * count, height);
    for (image, number) in images.iter().zip(0_i64..) {
        image::imageops::replace(&mut strip, image, number * i64::from(width), 0);
    }
    write_jpeg(&strip, &errand.output.join("preview.jpg"), PREVIEW_QUALITY)?;
    say(&Line::Preview { frames: count });
    Ok(())
}

pub(super) fn convert(errand: &Errand) -> Result<(), Problem> {
    let (picture, sound) =
        copied(errand, |target, progress| make(&errand.input, target, progress).map_err(problem))?;
    for (name, length) in [("picture_ms", picture), ("sound_ms", sound)] {
        say(&Line::Fact { name: name.to_owned(), value: length.as_millis().to_string() });
    }
    Ok(())
}

/// Has the copy made that is asked for, and tells how far it is.
pub(super) fn copied<T>(
    errand: &Errand,
    make: impl FnOnce(&Target<'_>, &dyn Fn(u64)) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let conversion = errand.conversion.ok_or(Failure::NotStarted)?;
    let target = Target {
        file: &errand.output.join("converted.mp4"),
        spare: &errand.output.join("converted.spare"),
        width: conversion.width,
        height: conversion.height,
        rotation: errand.rotation,
        rate: conversion.rate,
        kbit_per_s: conversion.kbit_per_s,
    };
    let length_ms = errand.duration_ms.max(1);
    make(&target, &|reached_ms| {
        say(&Line::Progress((reached_ms as f32 / length_ms as f32).min(1.0)));
    })
}
