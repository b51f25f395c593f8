//! The EDID that an HDMI bridge shows to players. A bridge without one shows nothing: no player sends a picture to a
//! display that does not say what it is. Written only where there is none, so that one's own stays in force.

use super::ioctl::Node;
use super::timings::loss;
use crate::media::Loss;

const BLOCK: usize = 128;

/// Makes an input show our EDID if it shows none.
pub(super) fn show(node: &Node, input: u32) -> Result<(), Loss> {
    let missing = match node.edid_blocks(input) {
        Ok(blocks) => blocks == 0,
        Err(error) => error.raw_os_error() == Some(libc::ENODATA),
    };
    if missing {
        node.set_edid(input, &mut edid()).map_err(|error| loss("writing the EDID", &error))?;
        log::info!("an HDMI input had no EDID: players are now offered up to 1920x1080");
    }
    Ok(())
}

/// A display of 1920x1080 with two channels of sound (VESA E-EDID 1.3 and CTA-861).
///
/// 1080p at 50, not 60, is the best that is offered: a bridge on two CSI lanes of a Pi carries no more.
fn edid() -> [u8; 2 * BLOCK] {
    let mut edid = [0; 2 * BLOCK];
    let (base, extension) = edid.split_at_mut(BLOCK);
    base[..HEADER.len()].copy_from_slice(&HEADER);
    base[54..72].copy_from_slice(&detailed(1920, 1080, 50, (720, 528, 44), (45, 4, 5), 148_500));
    base[72..90].copy_from_slice(&detailed(1280, 720, 60, (370, 110, 40), (30, 5, 5), 74_250));
    base[90..108].copy_from_slice(&text(0xfc, b"Marquee"));
    // Range limits: 24 to 60 Hz, 15 to 70 kHz, 150 MHz, no formula.
    base[108..126].copy_from_slice(b"\0\0\0\xfd\0\x18\x3c\x0f\x46\x0f\0\x0a\x20\x20\x20\x20\x20\x20");
    base[126] = 1;
    seal(base);
    extension[..EXTENSION.len()].copy_from_slice(&EXTENSION);
    seal(extension);
    edid
}

/// Magic; maker "MRQ", product 1, made 2024; version 1.3; digital, no size of its own, gamma 2.2, RGB, sRGB, preferred
/// timing first; sRGB's colours; 640x480 at 60 Hz; no other standard timings.
const HEADER: [u8; 54] = [
    0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x36, 0x51, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 34,
    0x01, 0x03, 0x80, 0x00, 0x00, 0x78, 0x0e, 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54,
    0x20, 0x00, 0x00, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01,
];

/// CTA-861 revision 3: underscan, basic audio, YCbCr 4:4:4 and 4:2:2, one native timing. Video codes 31 (1080p50,
/// native), 34, 33, 32 (1080p at 30, 25, 24), 4, 19 (720p at 60, 50), 2, 17 (480p, 576p), 1 (VGA); LPCM of 2 channels,
/// 32 to 48 kHz, 16 bits; front left and right; HDMI at address 1.0.0.0 with at most 150 MHz; RGB range selectable.
const EXTENSION: [u8; 33] = [
    0x02, 0x03, 33, 0xf1, 0x49, 0x9f, 0x22, 0x21, 0x20, 0x04, 0x13, 0x02, 0x11, 0x01, 0x23, 0x09, 0x07, 0x01,
    0x83, 0x01, 0x00, 0x00, 0x67, 0x03, 0x0c, 0x00, 0x10, 0x00, 0x00, 30, 0xe2, 0x00, 0x4a,
];

/// A detailed timing descriptor; blanking as total, front porch and sync width; the clock in kHz. Both syncs positive.
fn detailed(
    width: u16,
    height: u16,
    frames_per_s: u32,
    across: (u16, u16, u16),
    down: (u16, u16, u16),
    clock_khz: u32,
) -> [u8; 18] {
    let (blank_x, porch_x, sync_x) = across;
    let (blank_y, porch_y, sync_y) = down;
    let total = u32::from(width + blank_x) * u32::from(height + blank_y);
    debug_assert_eq!(total * frames_per_s, clock_khz * 1000, "sizes and clock agree");
    let [clock_low, clock_high] = u16::try_from(clock_khz / 10).unwrap_or(u16::MAX).to_le_bytes();
    let low = |value: u16| value.to_le_bytes()[0];
    let high = |value: u16| value.to_le_bytes()[1];
    [
        clock_low,
        clock_high,
        low(width),
        low(blank_x),
        high(width) << 4 | high(blank_x),
        low(height),
        low(blank_y),
        high(height) << 4 | high(blank_y),
        low(porch_x),
        low(sync_x),
        low(porch_y) << 4 | low(sync_y),
        high(porch_x) << 6 | high(sync_x) << 4,
        0,
        0,
        0,
        0,
        0,
        0x1e,
    ]
}

/// A descriptor with a text of at most 13 characters.
fn text(tag: u8, text: &[u8]) -> [u8; 18] {
    let mut descriptor = *b"\0\0\0\0\0             ";
    descriptor[3] = tag;
    descriptor[5..5 + text.len()].copy_from_slice(text);
    descriptor[5 + text.len()] = b'\n';
    descriptor
}

/// Makes the bytes of a block add up to nothing.
fn seal(block: &mut [u8]) {
    let last = block.len() - 1;
    let sum = block[..last].iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
    block[last] = sum.wrapping_neg();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_blocks_add_up() {
        for block in edid().chunks(BLOCK) {
            assert_eq!(block.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)), 0);
        }
    }

    #[test]
    fn the_preferred_timing_is_1080p50() {
        let descriptor = &edid()[54..72];
        let across = u16::from(descriptor[2]) | u16::from(descriptor[4] & 0xf0) << 4;
        let down = u16::from(descriptor[5]) | u16::from(descriptor[7] & 0xf0) << 4;
        assert_eq!((across, down), (1920, 1080));
        assert_eq!(u16::from_le_bytes([descriptor[0], descriptor[1]]), 14_850);
    }

    #[test]
    fn data_blocks_fill_the_extension_up_to_its_timings() {
        let edid = edid();
        let extension = &edid[BLOCK..];
        let (mut at, end) = (4, usize::from(extension[2]));
        while at < end {
            at += 1 + usize::from(extension[at] & 0x1f);
        }
        assert_eq!(at, end);
    }
}
