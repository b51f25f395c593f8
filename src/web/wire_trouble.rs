//! The JSON types of what is wrong, for people.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::wire::rfc_3339;
use crate::trouble::{Trouble, Troubles};

/// The newest list, as it is pushed.
#[derive(Serialize)]
pub(super) struct Problems {
    pub problems: Vec<Problem>,
    /// Also of those that are not listed.
    pub problems_total: u64,
}

#[derive(Serialize)]
pub(super) struct Problem {
    code: &'static str,
    subject: Option<Subject>,
    /// Of a source without a picture.
    cause: Option<&'static str>,
    /// What the system or the device said.
    detail: String,
    /// Of a disk that is full or nearly so.
    free_bytes: Option<u64>,
    /// Below this, uploads are refused.
    kept_bytes: Option<u64>,
    since: String,
    /// Where it is mended; null: not on a page.
    page: Option<String>,
}

#[derive(Serialize)]
struct Subject {
    kind: &'static str,
    id: String,
    name: String,
}

impl Problems {
    pub(super) fn new(troubles: &Troubles, zone: &TimeZone) -> Self {
        Self {
            problems: troubles.listed.iter().map(|trouble| Problem::new(trouble, zone)).collect(),
            problems_total: troubles.total,
        }
    }
}

impl Problem {
    fn new(trouble: &Trouble, zone: &TimeZone) -> Self {
        let subject = trouble.kind.subject().zip(trouble.subject.as_ref());
        Self {
            code: trouble.kind.code(),
            subject: subject.map(|(kind, subject)| Subject {
                kind,
                id: subject.id.clone(),
                name: subject.name.clone(),
            }),
            cause: trouble.cause.map(crate::media::Cause::code),
            detail: trouble.detail.clone(),
            free_bytes: trouble.disk.map(|disk| disk.free_bytes),
            kept_bytes: trouble.disk.map(|disk| disk.reserve_bytes),
            since: rfc_3339(trouble.since, zone),
            page: trouble.page(),
        }
    }
}
