//! Whether an MP4 is copy-protected (ISO/IEC 23001-7): its pictures are then of a format that nothing decodes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Of the box with the description of all tracks.
const MOVIE_BYTES_MAX: u64 = 16 << 20;
/// Boxes at the top of a file are a few; fragments are behind the description.
const BOXES_MAX: usize = 1000;
/// Formats of protected pictures and sound, which name their own beside them.
const PROTECTED: [&[u8]; 2] = [b"encv", b"enca"];

/// Only asked of a file that can't be decoded: a name in it that looks like one decides nothing else.
pub fn is_protected(file: &Path) -> bool {
    File::open(file)
        .and_then(|mut file| movie(&mut file))
        .is_ok_and(|movie| movie.windows(4).any(|name| PROTECTED.contains(&name)))
}

/// What is in `moov`; nothing without one.
fn movie(file: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
    let mut at = 0u64;
    for _ in 0..BOXES_MAX {
        let mut head = [0; 16];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut head[..8])?;
        let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let (len, head_len) = match short {
            0 => (u64::MAX - at, 8),
            1 => {
                file.read_exact(&mut head[8..])?;
                (head[8..].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 16)
            }
            len => (len, 8),
        };
        if &head[4..8] == b"moov" {
            let mut movie = Vec::new();
            file.take(len.saturating_sub(head_len).min(MOVIE_BYTES_MAX)).read_to_end(&mut movie)?;
            return Ok(movie);
        }
        at = at.checked_add(len.max(8)).ok_or(io::ErrorKind::InvalidData)?;
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn found(bytes: &[u8]) -> Option<Vec<u8>> {
        movie(&mut Cursor::new(bytes)).ok()
    }

    #[test]
    fn the_description_is_found_wherever_it_stands() {
        let file = b"\0\0\0\x08ftyp\0\0\0\x01mdat\0\0\0\0\0\0\0\x12xy\0\0\0\x0cmoovencv";
        assert_eq!(found(file).as_deref(), Some(b"encv".as_slice()));
        assert_eq!(found(b"\0\0\0\0moovab").as_deref(), Some(b"ab".as_slice()));
    }

    #[test]
    fn odd_lengths_end() {
        for bytes in
            [&b""[..], b"\0\0\0\x03free", b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff", b"\0\0\0\0free"]
        {
            assert_eq!(found(bytes), None);
        }
    }
}
