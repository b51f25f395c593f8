//! What is wrong with the box for the people who run it: one honest list, each entry with its subject, since when, and the
//! page where it is mended.
//!
//! It is made of what is known at a moment ([`Facts`]) by a pure function (`find`), and of how long each has been so
//! ([`Memory`]). What the program itself needs to run is another question, and `/health` answers it.
//!
//! Belongs here: what counts as wrong, and what does not. Does not belong here: where the facts come from (`app`), the words
//! for people (the pages have them, by the codes), JSON (`web`).

mod find;
mod memory;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::media::{Cause, State};

pub use memory::Memory;

/// The most that are listed. What is beyond is counted.
pub const LISTED_MAX: usize = 100;
/// With less room on the disk it is time to delete something.
pub const DISK_LOW_BYTES: u64 = 1 << 30;
/// A TV takes up to half a minute to wake, a player as long to come back after a restart of the box.
const PATIENCE: Duration = Duration::from_secs(60);

/// One kind of what can be wrong; the worst first. Their codes are part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A part of the program does not answer.
    PartStuck,
    /// Too little voltage.
    PowerSupply,
    Heat,
    /// There is no data partition that works: everything is in memory.
    DataInMemory,
    /// The data partition was past repair and is empty now.
    DataRemade,
    /// The folder of the library has vanished.
    LibraryGone,
    LibraryDamaged,
    /// A newer version of the program made it.
    LibraryNewer,
    /// There is none for another reason.
    LibraryMissing,
    LibraryReadOnly,
    /// Uploads are refused.
    DiskFull,
    DiskLow,
    /// The settings file has mistakes; what was last in force still is.
    SettingsWrong,
    ClockUnset,
    WebRtcPortBusy,
    WebRtcMissing,
    /// A screen on which something is to be seen now.
    ScreenOff,
    /// It was asked for a picture, and has none.
    SourceLost,
    /// Its key frames are so far apart that who opens it has to wait for the next.
    KeyFramesFar,
    /// A playlist is on of which nothing can be played.
    PlaylistEmpty,
    /// A screen leaves something out that it can't play.
    ScreenLeavesOut,
    /// Nobody can play it.
    FileFailed,
}

impl Kind {
    pub const ALL: [Self; 22] = [
        Self::PartStuck,
        Self::PowerSupply,
        Self::Heat,
        Self::DataInMemory,
        Self::DataRemade,
        Self::LibraryGone,
        Self::LibraryDamaged,
        Self::LibraryNewer,
        Self::LibraryMissing,
        Self::LibraryReadOnly,
        Self::DiskFull,
        Self::DiskLow,
        Self::SettingsWrong,
        Self::ClockUnset,
        Self::WebRtcPortBusy,
        Self::WebRtcMissing,
        Self::ScreenOff,
        Self::SourceLost,
        Self::KeyFramesFar,
        Self::PlaylistEmpty,
        Self::ScreenLeavesOut,
        Self::FileFailed,
    ];

    /// The word for machines: API, pages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PartStuck => "part_stuck",
            Self::PowerSupply => "power_supply",
            Self::Heat => "heat",
            Self::DataInMemory => "data_in_memory",
            Self::DataRemade => "data_remade",
            Self::LibraryGone => "library_gone",
            Self::LibraryDamaged => "library_damaged",
            Self::LibraryNewer => "library_newer",
            Self::LibraryMissing => "library_missing",
            Self::LibraryReadOnly => "library_read_only",
            Self::DiskFull => "disk_full",
            Self::DiskLow => "disk_low",
            Self::SettingsWrong => "settings_wrong",
            Self::ClockUnset => "clock_unset",
            Self::WebRtcPortBusy => "webrtc_port_busy",
            Self::WebRtcMissing => "webrtc_missing",
            Self::ScreenOff => "screen_off",
            Self::SourceLost => "source_lost",
            Self::KeyFramesFar => "key_frames_far",
            Self::PlaylistEmpty => "playlist_empty",
            Self::ScreenLeavesOut => "screen_leaves_out",
            Self::FileFailed => "file_failed",
        }
    }

    /// What its subject is: `source`, `screen`, `playlist`, `asset` or `part`; `None`: it is of the whole box.
    pub const fn subject(self) -> Option<&'static str> {
        match self {
            Self::PartStuck => Some("part"),
            Self::ScreenOff | Self::ScreenLeavesOut => Some("screen"),
            Self::SourceLost | Self::KeyFramesFar => Some("source"),
            Self::PlaylistEmpty => Some("playlist"),
            Self::FileFailed => Some("asset"),
            _ => None,
        }
    }

    /// How long it has to be so before it is told: what passes by itself is nobody's business.
    const fn patience(self) -> Duration {
        match self {
            Self::ScreenOff | Self::PlaylistEmpty => PATIENCE,
            _ => Duration::ZERO,
        }
    }
}

