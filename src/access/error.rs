//! What can go wrong, in words that a person can use.

use super::ENTRIES_MAX;

/// When to come again if others are before one: a few hashes take so long on a Pi.
pub const BUSY_S: u64 = 2;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the code is wrong")]
    WrongCode,
    #[error("the password is set already; log in with it")]
    NotInSetup,
    #[error("the password is set in marquee.toml, [web] admin_password; change it there")]
    InConfiguration,
    #[error("too many attempts; try again in {seconds} s")]
    TooMany { seconds: u64 },
    #[error("many others log in at this moment; try again in {BUSY_S} s")]
    Busy,
    #[error("{what} must be {allowed}")]
    Invalid { what: &'static str, allowed: &'static str },
    #[error("there are {ENTRIES_MAX} of them already; take one away first")]
    Full,
    #[error("there is none with this id")]
    NotFound,
    #[error(
        "who may log in can't be read ({0}); set a new password with the code that the TVs and the log show"
    )]
    Damaged(String),
    #[error("who may do what can't be written down: {0}")]
    Write(String),
    #[error("it is in force now, but can't be written down, and is forgotten with the next restart: {0}")]
    Unwritten(String),
    #[error("the password could not be worked on: {0}")]
    Hash(String),
    #[error("no random numbers: {0}")]
    Chance(String),
}
