//! H.264 byte layouts: NAL units behind lengths, the avcC record, codec strings. ISO/IEC 14496-10 and -15.

use bytes::{BufMut, Bytes, BytesMut};

use super::{Frame, H264Params};

pub const NAL_IDR: u8 = 5;
pub const NAL_SPS: u8 = 7;
pub const NAL_PPS: u8 = 8;
pub const NAL_AUD: u8 = 9;

/// The low 5 bits of a NAL unit's first byte.
pub fn nal_type(nal: &[u8]) -> u8 {
    nal.first().map_or(0, |byte| byte & 0x1f)
}

/// The NAL units of an access unit in which each stands behind its length in 4 bytes.
///
/// Ends early at a length that reaches over the end: a damaged unit loses its tail, never more.
pub fn nals(access_unit: &Bytes) -> impl Iterator<Item = Bytes> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let head: [u8; 4] = access_unit.get(at..at + 4)?.try_into().ok()?;
        let len = usize::try_from(u32::from_be_bytes(head)).ok()?;
        let end = at.checked_add(4)?.checked_add(len)?;
        if end > access_unit.len() {
            return None;
        }
        let nal = access_unit.slice(at + 4..end);
        at = end;
        Some(nal)
    })
}

/// Whether the unit is a parameter set or delimiter, which a frame's data must not carry.
fn is_out_of_band(nal: &[u8]) -> bool {
    matches!(nal_type(nal), NAL_SPS | NAL_PPS | NAL_AUD)
}

/// The access unit without parameter sets and delimiters. No copy where there are none.
pub fn without_parameter_sets(access_unit: Bytes) -> Bytes {
    if !nals(&access_unit).any(|nal| is_out_of_band(&nal)) {
        return access_unit;
    }
    let mut kept = BytesMut::with_capacity(access_unit.len());
    for nal in nals(&access_unit).filter(|nal| !is_out_of_band(nal)) {
        kept.put_u32(u32::try_from(nal.len()).expect("a NAL unit came behind a 32-bit length"));
        kept.put_slice(&nal);
    }
    kept.freeze()
}

/// The access unit as an Annex B byte stream, with its parameter sets in front if it is a key frame. Copies.
pub fn to_annex_b(frame: &Frame, params: &H264Params) -> Bytes {
    const START_CODE: [u8; 4] = [0, 0, 0, 1];
    let sets = params.sps.len() + params.pps.len() + 2 * START_CODE.len();
    let mut stream = BytesMut::with_capacity(frame.data.len() + sets);
    let mut put = |nal: &[u8]| {
        stream.put_slice(&START_CODE);
        stream.put_slice(nal);
    };
    if frame.key {
        put(&params.sps);
        put(&params.pps);
    }
    nals(&frame.data).for_each(|nal| put(&nal));
    stream.freeze()
}

/// First SPS and first PPS of an `avcC` record (ISO/IEC 14496-15 section 5.3.3.1); `None` if it is damaged.
pub fn parameter_sets(avcc: &[u8]) -> Option<(Bytes, Bytes)> {
    let mut rest = avcc.get(5..)?;
    let sps = take_parameter_sets(&mut rest, 0x1f)?;
    let pps = take_parameter_sets(&mut rest, 0xff)?;
    // Shorter, it has no profile and level to tell a decoder.
    (sps.len() >= 4).then_some((sps, pps))
}

/// Reads a count (its low bits) and that many 16-bit-prefixed units; returns the first.
fn take_parameter_sets(rest: &mut &[u8], count_mask: u8) -> Option<Bytes> {
    let (&count, mut tail) = rest.split_first()?;
    let mut first = None;
    for _ in 0..count & count_mask {
        let len = usize::from(u16::from_be_bytes(tail.get(..2)?.try_into().ok()?));
        let unit = tail.get(2..2 + len)?;
        first.get_or_insert_with(|| Bytes::copy_from_slice(unit));
        tail = &tail[2 + len..];
    }
    *rest = tail;
    first
}

/// `avc1.PPCCLL` (RFC 6381 section 3.3) from a sequence parameter set.
pub fn codec_string(sps: &[u8]) -> String {
    match sps.get(1..4) {
        Some([profile, constraints, level]) => format!("avc1.{profile:02x}{constraints:02x}{level:02x}"),
        _ => "avc1.42e01f".to_owned(),
    }
}

