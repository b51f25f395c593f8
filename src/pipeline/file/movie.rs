//! What an MP4 or QuickTime file says of its tracks (ISO/IEC 14496-12, 8), and what has to be kept from its demuxer.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::turn::Turn;

/// Of the box with the description of all tracks: a day of film has some 30 MB.
const MOVIE_BYTES_MAX: u64 = 64 << 20;
/// Boxes at the top of a file are a few; fragments are behind the description.
const BOXES_MAX: usize = 1000;
/// Tracks that are looked at.
const TRACKS_MAX: usize = 100;

/// The description of all tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movie {
    pub tracks: Vec<Track>,
    /// What is in them comes piece by piece behind the description, and so do their lengths.
    pub fragmented: bool,
    /// Where the length of the whole stands in the file, and in how many bytes.
    length_at: (u64, usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    pub id: u32,
    pub kind: Kind,
    /// It is meant to be shown.
    pub enabled: bool,
    /// As it is played: trimmed by its list of edits.
    pub length: Duration,
    pub turn: Turn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Picture,
    Sound,
    Other,
}

impl Movie {
    /// `None`: the file is of another kind, or says nothing that makes sense.
    pub fn read(file: &Path) -> Option<Self> {
        let (at, movie) = description(&mut File::open(file).ok()?).ok()?;
        Self::parse(at, &movie)
    }

    /// `at`: where the content of the box is in the file.
    fn parse(at: u64, movie: &[u8]) -> Option<Self> {
        let header = find(movie, b"mvhd")?;
        let (scale, length, place) = lengths(header, 12)?;
        let begin = header.as_ptr() as usize - movie.as_ptr() as usize;
        let length_at = (at + (begin + place) as u64, if header.first() == Some(&1) { 8 } else { 4 });
        let tracks = boxes(movie).filter(|(name, _)| *name == b"trak").take(TRACKS_MAX);
        Some(Self {
            tracks: tracks.filter_map(|(_, track)| Track::parse(track, scale)).collect(),
            fragmented: find(movie, b"mvex").is_some() || length == 0,
            length_at,
        })
    }

    /// The track that is shown: the longest of those that are meant to be.
    pub fn picture(&self) -> Option<&Track> {
        let pictures = self.tracks.iter().filter(|track| track.kind == Kind::Picture);
        // Of two that are equal the first.
        pictures.rev().max_by_key(|track| (track.enabled, track.length))
    }

    /// Of the picture, or of the longest sound.
    pub fn length_of(&self, kind: Kind) -> Option<Duration> {
        if self.fragmented {
            return None;
        }
        match kind {
            Kind::Picture => self.picture().map(|track| track.length),
            kind => self.tracks.iter().filter(|track| track.kind == kind).map(|track| track.length).max(),
        }
    }

    /// Which of the sounds is heard: the first that is meant to be.
    pub(super) fn sound_number(&self) -> Option<usize> {
        let mut sounds: Vec<_> = self.tracks.iter().filter(|track| track.kind == Kind::Sound).collect();
        sounds.sort_by_key(|track| track.id);
        sounds.iter().position(|track| track.enabled)
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.tracks.iter().filter(|track| track.kind == kind).count()
    }

    /// As long as the longest of picture and sound. `None`: it does not say.
    pub fn length(&self) -> Option<Duration> {
        self.length_of(Kind::Picture).max(self.length_of(Kind::Sound)).filter(|length| !length.is_zero())
    }

    /// Keeps the length of the whole from the demuxer behind this source. It leaves out pictures that are shorter than a
    /// fifth of it (qtdemux takes them for a trailer's still), and ends a track that was trimmed where the whole would end
    /// if it began at the track's own zero.
    pub(super) fn mend(&self, source: &gst::Element) {
        let (at, bytes) = self.length_at;
        let Some(pad) = source.static_pad("src").filter(|_| !self.fragmented) else { return };
        pad.add_probe(gst::PadProbeType::PULL | gst::PadProbeType::BUFFER, move |_, info| {
            let offset = info.offset;
            if let Some(buffer) = info.buffer_mut() {
                let end = offset.saturating_add(buffer.size() as u64);
                if (offset < at + bytes as u64 && at < end)
                    && let Ok(mut map) = buffer.make_mut().map_writable()
                {
                    let from = usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX);
                    let to = usize::try_from((at + bytes as u64).min(end) - offset).unwrap_or(0);
                    if let Some(length) = map.get_mut(from..to) {
                        length.fill(0);
                    }
                }
            }
            gst::PadProbeReturn::Ok
        });
    }
}

impl Track {
    fn parse(track: &[u8], movie_scale: u32) -> Option<Self> {
        let header = find(track, b"tkhd")?;
        let media = find(track, b"mdia")?;
        let kind = match find(media, b"hdlr")?.get(8..12)? {
            b"vide" => Kind::Picture,
            b"soun" => Kind::Sound,
            _ => Kind::Other,
        };
        let long = header.first() == Some(&1);
        let (id_at, length_at, matrix_at) = if long { (20, 28, 52) } else { (12, 20, 40) };
        let length = if long { u64_at(header, length_at)? } else { known(u32_at(header, length_at)?) };
        let (scale, media_length, _) = lengths(find(media, b"mdhd")?, 12)?;
        let length = match length {
            0 | u64::MAX => seconds(media_length, scale),
            length => seconds(length, movie_scale),
        };
        let matrix = [0, 4, 12, 16].map(|part| u32_at(header, matrix_at + part).unwrap_or(0).cast_signed());
        Some(Self {
            id: u32_at(header, id_at)?,
            kind,
            enabled: header.get(3)? & 1 != 0,
            length,
            turn: Turn::of_matrix(matrix),
        })
    }
}

