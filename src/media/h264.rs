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
}
