//! HEIF, which phones and cameras make (ISO/IEC 23008-12): HEIC, whose pictures are coded in HEVC, and AVIF, in AV1. What is
//! in the file is read here; what is coded is decoded by what this machine has for videos.

mod bytes;
pub(super) mod items;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use image::{DynamicImage, RgbImage, imageops};

use self::bytes::Bytes;
use self::items::{Items, Odd, Property};
use super::colours::Colours;
use super::page::LONG_SIDE_MAX;
use super::picture::{BYTES_MAX, Read, SIDE_MAX, on_white};
use super::{Problem, exif, remark, say};
use crate::library::work::{Failure, Line, Remark};
use crate::pipeline::file::FileError;
use crate::pipeline::file::coded::{Codes, Coding, Stills};

/// A picture that is another one, turned, which is a grid of tiles: nothing that a camera makes is deeper.
const DEPTH_MAX: usize = 4;
/// Of one grid. Phones make tiles of 512 pixels a side, at 200 million pixels 768 of them.
const TILES_MAX: usize = 1024;
/// Of a picture that is coded as a whole: its decoder has it in memory, too, more than once.
const WHOLE_BYTES_MAX: u64 = BYTES_MAX / 3;
/// The code of colours that are not said to be any.
const NOT_SAID: u16 = 2;

impl From<Odd> for Problem {
    fn from(odd: Odd) -> Self {
        match odd {
            Odd::Damaged => Failure::Damaged.into(),
            Odd::Large(what) => Self::new(Failure::TooLarge, format!("too many {what}")),
        }
    }
}

fn opened(path: &Path) -> Result<(BufReader<File>, Items), Problem> {
    let mut file = BufReader::new(File::open(path)?);
    let items = Items::read(&mut file)??;
    Ok((file, items))
}

/// Tells what is in it besides the picture that is shown.
pub(super) fn tell_others(path: &Path) -> Result<(), Problem> {
    let (_, items) = opened(path)?;
    let pictures = items.pictures();
    if items.moves {
        remark(Remark::FirstPicture, "");
    } else if pictures > 1 {
        remark(Remark::MainPicture, format!("1 of {pictures}"));
    }
    Ok(())
}

/// Says on standard output how far it is.
pub(super) fn read(path: &Path) -> Result<Read, Problem> {
    let (file, items) = opened(path)?;
    let primary = items.primary;
    let mut reader = Reader { file, items, stills: None, primaries: NOT_SAID };
    let profile = reader.profile(primary)?;
    let above = Above { codes: None, profiled: profile.is_some(), depth: 0 };
    let image = DynamicImage::from(reader.pixels(primary, above)?);
    let meant = match profile {
        Some(profile) => Colours::of(Some(profile), &image),
        None => Colours::of_primaries(reader.primaries),
    };
    let mut image = meant.apply(image).into_rgb8();
    if let Some(id) = reader.items.opacity(primary) {
        // All values are used, whatever is coded with it (MIAF, 7.3.5.2).
        let codes = Codes { primaries: NOT_SAID, transfer: NOT_SAID, matrix: NOT_SAID, full: true };
        let opacity = reader.pixels(id, Above { codes: Some(codes), profiled: true, depth: 0 })?;
        on_white(&mut image, &opacity);
    }
    let image = reader.turned(primary, image)?;
    // What the camera wrote of turning is done by now, and would be done twice (ISO/IEC 23008-12, annex A.2).
    let taken = reader.items.exif(primary).and_then(|id| reader.taken(id));
    Ok(Read { image, plain: false, off: matches!(meant, Colours::Unknown), taken })
}

/// What is known of a picture from those that it is a part of.
#[derive(Clone, Copy)]
struct Above {
    codes: Option<Codes>,
    /// A profile says more of its colours than codes do.
    profiled: bool,
    depth: usize,
}

struct Reader {
    file: BufReader<File>,
    items: Items,
    /// What decoded the last one.
    stills: Option<Stills>,
    primaries: u16,
}

