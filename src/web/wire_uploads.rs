//! The JSON types of the API's uploads.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use serde::Serialize;

use super::wire::rfc_3339;
use crate::library;

#[derive(Serialize)]
pub(super) struct Uploads {
    pub uploads: Vec<Upload>,
}

#[derive(Serialize)]
pub(super) struct Upload {
    id: String,
    file_name: String,
    bytes: u64,
    offset: u64,
    expires: String,
    /// Null until it is in the library.
    asset: Option<i64>,
}

impl Upload {
    pub(super) fn new(upload: library::Upload, zone: &TimeZone) -> Self {
        let expires = Duration::from_secs(upload.expires.try_into().unwrap_or(0));
        Self {
            id: upload.id.to_string(),
            file_name: upload.file_name,
            bytes: upload.bytes,
            offset: upload.offset,
            expires: rfc_3339(SystemTime::UNIX_EPOCH + expires, zone),
            asset: upload.asset,
        }
    }
}
