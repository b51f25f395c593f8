//! Whether a file has its end. Decoders are kind: of what was cut short they show the part that is there, and say nothing.
//!
//! Looked at is only what a container says of its own length, or its mark at the end; whether the content is right shows
//! when it is decoded.

mod mp3;
pub(super) mod tiff;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::Problem;
use crate::library::Kind;
use crate::library::content::Content;
use crate::library::work::Failure;

/// Boxes or chunks that are looked at; a fragment of half a second has two, and nobody films for three days.
const PARTS_MAX: usize = 1_000_000;
/// Documents are read as a whole, and larger ones are refused (`pdf.rs`).
const DOCUMENT_BYTES_MAX: u64 = 200 << 20;
/// Segments before the picture in a JPEG: profiles and thumbnails of large photographs are in some hundred.
const SEGMENTS_MAX: usize = 10_000;
/// Boxes that may end an MP4; anything else behind the last whole one is what some program has put there.
const BOXES: [&[u8; 4]; 10] =
    [b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"uuid", b"meta", b"mfra"];

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    /// It was recorded piece by piece, and the last piece is not whole.
    BrokenOff,
    /// As many bytes are missing, if it says how many it should have.
    Cut(Option<u64>),
}

/// What was cut short is a problem; true: a recording that broke off. Sound plays up to there, whatever is missing, but for
/// what has its index at its end.
pub(super) fn check(path: &Path, content: Content) -> Result<bool, Problem> {
    let mut file = File::open(path)?;
    match ending(&mut file, content) {
        Ok(Ending::Whole) => Ok(false),
        Ok(Ending::BrokenOff) => Ok(true),
        Ok(Ending::Cut(_)) if content.kind() == Kind::Sound && content != Content::M4a => Ok(true),
        Ok(Ending::Cut(missing)) => Err(Problem::new(Failure::CutShort, said(missing))),
        // A length that leads nowhere: what decodes it says more.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn said(missing: Option<u64>) -> String {
    match missing {
        Some(bytes @ 1_000_000..) => format!("{} MB are missing", bytes / 1_000_000),
        Some(bytes @ 1000..) => format!("{} KB are missing", bytes / 1000),
        Some(bytes) => format!("{bytes} bytes are missing"),
        None => String::new(),
    }
}

pub(super) fn ending(file: &mut (impl Read + Seek), content: Content) -> io::Result<Ending> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    match content {
        Content::Mp4 | Content::QuickTime | Content::M4a | Content::Heic | Content::Avif => {
            boxes(file, length)
        }
        Content::Matroska | Content::WebM => segment(file, length),
        Content::WebP | Content::Avi | Content::Wav => riff(file, length),
        Content::MpegTs => packets(file, length),
        Content::Flash => tags(file, length),
        Content::Ogg | Content::OggSound => pages(file, length),
        Content::Mp3 => mp3::ending(file, length),
        Content::Gif => gif(&mut BufReader::new(file)).map(|(ending, _)| ending),
        Content::Bmp => bitmap(file, length),
        Content::Asf => objects(file, length),
        Content::Png => chunks(file, length),
        Content::Jpeg => jpeg(file),
        Content::Tiff => tiff::ending(file, length),
        Content::Pdf => document(file),
        // What is no whole XML is none to its parser; a stream of packets of any size has no end, and how long FLAC is shows
        // when it is read.
        Content::Svg | Content::MpegPs | Content::Adts | Content::Flac => Ok(Ending::Whole),
    }
}

/// Should reach up to `end`.
fn reaches(end: u64, length: u64) -> Ending {
    match end.checked_sub(length) {
        Some(missing @ 1..) => Ending::Cut(Some(missing)),
        _ => Ending::Whole,
    }
}