impl Reader {
    fn content(&mut self, id: u32) -> Result<Vec<u8>, Problem> {
        Ok(self.items.content(self.items.item(id)?, &mut self.file)??)
    }

    /// The profile of a picture. One for shades of grey says nothing of those in red, green and blue that are seen here.
    fn profile(&self, id: u32) -> Result<Option<Vec<u8>>, Problem> {
        let mut said = self.items.properties(self.items.item(id)?);
        let profile = said.find_map(|(said, _)| match said {
            Property::Profile(profile) if profile.get(16..20) != Some(b"GRAY") => Some(profile.clone()),
            _ => None,
        });
        Ok(profile)
    }

    fn taken(&mut self, id: u32) -> Option<i64> {
        let content = self.content(id).ok()?;
        let (skip, rest) = content.split_first_chunk::<4>()?;
        exif::taken(rest.get(usize::try_from(u32::from_be_bytes(*skip)).ok()?..)?)
    }

    /// A picture as it is coded, neither cut nor turned.
    fn pixels(&mut self, id: u32, above: Above) -> Result<RgbImage, Problem> {
        let item = self.items.item(id)?;
        if item.protected {
            return Err(Failure::Encrypted.into());
        }
        let (kind, mut size, mut setup, mut codes) = (item.kind, None, None, above.codes);
        for (said, essential) in self.items.properties(item) {
            match said {
                Property::Size(width, height) => size = Some((*width, *height)),
                Property::Hevc(bytes) => setup = Some(bytes.clone()),
                Property::Colours([primaries, transfer, matrix], full) => {
                    let (primaries, transfer, matrix, full) = (*primaries, *transfer, *matrix, *full);
                    codes = Some(Codes { primaries, transfer, matrix, full });
                }
                Property::Unknown(name) if essential => return Err(odd(*name)),
                _ => {}
            }
        }
        let below = Above { codes, depth: above.depth + 1, ..above };
        let (coding, setup) = match (&kind, setup) {
            (b"hvc1" | b"hev1", Some(setup)) => (Coding::Hevc, setup),
            (b"hvc1" | b"hev1", None) => return Err(Failure::Damaged.into()),
            (b"av01", _) => (Coding::Av1, Vec::new()),
            // Tiles are coded: a grid of grids would be no bound to their number.
            (b"grid", _) if above.depth + 1 < DEPTH_MAX => return self.grid(id, below),
            // The second adds light for screens that have more of it.
            (b"iden" | b"tmap", _) if below.depth < DEPTH_MAX => {
                let part = *self.items.parts(id).first().ok_or(Failure::Damaged)?;
                let image = self.pixels(part, below)?;
                return self.turned(part, image);
            }
            _ => return Err(odd(kind)),
        };
        let (width, height) = size.ok_or(Failure::Damaged)?;
        if coding == Coding::Hevc && is_deep_grey(&setup) {
            return Err(Problem::new(Failure::OddPicture, "shades of grey of more than 8 bits"));
        }
        bounded(width, height, WHOLE_BYTES_MAX)?;
        let data = self.content(id)?;
        let still = self.decoder(coding)?.decode(&setup, data, codes, above.profiled).map_err(problem)?;
        self.primaries = still.primaries;
        let image = RgbImage::from_raw(still.frame.width, still.frame.height, still.frame.data);
        let image = image.ok_or(Failure::Damaged)?;
        // Codecs have whole blocks.
        Ok(match (width.min(image.width()), height.min(image.height())) {
            seen if seen == image.dimensions() => image,
            (width, height) => imageops::crop_imm(&image, 0, 0, width, height).to_image(),
        })
    }

    fn decoder(&mut self, coding: Coding) -> Result<&mut Stills, Problem> {
        let stills = match self.stills.take().filter(|stills| stills.coding() == coding) {
            Some(stills) => stills,
            None => Stills::open(coding).map_err(problem)?,
        };
        Ok(self.stills.insert(stills))
    }

