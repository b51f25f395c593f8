//! LEDs and the button on the pins of a Raspberry Pi: `[leds]` and `[button]`.

use super::keys;
use super::section::Section;

/// Numbers as Broadcom has them (BCM), which is what every drawing of the 40-pin header shows beside GPIO.
///
/// The header has 0 to 27; 0 and 1 belong to the memory by which a board plugged on top names itself.
const PINS: std::ops::RangeInclusive<u32> = 2..=27;

/// Which pin has which LED; without any, no pin is touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leds {
    pub ready: Option<u8>,
    pub live: Option<u8>,
    pub fault: Option<u8>,
    /// A pin that is low lights its LED.
    pub active_low: bool,
}

/// A button between its pin and ground.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Button {
    pub pin: Option<u8>,
    /// What a short press puts on all screens, and the next one takes back; `None`: it brings the next source.
    pub message: Option<String>,
}

/// Two lines that can be read from 5 m, as of any message.
const MESSAGE_CHARS_MAX: usize = 300;

/// Both sections, since no two of them can share a pin.
pub(super) fn check(root: &Section<'_>) -> (Leds, Button) {
    let leds = root.section("leds", keys::LEDS);
    let button = root.section("button", keys::BUTTON);
    let mut taken = Vec::new();
    let leds = Leds {
        ready: pin(&leds, "leds", "ready", &mut taken),
        live: pin(&leds, "leds", "live", &mut taken),
        fault: pin(&leds, "leds", "fault", &mut taken),
        active_low: leds.flag("active_low").unwrap_or(false),
    };
    let message = button.text("message", MESSAGE_CHARS_MAX).filter(|text| !text.trim().is_empty());
    let pin = pin(&button, "button", "pin", &mut taken);
    (leds, Button { pin, message: message.map(str::to_owned) })
}

/// `taken`: pins so far, each with its key and line.
fn pin(
    section: &Section<'_>,
    name: &str,
    key: &'static str,
    taken: &mut Vec<(u8, String, usize)>,
) -> Option<u8> {
    let pin = section.number(key, PINS)?;
    let pin = u8::try_from(pin).expect("its range was checked");
    match taken.iter().find(|(used, ..)| *used == pin) {
        Some((_, by, line)) => {
            let message = format!("{pin} is already the pin of `{by}` on line {line}");
            section.note(key, message, "a pin of its own for each LED and the button");
        }
        None => taken.push((pin, format!("{name}.{key}"), section.line_of(key))),
    }
    Some(pin)
}
