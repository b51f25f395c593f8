//! Colours as a picture's profile means them, in sRGB: screens take every picture for that, and TVs look at no profile.

use std::sync::Arc;

use image::{DynamicImage, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

/// What is to be done with the colours of a picture.
pub(super) enum Colours {
    /// They are what a screen shows.
    Plain,
    Shift(Arc<Transform8BitExecutor>, Layout),
    /// They are meant in a way that is not known here, such as for printing.
    Unknown,
}

/// Between two shades that nobody tells apart.
const SAME_MAX: u8 = 3;

impl Colours {
    /// By the profile in the file, for pixels of this kind.
    pub(super) fn of(profile: Option<Vec<u8>>, image: &DynamicImage) -> Self {
        let Some(profile) = profile.filter(|profile| !profile.is_empty()) else { return Self::Plain };
        let Ok(profile) = ColorProfile::new_from_slice(&profile) else { return Self::Unknown };
        Self::by(&profile, image.color().has_color(), image.color().has_alpha())
    }

    /// By the code of colours (ITU-T H.273, table 2) of pixels in RGB; all others are near enough to those of screens.
    pub(super) fn of_primaries(code: u16) -> Self {
        match code {
            9 => Self::by(&ColorProfile::new_bt2020(), true, false),
            12 => Self::by(&ColorProfile::new_display_p3(), true, false),
            _ => Self::Plain,
        }
    }

    fn by(profile: &ColorProfile, has_color: bool, has_alpha: bool) -> Self {
        let layout = match (profile.color_space, has_color, has_alpha) {
            (DataColorSpace::Rgb, true, false) => Layout::Rgb,
            (DataColorSpace::Rgb, true, true) => Layout::Rgba,
            // Shades of grey are the same in nearly all profiles for them.
            (_, false, _) => return Self::Plain,
            _ => return Self::Unknown,
        };
        let to = if layout == Layout::Rgb { Layout::Rgb } else { Layout::Rgba };
        let shift =
            profile.create_transform_8bit(layout, &ColorProfile::new_srgb(), to, TransformOptions::default());
        match shift {
            Ok(shift) if is_nothing(&*shift, layout) => Self::Plain,
            Ok(shift) => Self::Shift(shift, layout),
            Err(_) => Self::Unknown,
        }
    }

    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }

    pub(super) fn apply(&self, image: DynamicImage) -> DynamicImage {
        match self {
            Self::Shift(shift, Layout::Rgba) => {
                let mut image: RgbaImage = image.into_rgba8();
                let width = image.width() as usize * 4;
                rows(&**shift, &mut image, width);
                image.into()
            }
            Self::Shift(shift, _) => {
                let mut image: RgbImage = image.into_rgb8();
                let width = image.width() as usize * 3;
                rows(&**shift, &mut image, width);
                image.into()
            }
            Self::Plain | Self::Unknown => image,
        }
    }
}

/// Row by row: a second picture of that size may not fit into memory. A row that can't be shifted stays.
fn rows(shift: &Transform8BitExecutor, pixels: &mut [u8], width: usize) {
    let mut shifted = vec![0; width];
    for row in pixels.chunks_exact_mut(width.max(1)) {
        if shift.transform(row, &mut shifted).is_ok() {
            row.copy_from_slice(&shifted);
        }
    }
}

/// Whether it leaves all colours nearly as they are: sRGB, by whatever name.
fn is_nothing(shift: &Transform8BitExecutor, layout: Layout) -> bool {
    const STEPS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let colours = STEPS.iter().flat_map(|red| STEPS.iter().map(move |green| (*red, *green)));
    let all = colours.flat_map(|(red, green)| STEPS.iter().map(move |blue| [red, green, *blue]));
    let from: Vec<u8> = match layout {
        Layout::Rgba => all.flat_map(|[red, green, blue]| Rgba([red, green, blue, 255]).0).collect(),
        _ => all.flat_map(|colour| Rgb(colour).0).collect(),
    };
    let mut to = vec![0; from.len()];
    shift.transform(&from, &mut to).is_ok()
        && from.iter().zip(&to).all(|(from, to)| from.abs_diff(*to) <= SAME_MAX)
}