/// What it is about. The id is that of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub id: String,
    pub name: String,
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub kind: Kind,
    pub subject: Option<Subject>,
    /// Of a source: why it has no picture.
    pub cause: Option<Cause>,
    /// What the system or the device said; may be empty. Never holds a password.
    pub detail: String,
    /// Of a disk that is full or nearly so.
    pub disk: Option<Disk>,
    pub since: SystemTime,
}

impl Trouble {
    /// Where it is mended; `None`: at the box, not on a page.
    pub fn page(&self) -> Option<String> {
        let id = self.subject.as_ref().map_or("", |subject| subject.id.as_str());
        let page = match self.kind {
            Kind::SourceLost | Kind::KeyFramesFar => format!("/#source-{id}"),
            Kind::ScreenOff | Kind::ScreenLeavesOut => format!("/screens#screen-{id}"),
            Kind::PlaylistEmpty => format!("/playlists/{id}"),
            Kind::FileFailed => format!("/library/{id}"),
            Kind::DiskFull | Kind::DiskLow => "/bin".to_owned(),
            Kind::LibraryDamaged | Kind::LibraryNewer => "/settings#damaged".to_owned(),
            Kind::DataRemade | Kind::LibraryReadOnly => "/settings#backup".to_owned(),
            Kind::SettingsWrong => "/settings#about".to_owned(),
            _ => return None,
        };
        Some(page)
    }
}

/// The list. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// The worst first, at most [`LISTED_MAX`].
    pub listed: Arc<[Trouble]>,
    /// Also of those that are not listed.
    pub total: u64,
}

/// What is known at a moment.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Parts of the program that do not answer, and what is known of each.
    pub stuck: Vec<(String, String)>,
    pub under_voltage: bool,
    pub hot: bool,
    pub data: Option<LostData>,
    pub library: Option<LibraryTrouble>,
    pub disk: Option<Disk>,
    /// Mistakes in the settings file.
    pub mistakes: Vec<String>,
    pub clock_unset: bool,
    pub webrtc: Option<MissingWebRtc>,
    pub screens: Vec<Screen>,
    pub sources: Vec<Source>,
    /// Playlists that are on and of which nothing can be played: id and name.
    pub empty_playlists: Vec<(i64, String)>,
    /// Files that can't be played, as many as may be listed.
    pub files: Vec<File>,
    /// All of those.
    pub files_total: u64,
}

/// Why there is no WebRTC.
#[derive(Clone, Debug)]
pub struct MissingWebRtc {
    pub port_is_busy: bool,
    pub why: String,
}

/// What became of a data partition that is not what it was.
#[derive(Clone, Debug)]
pub struct LostData {
    pub in_memory: bool,
    pub text: String,
}

/// What is wrong with the library as a whole: its kind, and what was said.
#[derive(Clone, Debug)]
pub struct LibraryTrouble {
    pub kind: Kind,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    pub free_bytes: u64,
    /// With less, uploads are refused.
    pub reserve_bytes: u64,
}

#[derive(Clone, Debug)]
pub struct Screen {
    pub id: i64,
    pub name: String,
    /// Somebody made it a screen of this box: named, put into a group or into the schedule, or connected. A browser that
    /// opened `/tv` once is none, and neither is a port at which nothing was ever seen.
    pub is_known: bool,
    /// Something of the schedule is to be seen on it now.
    pub is_awaited: bool,
    pub is_on: bool,
    /// When it was heard last.
    pub seen: Option<SystemTime>,
    /// What it leaves out, since it can't play it.
    pub leaves_out: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Source {
    pub id: String,
    pub name: String,
    /// The settings name it: it did not come by itself.
    pub is_configured: bool,
    pub state: State,
    /// When the state began.
    pub since: SystemTime,
    /// How far its key frames are apart, if too far to keep the newest.
    pub key_frames_too_far: Option<Duration>,
}

#[derive(Clone, Debug)]
pub struct File {
    pub asset: i64,
    pub name: String,
    pub since: SystemTime,
    pub problem: String,
}
