//! Pictures: read within bounds, made smaller, written.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops;
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb,
    RgbImage,
};

use super::colours::Colours;
use super::{Problem, exif};
use crate::library::content::Content;
use crate::library::work::Failure;

/// Cameras make up to 12,000 on a side, panoramas a little more.
pub(super) const SIDE_MAX: u32 = 16_384;
/// Of a picture in memory; 170 million pixels. With what scaling takes it stays within the child's limit.
pub(super) const BYTES_MAX: u64 = 512 << 20;

/// A picture as it is to be seen.
pub(super) struct Read {
    pub(super) image: RgbImage,
    /// The file shows just this in every browser: no rotation, no transparency, no strange colours.
    pub(super) plain: bool,
    /// Its colours are meant in a way that is not known here.
    pub(super) off: bool,
    /// In seconds since 1970, if the camera says.
    pub(super) taken: Option<i64>,
}

/// Reads a JPEG, PNG, WebP, GIF, BMP or TIFF; of an animation the first picture, of several pages the first.
pub(super) fn read(path: &Path, content: Content) -> Result<Read, Problem> {
    read_from(BufReader::new(File::open(path)?), content)
}

pub(super) fn read_from(from: impl BufRead + Seek, content: Content) -> Result<Read, Problem> {
    let format = match content {
        Content::Jpeg => ImageFormat::Jpeg,
        Content::Png => ImageFormat::Png,
        Content::WebP => ImageFormat::WebP,
        Content::Gif => ImageFormat::Gif,
        Content::Bmp => ImageFormat::Bmp,
        Content::Tiff => ImageFormat::Tiff,
        _ => return Err(Failure::NotMedia.into()),
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(BYTES_MAX);
    let mut reader = ImageReader::with_format(from, format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    if width > SIDE_MAX || height > SIDE_MAX || decoder.total_bytes() > BYTES_MAX {
        return Err(Problem::new(Failure::TooLarge, format!("{width}x{height} pixels")));
    }
    if width == 0 || height == 0 {
        return Err(Failure::Damaged.into());
    }
    let colours = decoder.original_color_type();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // What can't be read of it is not there: pictures are older than profiles.
    let profile = decoder.icc_profile().unwrap_or_default();
    let taken = decoder.exif_metadata().ok().flatten().as_deref().and_then(exif::taken);
    let mut image = DynamicImage::from_decoder(decoder).map_err(problem)?;
    let meant = Colours::of(profile, &image);
    let plain = matches!(colours, ExtendedColorType::Rgb8 | ExtendedColorType::L8)
        && orientation == Orientation::NoTransforms
        && meant.is_plain()
        && matches!(format, ImageFormat::Jpeg | ImageFormat::Png);
    image = meant.apply(image);
    image.apply_orientation(orientation);
    let off = matches!(meant, Colours::Unknown);
    Ok(Read { image: opaque(image), plain, off, taken })
}

fn problem(error: ImageError) -> Problem {
    match error {
        ImageError::Limits(error) => Problem::new(Failure::TooLarge, error.to_string()),
        ImageError::Unsupported(error) => Problem::new(Failure::OddPicture, error.to_string()),
        error => Problem::new(Failure::Damaged, error.to_string()),
    }
}

/// On white, as paper is: a screen has nothing behind a slide.
fn opaque(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0;
        Rgb([red, green, blue].map(|colour| over_white(colour, alpha)))
    })
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    ((colour * alpha + 255 * (255 - alpha)) / 255) as u8
}

/// The same for a picture whose opacity is in another one, in shades of grey, of any size.
pub(super) fn on_white(image: &mut RgbImage, opacity: &RgbImage) {
    let (width, height) = image.dimensions();
    let at = |place: u32, of: u32, to: u32| (u64::from(place) * u64::from(to) / u64::from(of.max(1))) as u32;
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let (x, y) = (at(x, width, opacity.width()), at(y, height, opacity.height()));
        let Some(Rgb([alpha, ..])) = opacity.get_pixel_checked(x, y) else { continue };
        pixel.0 = pixel.0.map(|colour| over_white(colour, *alpha));
    }
}

/// The size within the bounds, same shape, never enlarged, at least a pixel.
pub(super) fn fit(width: u32, height: u32, width_max: u32, height_max: u32) -> (u32, u32) {
    let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let shrink = (f64::from(width_max) / width).min(f64::from(height_max) / height).min(1.0);
    let side = |side: f64| ((side * shrink).round() as u32).max(1);
    (side(width), side(height))
}

pub(super) fn shrink(image: RgbImage, width_max: u32, height_max: u32) -> RgbImage {
    let (width, height) = fit(image.width(), image.height(), width_max, height_max);
    if (width, height) == image.dimensions() {
        image
    } else if image.width() >= 2 * width {
        // Averages, which needs no memory of its own, and is as good for so much less.
        imageops::thumbnail(&image, width, height)
    } else {
        imageops::resize(&image, width, height, imageops::FilterType::CatmullRom)
    }
}

pub(super) fn write_jpeg(image: &RgbImage, path: &Path, quality: u8) -> Result<(), Problem> {
    let mut out = BufWriter::new(File::create(path)?);
    JpegEncoder::new_with_quality(&mut out, quality).encode_image(image).map_err(written)?;
    Ok(out.flush()?)
}

pub(super) fn write_png(image: &RgbImage, path: &Path) -> Result<(), Problem> {
    let mut out = BufWriter::new(File::create(path)?);
    let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive);
    image.write_with_encoder(encoder).map_err(written)?;
    Ok(out.flush()?)
}

fn written(error: ImageError) -> Problem {
    match error {
        ImageError::IoError(error) => error.into(),
        error => Problem::new(Failure::Damaged, error.to_string()),
    }
}

/// Whether it is drawn, not photographed: few colours, which PNG keeps sharp in few bytes.
pub(super) fn is_drawn(image: &RgbImage) -> bool {
    const SAMPLES: usize = 16_384;
    /// Letters have some 250 shades from their colour to that of the ground.
    const COLOURS_MAX: usize = 2048;
    let step = (image.pixels().len() / SAMPLES).max(1);
    let colours: std::collections::HashSet<[u8; 3]> =
        image.pixels().step_by(step).map(|pixel| pixel.0).collect();
    colours.len() <= COLOURS_MAX
}

/// Light and liveliness of a picture: the mean of its luma, 0 to 255, and how far it strays from it.
pub(super) fn light(image: &RgbImage) -> (f64, f64) {
    let (mut sum, mut squares) = (0.0, 0.0);
    for Rgb([red, green, blue]) in image.pixels() {
        // BT.709.
        let luma = 0.2126 * f64::from(*red) + 0.7152 * f64::from(*green) + 0.0722 * f64::from(*blue);
        sum += luma;
        squares += luma * luma;
    }
    let count = image.pixels().len().max(1) as f64;
    let mean = sum / count;
    (mean, (squares / count - mean * mean).max(0.0).sqrt())
}

#[cfg(test)]
mod tests;