    /// Tiles side by side, row by row (ISO/IEC 23008-12, 6.6.2.3); what is beyond the edges of the whole is not seen.
    fn grid(&mut self, id: u32, below: Above) -> Result<RgbImage, Problem> {
        let content = self.content(id)?;
        let mut content = Bytes(&content);
        let (_, flags) = (content.number(1)?, content.number(1)?);
        let (rows, columns) = (content.number(1)? as u32 + 1, content.number(1)? as u32 + 1);
        let side = if flags & 1 == 0 { 2 } else { 4 };
        let (width, height) = (content.number(side)? as u32, content.number(side)? as u32);
        let cut =
            self.items.properties(self.items.item(id)?).any(|(said, _)| matches!(said, Property::Cut(_)));
        // Of pictures that are far larger than a page, tiles are made smaller one by one: a whole of 200 million pixels has
        // no room in memory.
        let mut smaller = 1;
        while !cut && width.max(height) / (smaller * 2) >= LONG_SIDE_MAX {
            smaller *= 2;
        }
        let tiles = self.items.parts(id).to_vec();
        if tiles.len() > TILES_MAX {
            return Err(Odd::Large("tiles").into());
        }
        if tiles.len() as u32 != rows * columns {
            return Err(Failure::Damaged.into());
        }
        let mut whole = RgbImage::new(0, 0);
        let (mut size, count) = ((0, 0), tiles.len());
        for (tile, number) in tiles.into_iter().zip(0..) {
            say(&Line::Progress(number as f32 / count as f32));
            if matches!(&self.items.item(tile)?.kind, b"grid" | b"iden" | b"tmap") {
                return Err(odd(*b"grid"));
            }
            let image = self.pixels(tile, below)?;
            let (wide, high) = image.dimensions();
            if number == 0 {
                let covers = |side: u32, count: u32, whole: u32| {
                    u64::from(side) * u64::from(count) >= u64::from(whole)
                };
                if !covers(wide, columns, width) || !covers(high, rows, height) {
                    return Err(Failure::Damaged.into());
                }
                // Where tiles have no whole number of those pixels, they would not meet.
                while !wide.is_multiple_of(smaller) || !high.is_multiple_of(smaller) {
                    smaller /= 2;
                }
                let seen = (width.div_ceil(smaller), height.div_ceil(smaller));
                bounded(width, height, BYTES_MAX * u64::from(smaller * smaller))?;
                (size, whole) = ((wide, high), RgbImage::new(seen.0, seen.1));
            }
            if (wide, high) != size {
                return Err(Failure::Damaged.into());
            }
            let image = match smaller {
                1 => image,
                _ => imageops::thumbnail(&image, wide / smaller, high / smaller),
            };
            let (column, row) = (number % columns * image.width(), number / columns * image.height());
            imageops::replace(&mut whole, &image, column.into(), row.into());
        }
        Ok(whole)
    }

    /// Cut, turned and mirrored as is said of it, in that order.
    fn turned(&self, id: u32, mut image: RgbImage) -> Result<RgbImage, Problem> {
        for (said, _) in self.items.properties(self.items.item(id)?) {
            match said {
                Property::Cut(cut) => {
                    let (x, y, width, height) = aperture(*cut, image.dimensions()).ok_or(Failure::Damaged)?;
                    image = imageops::crop_imm(&image, x, y, width, height).to_image();
                }
                Property::Turn(1) => image = imageops::rotate270(&image),
                Property::Turn(2) => imageops::rotate180_in_place(&mut image),
                Property::Turn(3) => image = imageops::rotate90(&image),
                Property::Mirror(true) => imageops::flip_horizontal_in_place(&mut image),
                Property::Mirror(false) => imageops::flip_vertical_in_place(&mut image),
                _ => {}
            }
        }
        Ok(image)
    }
}

