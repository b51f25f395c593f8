//! The JSON types of logins, tokens and links.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::wire::rfc_3339;
use crate::access;

/// `GET /api/session`: what whoever asks may do.
#[derive(Serialize)]
pub(super) struct Session {
    /// `setup`: no password yet; `login`: not logged in; `in`.
    pub state: &'static str,
    /// `admin`, `view` or, of a token, `message`; null without a login.
    pub can: Option<&'static str>,
    /// There is no login: everybody is the admin.
    pub open: bool,
    /// The password is in marquee.toml.
    pub password_is_fixed: bool,
    /// Why the logins of before can't be read, in `setup`: the code sets a new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogIn {
    pub password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetUp {
    pub code: String,
    pub password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePassword {
    pub old: String,
    pub new: String,
    /// Tokens and links end, too.
    #[serde(default)]
    pub end_grants: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGrant {
    pub name: String,
    /// Of a token: `view`, `message` or `admin`; a link only looks.
    pub right: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Tokens {
    pub tokens: Vec<Grant>,
}

#[derive(Serialize)]
pub(super) struct Links {
    pub links: Vec<Grant>,
}

#[derive(Serialize)]
pub(super) struct Grant {
    id: String,
    name: String,
    right: &'static str,
    created: String,
}

/// A new one: the only answer with its secret.
#[derive(Serialize)]
pub(super) struct Granted {
    #[serde(flatten)]
    pub grant: Grant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A link's address on this box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Grant {
    pub(super) fn new(grant: access::Grant, zone: &TimeZone) -> Self {
        let created = rfc_3339(grant.created, zone);
        Self { id: grant.id, name: grant.name, right: grant.right.name(), created }
    }
}
