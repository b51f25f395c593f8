//! What is in a file by its first bytes, whatever its name says. Pure.

/// As much of a file as is looked at: an SVG may begin with a page of comments.
pub const HEAD_BYTES: usize = 16 << 10;
/// The document's type stands in the EBML header, which is a few dozen bytes (RFC 8794, section 11.2).
const EBML_HEADER_BYTES: usize = 256;
/// PDF readers look for its mark so far in (ISO 32000-1, annex H.3.4.1).
const PDF_MARK_BYTES: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// MP4 and its like.
    Mp4,
    QuickTime,
    Matroska,
    /// A part of Matroska.
    WebM,
    Jpeg,
    Png,
    WebP,
    Svg,
    Pdf,
}

impl Content {
    /// By the first [`HEAD_BYTES`], or all there are.
    pub fn of(head: &[u8]) -> Option<Self> {
        Self::video(head).or_else(|| Self::slide(head))
    }

    fn video(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\x1a\x45\xdf\xa3") {
            let header = &head[..head.len().min(EBML_HEADER_BYTES)];
            return if contains(header, b"webm") {
                Some(Self::WebM)
            } else {
                contains(header, b"matroska").then_some(Self::Matroska)
            };
        }
        /// Pictures that share MP4's container.
        const PICTURES: [&[u8]; 6] = [b"heic", b"heix", b"heif", b"mif1", b"avif", b"avis"];
        match (head.get(4..8)?, head.get(8..12)) {
            (b"ftyp", Some(b"qt  ")) => Some(Self::QuickTime),
            (b"ftyp", Some(brand)) => (!PICTURES.contains(&brand)).then_some(Self::Mp4),
            // QuickTime files from before there was `ftyp`.
            (b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot", _) => Some(Self::QuickTime),
            _ => None,
        }
    }

    fn slide(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else if contains(&head[..head.len().min(PDF_MARK_BYTES)], b"%PDF-") {
            Some(Self::Pdf)
        } else {
            is_svg(head).then_some(Self::Svg)
        }
    }

    pub const fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::QuickTime | Self::Matroska | Self::WebM)
    }

    /// Whether a file may hold this under such a name. Containers of one family are taken for each other: cameras and
    /// programs name them as they like.
    pub fn fits(self, ext: &str) -> bool {
        match ext {
            "mp4" | "m4v" | "mov" => matches!(self, Self::Mp4 | Self::QuickTime),
            "mkv" | "webm" => matches!(self, Self::Matroska | Self::WebM),
            "jpg" | "jpeg" => self == Self::Jpeg,
            "png" => self == Self::Png,
            "webp" => self == Self::WebP,
            "svg" => self == Self::Svg,
            "pdf" => self == Self::Pdf,
            _ => false,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "an MP4 video",
            Self::QuickTime => "a QuickTime video",
            Self::Matroska => "a Matroska video",
            Self::WebM => "a WebM video",
            Self::Jpeg => "a JPEG picture",
            Self::Png => "a PNG picture",
            Self::WebP => "a WebP picture",
            Self::Svg => "an SVG picture",
            Self::Pdf => "a PDF document",
        }
    }
}

/// Width and height of a JPEG by its first bytes, if they stand there: the frame header (ITU-T T.81, B.2.2) follows whatever
/// segments a camera or a program puts before it.
pub(super) fn jpeg_size(head: &[u8]) -> Option<(u16, u16)> {
    let mut rest = head.strip_prefix(b"\xff\xd8")?;
    loop {
        let &[0xff, marker, high, low, ref segment @ ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low])).checked_sub(2)?;
        // Baseline to arithmetic, but for the tables DHT, JPG and DAC.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let &[_, high, low, wide, narrow, ..] = segment else { return None };
            return Some((u16::from_be_bytes([wide, narrow]), u16::from_be_bytes([high, low])));
        }
        rest = segment.get(length..)?;
    }
}

/// XML with an element `svg`, and no page of the web.
fn is_svg(head: &[u8]) -> bool {
    let narrow = narrowed(head);
    let head = narrow.as_deref().unwrap_or(head);
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let start = text[..text.len().min(16)].to_ascii_lowercase();
    let page = start.starts_with(b"<!doctype html") || start.starts_with(b"<html");
    text.starts_with(b"<") && !page && !text.contains(&0) && contains(text, b"<svg")
}

