//! Random bytes for what outputs read: fragments of WHEP, and what tells whose screen a sound card plays to.

use super::hdmi::sound_card;
use super::whep::Fragment;

/// The body of a PATCH of a WHEP session.
pub(crate) fn fragment(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(fragment) = Fragment::read(text) else { return };
    assert!(fragment.candidates.iter().all(|candidate| candidate.starts_with("candidate:")));
    if let Some((ufrag, pwd)) = fragment.credentials {
        assert!(ufrag.len() >= 4 && pwd.len() >= 22);
    }
}

/// An EDID, and what a sound card tells of the screen behind it.
pub(crate) fn edid([edid, eld]: [&[u8]; 2]) {
    let _ = sound_card::pc(std::path::Path::new("/nonexistent"), edid);
    let _ = sound_card::eld_is(&String::from_utf8_lossy(eld), 0x2d4c, 0x08a9);
}
