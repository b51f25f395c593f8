//! Whether an MP3 has its end: programs that write one put a frame first that says how many bytes there are (Xing's header,
//! which LAME and its like write as `Xing` or `Info`).

use std::io::{self, Read, Seek, SeekFrom};

use super::{Ending, array, reaches};
use crate::library::content::mp3_frame;

/// What is no loss: a frame of the highest rate, which some count and others do not.
const MISSING_MAX: u64 = 1500;
/// The header, and what it says, are in the first frame.
const FRAME_BYTES: u64 = 1500;
/// `Xing`, then this bit of the flags: the number of bytes is there; the bit below is for the number of frames before it.
const HAS_BYTES: u32 = 2;
const HAS_FRAMES: u32 = 1;

pub(super) fn ending(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    let begin = behind_tag(file)?;
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(begin))?;
    file.take(FRAME_BYTES).read_to_end(&mut head)?;
    let Some(bytes) = said(&head) else { return Ok(Ending::Whole) };
    Ok(match reaches(begin.saturating_add(bytes.into()), length) {
        Ending::Cut(Some(missing)) if missing <= MISSING_MAX => Ending::Whole,
        ending => ending,
    })
}

/// Where the sound begins: behind a tag, whose length is in four times seven bits (ID3v2, 3.1).
fn behind_tag(file: &mut (impl Read + Seek)) -> io::Result<u64> {
    let [a, b, c, _, _, _, size @ ..] = array::<10>(file)?;
    let size = size.into_iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    Ok(if [a, b, c] == *b"ID3" { size + 10 } else { 0 })
}

/// How many bytes there are from this frame on.
fn said(frame: &[u8]) -> Option<u32> {
    mp3_frame(frame)?;
    // Behind the header and what says how the frame is coded (ISO/IEC 11172-3, 2.4.1.7), by version and channels.
    let (full, mono) = (frame[1] & 8 != 0, frame.get(3)? >> 6 == 3);
    let at = match (full, mono) {
        (true, false) => 36,
        (true, true) | (false, false) => 21,
        (false, true) => 13,
    };
    let number = |at: usize| frame.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
    let (name, flags) = (frame.get(at..at + 4)?, number(at + 4)?);
    let is_it = matches!(name, b"Xing" | b"Info") && flags & HAS_BYTES != 0;
    number(at + 8 + if flags & HAS_FRAMES != 0 { 4 } else { 0 }).filter(|_| is_it)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn ends(bytes: &[u8]) -> Ending {
        ending(&mut Cursor::new(bytes), bytes.len() as u64).unwrap_or(Ending::Whole)
    }

    #[test]
    fn it_has_as_many_bytes_as_its_first_frame_says() {
        // Stereo at full rate: the header stands 36 bytes in, and says 9 frames of 4000 bytes.
        let mut frame = vec![0xff, 0xfb, 0x90, 0];
        frame.resize(36, 0);
        frame.extend([&b"Info\0\0\0\x03\0\0\0\x09"[..], &4000u32.to_be_bytes()].concat());
        frame.resize(4000, 7);
        let tagged = [&b"ID3\x04\0\0\0\0\x01\x02"[..], &[1; 130], &frame].concat();
        for whole in [frame, tagged] {
            assert_eq!(ends(&whole), Ending::Whole);
            assert_eq!(ends(&[&whole[..], b"TAG"].concat()), Ending::Whole, "and some more");
            assert_eq!(ends(&whole[..whole.len() - 2000]), Ending::Cut(Some(2000)));
            assert_eq!(ends(&whole[..whole.len() - 400]), Ending::Whole, "a frame more or less");
        }
    }

    #[test]
    fn what_says_nothing_is_left_to_who_reads_it() {
        for bytes in
            [&b""[..], b"ID3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f", &[0xff, 0xfb, 0x90, 0, 1, 2], &[0xff; 40]]
        {
            assert_eq!(ends(bytes), Ending::Whole, "{bytes:x?}");
        }
    }
}
