//! Random bytes for what a child says of a file that it shows.

use super::wire::{self, Header, Sizes};

const SIZES: Sizes = Sizes { picture: 24, slide: 64 };

/// Pieces one after the other, as the reader takes them; each is what it would be if we had written it.
pub(crate) fn pieces(input: &[u8]) {
    let mut rest = input;
    while let Ok(Some(header)) = Header::read(&mut rest, SIZES) {
        let Some((data, tail)) = rest.split_at_checked(header.bytes) else { break };
        let mut written = Vec::new();
        wire::write(&mut written, header.kind, header.time_ns, data).expect("memory");
        assert_eq!(Header::read(&mut &written[..], SIZES).ok().flatten(), Some(header));
        assert!(written.ends_with(data));
        rest = tail;
    }
}
