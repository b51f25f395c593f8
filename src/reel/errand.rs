//! What a child is to show, as arguments of `marquee reel`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::program::Fit;

/// Everything a child knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The only file it reads.
    pub input: PathBuf,
    /// An empty folder from which code can be run, as for `marquee work`.
    pub scratch: PathBuf,
    /// Of the pictures that it gives.
    pub width: u32,
    pub height: u32,
    pub fit: Fit,
    /// Where in a video it begins.
    pub from_ms: u64,
    /// Where it ends; `None`: at its end.
    pub until_ms: Option<u64>,
    pub sound: bool,
    /// H.264 is handed on as it is: its pictures are made elsewhere, and are of its own size.
    pub coded: bool,
}

impl Errand {
    /// The ending of the file's name, which says what it is.
    pub fn ext(&self) -> &str {
        self.input.extension().and_then(|ext| ext.to_str()).unwrap_or_default()
    }

    /// Behind `marquee reel`.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let mut give = |name: &str, value: OsString| arguments.extend([name.into(), value]);
        give("--input", self.input.clone().into());
        give("--scratch", self.scratch.clone().into());
        give("--width", self.width.to_string().into());
        give("--height", self.height.to_string().into());
        give("--fit", self.fit.name().into());
        give("--from-ms", self.from_ms.to_string().into());
        if let Some(until_ms) = self.until_ms {
            give("--until-ms", until_ms.to_string().into());
        }
        arguments.extend(self.sound.then(|| "--sound".into()));
        arguments.extend(self.coded.then(|| "--coded".into()));
        arguments
    }
}
