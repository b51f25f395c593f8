//! The screens on the box's own HDMI ports: `[[screen]]`.

use std::fmt;

use super::problem::{nearest, quoted};
use super::section::Section;
use super::{keys, value};

/// An HDMI port of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    Hdmi1,
    Hdmi2,
}

/// How far the picture is turned clockwise, for a TV that hangs on its side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

/// A video mode as it is asked for; the TV may not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    pub width: u32,
    pub height: u32,
    /// `None`: any.
    pub rate_hz: Option<u32>,
}

/// Whether and where the sound of what a screen shows is heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ScreenSound {
    /// On the TV itself.
    #[default]
    Auto,
    Off,
    /// On an ALSA device such as `hw:1,0`.
    Alsa(String),
}

/// What one port shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    pub port: Port,
    /// Id of a source; `None`: the splash.
    pub show: Option<String>,
    pub sound: ScreenSound,
    pub rotation: Rotation,
    /// `None`: the one the TV prefers.
    pub mode: Option<Mode>,
    /// Whether the TV may be switched on and off over CEC.
    pub cec: bool,
}

const PORTS_ALLOWED: &str = "\"hdmi-1\" or \"hdmi-2\"";
const ROTATIONS: [Rotation; 4] = [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];
const SOUND_DEVICE_ALLOWED: &str = "an ALSA device such as \"hw:1,0\" or \"default\"";
const MODE_ALLOWED: &str = "a mode such as \"1920x1080@60\" or \"1920x1080\"";
/// No TV goes above.
const RATE_HZ_MAX: u32 = 240;

impl Screen {
    /// What a port has that the file does not name.
    pub const fn unnamed(port: Port) -> Self {
        Self { port, show: None, sound: ScreenSound::Auto, rotation: Rotation::None, mode: None, cec: true }
    }
}

impl Port {
    pub const ALL: [Self; 2] = [Self::Hdmi1, Self::Hdmi2];

    /// As it is called in the file, on the box and by the API.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Hdmi1 => "hdmi-1",
            Self::Hdmi2 => "hdmi-2",
        }
    }
}

impl Rotation {
    pub const fn degrees(self) -> u32 {
        self as u32 * 90
    }

    /// Width and height of a picture that fills a screen of this size after it was turned.
    pub const fn upright(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::None | Self::Half => (width, height),
            Self::Quarter | Self::ThreeQuarters => (height, width),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}x{}", self.width, self.height)?;
        self.rate_hz.map_or(Ok(()), |rate_hz| write!(out, "@{rate_hz}"))
    }
}

/// `sources`: the ids that can be shown.
pub(super) fn check(root: &Section<'_>, sources: &[&str]) -> Vec<Screen> {
    let mut taken: Vec<(Port, usize)> = Vec::new();
    // One more than there are ports, so that the section too many is named by its connector.
    let sections = root.sections("screen", keys::SCREEN, Port::ALL.len() + 1);
    let screens = sections.iter().map(|section| Screen {
        port: port(section, &mut taken),
        show: section.parsed("show", &allowed_sources(sources), |id| source(id, sources)),
        sound: sound(section),
        rotation: rotation(section),
        mode: section.parsed("mode", MODE_ALLOWED, mode),
        cec: section.flag("cec").unwrap_or(true),
    });
    screens.collect()
}

fn port(section: &Section<'_>, taken: &mut Vec<(Port, usize)>) -> Port {
    let typed = section.parsed("connector", PORTS_ALLOWED, |text| {
        let port = Port::ALL.into_iter().find(|port| port.id() == text);
        port.ok_or_else(|| format!("there is no connector {}", quoted(text)))
    });
    let port = typed.unwrap_or(Port::Hdmi1);
    if typed.is_none() && section.has("connector") {
        return port;
    }
    if let Some((_, line)) = taken.iter().find(|(taken, _)| *taken == port) {
        let missing = if typed.is_some() { "" } else { "is missing, and " };
        let message =
            format!("{missing}\"{}\" is already the connector of the screen on line {line}", port.id());
        section.note("connector", message, "a connector of its own for each screen");
    }
    taken.push((port, section.line_of("connector")));
    port
}

fn allowed_sources(sources: &[&str]) -> String {
    if sources.is_empty() {
        return "leave the key out: there is no source".to_owned();
    }
    format!("the id of a source: {}", sources.join(", "))
}

fn source(id: &str, sources: &[&str]) -> Result<String, String> {
    if sources.contains(&id) {
        return Ok(id.to_owned());
    }
    Err(match nearest(id, sources.iter().copied()) {
        Some(meant) => format!("there is no source {}, did you mean \"{meant}\"?", quoted(id)),
        None => format!("there is no source {}", quoted(id)),
    })
}

fn sound(section: &Section<'_>) -> ScreenSound {
    let on = section.flag("sound").unwrap_or(true);
    match section.parsed("sound_device", SOUND_DEVICE_ALLOWED, sound_device) {
        _ if !on => ScreenSound::Off,
        Some(device) => ScreenSound::Alsa(device),
        None => ScreenSound::Auto,
    }
}

fn sound_device(text: &str) -> Result<String, String> {
    let part_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b":,=_.-".contains(&byte);
    let named = !text.is_empty() && text.bytes().all(part_of_name);
    named.then(|| text.to_owned()).ok_or_else(|| format!("{} is not a sound device", quoted(text)))
}

fn rotation(section: &Section<'_>) -> Rotation {
    let Some(degrees) = section.number("rotate", 0..=270) else { return Rotation::None };
    let rotation = ROTATIONS.into_iter().find(|rotation| rotation.degrees() == degrees);
    rotation.unwrap_or_else(|| {
        section.note("rotate", format!("{degrees} is no quarter turn"), "0, 90, 180 or 270");
        Rotation::None
    })
}

fn mode(text: &str) -> Result<Mode, String> {
    let (size, rate) = match text.split_once('@') {
        Some((size, rate)) => (size, Some(rate)),
        None => (text, None),
    };
    let (width, height) = value::parse_size(size)?;
    let rate_hz = rate.map(|rate| {
        let digits = rate.bytes().all(|byte| byte.is_ascii_digit());
        let rate_hz = rate.parse().ok().filter(|rate_hz| digits && (1..=RATE_HZ_MAX).contains(rate_hz));
        rate_hz.ok_or_else(|| format!("{} is not a rate of 1 to {RATE_HZ_MAX} Hz", quoted(rate)))
    });
    Ok(Mode { width, height, rate_hz: rate_hz.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_have_a_size_and_maybe_a_rate() {
        let full_hd = |rate_hz| Ok(Mode { width: 1920, height: 1080, rate_hz });
        assert_eq!(mode("1920x1080"), full_hd(None));
        assert_eq!(mode("1920x1080@60"), full_hd(Some(60)));
        assert_eq!(mode("1920x1080@50").expect("right").to_string(), "1920x1080@50");
        for wrong in ["", "@60", "1920x1080@", "1920x1080@0", "1920x1080@+60", "1920x1080@60.0", "1080p"] {
            mode(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn a_quarter_turn_swaps_the_sides() {
        let turned = ROTATIONS.map(|rotation| rotation.upright(1920, 1080));
        assert_eq!(turned, [(1920, 1080), (1080, 1920), (1920, 1080), (1080, 1920)]);
        assert_eq!(ROTATIONS.map(Rotation::degrees), [0, 90, 180, 270]);
    }
}
