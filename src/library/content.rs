//! What is in a file by its first bytes, whatever its name says. Pure.

mod sounds;

use super::asset::Kind;
pub(crate) use sounds::mp3_frame;

/// As much of a file as is looked at: an SVG may begin with a page of comments.
pub const HEAD_BYTES: usize = 16 << 10;
/// The document's type stands in the EBML header, which is a few dozen bytes (RFC 8794, section 11.2).
const EBML_HEADER_BYTES: usize = 256;
/// Packets in a row that begin with their mark: one may be chance.
const TS_PACKETS: usize = 4;
/// Pictures that share MP4's container (ISO/IEC 23008-12, annex B, ISO/IEC 23000-22 and AV1 Image File Format, 8).
const HEIF: [&[u8]; 18] = [
    b"heic", b"heix", b"heim", b"heis", b"heif", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2",
    b"msf1", b"miaf", b"MiHB", b"MiHE", b"MiPr", b"MiAn", b"1pic",
];
const AVIF: [&[u8]; 5] = [b"avif", b"avis", b"avio", b"MA1A", b"MA1B"];
/// Canon's raw pictures, which share it, too.
const CR3: &[u8] = b"crx ";
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
    Avi,
    /// Windows Media.
    Asf,
    /// What TV stations and cameras make.
    MpegTs,
    /// What DVDs hold.
    MpegPs,
    Flash,
    Ogg,
    /// MP4 that says it is sound alone.
    M4a,
    Mp3,
    /// AAC without a container.
    Adts,
    Flac,
    Wav,
    /// Ogg that begins with sound.
    OggSound,
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    Tiff,
    /// HEIF, whose pictures are most often coded in HEVC.
    Heic,
    /// HEIF with pictures in AV1.
    Avif,
    Svg,
    Pdf,
}

impl Content {
    /// What plays, one of each family.
    pub const PLAYED: [Self; 13] = [
        Self::Mp4,
        Self::Matroska,
        Self::Avi,
        Self::Asf,
        Self::MpegTs,
        Self::MpegPs,
        Self::Flash,
        Self::Ogg,
        Self::Mp3,
        Self::Adts,
        Self::Flac,
        Self::Wav,
        Self::OggSound,
    ];

    /// By the first [`HEAD_BYTES`], or all there are.
    pub fn of(head: &[u8]) -> Option<Self> {
        Self::video(head).or_else(|| Self::sound(head)).or_else(|| Self::slide(head)).or_else(|| {
            // The weakest of marks last.
            let streams = [(Self::Mp3, sounds::is_mp3(head)), (Self::Adts, sounds::is_adts(head))];
            streams.into_iter().find_map(|(content, is_it)| is_it.then_some(content))
        })
    }

    fn sound(head: &[u8]) -> Option<Self> {
        const OGG: [&[u8]; 3] = [b"\x01vorbis", b"OpusHead", b"\x7fFLAC"];
        if head.starts_with(b"ID3") {
            Some(Self::Mp3)
        } else if head.starts_with(b"fLaC") {
            Some(Self::Flac)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE") {
            Some(Self::Wav)
        } else {
            let is_it = head.starts_with(b"OggS") && OGG.iter().any(|begin| contains(head, begin));
            is_it.then_some(Self::OggSound)
        }
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
        if let Some(content) = Self::other_video(head) {
            return Some(content);
        }
        match (head.get(4..8)?, head.get(8..12)) {
            (b"ftyp", Some(b"qt  ")) => Some(Self::QuickTime),
            (b"ftyp", Some(b"M4A " | b"M4B ")) => Some(Self::M4a),
            (b"ftyp", Some(brand)) => {
                (!HEIF.contains(&brand) && !AVIF.contains(&brand) && brand != CR3).then_some(Self::Mp4)
            }
            // QuickTime files from before there was `ftyp`.
            (b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot", _) => Some(Self::QuickTime),
            _ => None,
        }
    }

    /// Those of other families than MP4 and Matroska.
    fn other_video(head: &[u8]) -> Option<Self> {
        let synced = |first: usize, packet: usize| {
            (0..TS_PACKETS).all(|number| head.get(first + number * packet) == Some(&0x47))
        };
        if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"AVI ") {
            Some(Self::Avi)
        } else if head.starts_with(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") {
            Some(Self::Asf)
        } else if head.starts_with(b"FLV\x01") {
            Some(Self::Flash)
        } else if head.starts_with(b"\0\0\x01\xba") {
            Some(Self::MpegPs)
        } else if synced(0, 188) || synced(4, 192) {
            Some(Self::MpegTs)
        } else {
            (head.starts_with(b"OggS") && contains(head, b"\x80theora")).then_some(Self::Ogg)
        }
    }

