//! Which files the library takes, by their name and by what is in them. Pure.

use super::asset::{Kind, Step};

/// As much of a file as is looked at: an SVG may begin with a page of comments.
pub const HEAD_BYTES: usize = 16 << 10;

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKind {
    pub kind: Kind,
    /// One of [`super::EXTENSIONS`].
    pub ext: &'static str,
    format: Format,
}

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// MP4 and QuickTime, which differ in little more than their names.
    Mp4,
    /// WebM is a part of it.
    Matroska,
    Jpeg,
    Png,
    Webp,
    Svg,
    Pdf,
}

const KINDS: [FileKind; 11] = [
    video("mp4", Format::Mp4),
    video("m4v", Format::Mp4),
    video("mov", Format::Mp4),
    video("mkv", Format::Matroska),
    video("webm", Format::Matroska),
    slide("jpg", Format::Jpeg),
    slide("jpeg", Format::Jpeg),
    slide("png", Format::Png),
    slide("webp", Format::Webp),
    slide("svg", Format::Svg),
    slide("pdf", Format::Pdf),
];

const fn video(ext: &'static str, format: Format) -> FileKind {
    FileKind { kind: Kind::Video, ext, format }
}

const fn slide(ext: &'static str, format: Format) -> FileKind {
    FileKind { kind: Kind::Slide, ext, format }
}

/// Not what the file's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is called .{ext}, but it is {found}")]
pub struct OtherContent {
    ext: &'static str,
    found: &'static str,
}

impl FileKind {
    /// `None` if the library takes no such file.
    pub fn of(file_name: &str) -> Option<Self> {
        let (_, ext) = file_name.rsplit_once('.')?;
        KINDS.into_iter().find(|kind| kind.ext.eq_ignore_ascii_case(ext))
    }

    /// Looks at the first [`HEAD_BYTES`] of a file, or all of it.
    pub fn check(self, head: &[u8]) -> Result<(), OtherContent> {
        match Format::of(head) {
            Some(format) if format == self.format => Ok(()),
            Some(format) => Err(OtherContent { ext: self.ext, found: format.name() }),
            None => Err(OtherContent { ext: self.ext, found: described(head) }),
        }
    }

    /// What is to be done with a new one. The rest is known after that.
    pub fn steps(self) -> Vec<Step> {
        vec![self.kind.first_step()]
    }
}

impl Format {
    fn of(head: &[u8]) -> Option<Self> {
        let begins = |with: &[u8]| head.starts_with(with);
        if is_mp4(head) {
            Some(Self::Mp4)
        } else if begins(b"\x1a\x45\xdf\xa3") {
            // Its header names the kind of document within its first few dozen bytes.
            let start = &head[..head.len().min(256)];
            (contains(start, b"matroska") || contains(start, b"webm")).then_some(Self::Matroska)
        } else if begins(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if begins(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if begins(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else if contains(&head[..head.len().min(1024)], b"%PDF-") {
            // Its specification lets other things stand before.
            Some(Self::Pdf)
        } else {
            is_svg(head).then_some(Self::Svg)
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "an MP4 or QuickTime video",
            Self::Matroska => "a Matroska or WebM video",
            Self::Jpeg => "a JPEG picture",
            Self::Png => "a PNG picture",
            Self::Webp => "a WebP picture",
            Self::Svg => "an SVG picture",
            Self::Pdf => "a PDF document",
        }
    }
}

/// The type of the first box. QuickTime of old has none that says what the file is.
fn is_mp4(head: &[u8]) -> bool {
    /// Pictures that share the container.
    const PICTURES: [&[u8]; 6] = [b"heic", b"heix", b"heif", b"mif1", b"avif", b"avis"];
    match head.get(4..8) {
        Some(b"ftyp") => head.get(8..12).is_some_and(|brand| !PICTURES.contains(&brand)),
        Some(b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot") => true,
        _ => false,
    }
}

fn is_svg(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let start = text[..text.len().min(16)].to_ascii_lowercase();
    let page = start.starts_with(b"<!doctype html") || start.starts_with(b"<html");
    text.starts_with(b"<") && !page && !text.contains(&0) && contains(text, b"<svg")
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// What people mistake for one of ours, by its first bytes.
fn described(head: &[u8]) -> &'static str {
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
    use crate::library::{EXTENSIONS, media_type};

    #[test]
    fn names_tell_the_kind() {
        for (name, expected) in [
            ("a.mp4", Some((Kind::Video, "mp4"))),
            ("Ä b.MOV", Some((Kind::Video, "mov"))),
            ("a.tar.Jpeg", Some((Kind::Slide, "jpeg"))),
            (".pdf", Some((Kind::Slide, "pdf"))),
            ("a.vtt", None),
            ("a.mp4.exe", None),
            ("mp4", None),
            ("a.", None),
            ("", None),
        ] {
            let found = FileKind::of(name).map(|kind| (kind.kind, kind.ext));
            assert_eq!(found, expected, "{name:?}");
        }
        assert!(KINDS.iter().all(|kind| media_type(kind.ext).is_some()));
        assert_eq!(KINDS.len(), EXTENSIONS.len() - 1, "all but subtitles");
    }

    const SAMPLES: [(&str, &[u8]); 13] = [
        ("mp4", b"\x00\x00\x00\x20ftypisom\x00\x00"),
        ("mov", b"\x00\x00\x00\x14ftypqt  "),
        ("mov", b"\x00\x00\x00\x08wide"),
        ("mkv", b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska"),
        ("webm", b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"),
        ("jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
        ("png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
        ("webp", b"RIFF\x24\x00\x00\x00WEBPVP8 "),
        ("pdf", b"%PDF-1.7\n"),
        ("pdf", b"\xef\xbb\xbf\n%PDF-1.4"),
        ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("svg", b"\xef\xbb\xbf <?xml version='1.0'?><!-- x --><!DOCTYPE svg><svg/>"),
        ("svg", b"\n<svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>"),
    ];

    #[test]
    fn each_format_is_known_and_taken_for_no_other() {
        for (ext, head) in SAMPLES {
            let format = FileKind::of(&format!("x.{ext}")).unwrap().format;
            for kind in KINDS {
                assert_eq!(kind.check(head).is_ok(), kind.format == format, "{head:?} as .{}", kind.ext);
            }
        }
    }

    #[test]
    fn other_content_is_named() {
        let check = |name: &str, head: &[u8], expected: &str| {
            let refused = FileKind::of(name).unwrap().check(head).unwrap_err();
            assert_eq!(refused.to_string(), expected);
        };
        let mp4 = |found: &str| format!("the file is called .mp4, but it is {found}");
        check("x.mp4", b"PK\x03\x04rest", &mp4("a ZIP archive or an office document"));
        check("x.mp4", b"\xff\xd8\xff", &mp4("a JPEG picture"));
        for head in [&b""[..], b"\0", b"\0\0\0\x20ftyp", b"\0\0\0\x20ftypheic", b"\x1a\x45\xdf\xa3"] {
            check("x.mp4", head, &mp4("something else"));
        }
        for head in [&b"<!DOCTYPE html><svg></svg>"[..], b"<html><svg/>", b"<sv", b"text <svg/>", b"<svg\0/>"]
        {
            check("x.svg", head, "the file is called .svg, but it is something else");
        }
    }
}