/// How samples are stored, which an `avcC` record repeats for the profiles that have a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleFormat {
    /// 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4.
    pub chroma_format: u8,
    /// 8 to 15 bits.
    pub bit_depth_luma: u8,
    pub bit_depth_chroma: u8,
}

/// The sample format a sequence parameter set states (ISO/IEC 14496-10 section 7.3.2.1.1); `None` for profiles that
/// do not state it (always 4:2:0, 8 bits) and for damaged sets.
pub fn sample_format(sps: &[u8]) -> Option<SampleFormat> {
    const PROFILES_WITH_CHOICE: [u8; 4] = [100, 110, 122, 244];
    if !PROFILES_WITH_CHOICE.contains(sps.get(1)?) {
        return None;
    }
    let mut bits = sps.get(4..)?.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let _id = exp_golomb(&mut bits)?;
    let chroma_format = u8::try_from(exp_golomb(&mut bits)?).ok().filter(|format| *format <= 3)?;
    if chroma_format == 3 {
        let _separate_colour_planes = bits.next()?;
    }
    let mut depth =
        || u8::try_from(exp_golomb(&mut bits)?).ok().filter(|above| *above <= 7).map(|above| above + 8);
    Some(SampleFormat { chroma_format, bit_depth_luma: depth()?, bit_depth_chroma: depth()? })
}

/// The next `ue(v)` (section 9.1); `None` at the end, and for values above those the fields read here can have.
fn exp_golomb(bits: &mut impl Iterator<Item = u8>) -> Option<u32> {
    const ZEROS_MAX: usize = 16;
    let zeros = bits.by_ref().take(ZEROS_MAX + 1).position(|bit| bit == 1)?;
    let value = (0..zeros).try_fold(1_u32, |value, _| Some(value << 1 | u32::from(bits.next()?)))?;
    Some(value - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access_unit(nals: &[&[u8]]) -> Bytes {
        let mut unit = BytesMut::new();
        for nal in nals {
            unit.put_u32(u32::try_from(nal.len()).expect("short"));
            unit.put_slice(nal);
        }
        unit.freeze()
    }

    #[test]
    fn parameter_sets_and_delimiters_are_taken_out() {
        let unit = access_unit(&[&[9, 0xf0], &[0x67, 1, 2, 3], &[0x68, 1], &[0x65, 7, 7]]);
        assert_eq!(without_parameter_sets(unit), access_unit(&[&[0x65, 7, 7]]));
    }

    #[test]
    fn a_clean_unit_is_not_copied() {
        let unit = access_unit(&[&[0x65, 7, 7], &[0x06, 1]]);
        let pointer = unit.as_ptr();
        assert_eq!(without_parameter_sets(unit).as_ptr(), pointer);
    }

    #[test]
    fn a_length_over_the_end_loses_only_the_tail() {
        let mut damaged = access_unit(&[&[0x65, 1]]).to_vec();
        damaged.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x41]);
        assert_eq!(nals(&Bytes::from(damaged)).count(), 1);
    }

    #[test]
    fn avcc_gives_its_parameter_sets() {
        let avcc = [1, 0x42, 0xe0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 1, 0, 2, 0x68, 0xce];
        let (sps, pps) = parameter_sets(&avcc).expect("well formed");
        assert_eq!(codec_string(&sps), "avc1.42e01f");
        assert_eq!(&pps[..], &[0x68, 0xce]);
    }

    #[test]
    fn a_damaged_avcc_is_refused_at_every_length() {
        let avcc = [1, 0x42, 0xe0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 1, 0, 2, 0x68, 0xce];
        for len in 0..avcc.len() {
            assert_eq!(parameter_sets(&avcc[..len]), None, "{len}");
        }
    }

    #[test]
    fn a_high_profile_states_its_sample_format_and_a_baseline_does_not() {
        // sps_id 0, 4:2:0, 8 and 8 bits: 1 010 1 1.
        let high = [0x67, 100, 0, 31, 0b1010_1100];
        let expected = SampleFormat { chroma_format: 1, bit_depth_luma: 8, bit_depth_chroma: 8 };
        assert_eq!(sample_format(&high), Some(expected));
        assert_eq!(sample_format(&[0x67, 0x42, 0xe0, 0x1f, 0b1010_1100]), None);
        for len in 0..high.len() {
            assert_eq!(sample_format(&high[..len]), None, "{len}");
        }
        assert_eq!(sample_format(&[0x67, 100, 0, 31, 0, 0, 0, 0]), None);
    }
}
