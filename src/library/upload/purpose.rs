//! What an upload becomes: an asset of its own, or the subtitles of one.

use super::{UploadError, Uploads};
use crate::library::Error;
use crate::library::asset::Kind;
use crate::library::kinds::{FileKind, OtherContent};
use crate::library::work::subtitles;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What kind of one shows when its first bytes are there.
    Asset,
    /// Of a video that is named like them.
    Subtitles,
}

impl Purpose {
    /// `None`: it has no name, and nobody would find it.
    pub(super) fn of(file_name: &str) -> Option<Self> {
        if subtitles::is_subtitles(file_name) {
            return Some(Self::Subtitles);
        }
        (!file_name.trim().is_empty()).then_some(Self::Asset)
    }

    /// Looks at the beginning of the file.
    pub(super) fn check(self, head: &[u8], file_name: &str) -> Result<(), OtherContent> {
        match self {
            Self::Asset => FileKind::by(head, file_name).map(drop),
            // Any text may be some; they are read as a whole in the end.
            Self::Subtitles => Ok(()),
        }
    }

    pub(super) fn check_length(self, bytes: u64) -> Result<(), UploadError> {
        match (self, bytes) {
            (_, 0) => Err(UploadError::Empty),
            (Self::Subtitles, _) if bytes > subtitles::BYTES_MAX as u64 => {
                Err(UploadError::Library(Error::NO_SUBTITLES))
            }
            (_, _) if bytes > super::BYTES_MAX => Err(UploadError::TooLarge),
            _ => Ok(()),
        }
    }
}

impl Uploads {
    /// Whether the video that such subtitles are of is on its way.
    pub(super) fn awaits_video_of(&self, subtitles_name: &str) -> bool {
        let names = subtitles::names(subtitles_name);
        let is_it = |file_name: &str| {
            let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
            names.iter().any(|(name, _)| name.eq_ignore_ascii_case(stem))
        };
        self.entries().values().any(|entry| {
            let record = &entry.state().record;
            let named = FileKind::of(&record.file_name).is_none_or(|kind| kind.kind == Kind::Video);
            let is_video = entry.purpose == Purpose::Asset && named;
            is_video && record.asset.is_none() && is_it(&record.file_name)
        })
    }
}