/// What is seen of a picture (ISO/IEC 14496-12, 12.1.4), in whole pixels: left, top, width, height.
fn aperture(
    [width, height, right, down]: [(i64, i64); 4],
    (wide, high): (u32, u32),
) -> Option<(u32, u32, u32, u32)> {
    let along = |(size, parts): (i64, i64), (off, off_parts): (i64, i64), side: u32| {
        if parts <= 0 || off_parts <= 0 {
            return None;
        }
        let seen = u32::try_from(size / parts).ok()?;
        let begin = off as f64 / off_parts as f64 + f64::from(side.checked_sub(seen)?) / 2.0;
        let begin = (begin.round().max(0.0) as u32).min(side - seen);
        (seen > 0).then_some((begin, seen))
    };
    let ((left, width), (top, height)) = (along(width, right, wide)?, along(height, down, high)?);
    Some((left, top, width, height))
}

fn bounded(width: u32, height: u32, bytes_max: u64) -> Result<(), Problem> {
    if width == 0 || height == 0 {
        return Err(Failure::Damaged.into());
    }
    if width > SIDE_MAX || height > SIDE_MAX || u64::from(width) * u64::from(height) * 3 > bytes_max {
        return Err(Problem::new(Failure::TooLarge, format!("{width}x{height} pixels")));
    }
    Ok(())
}

/// Decoders end with it, as if it were damaged (ISO/IEC 14496-15, 8.3.3.1.2): the kind of chroma is 0, the bits are not 8.
fn is_deep_grey(setup: &[u8]) -> bool {
    setup.get(16).is_some_and(|chroma| chroma & 3 == 0) && setup.get(17).is_some_and(|bits| bits & 7 != 0)
}

fn odd(kind: [u8; 4]) -> Problem {
    Problem::new(Failure::OddPicture, kind.escape_ascii().to_string())
}

fn problem(error: FileError) -> Problem {
    match error {
        FileError::Unsupported(coding) => Problem::new(Failure::NoPictureDecoder, coding),
        error => super::video::problem(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_lies_around_the_middle() {
        let cut = |width, height, right, down| {
            aperture([(width, 1), (height, 1), (right, 2), (down, 2)], (100, 50))
        };
        assert_eq!(cut(100, 50, 0, 0), Some((0, 0, 100, 50)));
        assert_eq!(cut(90, 40, 0, 0), Some((5, 5, 90, 40)));
        // The last five columns and first rows are left out.
        assert_eq!(cut(95, 45, -5, 5), Some((0, 5, 95, 45)));
        assert_eq!(cut(95, 45, 1000, -1000), Some((5, 0, 95, 45)), "not beyond the picture");
        for (width, height) in [(0, 50), (101, 50), (-5, 50), (100, i64::from(i32::MAX))] {
            assert_eq!(cut(width, height, 0, 0), None);
        }
        assert_eq!(aperture([(100, 0), (50, 1), (0, 1), (0, 1)], (100, 50)), None);
        assert_eq!(aperture([(100, 1), (50, 1), (0, -1), (0, 1)], (100, 50)), None);
    }

    #[test]
    fn grey_of_many_bits_is_known_by_its_setup() {
        let setup = |chroma: u8, bits: u8| [&[1; 16][..], &[0xfc | chroma, 0xf8 | (bits - 8)]].concat();
        assert!(is_deep_grey(&setup(0, 10)) && is_deep_grey(&setup(0, 12)));
        for other in [setup(0, 8), setup(1, 10), setup(3, 8), vec![], vec![0; 17]] {
            assert!(!is_deep_grey(&other), "{other:?}");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(bounded(4032, 3024, WHOLE_BYTES_MAX).is_ok() && bounded(1, 1, WHOLE_BYTES_MAX).is_ok());
        for (width, height) in [(SIDE_MAX + 1, 1), (1, u32::MAX), (SIDE_MAX, SIDE_MAX)] {
            let problem = bounded(width, height, WHOLE_BYTES_MAX).err().map(|problem| problem.failure);
            assert_eq!(problem, Some(Failure::TooLarge), "{width}x{height}");
        }
        assert_eq!(bounded(0, 9, BYTES_MAX).err().map(|problem| problem.failure), Some(Failure::Damaged));
    }
}
