//! Secrets that we make, and how they are remembered.

use std::fmt;

use super::Error;

/// A secret as its owner has it. Prints as stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Plain(String);

impl Plain {
    /// 128 bits: nobody finds one by trying.
    pub(super) fn new() -> Result<Self, Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| Error::Chance(error.to_string()))?;
        Ok(Self(hex(&bytes)))
    }

    /// Eight digits, for people to type from a screen; attempts are throttled.
    pub(super) fn code() -> Result<Self, Error> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| Error::Chance(error.to_string()))?;
        Ok(Self(format!("{:08}", u64::from_ne_bytes(bytes) % 100_000_000)))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// What is kept of a secret. Comparing two takes a time that says nothing of the secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    pub(super) fn of(secret: &str) -> Self {
        Self(blake3::hash(secret.as_bytes()).to_hex().to_string())
    }

    /// `None`: it is none.
    pub(super) fn stored(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).is_ok().then(|| Self(text.to_owned()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// A short name for an entry, no secret.
pub(super) fn id() -> Result<String, Error> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| Error::Chance(error.to_string()))?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
