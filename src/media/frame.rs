//! One encoded access unit, and the parameters a decoder needs before it.

use std::sync::Arc;

use bytes::Bytes;

use super::{MediaTime, h264};

/// One access unit of a track: a coded picture, or one Opus packet.
///
/// Cheap to clone: the payload is shared by every reader.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When it is shown.
    pub time: MediaTime,
    /// When it is decoded. Equal to `time` unless a camera sends B-frames. Strictly rising within a track.
    pub decode_time: MediaTime,
    /// A decoder can begin here. Always true for sound and JPEG.
    pub key: bool,
    /// H.264: NAL units, each behind its length in 4 bytes (big-endian), without SPS, PPS and access unit
    /// delimiters (they are in `params`). Opus: the packet. JPEG: the file.
    pub data: Bytes,
    /// What the decoder must be set to. The same `Arc` until the parameters change, which happens at key frames
    /// only: readers compare with `Arc::ptr_eq`.
    pub params: Arc<Params>,
}

/// What a decoder must know before the first access unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Params {
    H264(H264Params),
    /// H.265 as a camera sent it: read by our own transcoder only, never by outputs. Annex B inside.
    H265,
    Opus(OpusParams),
    Jpeg {
        width: u32,
        height: u32,
    },
    /// Fragments of an MP4, made from other tracks.
    Fmp4(Fmp4Params),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct H264Params {
    /// Sequence parameter set, NAL unit header included, no start code.
    pub sps: Bytes,
    /// Picture parameter set, likewise.
    pub pps: Bytes,
    pub width: u32,
    pub height: u32,
}

impl H264Params {
    /// The `codecs` parameter of RFC 6381: `avc1.` and the three bytes profile, constraints, level.
    pub fn codec_string(&self) -> String {
        h264::codec_string(&self.sps)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpusParams {
    /// 1 or 2.
    pub channels: u8,
    /// Samples of 48 kHz a decoder throws away at the start (RFC 7845 section 4.2).
    pub pre_skip: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fmp4Params {
    /// What `MediaSource.addSourceBuffer` takes: `video/mp4` with the codecs of RFC 6381.
    pub mime: String,
    /// The initialization segment: `ftyp` and `moov`.
    pub init: Bytes,
}

impl Params {
    pub fn h264(&self) -> Option<&H264Params> {
        match self {
            Self::H264(params) => Some(params),
            _ => None,
        }
    }

    pub fn fmp4(&self) -> Option<&Fmp4Params> {
        match self {
            Self::Fmp4(params) => Some(params),
            _ => None,
        }
    }

    pub fn opus(&self) -> Option<&OpusParams> {
        match self {
            Self::Opus(params) => Some(params),
            _ => None,
        }
    }
}
