//! Random bytes for what comes over CEC.

use super::message::{self, BYTES_MAX, NAME_CHARS_MAX, Place};

/// A message, where we are, and the box's name.
pub(crate) fn message([place, heard, name]: [&[u8]; 3]) {
    let byte = |at: usize| place.get(at).copied().unwrap_or(0);
    let place = Place { physical: u16::from_be_bytes([byte(0), byte(1)]), logical: byte(2) & 15 };
    let heard = &heard[..heard.len().min(BYTES_MAX)];
    let _ = message::told(heard);
    if let Some(answer) = message::answer(heard, place, byte(3) & 1 == 1) {
        assert_eq!(answer.first().map(|head| head >> 4), Some(place.logical), "we are who sends it");
        let back = message::answer(&answer, place, false);
        assert!(back.is_none() || answer.get(1) != Some(&0), "nobody aborts an abort");
    }
    assert!((1..=NAME_CHARS_MAX).contains(&message::name(&String::from_utf8_lossy(name)).len()));
}