fn array<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// MP4 and QuickTime (ISO/IEC 14496-12, 4.2): one box after the other, each with its length.
fn boxes(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    let (mut at, mut fragments) = (0u64, false);
    for _ in 0..PARTS_MAX {
        if at + 8 > length {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let [a, b, c, d, name @ ..] = array::<8>(file)?;
        let size = match u32::from_be_bytes([a, b, c, d]) {
            // To the end of the file.
            0 => break,
            1 => u64::from_be_bytes(array(file)?),
            size => size.into(),
        };
        if size < 8 || !BOXES.contains(&&name) && at.saturating_add(size) > length {
            break;
        }
        fragments |= name == *b"moof";
        at = at.saturating_add(size);
    }
    Ok(match reaches(at, length) {
        Ending::Cut(_) if fragments => Ending::BrokenOff,
        ending => ending,
    })
}

/// Matroska (RFC 8794, 4 and 9): a header, then all the rest in one element. A recorder that has not ended it leaves its
/// length unknown.
fn segment(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    let [_, _, _, _] = array(file)?;
    let header = element_size(file)?.unwrap_or(0);
    file.seek(SeekFrom::Current(i64::try_from(header).unwrap_or(i64::MAX)))?;
    if array(file)? != [0x18, 0x53, 0x80, 0x67] {
        return Ok(Ending::Whole);
    }
    let size = element_size(file)?.filter(|size| *size > 0);
    let begin = file.stream_position()?;
    Ok(size.map_or(Ending::Whole, |size| reaches(begin.saturating_add(size), length)))
}

/// `None`: unknown, which is all bits set.
fn element_size(file: &mut impl Read) -> io::Result<Option<u64>> {
    let [first] = array(file)?;
    let more = first.leading_zeros();
    if more > 7 {
        return Ok(None);
    }
    let mut size = u64::from(first) & (0x7f >> more);
    for _ in 0..more {
        let [byte] = array(file)?;
        size = size << 8 | u64::from(byte);
    }
    Ok((size != (1 << (7 * (more + 1))) - 1).then_some(size))
}

/// RIFF: its length stands behind its name. One that was never ended has none.
fn riff(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    let [_, _, _, _, size @ ..] = array::<8>(file)?;
    Ok(match u32::from_le_bytes(size) {
        0 | u32::MAX => Ending::Whole,
        size => reaches(u64::from(size) + 8, length),
    })
}

/// A transport stream (ISO/IEC 13818-1, 2.4.3.2): packets of 188 bytes, or 192 with a time before each. One that is not
/// whole is where a recording broke off: nothing says how long a stream should be.
fn packets(file: &mut impl Read, length: u64) -> io::Result<Ending> {
    let [first] = array(file)?;
    let packet = if first == 0x47 { 188 } else { 192 };
    Ok(if length.is_multiple_of(packet) { Ending::Whole } else { Ending::BrokenOff })
}

/// Flash Video (Adobe's specification of FLV, annex E): tags with their lengths before and behind them.
fn tags(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    file.seek(SeekFrom::Start(5))?;
    let mut at = u64::from(u32::from_be_bytes(array(file)?)) + 4;
    for _ in 0..PARTS_MAX {
        if at + 11 > length {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let [kind, a, b, c] = array(file)?;
        if !matches!(kind & 0x1f, 8 | 9 | 18) {
            return Ok(Ending::Whole);
        }
        at += u64::from(u32::from_be_bytes([0, a, b, c])) + 15;
    }
    Ok(match reaches(at, length) {
        // The last length is no loss.
        Ending::Cut(Some(missing @ 5..)) => Ending::Cut(Some(missing - 4)),
        _ => Ending::Whole,
    })
}

/// Ogg (RFC 3533, 6): pages, of which the last of each stream says that it is.
fn pages(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    let (mut at, mut last) = (0, false);
    for _ in 0..PARTS_MAX {
        if at == length {
            return Ok(if last { Ending::Whole } else { Ending::BrokenOff });
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = Vec::new();
        file.by_ref().take(27).read_to_end(&mut head)?;
        if !head.starts_with(b"OggS") {
            return Ok(Ending::Whole);
        }
        let mut sizes = vec![0; usize::from(head.get(26).copied().unwrap_or(0))];
        if head.len() < 27 || file.read_exact(&mut sizes).is_err() {
            return Ok(Ending::Cut(None));
        }
        last = head[5] & 4 != 0;
        at += 27 + sizes.len() as u64 + sizes.iter().map(|size| u64::from(*size)).sum::<u64>();
        if at > length {
            return Ok(reaches(at, length));
        }
    }
    Ok(Ending::Whole)
}

/// GIF (GIF89a, 18 to 27): pictures and remarks, then a trailer. Returns how many pictures there are, too.
fn gif(file: &mut (impl Read + Seek)) -> io::Result<(Ending, usize)> {
    let colours = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3i64 << ((flags & 7) + 1) };
    file.seek(SeekFrom::Start(6))?;
    let [.., flags, _, _] = array::<7>(file)?;
    file.seek(SeekFrom::Current(colours(flags)))?;
    let mut pictures = 0;
    for _ in 0..PARTS_MAX {
        let Ok([kind]) = array(file) else { break };
        match kind {
            0x3b => return Ok((Ending::Whole, pictures)),
            0x21 => file.seek(SeekFrom::Current(1))?,
            0x2c => {
                let Ok([.., flags]) = array::<9>(file) else { break };
                pictures += 1;
                file.seek(SeekFrom::Current(colours(flags) + 1))?
            }
            // Nothing that anybody reads.
            _ => return Ok((Ending::Whole, pictures)),
        };
        // Its content, in blocks with their lengths before them, up to an empty one.
        while let Ok([size @ 1..=u8::MAX]) = array(file) {
            file.seek(SeekFrom::Current(size.into()))?;
        }
    }
    Ok((Ending::Cut(None), pictures))
}

/// Whether a file is an animation. Only its first picture is shown.
pub(super) fn is_animated(path: &Path, content: Content) -> io::Result<bool> {
    let mut file = File::open(path)?;
    match content {
        Content::Gif => gif(&mut BufReader::new(file)).map(|(_, pictures)| pictures > 1),
        // WebP container specification, "Extended File Format": the flag A.
        Content::WebP => {
            let head = array::<21>(&mut file)?;
            Ok(&head[12..16] == b"VP8X" && head[20] & 2 != 0)
        }
        // PNG specification (third edition), 11.3.6.1: before the first picture.
        Content::Png => {
            let mut at = 8u64;
            for _ in 0..SEGMENTS_MAX {
                file.seek(SeekFrom::Start(at))?;
                let [a, b, c, d, name @ ..] = array::<8>(&mut file)?;
                if name == *b"acTL" || name == *b"IDAT" {
                    return Ok(name == *b"acTL");
                }
                at = at.saturating_add(u64::from(u32::from_be_bytes([a, b, c, d])) + 12);
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// BMP (Windows' BITMAPFILEHEADER): its length is the second thing it says.
fn bitmap(file: &mut impl Read, length: u64) -> io::Result<Ending> {
    let [_, _, size @ ..] = array::<6>(file)?;
    Ok(reaches(u32::from_le_bytes(size).into(), length))
}

/// Windows Media (ASF specification, 2.1 and 3.1): a header, the data, an index, each with its length.
fn objects(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    let mut at = 0u64;
    for _ in 0..SEGMENTS_MAX {
        if at.saturating_add(24) > length {
            break;
        }
        file.seek(SeekFrom::Start(at + 16))?;
        let size = u64::from_le_bytes(array(file)?);
        // A broadcast does not know its own.
        if size < 24 {
            break;
        }
        at = at.saturating_add(size);
    }
    Ok(reaches(at, length))
}

/// PNG (ISO/IEC 15948, 5.3): chunks up to one that says it is the last.
fn chunks(file: &mut (impl Read + Seek), length: u64) -> io::Result<Ending> {
    let mut at = 8u64;
    for _ in 0..PARTS_MAX {
        if at + 8 > length {
            return Ok(Ending::Cut(None));
        }
        file.seek(SeekFrom::Start(at))?;
        let [a, b, c, d, name @ ..] = array::<8>(file)?;
        // Its length, its name and its checksum are not counted.
        at = at.saturating_add(u64::from(u32::from_be_bytes([a, b, c, d])) + 12);
        if at > length {
            return Ok(Ending::Cut((name != *b"IEND").then(|| at - length)));
        }
        if name == *b"IEND" {
            break;
        }
    }
    Ok(Ending::Whole)
}

/// JPEG (ITU-T T.81, B.1 and B.2): segments, then coded data, in which no marker but RST can stand, up to EOI.
fn jpeg(file: &mut (impl Read + Seek)) -> io::Result<Ending> {
    file.seek(SeekFrom::Start(2))?;
    let mut begins = false;
    for _ in 0..SEGMENTS_MAX {
        let [mut mark, mut marker] = match array(file) {
            Ok(bytes) => bytes,
            Err(_) => return Ok(Ending::Cut(None)),
        };
        // Any number of these may stand before a marker.
        while (mark, marker) == (0xff, 0xff) {
            (mark, [marker]) = (0xff, array(file)?);
        }
        if mark != 0xff {
            return Ok(Ending::Whole);
        }
        let Ok(size) = array(file).map(u16::from_be_bytes) else { return Ok(Ending::Cut(None)) };
        file.seek(SeekFrom::Current(i64::from(size) - 2))?;
        begins = marker == 0xda;
        if begins {
            break;
        }
    }
    let mut last = 0;
    for byte in BufReader::with_capacity(1 << 16, file).bytes() {
        let byte = byte?;
        if (last, byte) == (0xff, 0xd9) {
            return Ok(Ending::Whole);
        }
        last = byte;
    }
    Ok(if begins { Ending::Cut(None) } else { Ending::Whole })
}

/// PDF (ISO 32000-1, 7.5.5): behind all objects it says where their table is, in each version that was appended.
fn document(file: &mut impl Read) -> io::Result<Ending> {
    let mut bytes = Vec::new();
    file.take(DOCUMENT_BYTES_MAX).read_to_end(&mut bytes)?;
    let last = |wanted: &[u8]| bytes.windows(wanted.len()).rposition(|window| window == wanted);
    Ok(if last(b"startxref") > last(b" obj") { Ending::Whole } else { Ending::Cut(None) })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;

    fn ends(bytes: &[u8], content: Content) -> Ending {
        ending(&mut Cursor::new(bytes), content).unwrap_or(Ending::Whole)
    }

    /// It is whole, and with any of these parts of it is not.
    fn check(content: Content, whole: &[u8], parts: impl IntoIterator<Item = usize>) {
        assert_eq!(ends(whole, content), Ending::Whole, "{content:?}");
        assert_eq!(ends(&[whole, b"\0\0\0"].concat(), content), Ending::Whole, "{content:?} and some more");
        for part in parts {
            let found = ends(&whole[..part], content);
            assert!(matches!(found, Ending::Cut(_)), "{content:?}, {part} of {}: {found:?}", whole.len());
        }
    }

    fn boxed(name: &[u8; 4], bytes: usize) -> Vec<u8> {
        [&(bytes as u32 + 8).to_be_bytes()[..], name, &vec![0; bytes]].concat()
    }

    #[test]
    fn pictures_have_an_end() {
        let image = DynamicImage::from(RgbImage::from_fn(64, 64, |x, y| {
            image::Rgb([x as u8 * 4, y as u8 * 4, (x * y) as u8])
        }));
        for (format, content) in [
            (ImageFormat::Jpeg, Content::Jpeg),
            (ImageFormat::Png, Content::Png),
            (ImageFormat::WebP, Content::WebP),
        ] {
            let mut whole = Cursor::new(Vec::new());
            image.write_to(&mut whole, format).unwrap();
            let whole = whole.into_inner();
            check(content, &whole, [whole.len() / 2, whole.len() - 2, 40]);
        }
    }

    /// A picture of one colour, as often as asked for.
    fn gif_of(pictures: usize) -> Vec<u8> {
        let picture = b"\x21\xf9\x04\0\x05\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
        [&b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"[..], &picture.repeat(pictures), b";"].concat()
    }

    #[test]
    fn pictures_that_move_are_told_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let moves = |content: Content, bytes: &[u8]| {
            let path = folder.path().join("picture");
            std::fs::write(&path, bytes).unwrap();
            is_animated(&path, content).unwrap()
        };
        assert!(!moves(Content::Gif, &gif_of(1)) && moves(Content::Gif, &gif_of(3)));
        let webp = |flags: u8| [&b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0"[..], &[flags, 0, 0, 0]].concat();
        assert!(!moves(Content::WebP, &webp(0x10)) && moves(Content::WebP, &webp(0x12)));
        let png = |first: &[u8; 4]| {
            [b"\x89PNG\r\n\x1a\n\0\0\0\0IHDR....\0\0\0\0", &first[..], b"....\0\0\0\0IDAT...."].concat()
        };
        assert!(!moves(Content::Png, &png(b"tEXt")) && moves(Content::Png, &png(b"acTL")));
    }

    #[test]
    fn what_other_programs_make_has_an_end_too() {
        let wav = [&b"RIFF\x2c\0\0\0WAVE"[..], &[7; 40]].concat();
        check(Content::Wav, &wav, [20, 51]);
        let gif = gif_of(2);
        check(Content::Gif, &gif, [gif.len() - 1, gif.len() / 2]);
        let bmp = [&b"BM\x40\0\0\0"[..], &[0; 58]].concat();
        check(Content::Bmp, &bmp, [20, 63]);
        let flv =
            [&b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x09\0\0\x10"[..], &[0; 7], &[7; 16], b"\0\0\0\x1b"].concat();
        check(Content::Flash, &flv, [30]);
        let page = |flags: u8| [b"OggS\0", &[flags][..], &[0; 20], &[2, 100, 50], &[7; 150]].concat();
        let ogg = [page(2), page(4)].concat();
        check(Content::Ogg, &ogg, [100, 200, ogg.len() - 1]);
        assert_eq!(ends(&page(2), Content::Ogg), Ending::BrokenOff);
        let asf = [&[7; 16][..], &100u64.to_le_bytes(), &[7; 76], &[8; 16], &60u64.to_le_bytes(), &[7; 36]]
            .concat();
        check(Content::Asf, &asf, [50, 150]);
        let packet = [&b"\x47"[..], &[1; 187]].concat().repeat(5);
        assert_eq!(ends(&packet, Content::MpegTs), Ending::Whole);
        assert_eq!(ends(&packet[..500], Content::MpegTs), Ending::BrokenOff);
    }

    #[test]
    fn films_have_a_length() {
        let mp4 = [boxed(b"ftyp", 12), boxed(b"moov", 500), boxed(b"mdat", 900)].concat();
        check(Content::Mp4, &mp4, [30, 300, 600, mp4.len() - 1]);
        let large =
            [&boxed(b"ftyp", 12)[..], &[0, 0, 0, 1], b"mdat", &116u64.to_be_bytes(), &[0; 100]].concat();
        check(Content::QuickTime, &large, [large.len() - 50]);
        assert_eq!(ends(&mp4[..mp4.len() - 100], Content::Mp4), Ending::Cut(Some(100)));
        // What a program appended is none of its boxes.
        assert_eq!(ends(&[&mp4[..], b"\x7f\xff\xff\xffSEFT"].concat(), Content::Mp4), Ending::Whole);
        let live = [mp4, boxed(b"moof", 40), boxed(b"mdat", 900)].concat();
        assert_eq!(ends(&live[..live.len() - 100], Content::Mp4), Ending::BrokenOff);
        let header = b"\x1a\x45\xdf\xa3\x84webm\x18\x53\x80\x67";
        let webm = [&header[..], b"\x41\x00", &[7; 256]].concat();
        check(Content::WebM, &webm, [20, webm.len() - 1]);
        // Recorded live: nobody knew how long it would be.
        let live = [&header[..], b"\x01\xff\xff\xff\xff\xff\xff\xff", &[7; 256]].concat();
        assert_eq!(ends(&live[..live.len() - 100], Content::Matroska), Ending::Whole);
    }

    #[test]
    fn a_document_says_where_its_objects_are() {
        let begin = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n2 0 obj\n<<>>\nendobj\n";
        let whole = [&begin[..], b"xref\n0 1\ntrailer\n<<>>\nstartxref\n60\n%%EOF\n"].concat();
        check(Content::Pdf, &whole, [20, begin.len(), begin.len() + 20]);
    }

    #[test]
    fn what_makes_no_sense_is_left_to_those_who_read_it() {
        for content in
            [Content::Mp4, Content::Matroska, Content::Jpeg, Content::Png, Content::WebP, Content::Pdf]
        {
            for bytes in [&b""[..], b"\0", &[0; 40], &[0xff; 40], &[1; 40]] {
                // Whatever it says.
                ends(bytes, content);
            }
        }
    }
}
