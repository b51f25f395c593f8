//! Random bytes for what the child reads of files by itself, before a library does.

use std::io::Cursor;

use super::{exif, heif, whole};
use crate::library::content::{Content, HEAD_BYTES};

/// When a picture was taken.
pub(crate) fn taken(input: &[u8]) {
    let _ = exif::taken(input);
}

/// Whether a file has its end.
pub(crate) fn end(input: &[u8]) {
    let Some(content) = Content::of(&input[..input.len().min(HEAD_BYTES)]) else { return };
    // A length that leads nowhere is an error, and no panic.
    let _ = whole::ending(&mut Cursor::new(input), content);
    let _ = whole::ending(&mut Cursor::new(&input[..input.len() / 2]), content);
    if content == Content::Tiff {
        let _ = whole::tiff::pages(&mut Cursor::new(input));
    }
}

/// What is in a HEIF file, and where.
pub(crate) fn heif(input: &[u8]) {
    heif::items::tried(input);
}
