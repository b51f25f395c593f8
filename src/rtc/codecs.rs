//! What the box offers to send, and which of the viewer's formats a stream is sent in.

use str0m::format::{Codec, CodecConfig, CodecSpec, FormatParams, PayloadParams};
use str0m::media::Mid;
use str0m::rtp::Extension;
use str0m::{Rtc, RtcConfig};

use crate::media::Params;

/// `profile-level-id`, its level being the least one: constrained baseline, baseline, main, constrained high, high. In the order
/// in which one stands in for another that the viewer does not name: every decoder does the simplest.
const PROFILES: [u32; 5] = [0x42e01f, 0x42001f, 0x4d001f, 0x640c1f, 0x64001f];
/// Payload types that stand in our configuration until the viewer's own replace them.
const FIRST_PAYLOAD_TYPE: u8 = 96;
const OPUS_PAYLOAD_TYPE: u8 = 111;

/// One payload type a viewer accepts for a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) payload_type: u8,
    /// H.264 `profile-level-id`; 0 for Opus.
    pub(super) profile: u32,
}

/// H.264 with packetization-mode 1, Opus, NACK and PLI. No bandwidth estimation and none of the header extensions it
/// needs: a pacer would add 17 ms, and browsers would send feedback 20 times a second.
pub(super) fn configure(mut config: RtcConfig) -> RtcConfig {
    let mut params: Vec<PayloadParams> = PROFILES
        .iter()
        .zip((FIRST_PAYLOAD_TYPE..).step_by(2))
        .map(|(&profile, payload_type)| {
            let format = FormatParams {
                level_asymmetry_allowed: Some(true),
                packetization_mode: Some(1),
                profile_level_id: Some(profile),
                ..FormatParams::default()
            };
            payload(payload_type, Some(payload_type + 1), Codec::H264, None, format)
        })
        .collect();
    let opus = FormatParams { stereo: Some(true), sprop_stereo: Some(true), ..FormatParams::default() };
    let opus = FormatParams { min_p_time: Some(10), use_inband_fec: Some(true), ..opus };
    params.push(payload(OPUS_PAYLOAD_TYPE, None, Codec::Opus, Some(2), opus));
    *config.codec_config() = CodecConfig::new_from_payload_params(params);
    config.clear_extension_map().set_extension(1, Extension::RtpMid)
}

fn payload(
    payload_type: u8,
    resend: Option<u8>,
    codec: Codec,
    channels: Option<u8>,
    format: FormatParams,
) -> PayloadParams {
    let clock_rate = if codec.is_audio() {
        str0m::media::Frequency::FORTY_EIGHT_KHZ
    } else {
        str0m::media::Frequency::NINETY_KHZ
    };
    let spec = CodecSpec { codec, clock_rate, channels, format };
    let mut params = PayloadParams::new(payload_type.into(), resend.map(Into::into), spec);
    params.set_fb_transport_cc(false);
    params.set_fb_remb(false);
    params
}

/// The formats of `codec` both sides know, in the viewer's order.
pub(super) fn formats(rtc: &Rtc, mid: Mid, codec: Codec) -> Vec<Format> {
    let Some(media) = rtc.media(mid) else { return Vec::new() };
    let known = rtc.codec_config().params();
    let find = |wanted| known.iter().find(|params| params.pt() == wanted && params.spec().codec == codec);
    media
        .remote_pts()
        .iter()
        .filter_map(|&payload_type| find(payload_type))
        .map(|params| Format {
            payload_type: *params.pt(),
            profile: params.spec().format.profile_level_id.unwrap_or(0),
        })
        .collect()
}

/// The format nearest to what `params` describe: the same profile, else the simplest the viewer accepts.
pub(super) fn nearest(formats: &[Format], params: &Params) -> Option<Format> {
    let Some(h264) = params.h264() else { return formats.first().copied() };
    let profile = match h264.sps.get(1..3) {
        Some(&[profile, constraints]) => canonical(u32::from_be_bytes([0, profile, constraints, 0])),
        _ => PROFILES[0] >> 8,
    };
    let rank = |format: &&Format| {
        let own = canonical(format.profile);
        let place = PROFILES.iter().position(|known| known >> 8 == own);
        (own != profile, place.unwrap_or(PROFILES.len()))
    };
    formats.iter().min_by_key(rank).copied()
}

/// Profile and the constraint bits that make a difference, as `PROFILES` has them (RFC 6184 table 5). The level is
/// cut off.
fn canonical(profile_level_id: u32) -> u32 {
    let [_, profile, constraints, _] = profile_level_id.to_be_bytes();
    let constraints = match profile {
        // Constrained baseline is baseline or main that keeps to the rules of both.
        0x42 if constraints & 0x40 != 0 => return 0x42e0,
        0x4d if constraints & 0x80 != 0 => return 0x42e0,
        0x64 if constraints & 0x0c == 0x0c => 0x0c,
        _ => 0,
    };
    u32::from_be_bytes([0, 0, profile, constraints])
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::media::{H264Params, OpusParams};

    fn sps(profile: u8, constraints: u8) -> Params {
        let sps = Bytes::copy_from_slice(&[0x67, profile, constraints, 40]);
        Params::H264(H264Params { sps, pps: Bytes::from_static(&[0x68]), width: 16, height: 16 })
    }

    fn chosen(offered: &[u32], params: &Params) -> u8 {
        let formats: Vec<Format> = offered
            .iter()
            .zip(100..)
            .map(|(&profile, payload_type)| Format { payload_type, profile })
            .collect();
        nearest(&formats, params).expect("one is offered").payload_type
    }

    #[test]
    fn the_same_profile_is_taken_whatever_its_level() {
        let offered = [0x4d001f, 0x42001f, 0x42e034, 0x64001f, 0x640c1f];
        assert_eq!(chosen(&offered, &sps(0x42, 0xc0)), 102);
        assert_eq!(chosen(&offered, &sps(0x42, 0)), 101);
        assert_eq!(chosen(&offered, &sps(0x4d, 0x40)), 100);
        assert_eq!(chosen(&offered, &sps(0x64, 0)), 103);
        assert_eq!(chosen(&offered, &sps(0x64, 0x0c)), 104);
    }

    #[test]
    fn else_the_simplest_is() {
        assert_eq!(chosen(&[0x4d001f, 0x42e01f], &sps(0x64, 0)), 101);
        assert_eq!(chosen(&[0x64001f, 0x4d001f], &sps(0x42, 0xe0)), 101);
    }

    #[test]
    fn opus_has_only_one() {
        let opus = Params::Opus(OpusParams { channels: 2, pre_skip: 312 });
        assert_eq!(chosen(&[0], &opus), 100);
    }
}
