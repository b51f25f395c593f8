//! Why an upload can't go on, in words that a person can use.

use crate::library::error::Error;
use crate::library::kinds::OtherContent;

use super::BYTES_MAX;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    #[error("there is no such upload; it may have expired")]
    Unknown,
    #[error("somebody else is sending this upload just now")]
    Busy,
    #[error("the upload is at byte {offset}")]
    Offset { offset: u64 },
    #[error("a file may have at most {BYTES_MAX} bytes")]
    TooLarge,
    #[error("more was sent than the file has")]
    TooMuch,
    /// `free`: for uploads, beside what is `kept` free and what others still send.
    #[error(
        "the file needs {}, and there is room for {}: {} of the disk are kept free for the database, for what is made of \
             videos, and for the system",
        mb(*needed), mb(*free), mb(*kept)
    )]
    NoRoom { needed: u64, free: u64, kept: u64 },
    #[error("too many uploads are under way")]
    TooMany,
    #[error("the file has no name")]
    Kind,
    #[error(
        "no video has the name of these subtitles; upload the video first: Film.srt and Film.en.srt belong to Film.mp4"
    )]
    NoVideo,
    #[error(transparent)]
    Content(OtherContent),
    #[error("the file is empty")]
    Empty,
    #[error("what arrived is not what the checksum says; nothing of it was kept")]
    Checksum,
    #[error(transparent)]
    Library(Error),
}

/// As people have it; never none where there is some.
fn mb(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

impl UploadError {
    pub(super) fn failed(operation: &str, error: &impl ToString) -> Self {
        Self::Library(Error::Failed { operation: operation.to_owned(), cause: error.to_string() })
    }
}
