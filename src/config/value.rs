//! Kinds of values that stand in several sections.

use super::problem::quoted;
use super::section::Section;

/// Fits a tile's title and a slate's line.
pub(super) const NAME_CHARS_MAX: usize = 64;
/// An id is part of addresses and metric labels.
const ID_BYTES_MAX: usize = 32;
pub(super) const ID_ALLOWED: &str = "1 to 32 of a-z, 0-9 and -, not beginning with -";
/// Smaller ones no encoder takes, larger ones the Pi's can't.
const SIDE_MIN: u32 = 64;
const SIDE_MAX: u32 = 4096;
const SIZE_ALLOWED: &str = "a size such as \"1280x720\", both sides even and from 64 to 4096";
const FRAMES_PER_S_MAX: u32 = 120;

/// A name for people, without spaces around it.
pub(super) fn name(section: &Section<'_>) -> Option<String> {
    let name = section.text("name", NAME_CHARS_MAX)?.trim();
    if name.is_empty() {
        section.note("name", "is empty", "leave the key out, or write a name");
    }
    Some(name.to_owned())
}

pub(super) fn id(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() {
        Err("is empty".to_owned())
    } else if text.len() > ID_BYTES_MAX {
        Err("is too long".to_owned())
    } else if !text.bytes().all(allowed) || text.starts_with('-') {
        Err(format!("{} has a space, a capital letter or another character", quoted(text)))
    } else {
        Ok(text.to_owned())
    }
}

/// The key `size`: width and height.
pub(super) fn size(section: &Section<'_>) -> Option<(u32, u32)> {
    section.parsed("size", SIZE_ALLOWED, parse_size)
}

pub(super) fn frames_per_s(section: &Section<'_>) -> Option<u32> {
    section.number("fps", 1..=FRAMES_PER_S_MAX)
}

pub(super) fn parse_size(text: &str) -> Result<(u32, u32), String> {
    // Only digits: `parse` would take a sign.
    let side =
        |side: &str| side.bytes().all(|byte| byte.is_ascii_digit()).then(|| side.parse().ok()).flatten();
    let sides = text.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
    let Some((width, height)) = sides else {
        return Err(format!("{} is not a size", quoted(text)));
    };
    for side in [width, height] {
        if !(SIDE_MIN..=SIDE_MAX).contains(&side) {
            return Err(format!("{side} is out of range"));
        }
        if side % 2 != 0 {
            return Err(format!("{side} is odd, which video can't be"));
        }
    }
    Ok((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("1280x720"), Ok((1280, 720)));
        assert_eq!(parse_size("64x4096"), Ok((64, 4096)));
        for wrong in ["", "x", "1280", "1280X720", "+640x480", "640x480x2", "1281x720", "62x64", "4098x64"] {
            parse_size(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn ids() {
        for right in ["a", "0", "door-2", &"x".repeat(32)] {
            assert_eq!(id(right).as_deref(), Ok(right));
        }
        for wrong in ["", "-a", "Door", "tür", "a b", "a/b", "a.b", &"x".repeat(33)] {
            id(wrong).expect_err(wrong);
        }
    }
}
