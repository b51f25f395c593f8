//! Which files the library takes, by their names. Pure.

use super::asset::{Kind, Step};
use super::content::{Content, described};

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKind {
    pub kind: Kind,
    /// One of [`super::EXTENSIONS`].
    pub ext: &'static str,
}

const KINDS: [FileKind; 41] = [
    video("mp4"),
    video("m4v"),
    video("mov"),
    video("mkv"),
    video("webm"),
    video("3gp"),
    video("avi"),
    video("wmv"),
    video("asf"),
    video("ts"),
    video("m2ts"),
    video("mts"),
    video("mpg"),
    video("mpeg"),
    video("flv"),
    video("ogv"),
    sound("mp3"),
    sound("m4a"),
    sound("m4b"),
    sound("aac"),
    sound("flac"),
    sound("wav"),
    sound("ogg"),
    sound("oga"),
    sound("opus"),
    sound("wma"),
    sound("mka"),
    slide("jpg"),
    slide("jpeg"),
    slide("png"),
    slide("webp"),
    slide("gif"),
    slide("bmp"),
    slide("tif"),
    slide("tiff"),
    slide("heic"),
    slide("heif"),
    slide("hif"),
    slide("avif"),
    slide("svg"),
    slide("pdf"),
];

const fn video(ext: &'static str) -> FileKind {
    FileKind { kind: Kind::Video, ext }
}

const fn sound(ext: &'static str) -> FileKind {
    FileKind { kind: Kind::Sound, ext }
}

const fn slide(ext: &'static str) -> FileKind {
    FileKind { kind: Kind::Slide, ext }
}

/// None of what the library takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is {found}, which can't be shown; {advice}")]
pub struct OtherContent {
    found: &'static str,
    advice: &'static str,
    family: &'static str,
}

impl OtherContent {
    /// A code for what there is to do instead: `archive`, `document`, `raw`, `picture`, `sound`, `other` or `unknown`.
    pub const fn family(&self) -> &'static str {
        self.family
    }
}

impl FileKind {
    /// By its name alone. `None` if that says nothing.
    pub fn of(file_name: &str) -> Option<Self> {
        let (_, ext) = file_name.rsplit_once('.')?;
        KINDS.into_iter().find(|kind| kind.ext.eq_ignore_ascii_case(ext))
    }

    /// By the first [`HEAD_BYTES`](super::HEAD_BYTES) of a file, or all of it; the name only chooses between endings for
    /// one content.
    pub fn by(head: &[u8], file_name: &str) -> Result<Self, OtherContent> {
        let Some(content) = Content::of(head) else {
            let (found, advice, family) = described(head);
            return Err(OtherContent { found, advice, family });
        };
        let named = Self::of(file_name).filter(|kind| content.fits(kind.ext));
        Ok(named.unwrap_or(Self { kind: content.kind(), ext: content.ext() }))
    }

    /// Whether a file with this beginning may have this ending.
    pub fn holds(self, head: &[u8]) -> bool {
        Content::of(head).is_some_and(|content| content.fits(self.ext))
    }

    /// What is to be done with a new one. The rest is known after that.
    pub fn steps(self) -> Vec<Step> {
        vec![self.kind.first_step()]
    }
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

    #[test]
    fn content_decides_whatever_the_name_says() {
        let kind = |head: &[u8], name: &str| FileKind::by(head, name).map(|kind| (kind.kind, kind.ext));
        let mp4 = b"\0\0\0\x20ftypisom\0\0\x02\0";
        for (head, name, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], "IMG_1.PNG", (Kind::Slide, "jpg")),
            (b"\xff\xd8\xff\xe0", "IMG_1.JPEG", (Kind::Slide, "jpeg")),
            (mp4, "film.txt", (Kind::Video, "mp4")),
            (mp4, "film", (Kind::Video, "mp4")),
            (mp4, "film.mov", (Kind::Video, "mov")),
            (mp4, "film.jpg", (Kind::Video, "mp4")),
            (b"\0\0\0\x14ftypqt  ", "film.avi", (Kind::Video, "mov")),
            (b"%PDF-1.7", "scan.docx", (Kind::Slide, "pdf")),
            (mp4, "memo.m4a", (Kind::Sound, "m4a")),
            (b"\0\0\0\x1cftypM4A \0\0\0\0", "memo", (Kind::Sound, "m4a")),
            (b"ID3\x04", "song.wav", (Kind::Sound, "mp3")),
            (b"OggS................OpusHead", "PTT-1.opus", (Kind::Sound, "opus")),
            (b"OggS................OpusHead", "film.ogv", (Kind::Sound, "ogg")),
            (b"II*\0\x08\0\0\0", "scan.tiff", (Kind::Slide, "tiff")),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "IMG_0001.HEIC", (Kind::Slide, "heic")),
            (b"\0\0\0\x18ftypheix\0\0\0\0mif1heix", "IMG_0001.HIF", (Kind::Slide, "hif")),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "IMG_0001.JPG", (Kind::Slide, "heic")),
            (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "photo.jpg", (Kind::Slide, "avif")),
        ] {
            assert_eq!(kind(head, name), Ok(expected), "{name}");
        }
        assert!(
            KINDS.iter().all(
                |kind| Content::PLAYED.iter().any(|one| one.fits(kind.ext)) != (kind.kind == Kind::Slide)
            )
        );
    }

    #[test]
    fn other_content_is_named_with_what_to_do() {
        for (head, expected) in [
            (
                &b"PK\x03\x04rest"[..],
                "the file is a ZIP archive or an office document, which can't be shown; unpack it",
            ),
            (b"8BPS\0\x01", "the file is a Photoshop file, which can't be shown; save it as JPEG"),
            (b"\0\0\x01\0\x02", "the file is an icon, which can't be shown; save it as JPEG"),
            (b"\0\0\0\x0cjP  \r\n", "the file is a JPEG 2000 picture, which can't be shown; save it as JPEG"),
            (
                b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom",
                "the file is a raw picture of a camera, which can't be shown; set the",
            ),
            (b"ADIF\0", "the file is sound in a rare format, which can't be shown; save it as MP3"),
            (b"#!AMR\n", "the file is sound of an old phone (AMR), which can't be shown; save it as MP3"),
            (
                b"II*\0\x10\0\0\0CR\x02\0",
                "the file is a raw picture of a camera, which can't be shown; set the",
            ),
            (b"", "the file is something unknown, which can't be shown; save it as MP4"),
        ] {
            let refused = FileKind::by(head, "x.mp4").unwrap_err().to_string();
            assert!(refused.starts_with(expected), "{refused}");
        }
    }
}
