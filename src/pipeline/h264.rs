//! From samples of `video/x-h264,stream-format=avc,alignment=au` to frames, and back to Annex B for decoders.

use std::sync::Arc;

use bytes::Bytes;
use gstreamer as gst;

use super::clock;
use crate::media::h264::{self, ParameterSets};
use crate::media::{Frame, H264Params, Params};

/// The caps that [`FrameMaker`] reads, for descriptions.
pub(super) const AVC_CAPS: &str = "video/x-h264,stream-format=avc,alignment=au";

/// Turns samples into frames and notices when the parameters change.
#[derive(Default)]
pub(super) struct FrameMaker {
    caps: Option<gst::Caps>,
    sets: ParameterSets,
    size: (u32, u32),
    params: Option<Arc<Params>>,
}

impl FrameMaker {
    /// `None` for a sample without data, time or parameters: nobody could show it.
    pub(super) fn frame(&mut self, sample: &gst::Sample) -> Option<Frame> {
        let buffer = sample.buffer_owned()?;
        let time = clock::sample_time(sample).or_else(|| clock::sample_decode_time(sample))?;
        let decode_time = clock::sample_decode_time(sample).unwrap_or(time);
        let changed = self.take_caps(sample.caps()?)?;
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let data = h264::without_parameter_sets(bytes(buffer)?);
        if changed || key {
            self.take_params(&data);
        }
        let params = Arc::clone(self.params.as_ref()?);
        (!data.is_empty()).then_some(Frame { time, decode_time, key, data, params })
    }

    /// Whether they are others than before; the parser makes new ones when a parameter set changes, and only then.
    fn take_caps(&mut self, caps: &gst::CapsRef) -> Option<bool> {
        if self.caps.as_ref().is_some_and(|known| known.as_ref() == caps) {
            return Some(false);
        }
        let structure = caps.structure(0)?;
        let avcc = structure.get::<gst::Buffer>("codec_data").ok()?;
        self.sets = ParameterSets::read(&avcc.map_readable().ok()?)?;
        let size = |field| structure.get::<i32>(field).ok().and_then(|value| u32::try_from(value).ok());
        self.size = (size("width")?, size("height")?);
        self.caps = Some(caps.to_owned());
        Some(true)
    }

    fn take_params(&mut self, access_unit: &Bytes) {
        let ((sps, pps), (width, height)) = (self.sets.used_by(access_unit), self.size);
        let params = Params::H264(H264Params { sps, pps, width, height });
        if self.params.as_deref() != Some(&params) {
            self.params = Some(Arc::new(params));
        }
    }
}

/// The buffer's memory as `Bytes`, not copied: the buffer lives as long as the last reader.
pub(super) fn bytes(buffer: gst::Buffer) -> Option<Bytes> {
    buffer.into_mapped_buffer_readable().ok().map(Bytes::from_owner)
}
