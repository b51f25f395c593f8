//! The mark of a packet that ends a picture (RFC 3550, section 5.1), taken from those that hold none. Pure.
//!
//! Some cameras mark each unit of H.264 and H.265, so that what precedes a picture is taken for one of its own, and the
//! picture for one that can't be begun with.

const RTP_HEAD_BYTES: usize = 12;
const MARK: u8 = 0x80;

/// What a stream's packets hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    H264,
    H265,
    /// Nothing that is looked at here.
    Other,
}

impl Units {
    pub(super) fn of(encoding: &str) -> Self {
        match encoding {
            "H264" => Self::H264,
            "H265" => Self::H265,
            _ => Self::Other,
        }
    }

    /// Whether the packet's mark is to be taken away.
    pub(super) fn is_marked_in_vain(self, packet: &[u8]) -> bool {
        let marked = packet.get(1).is_some_and(|second| second & MARK != 0);
        marked
            && payload(packet).is_some_and(|payload| match self {
                Self::H264 => !h264_holds_picture(payload),
                Self::H265 => !h265_holds_picture(payload),
                Self::Other => false,
            })
    }
}

/// Takes the mark away.
pub(super) fn unmark(packet: &mut [u8]) {
    if let Some(second) = packet.get_mut(1) {
        *second &= !MARK;
    }
}

fn payload(packet: &[u8]) -> Option<&[u8]> {
    let first = *packet.first()?;
    let rest = packet.get(RTP_HEAD_BYTES + usize::from(first & 0x0f) * 4..)?;
    if first & 0x10 == 0 {
        return Some(rest);
    }
    let words = u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]);
    rest.get(4 + usize::from(words) * 4..)
}

/// Remarks, parameter sets and delimiters (ITU-T H.264, table 7-1) are none, alone or bundled (RFC 6184, section 5.7.1).
fn h264_holds_picture(payload: &[u8]) -> bool {
    const BUNDLE: u8 = 24;
    let is_aside = |unit: &[u8]| matches!(unit.first().map(|head| head & 0x1f), Some(6..=9));
    match payload.first().map(|head| head & 0x1f) {
        Some(BUNDLE) => !units(&payload[1..]).all(is_aside),
        _ => !is_aside(payload),
    }
}

/// Likewise (ITU-T H.265, table 7-1; RFC 7798, section 4.4.2).
fn h265_holds_picture(payload: &[u8]) -> bool {
    const BUNDLE: u8 = 48;
    let kind = |unit: &[u8]| unit.first().map(|head| head >> 1 & 0x3f);
    let is_aside = |unit: &[u8]| matches!(kind(unit), Some(32..=35 | 39 | 40));
    match kind(payload) {
        Some(BUNDLE) => !units(payload.get(2..).unwrap_or_default()).all(is_aside),
        _ => !is_aside(payload),
    }
}

/// With 16 bits of length before each; what is cut short ends them.
fn units(mut bundle: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let len = usize::from(u16::from_be_bytes([*bundle.first()?, *bundle.get(1)?]));
        let unit = bundle.get(2..2 + len)?;
        bundle = &bundle[2 + len..];
        Some(unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_vain(units: Units, payload: &[u8]) -> bool {
        let packet = |head: [u8; 2]| [&head[..], &[0; 10], payload].concat();
        assert!(!units.is_marked_in_vain(&packet([0x80, 96])), "it has no mark");
        let extended =
            [&[0x91, 0x80 | 96][..], &[0; 10], &[9; 4], &[0xbe, 0xde, 0, 1, 1, 2, 3, 4], payload].concat();
        let marked = units.is_marked_in_vain(&packet([0x80, 0x80 | 96]));
        assert_eq!(units.is_marked_in_vain(&extended), marked, "behind a list and an extension");
        marked
    }

    #[test]
    fn what_precedes_a_picture_ends_none() {
        for (payload, expected) in [
            (&[0x06, 5, 1, 0][..], true),
            (&[0x67, 1], true),
            (&[0x65, 1], false),
            (&[0x41, 1], false),
            (&[0x7c, 0x45, 1], false),
            (&[24, 0, 1, 0x67, 0, 1, 0x68], true),
            (&[24, 0, 1, 0x67, 0, 2, 0x65, 1], false),
        ] {
            assert_eq!(in_vain(Units::H264, payload), expected, "{payload:?}");
        }
        for (payload, expected) in [
            (&[39 << 1, 1, 0][..], true),
            (&[19 << 1, 1, 0], false),
            (&[48 << 1, 1, 0, 2, 33 << 1, 1], true),
            (&[49 << 1, 1, 0x93], false),
        ] {
            assert_eq!(in_vain(Units::H265, payload), expected, "{payload:?}");
        }
        assert!(!in_vain(Units::Other, &[6]));
    }

    #[test]
    fn cut_short_it_is_left_alone() {
        let whole = [0x91, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0xbe, 0xde, 0, 1, 1, 2, 3, 4];
        for end in 0..whole.len() {
            assert!(!Units::H264.is_marked_in_vain(&whole[..end]), "{end}");
        }
    }
}
