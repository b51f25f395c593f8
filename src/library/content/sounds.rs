//! Streams of sound that no container holds, known by frames that follow each other. Pure.

/// In a row: two bytes look like the begin of one in any large file.
const FRAMES: usize = 3;
/// Of layer III, in thousands of bits per second (ISO/IEC 11172-3, 2.4.2.3; ISO/IEC 13818-3, 2.4.2.3 for half the rates).
const KBIT: [usize; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBIT_HALF: [usize; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const HZ: [usize; 3] = [44_100, 48_000, 32_000];

/// MP3 without a tag before it.
pub(super) fn is_mp3(head: &[u8]) -> bool {
    in_a_row(head, mp3_frame)
}

/// AAC as recorders and radio stations write it, without a container.
pub(super) fn is_adts(head: &[u8]) -> bool {
    in_a_row(head, adts_frame)
}

fn in_a_row(head: &[u8], frame: impl Fn(&[u8]) -> Option<usize>) -> bool {
    let mut rest = head;
    (0..FRAMES).all(|_| {
        let next = frame(rest).and_then(|bytes| rest.get(bytes..));
        rest = next.unwrap_or_default();
        next.is_some()
    })
}

/// Bytes of the frame of layer III that begins here.
pub(crate) fn mp3_frame(head: &[u8]) -> Option<usize> {
    let &[0xff, second, third, ..] = head else { return None };
    // Eleven bits of mark, two of the version, then `01` for layer III.
    if second & 0xe6 != 0xe2 {
        return None;
    }
    let (kbit, hz) = (usize::from(third >> 4).checked_sub(1)?, usize::from(third >> 2 & 3));
    // Of 1152 samples, or of half as many at half or a quarter of the rate.
    let (eighths, table, divisor) = match second >> 3 & 3 {
        3 => (144_000, &KBIT, 1),
        2 => (72_000, &KBIT_HALF, 2),
        0 => (72_000, &KBIT_HALF, 4),
        _ => return None,
    };
    let hz = HZ.get(hz)? / divisor;
    Some(eighths * table.get(kbit)? / hz + usize::from(third >> 1 & 1))
}

/// Bytes of the frame that begins here (ISO/IEC 13818-7, 6.2).
fn adts_frame(head: &[u8]) -> Option<usize> {
    let &[0xff, second, _, fourth, fifth, sixth, ..] = head else { return None };
    let bytes = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
    (second & 0xf6 == 0xf0 && bytes > 7).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many frames of a stream, all alike.
    fn stream(head: &[u8], bytes: usize, frames: usize) -> Vec<u8> {
        let mut frame = head.to_vec();
        frame.resize(bytes, 0);
        frame.repeat(frames)
    }

    #[test]
    fn frames_that_follow_each_other_are_a_stream() {
        // 128 kbit/s at 44.1 kHz, 320 at 48 with a byte more, 64 at 22.05, 8 at 8 kHz.
        for (head, bytes) in [
            ([0xff, 0xfb, 0x90, 0x00], 417),
            ([0xff, 0xfb, 0xe6, 0x00], 961),
            ([0xff, 0xf3, 0x80, 0x00], 208),
            ([0xff, 0xe3, 0x18, 0x00], 72),
        ] {
            assert_eq!(mp3_frame(&head), Some(bytes), "{head:x?}");
            assert!(is_mp3(&stream(&head, bytes, 4)) && !is_mp3(&stream(&head, bytes, 2)), "{head:x?}");
            assert!(!is_mp3(&stream(&head, bytes + 1, 4)), "{head:x?}");
        }
        let adts = stream(&[0xff, 0xf1, 0x50, 0x80, 0x02, 0x9f, 0xfc], 20, 4);
        assert!(is_adts(&adts) && !is_mp3(&adts) && !is_adts(&adts[..50]));
    }

    #[test]
    fn what_only_begins_like_one_is_none() {
        // A reserved version, rate or length; the mark of UTF-16; a JPEG.
        for head in
            [[0xff, 0xea, 0x90, 0], [0xff, 0xfb, 0x9c, 0], [0xff, 0xfb, 0xf0, 0], [0xff, 0xfe, 0x90, 0]]
        {
            assert_eq!(mp3_frame(&head), None, "{head:x?}");
        }
        for bytes in [&b""[..], b"\xff", b"\xff\xfb", b"\xff\xd8\xff\xe0", &[0xff; 9000]] {
            assert!(!is_mp3(bytes) && !is_adts(bytes), "{bytes:x?}");
        }
    }
}
