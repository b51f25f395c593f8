//! TIFF (TIFF 6.0, section 2): directories of pages, each of which says where its strips or tiles are.

use std::io::{self, Read, Seek, SeekFrom};

use super::{Ending, array, reaches};

/// Pages that are counted. A scanner's feeder holds some hundred sheets.
const PAGES_MAX: usize = 1000;
/// Strips or tiles of a page that are looked at; of the others the last is what matters, and it is looked at, too.
const PARTS_MAX: u32 = 100_000;
const SUBFILE: u16 = 254;
const STRIPS: [u16; 2] = [273, 279];
const TILES: [u16; 2] = [324, 325];
/// Pictures in a picture: only raw ones of cameras have these beside a small first one.
const SUB_PICTURES: u16 = 330;

/// What is known of the whole file.
#[derive(Debug, Default)]
pub(in crate::child) struct Pages {
    pub(in crate::child) count: usize,
    /// The first is a small copy of what only the camera's maker can read.
    pub(in crate::child) raw: bool,
}

/// Reads numbers as the file's first two letters say.
struct Numbers<'a, F> {
    file: &'a mut F,
    little: bool,
}

/// A field of a directory: what it is, of which type, how many, and its value or where that is.
struct Field {
    tag: u16,
    kind: u16,
    count: u32,
    value: [u8; 4],
}

impl<F: Read + Seek> Numbers<'_, F> {
    fn of(file: &mut F) -> io::Result<(Numbers<'_, F>, u32)> {
        file.seek(SeekFrom::Start(0))?;
        let [mark, ..] = array::<4>(file)?;
        let mut numbers = Numbers { file, little: mark == b'I' };
        let first = numbers.long()?;
        Ok((numbers, first))
    }

    fn number(&self, bytes: &[u8]) -> u32 {
        let add = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        if self.little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
    }

    fn short(&mut self) -> io::Result<u16> {
        let bytes = array::<2>(self.file)?;
        Ok(self.number(&bytes) as u16)
    }

    fn long(&mut self) -> io::Result<u32> {
        let bytes = array::<4>(self.file)?;
        Ok(self.number(&bytes))
    }

    /// The fields of a directory, and where the next one is; 0: it is the last.
    fn directory(&mut self, at: u32) -> io::Result<(Vec<Field>, u32)> {
        self.file.seek(SeekFrom::Start(at.into()))?;
        let count = self.short()?;
        let mut fields = Vec::new();
        for _ in 0..count {
            let (tag, kind, count) = (self.short()?, self.short()?, self.long()?);
            fields.push(Field { tag, kind, count, value: array(self.file)? });
        }
        Ok((fields, self.long()?))
    }

    /// The last values of a field of shorts or longs, from the `from`th on.
    fn values(&mut self, field: &Field, from: u32) -> io::Result<Vec<u32>> {
        let size = if field.kind == 3 { 2 } else { 4 };
        let bytes = u64::from(field.count) * size as u64;
        if bytes <= 4 {
            return Ok(field
                .value
                .chunks(size)
                .take(field.count as usize)
                .map(|value| self.number(value))
                .collect());
        }
        let at = u64::from(self.number(&field.value)) + u64::from(from) * size as u64;
        self.file.seek(SeekFrom::Start(at))?;
        let mut values = Vec::new();
        for _ in from..field.count {
            values.push(if size == 2 { self.short()?.into() } else { self.long()? });
        }
        Ok(values)
    }

    /// Where the picture of a directory ends in the file; 0: it does not say.
    fn end(&mut self, fields: &[Field]) -> io::Result<u64> {
        let mut end = 0;
        for [offsets, sizes] in [STRIPS, TILES] {
            let find = |tag: u16| fields.iter().find(|field| field.tag == tag);
            let (Some(offsets), Some(sizes)) = (find(offsets), find(sizes)) else { continue };
            let from = offsets.count.min(sizes.count).saturating_sub(PARTS_MAX);
            let parts = self.values(offsets, from)?.into_iter().zip(self.values(sizes, from)?);
            end = parts.map(|(at, bytes)| u64::from(at) + u64::from(bytes)).fold(end, u64::max);
        }
        Ok(end)
    }
}