    fn slide(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else if head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4]) {
            Some(Self::Bmp)
        } else if is_tiff(head) {
            Some(Self::Tiff)
        } else if let Some(content) = Self::heif(head) {
            Some(content)
        } else if contains(&head[..head.len().min(PDF_MARK_BYTES)], b"%PDF-") {
            Some(Self::Pdf)
        } else {
            is_svg(head).then_some(Self::Svg)
        }
    }

    /// By the main brand, and, where that says HEIF alone, by those that it names besides.
    fn heif(head: &[u8]) -> Option<Self> {
        let size = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
        let brands = head.get(4..)?.strip_prefix(b"ftyp")?;
        let brands = &brands[..brands.len().min((size as usize).saturating_sub(8))];
        let main = brands.get(..4)?;
        // A version stands between the main one and the others.
        let is_avif = brands.chunks_exact(4).any(|brand| AVIF.contains(&brand));
        match (HEIF.contains(&main), AVIF.contains(&main)) {
            (false, false) => None,
            _ => Some(if is_avif { Self::Avif } else { Self::Heic }),
        }
    }

    /// As far as the beginning tells: whether there is a picture in what plays shows when it is probed.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Jpeg
            | Self::Png
            | Self::WebP
            | Self::Gif
            | Self::Bmp
            | Self::Tiff
            | Self::Heic
            | Self::Avif
            | Self::Svg
            | Self::Pdf => Kind::Slide,
            Self::M4a | Self::Mp3 | Self::Adts | Self::Flac | Self::Wav | Self::OggSound => Kind::Sound,
            _ => Kind::Video,
        }
    }

    /// It has a length: a video, or sound.
    pub const fn plays(self) -> bool {
        !matches!(self.kind(), Kind::Slide)
    }

    /// The endings that a file of this kind may have; the first is its own. Containers of one family are taken for each
    /// other: cameras and programs name them as they like.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Mp4 => &["mp4", "m4v", "mov", "3gp", "m4a", "m4b"],
            Self::QuickTime => &["mov", "mp4", "m4v", "3gp", "m4a", "m4b"],
            Self::M4a => &["m4a", "m4b", "mp4", "m4v", "mov", "3gp"],
            Self::Matroska => &["mkv", "webm", "mka"],
            Self::WebM => &["webm", "mkv", "mka"],
            Self::Avi => &["avi"],
            Self::Asf => &["wmv", "asf", "wma"],
            Self::MpegTs => &["ts", "m2ts", "mts"],
            Self::MpegPs => &["mpg", "mpeg"],
            Self::Flash => &["flv"],
            Self::Ogg => &["ogv", "ogg"],
            Self::OggSound => &["ogg", "oga", "opus"],
            Self::Mp3 => &["mp3"],
            Self::Adts => &["aac"],
            Self::Flac => &["flac"],
            Self::Wav => &["wav"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::WebP => &["webp"],
            Self::Gif => &["gif"],
            Self::Bmp => &["bmp"],
            Self::Tiff => &["tif", "tiff"],
            Self::Heic => &["heic", "heif", "hif"],
            Self::Avif => &["avif", "heif", "hif"],
            Self::Svg => &["svg"],
            Self::Pdf => &["pdf"],
        }
    }

    /// Whether a file may hold this under such a name.
    pub fn fits(self, ext: &str) -> bool {
        self.endings().contains(&ext)
    }

    /// What a file that holds this is called if its name says something else.
    pub(super) fn ext(self) -> &'static str {
        self.endings()[0]
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

