//! The configuration: what was typed (`file`, `section`), what is wrong with it (`check`), and
//! the checked types below.
//!
//! Each part of the program gets only its own piece of [`Config`]; every piece is `PartialEq`, so that after a
//! change of the file only what really changed is restarted.

mod base_path;
mod camera_url;
mod check;
mod file;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod german;
mod kept;
mod keys;
mod language;
mod network;
mod page_origin;
mod pins;
mod problem;
mod profile;
mod screen;
mod section;
mod show;
mod subnet;
#[cfg(test)]
mod tests;
mod value;
mod watch;

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

pub use base_path::BasePath;
pub use camera_url::shown as shown_url;
pub use kept::{KeepError, keep, last_good, load_kept, load_or_last_good};
pub use keys::SECTIONS;
pub use language::Language;
pub use network::{FixedAddress, Network, Wifi};
pub use page_origin::PageOrigin;
pub use pins::{Button, Leds};
pub use problem::{LoadError, Problem};
pub use profile::ENCODERS;
pub use screen::{Mode, Port, Rotation, Screen, ScreenSound};
pub use show::{Secrets, to_toml};
pub use subnet::Subnet;
pub use watch::Watch;

/// A whole checked configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub device: Device,
    pub network: Network,
    pub web: Web,
    pub library: Library,
    /// The test picture; `None` if it is switched off.
    pub test: Option<Test>,
    pub captures: Vec<Capture>,
    pub cameras: Vec<Camera>,
    /// Ids of the sources that not everybody may look at. They stand here and not in the sources, so that a source that becomes
    /// private is not restarted.
    pub private_sources: BTreeSet<String>,
    /// What the HDMI ports show; a port without a section of its own shows the splash.
    pub screens: Vec<Screen>,
    pub leds: Leds,
    pub button: Button,
}

/// Reads and checks a file. Errors: everything that is wrong with it, at once.
pub fn load(path: &Path) -> Result<Config, LoadError> {
    check::check(&path.display().to_string(), &file::read(path)?)
}

/// The pins of a file that has mistakes elsewhere: its LEDs are to tell of them. `None`: it names none, or names them
/// wrong, or can't be read at all.
pub fn pins_of(path: &Path) -> Option<(Leds, Button)> {
    check::pins(&file::read(path).ok()?)
}

impl Default for Config {
    /// The built-in defaults, the same as an empty file: the test picture, and a capture card if there is one.
    fn default() -> Self {
        check::check("built-in defaults", "").expect("an empty file is right")
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Shown on pages and slates; `marquee` by default.
    pub name: String,
    /// IANA name such as `Europe/Berlin`; `UTC` by default.
    pub time_zone: String,
    /// Of slates, the splash and network TVs. `None`: English, and on a network TV that of its browser.
    pub language: Option<Language>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Web {
    pub listen: SocketAddr,
    /// Without one, everybody who reaches the pages is the admin.
    pub login: bool,
    /// In place of one that is set in the browser.
    pub admin_password: Option<Secret>,
    /// The one UDP port of all WebRTC viewers; 0 lets the system choose.
    pub webrtc_port: u16,
    /// The only addresses offered to WebRTC viewers, for a box behind a router; empty: all of the box's own.
    pub webrtc_addresses: Vec<IpAddr>,
    /// What a proxy has in front of all addresses of the box.
    pub base_path: BasePath,
    /// Proxies in front of the box that are believed when they say who asks.
    pub trusted_proxies: Vec<Subnet>,
    /// Of other servers, whose pages may show the live pictures.
    pub origins: Vec<PageOrigin>,
}

/// The library of videos and slides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Library {
    /// Of what is converted to 1080p; smaller pictures get less.
    pub convert_kbit_per_s: u32,
    /// What is larger is made smaller when it is converted.
    pub convert_height_max: u32,
    /// What was thrown away is deleted after so many days; 0: never.
    pub bin_days: u32,
}

/// How the pictures of one source are encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub name: String,
    /// Upper bounds: a smaller picture is not enlarged, the aspect ratio stays.
    pub width_max: u32,
    pub height_max: u32,
    pub frames_per_s_max: u32,
    pub bitrate_kbit_per_s: u32,
    /// Seconds between key frames that nobody asked for.
    pub key_frame_interval_s: u32,
    /// GStreamer element, or `None` for the best this machine has.
    pub encoder: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub id: String,
    pub name: String,
    pub width: u32,
    pub height: u32,
    pub frames_per_s: u32,
    pub sound: bool,
    /// The box's, for the picture's clock.
    pub time_zone: String,
    pub profile: Profile,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    pub id: String,
    pub name: String,
    pub device: CaptureDevice,
    /// Wanted size and rate; the card's nearest is taken.
    pub width: u32,
    pub height: u32,
    pub frames_per_s: u32,
    pub sound: CaptureSound,
    pub profile: Profile,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureDevice {
    /// The first capture card there is. `optional`: without one there is no such source at all (built-in defaults).
    Auto { optional: bool },
    /// Such as `/dev/video0`, or a link below `/dev/v4l/`.
    Path(String),
    /// USB identity, so that it is found whatever port it is in.
    Usb { vendor: u16, product: u16, serial: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureSound {
    /// The sound card of the same USB device, if it has one.
    Auto,
    Off,
    /// An ALSA device name such as `hw:1,0`.
    Alsa(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    pub id: String,
    pub name: String,
    /// `rtsp://` or `rtsps://`, never with user and password inside.
    pub url: String,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub transport: Transport,
    /// Of `rtsps://`.
    pub certificate: Certificate,
    pub sound: bool,
    pub profile: Profile,
}

/// Which certificate of a camera is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// One of an authority that everybody believes, for the camera's host.
    OfAuthorities,
    /// The one with this SHA-256.
    Fingerprint([u8; 32]),
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tcp,
    Udp,
}

/// A text that must not appear in logs, URLs or answers: it prints as stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; only for handing it to what checks or sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}