/// All that its first page needs must be there; directories are often behind the pictures.
pub(super) fn ending(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    let (mut numbers, first) = Numbers::of(file)?;
    if u64::from(first) + 2 > length {
        return Ok(Ending::Cut(None));
    }
    let end = numbers.directory(first).and_then(|(fields, _)| numbers.end(&fields));
    Ok(match end {
        Ok(end) => reaches(end, length),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ending::Cut(None),
        Err(error) => return Err(error),
    })
}

pub(in crate::child) fn pages(file: &mut (impl Read + Seek)) -> io::Result<Pages> {
    let (mut numbers, mut at) = Numbers::of(file)?;
    let mut pages = Pages::default();
    while at != 0 && pages.count < PAGES_MAX {
        // One that is behind the end of the file is no page.
        let Ok((fields, next)) = numbers.directory(at) else { break };
        let subfile = fields.iter().find(|field| field.tag == SUBFILE);
        let small = subfile.is_some_and(|field| numbers.number(&field.value) & 1 != 0);
        pages.raw |= pages.count == 0 && small && fields.iter().any(|field| field.tag == SUB_PICTURES);
        // Small copies of other pages are none.
        pages.count += usize::from(!small || pages.count == 0);
        // They come one behind the other, in any direction; one that is its own next would have no end.
        if next == at {
            break;
        }
        at = next;
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// As many pages of four bytes each, in one of the two orders; small ones are marked so.
    fn file(little: bool, pages: &[bool]) -> Vec<u8> {
        let long = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let short = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let mut bytes = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        bytes.extend(long(8));
        for (number, small) in pages.iter().enumerate() {
            let begin = bytes.len() as u32;
            let picture = begin + 2 + 3 * 12 + 4;
            bytes.extend(short(3));
            for (tag, value) in [(SUBFILE, u32::from(*small)), (STRIPS[0], picture), (STRIPS[1], 4)] {
                bytes.extend([&short(tag)[..], &short(4), &long(1), &long(value)].concat());
            }
            bytes.extend(long(if number + 1 < pages.len() { picture + 4 } else { 0 }));
            bytes.extend([7; 4]);
        }
        bytes
    }

    #[test]
    fn pages_are_counted_in_both_orders() {
        for little in [true, false] {
            let count = |pages: &[bool]| super::pages(&mut Cursor::new(file(little, pages))).unwrap().count;
            assert_eq!((count(&[false]), count(&[false, false, false])), (1, 3));
            assert_eq!(count(&[false, true]), 1, "a small copy");
            let whole = file(little, &[false, false]);
            let ends = |part: &[u8]| ending(&mut Cursor::new(part), part.len() as u64).unwrap();
            assert_eq!(ends(&whole), Ending::Whole);
            assert_eq!(ends(&whole[..54]), Ending::Whole, "the first page is there");
            assert_eq!(ends(&whole[..52]), Ending::Cut(Some(2)));
            assert_eq!(ends(&whole[..20]), Ending::Cut(None));
        }
    }

    #[test]
    fn circles_and_odd_numbers_end() {
        let mut circle = file(true, &[false]);
        let next = circle.len() - 8;
        circle[next..next + 4].copy_from_slice(&8u32.to_le_bytes());
        assert_eq!(pages(&mut Cursor::new(&circle)).unwrap().count, 1);
        let mut far = file(false, &[false, false]);
        far[4..8].copy_from_slice(&[0xff; 4]);
        assert_eq!(pages(&mut Cursor::new(&far)).unwrap().count, 0);
        assert_eq!(ending(&mut Cursor::new(&far), far.len() as u64).unwrap(), Ending::Cut(None));
    }
}
