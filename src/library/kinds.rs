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

const KINDS: [FileKind; 11] = [
    video("mp4"),
    video("m4v"),
    video("mov"),
    video("mkv"),
    video("webm"),
    slide("jpg"),
    slide("jpeg"),
    slide("png"),
    slide("webp"),
    slide("svg"),
    slide("pdf"),
];

const fn video(ext: &'static str) -> FileKind {
    FileKind { kind: Kind::Video, ext }
}

const fn slide(ext: &'static str) -> FileKind {
    FileKind { kind: Kind::Slide, ext }
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

    /// Looks at the first [`HEAD_BYTES`](super::HEAD_BYTES) of a file, or all of it.
    pub fn check(self, head: &[u8]) -> Result<(), OtherContent> {
        match Content::of(head) {
            Some(content) if content.fits(self.ext) => Ok(()),
            Some(content) => Err(OtherContent { ext: self.ext, found: content.name() }),
            None => Err(OtherContent { ext: self.ext, found: described(head) }),
        }
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
    fn other_content_is_named() {
        let check = |name: &str, head: &[u8], expected: &str| {
            let refused = FileKind::of(name).unwrap().check(head).unwrap_err();
            assert_eq!(refused.to_string(), expected);
        };
        let mp4 = |found: &str| format!("the file is called .mp4, but it is {found}");
        check("x.mp4", b"PK\x03\x04rest", &mp4("a ZIP archive or an office document"));
        check("x.mp4", b"\xff\xd8\xff", &mp4("a JPEG picture"));
        check("x.mp4", b"", &mp4("something else"));
        check("x.mp4", b"\x1a\x45\xdf\xa3\x42\x82\x84webm", &mp4("a WebM video"));
    }
}
