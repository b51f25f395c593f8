//! The pages' files within the program.

use bytes::Bytes;

use super::{UiFile, content_type};

struct Embedded {
    name: &'static str,
    /// The name that changes with the content.
    lasting: &'static str,
    tag: u64,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

/// Three dozen.
static FILES: &[Embedded] = &include!(concat!(env!("OUT_DIR"), "/pages.rs"));

pub(super) fn find(path: &str) -> Option<UiFile> {
    let file = FILES.iter().find(|file| file.name == path || file.lasting == path)?;
    Some(UiFile {
        tag: file.tag,
        content_type: content_type(file.name)?,
        lasting: file.lasting == path,
        by_language: false,
        plain: Bytes::from_static(file.plain),
        gzip: file.gzip.map(Bytes::from_static),
        brotli: file.brotli.map(Bytes::from_static),
    })
}
