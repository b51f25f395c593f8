//! The few messages of CEC that switching a TV needs. Pure: bytes in, bytes out.
//!
//! A message begins with who sends it and to whom, four bits each, then what it says. Addresses 0 and 15 are the TV's and
//! everybody's; whoever has none sends as 15, too.

use heapless::Vec;

use crate::program::Power;

/// All that fits on the wire.
pub(super) const BYTES_MAX: usize = 16;
/// Logical addresses.
pub(super) const TV: u8 = 0;
pub(super) const EVERYBODY: u8 = 15;
/// What CEC has room for, in ASCII.
pub(super) const NAME_CHARS_MAX: usize = 14;

const FEATURE_ABORT: u8 = 0x00;
const IMAGE_VIEW_ON: u8 = 0x04;
const STANDBY: u8 = 0x36;
const ACTIVE_SOURCE: u8 = 0x82;
const REQUEST_ACTIVE_SOURCE: u8 = 0x85;
const SET_STREAM_PATH: u8 = 0x86;
const GIVE_POWER_STATUS: u8 = 0x8f;
pub(super) const REPORT_POWER_STATUS: u8 = 0x90;
/// Of FEATURE_ABORT: unrecognized opcode.
const UNRECOGNIZED: u8 = 0;
/// Of REPORT_POWER_STATUS.
const POWER_ON: u8 = 0;

/// As it is on the wire; of one that was received at least the first byte.
pub(super) type Message = Vec<u8, BYTES_MAX>;

/// Where an adapter is, once it has a TV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// In the tree of cables, four bits a level: 0x1000 is a TV's first input.
    pub(super) physical: u16,
    /// 15: all others were taken.
    pub(super) logical: u8,
}

/// What a TV says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    On,
    Standby,
    /// On its way to one of them.
    Becoming(Power),
}

impl Status {
    pub(super) const fn power(self) -> Power {
        match self {
            Self::On => Power::On,
            Self::Standby => Power::Standby,
            Self::Becoming(power) => power,
        }
    }

    const fn of(byte: u8) -> Option<Self> {
        match byte {
            POWER_ON => Some(Self::On),
            1 => Some(Self::Standby),
            2 => Some(Self::Becoming(Power::On)),
            3 => Some(Self::Becoming(Power::Standby)),
            _ => None,
        }
    }
}

fn message(from: u8, to: u8, rest: &[u8]) -> Message {
    let mut message = Message::new();
    // All of ours are a few bytes long.
    let _ = message.push(from << 4 | to);
    let _ = message.extend_from_slice(rest);
    message
}

/// Wakes the TV. From 15 also one that takes the port for empty while it sleeps.
pub(super) fn wake(from: u8) -> Message {
    message(from, TV, &[IMAGE_VIEW_ON])
}

/// Has the TV show us.
pub(super) fn show(place: Place) -> Message {
    let [high, low] = place.physical.to_be_bytes();
    message(place.logical, EVERYBODY, &[ACTIVE_SOURCE, high, low])
}

/// Only to the TV: what else is connected to it is none of our business.
pub(super) fn standby(place: Place) -> Message {
    message(place.logical, TV, &[STANDBY])
}

pub(super) fn ask_power(place: Place) -> Message {
    message(place.logical, TV, &[GIVE_POWER_STATUS])
}

/// What the TV says of its power, when asked or by itself.
pub(super) fn told(message: &[u8]) -> Option<Status> {
    match *message {
        [head, REPORT_POWER_STATUS, status, ..] if head >> 4 == TV => Status::of(status),
        // A TV that is switched off takes all others along.
        [head, STANDBY, ..] if head >> 4 == TV => Some(Status::Standby),
        _ => None,
    }
}

