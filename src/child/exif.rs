//! When a picture was taken, as its camera wrote it into the file (EXIF 2.32, TIFF 6.0). Pure.

/// Entries of one directory that are looked at; cameras write some fifty.
const ENTRIES_MAX: usize = 512;
/// `YYYY:MM:DD HH:MM:SS` and a zero.
const TIME_BYTES: usize = 20;
const EXIF_DIRECTORY: u16 = 0x8769;
/// Original, digitized; changed, in the first directory.
const TIMES: [u16; 2] = [0x9003, 0x9004];
const CHANGED: u16 = 0x0132;
const ASCII: u16 = 2;

/// Seconds since 1970 of the camera's own clock, whose zone nobody knows, as if it were UTC. `None`: it does not say.
pub(super) fn taken(exif: &[u8]) -> Option<i64> {
    let tiff = Tiff::read(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))?;
    let first = tiff.number(4, 4)?;
    let exif = tiff.entry(first, EXIF_DIRECTORY).and_then(|entry| tiff.number(entry + 8, 4));
    let original = exif.and_then(|directory| TIMES.into_iter().find_map(|tag| tiff.time(directory, tag)));
    original.or_else(|| tiff.time(first, CHANGED))
}

struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl<'a> Tiff<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes.get(..4)? {
            b"MM\0*" => true,
            b"II*\0" => false,
            _ => return None,
        };
        Some(Self { bytes, big_endian })
    }

    /// A number of 2 or 4 bytes.
    fn number(&self, at: usize, bytes: usize) -> Option<usize> {
        let field = self.bytes.get(at..at.checked_add(bytes)?)?;
        let push = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(match self.big_endian {
            true => field.iter().fold(0, push),
            false => field.iter().rev().fold(0, push),
        })
    }

    /// Where a directory has the entry of a tag.
    fn entry(&self, directory: usize, tag: u16) -> Option<usize> {
        let entries = self.number(directory, 2)?.min(ENTRIES_MAX);
        let first = directory.checked_add(2)?;
        let found = (0..entries).map(|index| first + index * 12);
        found.into_iter().find(|at| self.number(*at, 2) == Some(usize::from(tag)))
    }

    fn time(&self, directory: usize, tag: u16) -> Option<i64> {
        let entry = self.entry(directory, tag)?;
        let is_time =
            self.number(entry + 2, 2)? == usize::from(ASCII) && self.number(entry + 4, 4)? == TIME_BYTES;
        let at = self.number(entry + 8, 4).filter(|_| is_time)?;
        let text = self.bytes.get(at..at.checked_add(TIME_BYTES - 1)?)?;
        let text = std::str::from_utf8(text).ok()?;
        let time = jiff::civil::DateTime::strptime("%Y:%m:%d %H:%M:%S", text).ok()?;
        Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file's EXIF with these directories: the first, and the camera's own.
    pub(crate) fn exif(time: &str, tag: u16) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
        let entry = |tag: u16, kind: u16, count: u32, value: u32| {
            [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()].concat()
        };
        // 8: one entry and no further directory, 18 bytes; 26: the same; 44: the text.
        tiff.extend([0, 1]);
        tiff.extend(if tag == CHANGED { entry(tag, ASCII, 20, 44) } else { entry(EXIF_DIRECTORY, 4, 1, 26) });
        tiff.extend([0; 4]);
        tiff.extend([0, 1]);
        tiff.extend(entry(tag, ASCII, 20, 44));
        tiff.extend([0; 4]);
        tiff.extend(time.as_bytes());
        tiff.push(0);
        tiff
    }

    #[test]
    fn the_time_of_the_camera_is_read() {
        let day = Some(1_593_698_400); // 2020-07-02 14:00:00
        assert_eq!(taken(&exif("2020:07:02 14:00:00", 0x9003)), day);
        assert_eq!(taken(&exif("2020:07:02 14:00:00", 0x9004)), day);
        assert_eq!(taken(&exif("2020:07:02 14:00:00", CHANGED)), day);
        let prefixed = [b"Exif\0\0", &exif("2020:07:02 14:00:00", 0x9003)[..]].concat();
        assert_eq!(taken(&prefixed), day);
        for none in ["0000:00:00 00:00:00", "2020:13:02 14:00:00", "                   "] {
            assert_eq!(taken(&exif(none, 0x9003)), None, "{none}");
        }
    }

    #[test]
    fn what_is_cut_short_or_points_anywhere_says_nothing() {
        let whole = exif("2020:07:02 14:00:00", 0x9003);
        for length in 0..whole.len() - 1 {
            assert_eq!(taken(&whole[..length]), None, "{length}");
        }
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] = 0xff;
            let _ = taken(&bent);
        }
    }
}
