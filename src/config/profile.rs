//! Profiles: the built-in ones, and those of the file over them.

use std::collections::BTreeMap;

use super::Profile;
use super::problem::{nearest, quoted};
use super::section::Section;
use super::value;

/// A person tells a handful apart.
const PROFILES_MAX: usize = 32;
/// Below, a picture falls to pieces; above, the Pi's encoder and a building's Wi-Fi give up.
const BITRATE_KBIT_MIN: u32 = 100;
const BITRATE_KBIT_MAX: u32 = 50_000;
/// Viewers get a key frame when they join; this bounds how long a recording or a lost packet waits for one.
const KEY_FRAME_INTERVAL_S_MAX: u32 = 60;
const KEY_FRAME_INTERVAL_S: u32 = 2;

/// H.264 encoder elements that can be asked for by name; which of them a machine has, `marquee probe` tells.
pub const ENCODERS: [&str; 6] =
    ["v4l2h264enc", "nvh264enc", "vah264enc", "vah264lpenc", "x264enc", "openh264enc"];

const PROFILE_720P: &str = "720p";
const PROFILE_1080P: &str = "1080p";
const PROFILE_1440P: &str = "1440p";

/// For the test picture: light enough for any machine.
pub(super) const FOR_TEST: &str = PROFILE_720P;
/// For everything that comes from outside.
pub(super) const FOR_SOURCES: &str = PROFILE_1080P;

/// All profiles by name.
pub(super) struct Profiles(BTreeMap<String, Profile>);

impl Profiles {
    pub(super) fn built_in() -> Self {
        let built_in = [
            (PROFILE_720P, 1280, 720, 30, 3_000),
            (PROFILE_1080P, 1920, 1080, 60, 6_000),
            (PROFILE_1440P, 2560, 1440, 60, 10_000),
        ];
        let profile =
            |(name, width_max, height_max, frames_per_s_max, bitrate_kbit_per_s): (&str, _, _, _, _)| {
                let profile = Profile {
                    name: name.to_owned(),
                    width_max,
                    height_max,
                    frames_per_s_max,
                    bitrate_kbit_per_s,
                    key_frame_interval_s: KEY_FRAME_INTERVAL_S,
                    encoder: None,
                };
                (name.to_owned(), profile)
            };
        Self(built_in.into_iter().map(profile).collect())
    }

    /// The built-in ones with those of the file over them. Keys left out keep the value of the built-in profile of
    /// that name; a new name starts as 1080p.
    pub(super) fn check(root: &Section<'_>) -> Self {
        let mut profiles = Self::built_in();
        for (name, section) in root.named_sections("profiles", super::keys::PROFILE, PROFILES_MAX) {
            if let Err(message) = value::id(name) {
                section.note_self(message, value::ID_ALLOWED);
                continue;
            }
            let base = profiles.0.get(name).unwrap_or_else(|| profiles.of_name(FOR_SOURCES));
            let profile = check_profile(name, &section, base);
            profiles.0.insert(name.to_owned(), profile);
        }
        profiles
    }

    /// The profile that a source's key `profile` names, or the one called `default`.
    pub(super) fn of(&self, section: &Section<'_>, default: &str) -> Profile {
        let allowed: Vec<&str> = self.0.keys().map(String::as_str).collect();
        let named = section.parsed("profile", &allowed.join(", "), |name| {
            self.0.get(name).ok_or_else(|| match nearest(name, self.0.keys().map(String::as_str)) {
                Some(meant) => format!("there is no profile {}, did you mean \"{meant}\"?", quoted(name)),
                None => format!("there is no profile {}", quoted(name)),
            })
        });
        named.unwrap_or_else(|| self.of_name(default)).clone()
    }

    /// A built-in profile.
    pub(super) fn of_name(&self, built_in: &str) -> &Profile {
        self.0.get(built_in).expect("built-in profiles are never removed")
    }
}

fn check_profile(name: &str, section: &Section<'_>, base: &Profile) -> Profile {
    let (width_max, height_max) = value::size(section).unwrap_or((base.width_max, base.height_max));
    let bitrate = section.number("bitrate_kbit", BITRATE_KBIT_MIN..=BITRATE_KBIT_MAX);
    let interval = section.number("key_frame_interval_s", 1..=KEY_FRAME_INTERVAL_S_MAX);
    let words: Vec<(&str, Option<&str>)> =
        std::iter::once(("auto", None)).chain(ENCODERS.iter().map(|name| (*name, Some(*name)))).collect();
    let encoder = section.word("encoder", &words);
    Profile {
        name: name.to_owned(),
        width_max,
        height_max,
        frames_per_s_max: value::frames_per_s(section).unwrap_or(base.frames_per_s_max),
        bitrate_kbit_per_s: bitrate.unwrap_or(base.bitrate_kbit_per_s),
        key_frame_interval_s: interval.unwrap_or(base.key_frame_interval_s),
        encoder: encoder.map_or_else(|| base.encoder.clone(), |encoder| encoder.map(str::to_owned)),
    }
}