/// What is to be said to a message that the kernel did not answer. `shown`: the TV is to show us.
pub(super) fn answer(heard: &[u8], place: Place, shown: bool) -> Option<Message> {
    let (head, opcode) = (*heard.first()?, *heard.get(1)?);
    let (from, to) = (head >> 4, head & 15);
    let ours = heard.get(2..4) == Some(&place.physical.to_be_bytes()[..]);
    match opcode {
        GIVE_POWER_STATUS if to != EVERYBODY => {
            Some(message(place.logical, from, &[REPORT_POWER_STATUS, POWER_ON]))
        }
        // Somebody chose our input by the remote control.
        SET_STREAM_PATH if ours => Some(show(place)),
        REQUEST_ACTIVE_SOURCE if shown => Some(show(place)),
        // Whoever waits for an answer shall not wait for long; to nobody in particular there is none.
        FEATURE_ABORT | STANDBY | REPORT_POWER_STATUS => None,
        _ if to == EVERYBODY || from == EVERYBODY => None,
        _ => Some(message(place.logical, from, &[FEATURE_ABORT, opcode, UNRECOGNIZED])),
    }
}

/// A box's name as TVs can show it.
pub(super) fn name(of: &str) -> String {
    let shown = of.chars().filter(|one| one.is_ascii_graphic() || *one == ' ');
    let name: String = shown.take(NAME_CHARS_MAX).collect();
    let name = name.trim();
    if name.is_empty() { "Marquee".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { physical: 0x2100, logical: 4 };

    #[test]
    fn messages_are_those_of_the_standard() {
        // As `cec-ctl` sends them.
        assert_eq!(wake(4), [0x40, 0x04]);
        assert_eq!(wake(EVERYBODY), [0xf0, 0x04]);
        assert_eq!(show(PLACE), [0x4f, 0x82, 0x21, 0x00]);
        assert_eq!(standby(PLACE), [0x40, 0x36]);
        assert_eq!(ask_power(PLACE), [0x40, 0x8f]);
    }

    #[test]
    fn only_the_tv_tells_of_the_tv() {
        assert_eq!(told(&[0x04, 0x90, 0]), Some(Status::On));
        assert_eq!(told(&[0x0f, 0x90, 3]).map(Status::power), Some(Power::Standby));
        assert_eq!(told(&[0x0f, 0x36]), Some(Status::Standby));
        for other in [&[0x54, 0x90, 0][..], &[0x04, 0x90, 9], &[0x04, 0x90], &[0x8f, 0x36], &[0x04], &[]] {
            assert_eq!(told(other), None, "{other:x?}");
        }
    }

    fn check(heard: &[u8], shown: bool, expected: &[u8]) {
        let said = answer(heard, PLACE, shown).unwrap_or_default();
        assert_eq!(said, expected, "{heard:x?}");
    }

    #[test]
    fn who_asks_us_is_answered() {
        check(&[0x04, 0x8f], false, &[0x40, 0x90, 0]);
        check(&[0x0f, 0x86, 0x21, 0x00], false, &[0x4f, 0x82, 0x21, 0x00]);
        check(&[0x0f, 0x86, 0x10, 0x00], true, &[]);
        check(&[0x0f, 0x85], true, &[0x4f, 0x82, 0x21, 0x00]);
        check(&[0x0f, 0x85], false, &[]);
        // The remote control's buttons and the like.
        check(&[0x04, 0x44, 0x01], true, &[0x40, 0x00, 0x44, 0]);
    }

    #[test]
    fn nobody_is_answered_who_did_not_ask() {
        for heard in [
            &[][..],
            &[0x04],
            &[0x0f, 0x36],
            &[0x04, 0x36],
            &[0x04, 0x00, 0x36, 0],
            &[0x0f, 0xa5],
            &[0xf4, 0x44],
        ] {
            check(heard, true, &[]);
        }
    }

    #[test]
    fn names_are_such_as_tvs_can_show() {
        assert_eq!(name("Bar at the entrance"), "Bar at the ent");
        assert_eq!(name("Café Müller"), "Caf Mller");
        assert_eq!(name("東京"), "Marquee");
        assert_eq!(name(" \u{7}a\n"), "a");
    }
}
