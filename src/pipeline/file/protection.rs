//! Whether an MP4 is copy-protected (ISO/IEC 23001-7): its pictures are then of a format that nothing decodes.

use std::fs::File;
use std::path::Path;

use super::movie::description;

/// Formats of protected pictures and sound, which name their own beside them.
const PROTECTED: [&[u8]; 2] = [b"encv", b"enca"];

/// Only asked of a file that can't be decoded: a name in it that looks like one decides nothing else.
pub fn is_protected(file: &Path) -> bool {
    File::open(file)
        .and_then(|mut file| description(&mut file))
        .is_ok_and(|(_, movie)| movie.windows(4).any(|name| PROTECTED.contains(&name)))
}