/// TIFF 6.0, section 2. Canon's raw pictures begin the same way, and go on with a name of their own.
fn is_tiff(head: &[u8]) -> bool {
    (head.starts_with(b"II*\0") || head.starts_with(b"MM\0*")) && head.get(8..10) != Some(b"CR")
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

/// What people take for one of ours, by its first bytes, what they can do, and a code for that.
pub(super) fn described(head: &[u8]) -> (&'static str, &'static str, &'static str) {
    const UNPACK: &str = "unpack it and upload what is inside";
    const PICTURE: &str = "save it as JPEG or PNG and upload that";
    const SOUND: &str = "save it as MP3 or M4A on a computer and upload that";
    const RAW: (&str, &str, &str) =
        ("a raw picture of a camera", "set the camera to JPEG, or save it as JPEG, and upload that", "raw");
    const KNOWN: [(&[u8], &str, &str, &str); 23] = [
        (
            b"PK\x03\x04",
            "a ZIP archive or an office document",
            "unpack it, or save the document as a PDF, and upload that",
            "document",
        ),
        (b"\xd0\xcf\x11\xe0", "an office document", "save it as a PDF and upload that", "document"),
        (b"\x1f\x8b", "packed by gzip", UNPACK, "archive"),
        (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK, "archive"),
        (b"Rar!", "a RAR archive", UNPACK, "archive"),
        (b"II*\0", RAW.0, RAW.1, RAW.2),
        (b"IIRO", RAW.0, RAW.1, RAW.2),
        (b"IIU\0", RAW.0, RAW.1, RAW.2),
        (b"FUJIFILMCCD-RAW", RAW.0, RAW.1, RAW.2),
        (b"8BPS", "a Photoshop file", PICTURE, "picture"),
        (b"\0\0\x01\0", "an icon", PICTURE, "picture"),
        (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", PICTURE, "picture"),
        (b"\xff\x4f\xff\x51", "a JPEG 2000 picture", PICTURE, "picture"),
        (b"#!AMR", "sound of an old phone (AMR)", SOUND, "sound"),
        (b"FORM", "sound in a rare format", SOUND, "sound"),
        (b"caff", "sound in a rare format", SOUND, "sound"),
        (b"OggS", "sound in a rare format", SOUND, "sound"),
        (b"wvpk", "sound in a rare format", SOUND, "sound"),
        (b"MAC ", "sound in a rare format", SOUND, "sound"),
        (b"ADIF", "sound in a rare format", SOUND, "sound"),
        (b"MThd", "notes without sound (MIDI)", SOUND, "sound"),
        (b"MZ", "a Windows program", NOTHING, "other"),
        (b"\x7fELF", "a Linux program", NOTHING, "other"),
    ];
    const NOTHING: &str = "upload a video, a picture, sound or a PDF";
    let brand = if head.get(4..8) == Some(b"ftyp") { head.get(8..12) } else { None };
    if brand == Some(CR3) {
        return RAW;
    }
    let known = KNOWN.iter().find(|(start, ..)| head.starts_with(start));
    known.map_or(
        (
            "something unknown",
            "save it as MP4, JPEG, PNG, PDF or MP3 on a computer and upload that",
            "unknown",
        ),
        |(_, name, advice, family)| (name, advice, family),
    )
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
            (b"\0\0\0\x20ftypheic\0\0\0\0mif1heic", Some(Content::Heic)),
            (b"\0\0\0\x20ftypheic", Some(Content::Heic)),
            (b"\0\0\0\x20ftypmif1\0\0\0\0mif1heicmiaf", Some(Content::Heic)),
            (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf", Some(Content::Avif)),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", Some(Content::Avif)),
            (b"\0\0\0\x14ftypmif1\0\0\0\0mif1avif", Some(Content::Heic)),
            (b"\0\0\0\x1cftypmp42\0\0\0\0mp42mif1heic", Some(Content::Mp4)),
            (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", None),
            (b"\0\0\0\x20ftyp", None),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", Some(Content::WebM)),
            (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", Some(Content::Matroska)),
            (b"\x1a\x45\xdf\xa3", None),
            (b"\xff\xd8\xff\xe0", Some(Content::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Some(Content::Png)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Content::WebP)),
            (b"RIFF\x10\0\0\0WAVEfmt ", Some(Content::Wav)),
            (b"\0\0\0\x1cftypM4A \0\0\0\0", Some(Content::M4a)),
            (b"ID3\x04\0\0\0\0\0\x0a", Some(Content::Mp3)),
            (b"\xff\xfb\x90\0", None),
            (b"fLaC\0\0\0\x22", Some(Content::Flac)),
            (b"II*\0\x08\0\0\0", Some(Content::Tiff)),
            (b"MM\0*\0\0\0\x08", Some(Content::Tiff)),
            (b"II*\0\x10\0\0\0CR\x02\0", None),
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
            (b"RIFF\x10\0\0\0AVI LIST", Some(Content::Avi)),
            (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", Some(Content::Asf)),
            (b"FLV\x01\x05", Some(Content::Flash)),
            (b"\0\0\x01\xba\x44", Some(Content::MpegPs)),
            (b"OggS\0\x02........................\x80theora", Some(Content::Ogg)),
            (b"OggS\0\x02........................OpusHead", Some(Content::OggSound)),
            (b"OggS\0\x02........................\x01vorbis", Some(Content::OggSound)),
            (b"OggS\0\x02........................Speex   ", None),
            (b"GIF89a\x01\0", Some(Content::Gif)),
            (b"BM\x46\0\0\0\0\0\0\0", Some(Content::Bmp)),
            (b"BMW i3 manual", None),
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
    fn packets_of_tv_stations_and_cameras_are_known_by_their_marks() {
        for (first, packet) in [(0, 188), (4, 192)] {
            let mut head = vec![1; 1000];
            (0..5).for_each(|number| head[first + number * packet] = 0x47);
            assert_eq!(Content::of(&head), Some(Content::MpegTs));
            assert_eq!(Content::of(&head[..400]), None);
        }
    }

    #[test]
    fn a_name_can_not_turn_a_picture_into_a_video() {
        assert!(Content::WebM.fits("mkv") && Content::QuickTime.fits("mp4") && Content::Jpeg.fits("jpeg"));
        assert!(!Content::Jpeg.fits("mp4") && !Content::Mp4.fits("jpg") && !Content::Svg.fits("png"));
        assert!(Content::Mp4.fits("m4a") && Content::Ogg.fits("ogg") && !Content::Mp3.fits("jpg"));
    }
}
