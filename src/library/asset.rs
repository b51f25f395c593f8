//! What the library holds, as values.

use std::fmt;
use std::str::FromStr;

/// BLAKE3 of a file's content, which is also its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

/// One that names no hash: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHash;

impl Hash {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<blake3::Hash> for Hash {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for Hash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 64 || !text.bytes().all(lower) {
            return Err(NoHash);
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| NoHash)?;
        }
        Ok(Self(bytes))
    }
}

/// A file in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub hash: Hash,
    /// Lower case, without the dot; one of [`super::store::EXTENSIONS`].
    pub ext: String,
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Video,
    /// A picture, or a document of several pages.
    Slide,
    /// Heard, and shown by a still picture: its cover, or one that is drawn.
    Sound,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Slide => "slide",
            Self::Sound => "sound",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Video, Self::Slide, Self::Sound].into_iter().find(|kind| kind.name() == name)
    }
}

/// One item as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub id: i64,
    pub kind: Kind,
    pub name: String,
    /// Seconds since 1970, as all times here.
    pub added: i64,
    /// By a camera, as the file says; where it does not, when it was added.
    pub taken: i64,
    pub binned: Option<i64>,
    /// 0 for slides, and until it is probed.
    pub duration_ms: u64,
    /// As shown, after turning it upright; 0 until it is probed, and for sound.
    pub width: u32,
    pub height: u32,
    pub favorite: bool,
    /// 1 to 5; 0: none.
    pub rating: u8,
    pub views: u64,
    /// 0: never.
    pub last_watched: i64,
    pub position_ms: u64,
    pub thumbnail: Option<StoredFile>,
    pub preview: Option<StoredFile>,
    /// Pictures side by side in the preview.
    pub preview_frames: u32,
    pub tags: Vec<String>,
    pub work: Work,
}

impl Summary {
    /// Where watching goes on: videos of over 5 minutes that were left between 5 and 90 % of their length.
    pub fn resume_ms(&self) -> Option<u64> {
        const DURATION_MS_MIN: u64 = 5 * 60 * 1000;
        let (at, length) = (self.position_ms, self.duration_ms);
        (length > DURATION_MS_MIN && at >= length / 20 && at <= length / 10 * 9).then_some(at)
    }
}

/// How far the work after an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nothing left to do.
    Done,
    Waiting,
    Running,
    /// A step that is needed to show it failed.
    Failed,
}

/// One item with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    pub summary: Summary,
    pub original: StoredFile,
    /// As it was called when it was uploaded.
    pub file_name: String,
    pub container: String,
    /// Empty: sound alone.
    pub video_codec: String,
    /// Empty: no sound.
    pub audio_codec: String,
    /// Clockwise degrees by which players have to turn it.
    pub rotation: u32,
    pub frames_per_s: f64,
    pub bitrate_bps: u64,
    /// `None` until it was probed.
    pub plays: Option<Plays>,
    /// What is played in place of an original that not everything plays.
    pub converted: Option<StoredFile>,
    pub pages: Vec<Page>,
    pub subtitles: Vec<Subtitle>,
    pub jobs: Vec<Job>,
}

/// Where an original plays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plays {
    pub hdmi: bool,
    pub browser: bool,
    pub old_tv: bool,
}

/// A page of a slide, as screens show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: u32,
    pub file: StoredFile,
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtitle {
    pub number: u32,
    /// BCP 47; empty if unknown.
    pub language: String,
    pub label: String,
    pub file: StoredFile,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub step: Step,
    pub state: JobState,
    /// Why it failed; of one that was done, what is not as one might think.
    pub problem: String,
    /// What a person can do about it.
    pub advice: String,
}

/// A step of the work after an upload, in the order they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Probe,
    Pages,
    Thumbnail,
    Preview,
    Subtitles,
    Convert,
}

impl Step {
    pub const ALL: [Self; 6] =
        [Self::Probe, Self::Pages, Self::Thumbnail, Self::Preview, Self::Subtitles, Self::Convert];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Pages => "pages",
            Self::Thumbnail => "thumbnail",
            Self::Preview => "preview",
            Self::Subtitles => "subtitles",
            Self::Convert => "convert",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    Waiting,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl JobState {
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_back_and_nothing_else_is_one() {
        let hash = Hash::new(*blake3::hash(b"a").as_bytes());
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for text in ["", "ab", &"g".repeat(64), &"A".repeat(64), &"é".repeat(32)] {
            assert_eq!(text.parse::<Hash>(), Err(NoHash), "{text}");
        }
    }
}
