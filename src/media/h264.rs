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

/// The SPS and PPS of an `avcC` record (ISO/IEC 14496-15 section 5.3.3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSets {
    sps: Vec<Bytes>,
    pps: Vec<Bytes>,
}

impl ParameterSets {
    /// `None` if the record is damaged or has none of one kind.
    pub fn read(avcc: &[u8]) -> Option<Self> {
        let mut rest = avcc.get(5..)?;
        let sps = take_parameter_sets(&mut rest, 0x1f)?;
        let pps = take_parameter_sets(&mut rest, 0xff)?;
        // Shorter, the first has no profile and level to tell a decoder.
        (sps.first()?.len() >= 4 && !pps.is_empty()).then_some(Self { sps, pps })
    }

    /// The SPS and the PPS that the pictures of `access_unit` are made by. Where nobody can tell, the first of each: most
    /// cameras have no others.
    pub fn used_by(&self, access_unit: &Bytes) -> (Bytes, Bytes) {
        let several = self.sps.len() > 1 || self.pps.len() > 1;
        let used = several.then(|| nals(access_unit).find_map(|nal| self.of_slice(&nal))).flatten();
        used.unwrap_or_else(|| (self.sps[0].clone(), self.pps[0].clone()))
    }

    /// A slice names its PPS, which names its SPS (ISO/IEC 14496-10 sections 7.3.3, 7.3.2.2 and 7.3.2.1.1).
    fn of_slice(&self, nal: &[u8]) -> Option<(Bytes, Bytes)> {
        if !matches!(nal_type(nal), 1 | 5) {
            return None;
        }
        let mut slice = bits_of(nal.get(1..)?);
        let (_first_macroblock, _kind) = (exp_golomb(&mut slice)?, exp_golomb(&mut slice)?);
        let id = exp_golomb(&mut slice)?;
        let pps_ids = |pps: &Bytes| {
            let mut bits = bits_of(pps.get(1..)?);
            Some((exp_golomb(&mut bits)?, exp_golomb(&mut bits)?))
        };
        // Of two with one number the last counts.
        let found =
            self.pps.iter().rev().find_map(|pps| Some((pps, pps_ids(pps)?)).filter(|(_, ids)| ids.0 == id));
        let (pps, (_, sps_id)) = found?;
        let has_id = |sps: &&Bytes| {
            sps.len() >= 4 && sps.get(4..).and_then(|rest| exp_golomb(&mut bits_of(rest))) == Some(sps_id)
        };
        Some((self.sps.iter().rev().find(has_id)?.clone(), pps.clone()))
    }
}

/// Most significant first.
fn bits_of(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
}

/// Reads a count (its low bits) and that many 16-bit-prefixed units.
fn take_parameter_sets(rest: &mut &[u8], count_mask: u8) -> Option<Vec<Bytes>> {
    let (&count, mut tail) = rest.split_first()?;
    let mut units = Vec::new();
    for _ in 0..count & count_mask {
        let len = usize::from(u16::from_be_bytes(tail.get(..2)?.try_into().ok()?));
        units.push(Bytes::copy_from_slice(tail.get(2..2 + len)?));
        tail = &tail[2 + len..];
    }
    *rest = tail;
    Some(units)
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
    let mut bits = bits_of(sps.get(4..)?);
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
        let (sps, pps) = ParameterSets::read(&avcc).expect("well formed").used_by(&Bytes::new());
        assert_eq!(codec_string(&sps), "avc1.42e01f");
        assert_eq!(&pps[..], &[0x68, 0xce]);
    }

    #[test]
    fn the_sets_in_use_are_those_that_the_slice_names() {
        // Behind the kind: numbers as Exp-Golomb codes, 1 is 0, 010 is 1.
        let (sps_0, sps_1) = ([0x67, 0x42, 0xe0, 0x1f, 0b1000_0000], [0x67, 0x42, 0xe0, 0x1e, 0b0100_0000]);
        let (pps_0, pps_1) = ([0x68, 0b1100_0000], [0x68, 0b0100_1000]);
        let sets = ParameterSets {
            sps: [sps_1, sps_0].map(|sps| Bytes::copy_from_slice(&sps)).to_vec(),
            pps: [pps_1, pps_0].map(|pps| Bytes::copy_from_slice(&pps)).to_vec(),
        };
        let used = |slice: u8| {
            let (sps, pps) = sets.used_by(&access_unit(&[&[0x06, 1], &[0x65, slice]]));
            (sps[3], pps[1])
        };
        assert_eq!(used(0b1110_0000), (0x1f, 0b1100_0000), "picture 0, kind 0, PPS 0, which names SPS 0");
        assert_eq!(used(0b1101_0000), (0x1e, 0b0100_1000), "PPS 1, which names SPS 1");
        assert_eq!(used(0b1101_1000), (0x1e, 0b0100_1000), "nobody has PPS 2: the first of each");
    }

    #[test]
    fn a_damaged_avcc_is_refused_at_every_length() {
        let avcc = [1, 0x42, 0xe0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 1, 0, 2, 0x68, 0xce];
        for len in 0..avcc.len() {
            assert_eq!(ParameterSets::read(&avcc[..len]), None, "{len}");
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
