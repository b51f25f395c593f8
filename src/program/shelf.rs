//! What there is to be played, as far as playlists name it.

use std::collections::HashMap;

use super::unroll::Reason;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    /// By id.
    pub assets: HashMap<i64, Asset>,
    /// Assets that have a tag, by name, in the order they are played; the tag as playlists write it.
    pub tags: HashMap<String, Vec<i64>>,
    /// By id.
    pub sources: HashMap<String, Source>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    pub name: String,
    /// Or why it can't be played.
    pub media: Result<Media, Reason>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    Video { file: File, duration_ms: u64 },
    Slide { pages: Vec<Page> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: u32,
    pub file: File,
}

/// A file of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// `HASH.ext`
    pub name: String,
    pub media_type: &'static str,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    /// It was asked for a picture and has none.
    pub is_lost: bool,
}
