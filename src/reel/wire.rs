//! What the child says of a file: pieces, each behind a header of its own. Pure.
//!
//! The child may be anybody's by then: whatever does not fit its header's kind ends it.

use std::io::{self, Read, Write};

/// Kind, bytes, time; each little-endian.
const HEADER_BYTES: usize = 16;
/// A second of sound is 192,000; decoders give it in pieces of some 20 ms.
const SOUND_BYTES_MAX: usize = 1 << 20;
/// A coded picture: what level 5.1 of H.264 allows for one is far below.
const CODED_BYTES_MAX: usize = 8 << 20;
/// Of a reason, for the log and for people.
const REASON_BYTES_MAX: usize = 300;

/// What follows a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A picture of a video: I420, of the size that was asked for, as GStreamer lays it out.
    Picture,
    /// A slide: RGBA, opaque, of the size that was asked for.
    Slide,
    /// An access unit of H.264, in byte-stream format.
    Coded,
    /// 48 kHz, two channels, 16 bit.
    Sound,
    /// Nothing more comes.
    End,
    /// Why nothing more comes.
    Failed,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Picture, Self::Slide, Self::Coded, Self::Sound, Self::End, Self::Failed];

    /// Whether so many bytes can be what it says they are.
    fn holds(self, bytes: usize, sizes: Sizes) -> bool {
        match self {
            Self::Picture => bytes == sizes.picture,
            Self::Slide => bytes == sizes.slide,
            Self::Coded => (1..=CODED_BYTES_MAX).contains(&bytes),
            // Whole samples of both channels.
            Self::Sound => (1..=SOUND_BYTES_MAX).contains(&bytes) && bytes.is_multiple_of(4),
            Self::End => bytes == 0,
            Self::Failed => bytes <= REASON_BYTES_MAX,
        }
    }
}

/// Bytes of pictures, which follow from what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub picture: usize,
    pub slide: usize,
}

/// Of one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    pub bytes: usize,
    /// In the file.
    pub time_ns: u64,
}

impl Header {
    /// `None`: the child is gone. An error of kind `InvalidData`: it says what can't be.
    pub fn read(from: &mut impl Read, sizes: Sizes) -> io::Result<Option<Self>> {
        let mut header = [0; HEADER_BYTES];
        match from.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let (kind, rest) = header.split_at(4);
        let (bytes, time) = rest.split_at(4);
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let kind = Kind::ALL.into_iter().find(|known| *known as u64 == number(kind));
        let bytes = usize::try_from(number(bytes)).unwrap_or(usize::MAX);
        match kind.filter(|kind| kind.holds(bytes, sizes)) {
            Some(kind) => Ok(Some(Self { kind, bytes, time_ns: number(time) })),
            None => Err(io::Error::from(io::ErrorKind::InvalidData)),
        }
    }
}

/// Writes a piece.
pub fn write(to: &mut impl Write, kind: Kind, time_ns: u64, data: &[u8]) -> io::Result<()> {
    let bytes = u32::try_from(data.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&(kind as u32).to_le_bytes());
    header[4..8].copy_from_slice(&bytes.to_le_bytes());
    header[8..].copy_from_slice(&time_ns.to_le_bytes());
    to.write_all(&header)?;
    to.write_all(data)
}

/// Why the child stops, cut to what a header may announce.
pub fn write_reason(to: &mut impl Write, reason: &str) -> io::Result<()> {
    let end = reason.floor_char_boundary(REASON_BYTES_MAX);
    write(to, Kind::Failed, 0, &reason.as_bytes()[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { picture: 6, slide: 12 };

    fn read(mut bytes: &[u8]) -> Result<Option<Header>, io::ErrorKind> {
        Header::read(&mut bytes, SIZES).map_err(|error| error.kind())
    }

    #[test]
    fn a_piece_is_read_as_it_was_written() {
        for (kind, bytes) in
            [(Kind::Picture, 6), (Kind::Slide, 12), (Kind::Coded, 5), (Kind::Sound, 8), (Kind::End, 0)]
        {
            let (mut piece, data) = (Vec::new(), vec![7; bytes]);
            write(&mut piece, kind, u64::MAX - 1, &data).expect("memory");
            assert_eq!(read(&piece), Ok(Some(Header { kind, bytes, time_ns: u64::MAX - 1 })));
            assert_eq!(piece[HEADER_BYTES..], data);
        }
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let check = |kind: Kind, bytes: usize| {
            let mut piece = Vec::new();
            write(&mut piece, kind, 0, &vec![0; bytes]).expect("memory");
            assert_eq!(read(&piece), Err(io::ErrorKind::InvalidData), "{kind:?} {bytes}");
        };
        check(Kind::Picture, 5);
        check(Kind::Slide, 13);
        check(Kind::Coded, 0);
        check(Kind::Coded, CODED_BYTES_MAX + 1);
        check(Kind::Sound, 6);
        check(Kind::Sound, SOUND_BYTES_MAX + 4);
        check(Kind::End, 1);
        check(Kind::Failed, REASON_BYTES_MAX + 1);
        assert_eq!(read(&[0xff; HEADER_BYTES]), Err(io::ErrorKind::InvalidData));
    }

    #[test]
    fn an_end_in_the_middle_is_an_end() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[0; HEADER_BYTES - 1]), Ok(None));
    }

    #[test]
    fn a_long_reason_is_cut_between_letters() {
        let mut piece = Vec::new();
        write_reason(&mut piece, &"ä".repeat(400)).expect("memory");
        let header = read(&piece).expect("fits").expect("there");
        let text = std::str::from_utf8(&piece[HEADER_BYTES..]).expect("whole letters");
        assert_eq!((header.kind, text.chars().count()), (Kind::Failed, 150));
    }
}
