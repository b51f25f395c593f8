//! What a file is by its first bytes, whatever its name says. Pure.

/// So many first bytes are enough for all of them.
pub use crate::library::HEAD_BYTES;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// MP4 and its like.
    Mp4,
    QuickTime,
    Matroska,
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
        match (head.get(4..8)?, head.get(8..12)) {
            (b"ftyp", Some(b"qt  ")) => Some(Self::QuickTime),
            (b"ftyp", _) => Some(Self::Mp4),
            // QuickTime files from before there was `ftyp`.
            (b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot", _) => Some(Self::QuickTime),
            _ if head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) => {
                // The document's type stands in the EBML header, which is some 40 bytes.
                let header = &head[..head.len().min(128)];
                let webm =
                    header.windows(7).any(|bytes| bytes[..2] == [0x42, 0x82] && &bytes[3..] == b"webm");
                Some(if webm { Self::WebM } else { Self::Matroska })
            }
            _ => None,
        }
    }

    fn slide(head: &[u8]) -> Option<Self> {
        if head.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        // Readers look for it in the first KiB (ISO 32000-1, annex H.3.4.1).
        } else if head.windows(5).take(1024).any(|bytes| bytes == b"%PDF-") {
            Some(Self::Pdf)
        } else if svg(head) {
            Some(Self::Svg)
        } else {
            None
        }
    }

    pub const fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::QuickTime | Self::Matroska | Self::WebM)
    }

    /// Whether a file may hold this under such a name. Containers of one family are taken for each other: cameras and
    /// programs name them as they like.
    pub fn fits(self, ext: &str) -> bool {
        match ext {
            "mp4" | "m4v" | "mov" | "mkv" | "webm" => self.is_video(),
            "jpg" | "jpeg" => self == Self::Jpeg,
            "png" => self == Self::Png,
            "webp" => self == Self::WebP,
            "svg" => self == Self::Svg,
            "pdf" => self == Self::Pdf,
            _ => false,
        }
    }
}

/// XML whose first element is `svg`, behind whatever may stand before it.
fn svg(head: &[u8]) -> bool {
    // A character cut off at the end is no reason to refuse the rest.
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<')
        && text.match_indices("svg").any(|(at, _)| {
            let before = &text[..at];
            before.ends_with('<') || before.ends_with(':') && before.trim_end_matches(':').contains('<')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_known_by_its_first_bytes() {
        for (head, content) in [
            (&b"\0\0\0\x20ftypisom\0\0\x02\0"[..], Some(Content::Mp4)),
            (b"\0\0\0\x14ftypqt  ", Some(Content::QuickTime)),
            (b"\0\0\x10\0mdat", Some(Content::QuickTime)),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", Some(Content::WebM)),
            (b"\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska", Some(Content::Matroska)),
            (b"\xff\xd8\xff\xe0", Some(Content::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Some(Content::Png)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Content::WebP)),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"%PDF-1.7", Some(Content::Pdf)),
            (b"\n\n%PDF-1.4", Some(Content::Pdf)),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Some(Content::Svg)),
            (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!DOCTYPE svg>\n<svg:svg/>", Some(Content::Svg)),
            (b"<html><body>", None),
            (b"PK\x03\x04\x14\0\0\0", None),
            (b"#EXTM3U\nhttp://192.168.1.1/", None),
            (b"svg", None),
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