/// UTF-16 as a byte a letter; what is no ASCII becomes a `?`. `None`: it is no UTF-16.
fn narrowed(head: &[u8]) -> Option<Vec<u8>> {
    let (text, little) = match head {
        [0xff, 0xfe, text @ ..] => (text, true),
        [0xfe, 0xff, text @ ..] => (text, false),
        [b'<', 0, ..] => (head, true),
        [0, b'<', ..] => (head, false),
        _ => return None,
    };
    let letter = |pair: &[u8]| match (pair, little) {
        ([low, 0], true) | ([0, low], false) if low.is_ascii() && *low != 0 => *low,
        _ => b'?',
    };
    Some(text.chunks_exact(2).map(letter).collect())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// What people mistake for one of ours, by its first bytes.
pub(super) fn described(head: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 12] = [
        (b"PK\x03\x04", "a ZIP archive or an office document"),
        (b"\x1f\x8b", "packed by gzip"),
        (b"7z\xbc\xaf", "a 7-Zip archive"),
        (b"Rar!", "a RAR archive"),
        (b"GIF8", "a GIF picture"),
        (b"BM", "a BMP picture"),
        (b"ID3", "an MP3 sound"),
        (b"OggS", "an Ogg file"),
        (b"FLV", "a Flash video"),
        (b"\x00\x00\x01\xba", "an MPEG-2 video"),
        (b"MZ", "a Windows program"),
        (b"\x7fELF", "a Linux program"),
    ];
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"AVI ") {
        return "an AVI video";
    }
    let known = KNOWN.iter().find(|(start, _)| head.starts_with(start));
    known.map_or("something else", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_jpeg_stands_behind_what_comes_first() {
        let file = |segments: &[&[u8]]| [&[b"\xff\xd8" as &[u8]], segments].concat().concat();
        let exif: &[u8] = b"\xff\xe1\0\x06Exif";
        let tables: &[u8] = b"\xff\xc4\0\x04\0\0";
        let frame: &[u8] = b"\xff\xc2\0\x0b\x08\x01\x0e\x01\xe0\x01\0\0\0";
        assert_eq!(jpeg_size(&file(&[frame])), Some((480, 270)));
        assert_eq!(jpeg_size(&file(&[exif, tables, frame])), Some((480, 270)));
        for wrong in
            [&file(&[exif]), &file(&[exif, b"x", frame]), &file(&[b"\xff\xe1\0\x01"]), &b"\x89PNG".to_vec()]
        {
            assert_eq!(jpeg_size(wrong), None, "{wrong:?}");
        }
        let whole = file(&[exif, tables, frame]);
        assert!((0..whole.len() - 8).all(|end| jpeg_size(&whole[..end]).is_none()));
    }

    #[test]
    fn content_is_known_by_its_first_bytes() {
        for (head, content) in [
            (&b"\0\0\0\x20ftypisom\0\0\x02\0"[..], Some(Content::Mp4)),
            (b"\0\0\0\x14ftypqt  ", Some(Content::QuickTime)),
            (b"\0\0\x10\0mdat", Some(Content::QuickTime)),
            (b"\0\0\0\x08wide", Some(Content::QuickTime)),
            (b"\0\0\0\x20ftypheic", None),
            (b"\0\0\0\x20ftyp", None),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", Some(Content::WebM)),
            (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", Some(Content::Matroska)),
            (b"\x1a\x45\xdf\xa3", None),
            (b"\xff\xd8\xff\xe0", Some(Content::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Some(Content::Png)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Content::WebP)),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"%PDF-1.7", Some(Content::Pdf)),
            (b"\xef\xbb\xbf\n\n%PDF-1.4", Some(Content::Pdf)),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Some(Content::Svg)),
            (b"\xef\xbb\xbf <?xml version='1.0'?><!-- x -->\n<!DOCTYPE svg>\n<svg/>", Some(Content::Svg)),
            (b"\n<svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>", Some(Content::Svg)),
            (b"\xff\xfe<\0s\0v\0g\0/\0>\0", Some(Content::Svg)),
            (b"\xfe\xff\0<\0s\0v\0g\0/\0>", Some(Content::Svg)),
            (b"\xff\xfe<\0s\0v\0", None),
            (b"<!DOCTYPE html><svg></svg>", None),
            (b"<html><svg/>", None),
            (b"<html><body>", None),
            (b"<sv", None),
            (b"text <svg/>", None),
            (b"<svg\0/>", None),
            (b"PK\x03\x04\x14\0\0\0", None),
            (b"#EXTM3U\nhttp://192.168.1.1/", None),
            (b"svg", None),
            (b"\0", None),
            (b"", None),
        ] {
            assert_eq!(Content::of(head), content, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_name_can_not_turn_a_picture_into_a_video() {
        assert!(Content::WebM.fits("mkv") && Content::QuickTime.fits("mp4") && Content::Jpeg.fits("jpeg"));
        assert!(!Content::Jpeg.fits("mp4") && !Content::Mp4.fits("jpg") && !Content::Svg.fits("png"));
    }
}
