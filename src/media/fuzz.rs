//! Random bytes for what reads pictures' heads.

use std::sync::Arc;

use bytes::Bytes;

use super::{Frame, H264Params, MediaTime, Params, h264, jpeg};

/// An access unit, a record and a parameter set.
pub(crate) fn h264(input: &[u8]) {
    if let Some(sets) = h264::ParameterSets::read(input) {
        let (sps, pps) = sets.used_by(&Bytes::copy_from_slice(input));
        assert!(sps.len() >= 4 && sps.len() + pps.len() <= input.len());
        let _ = h264::sample_format(&sps);
        assert!(h264::codec_string(&sps).is_ascii());
    }
    if let Some(format) = h264::sample_format(input) {
        let depths = [format.bit_depth_luma, format.bit_depth_chroma];
        assert!(format.chroma_format <= 3 && depths.iter().all(|depth| (8..=15).contains(depth)));
    }
    let _ = h264::codec_string(input);
    let unit = Bytes::copy_from_slice(input);
    let whole: usize = h264::nals(&unit).map(|nal| 4 + nal.len()).sum();
    assert!(whole <= unit.len());
    let kept = h264::without_parameter_sets(unit.clone());
    assert!(kept.len() <= unit.len());
    assert!(
        !h264::nals(&kept)
            .any(|nal| matches!(h264::nal_type(&nal), h264::NAL_SPS | h264::NAL_PPS | h264::NAL_AUD))
    );
    assert_eq!(h264::without_parameter_sets(kept.clone()), kept, "once is enough");
    let [sps, pps] = [&b"\x67\x42\xe0\x1f"[..], b"\x68\xce"].map(Bytes::from_static);
    let params = H264Params { sps, pps, width: 1, height: 1 };
    let time = MediaTime::from_nanos(0);
    let held = Arc::new(Params::H264(params.clone()));
    let frame =
        Frame { time, decode_time: time, key: input.len().is_multiple_of(2), data: kept, params: held };
    assert!(
        h264::to_annex_b(&frame, &params).len() <= whole + 32,
        "only start codes stand in place of lengths"
    );
}

pub(crate) fn jpeg(input: &[u8]) {
    let Some(whole) = jpeg::complete(Bytes::copy_from_slice(input)) else { return };
    assert!(whole.len() >= input.len() && whole.len() <= input.len() + 1024, "at most tables are added");
    assert_eq!(jpeg::complete(whole.clone()), Some(whole), "once is enough");
}