/// How the pictures of a file have to be turned: as its own matrix says, or else as was found in another way.
pub fn turn_of(file: &Path, degrees: u32) -> Turn {
    let movie = Movie::read(file);
    movie.as_ref().and_then(Movie::picture).map_or_else(|| Turn::of_degrees(degrees), |picture| picture.turn)
}

/// Where the content of `moov` is in the file, and that content.
pub(super) fn description(file: &mut (impl Read + Seek)) -> io::Result<(u64, Vec<u8>)> {
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
            return Ok((at + head_len, movie));
        }
        at = at.checked_add(len.max(head_len)).ok_or(io::ErrorKind::InvalidData)?;
    }
    Err(io::ErrorKind::NotFound.into())
}

/// The boxes in a box: names and contents.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (head, content) = rest.split_first_chunk::<8>()?;
        let size = u32_at(head, 0)? as usize;
        let size = if size == 0 { rest.len() } else { size };
        rest = rest.get(size..)?;
        let name: &[u8; 4] = head.last_chunk()?;
        Some((name, content.get(..size.checked_sub(8)?)?))
    })
}

fn find<'a>(content: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(content).find(|(name, _)| *name == wanted).map(|(_, content)| content)
}

/// Time scale and length in a header whose times begin at `at` or, with times of 64 bits, behind two longer ones; and where
/// the length stands.
fn lengths(header: &[u8], at: usize) -> Option<(u32, u64, usize)> {
    if header.first() == Some(&1) {
        return Some((u32_at(header, at + 8)?, u64_at(header, at + 12)?, at + 12));
    }
    Some((u32_at(header, at)?, known(u32_at(header, at + 4)?), at + 4))
}

/// All bits set: unknown.
fn known(length: u32) -> u64 {
    if length == u32::MAX { u64::MAX } else { length.into() }
}

fn seconds(length: u64, scale: u32) -> Duration {
    if length == u64::MAX || scale == 0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(length as f64 / f64::from(scale)).unwrap_or_default()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn found(bytes: &[u8]) -> Option<Vec<u8>> {
        description(&mut io::Cursor::new(bytes)).ok().map(|(_, movie)| movie)
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

    /// Times are in thousandths; the matrix is as of a phone held upright.
    fn track(id: u32, kind: &[u8; 4], flags: u32, length: u32) -> Vec<u8> {
        let matrix = [0, 1 << 16, 0, (-1i32 << 16).cast_unsigned(), 0, 0, 0, 0, 1 << 30];
        let header = [&[flags, 0, 0, id, 0, length, 0, 0, 0, 0][..], &matrix, &[0, 0]].concat();
        let media = [
            boxed(b"mdhd", &words(&[0, 0, 0, 50, 500, 0])),
            boxed(b"hdlr", &[&words(&[0, 0])[..], kind].concat()),
        ];
        boxed(b"trak", &[boxed(b"tkhd", &words(&header)), boxed(b"mdia", &media.concat())].concat())
    }

    fn movie(tracks: &[Vec<u8>]) -> Vec<u8> {
        [boxed(b"mvhd", &words(&[0, 0, 0, 1000, 9000, 0])), tracks.concat()].concat()
    }

    #[test]
    fn tracks_are_as_long_as_they_play() {
        let bytes = movie(&[track(1, b"vide", 2, 9000), track(2, b"vide", 3, 4000), track(3, b"soun", 3, 0)]);
        let movie = Movie::parse(100, &bytes).expect("a movie");
        let picture = movie.picture().expect("a picture");
        assert_eq!((picture.id, picture.length, picture.turn), (2, Duration::from_secs(4), Turn::Clockwise));
        assert_eq!(movie.length_of(Kind::Sound), Some(Duration::from_secs(10)), "by its media");
        assert_eq!((movie.length(), movie.fragmented), (Some(Duration::from_secs(10)), false));
        let (at, length) = movie.length_at;
        assert_eq!((&bytes[at as usize - 100..][..4], length), (&9000u32.to_be_bytes()[..], 4));
    }

    #[test]
    fn what_comes_in_pieces_has_no_length_yet() {
        let whole = movie(&[track(1, b"vide", 3, 4000)]);
        let movie = Movie::parse(0, &[whole, boxed(b"mvex", &[])].concat()).expect("a movie");
        assert_eq!((movie.fragmented, movie.length()), (true, None));
    }

    #[test]
    fn whatever_is_cut_off_is_no_movie_or_another() {
        let whole = movie(&[track(1, b"vide", 3, 4000), track(2, b"soun", 3, 4000)]);
        for end in 0..whole.len() {
            let tracks = Movie::parse(0, &whole[..end]).map_or(0, |movie| movie.tracks.len());
            assert!(tracks < 2, "{end}");
        }
    }
}
