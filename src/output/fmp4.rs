//! Fragmented MP4 (ISO/IEC 14496-12): the initialization segment and the fragments of a live stream. Pure.
//!
//! Times are absolute media time in the ticks of each track, so a stream that runs for months neither drifts nor
//! needs to know what was written before.

use bytes::Bytes;
use mp4_atom::{
    Audio, Avc1, Avcc, AvccExt, Codec, Dinf, Dops, Dref, Encode, FourCC, Ftyp, Hdlr, Mdhd, Mdia, Mfhd, Minf,
    Moof, Moov, Mvex, Mvhd, Opus, Smhd, Stbl, Stco, Stsd, Tfdt, Tfhd, Tkhd, Traf, Trak, Trex, Trun,
    TrunEntry, Url, Visual, Vmhd,
};

use crate::media::time::{OPUS_CLOCK_HZ, VIDEO_CLOCK_HZ};
use crate::media::{Fmp4Params, H264Params, OpusParams, h264};

const VIDEO_TRACK: u32 = 1;
const AUDIO_TRACK: u32 = 2;

/// `sample_depends_on = 2`: needs no other sample (ISO/IEC 14496-12 section 8.8.3.1).
const FLAGS_KEY: u32 = 0x0200_0000;
/// `sample_depends_on = 1` and `sample_is_non_sync_sample`.
const FLAGS_DELTA: u32 = 0x0101_0000;

#[derive(Debug, thiserror::Error)]
pub enum Fmp4Error {
    #[error("write the initialization segment for {width}x{height}")]
    Init {
        width: u32,
        height: u32,
        #[source]
        source: mp4_atom::Error,
    },
    #[error("a picture of {width}x{height} is larger than MP4 can describe")]
    TooLarge { width: u32, height: u32 },
    #[error("write fragment {sequence}")]
    Fragment {
        sequence: u32,
        #[source]
        source: mp4_atom::Error,
    },
    #[error("fragment {sequence} is larger than MP4 can describe")]
    FragmentTooLarge { sequence: u32 },
}

/// One access unit or packet, in ticks of its track.
#[derive(Clone, Debug)]
pub struct Sample {
    pub decode_time: u64,
    pub duration: u32,
    /// Presentation minus decoding; other than 0 only with B-frames.
    pub composition_offset: i32,
    pub key: bool,
    pub data: Bytes,
}

/// What a viewer needs before the first fragment: the type for `MediaSource`, and the initialization segment.
pub fn init(video: &H264Params, audio: Option<&OpusParams>) -> Result<Fmp4Params, Fmp4Error> {
    let H264Params { width, height, .. } = *video;
    let fail = |source| Fmp4Error::Init { width, height, source };
    let mut trak = vec![video_trak(video)?];
    trak.extend(audio.map(audio_trak));
    let trex = (1..=trak.len()).map(|id| Trex {
        track_id: if id == 1 { VIDEO_TRACK } else { AUDIO_TRACK },
        default_sample_description_index: 1,
        ..Trex::default()
    });
    let moov = Moov {
        mvhd: Mvhd { rate: 1.into(), volume: 1.into(), next_track_id: AUDIO_TRACK + 1, ..Mvhd::default() },
        mvex: Some(Mvex { mehd: None, trex: trex.collect() }),
        trak,
        ..Moov::default()
    };
    // iso6: `default-base-is-moof` and signed composition offsets are understood.
    let brand = FourCC::new(b"iso6");
    let ftyp = Ftyp {
        major_brand: brand,
        minor_version: 0,
        compatible_brands: vec![brand, FourCC::new(b"mp41"), FourCC::new(b"avc1")],
    };
    let mut segment = Vec::with_capacity(1024);
    ftyp.encode(&mut segment).and_then(|()| moov.encode(&mut segment)).map_err(fail)?;
    Ok(Fmp4Params { mime: mime(video, audio), init: segment.into() })
}

fn mime(video: &H264Params, audio: Option<&OpusParams>) -> String {
    let sound = if audio.is_some() { ", opus" } else { "" };
    format!("video/mp4; codecs=\"{}{sound}\"", video.codec_string())
}

fn video_trak(params: &H264Params) -> Result<Trak, Fmp4Error> {
    let H264Params { width, height, .. } = *params;
    let (Ok(width_16), Ok(height_16)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(Fmp4Error::TooLarge { width, height });
    };
    let mut avcc =
        Avcc::new(&params.sps, &params.pps).map_err(|source| Fmp4Error::Init { width, height, source })?;
    // Profiles from High upwards carry these fields (ISO/IEC 14496-15 section 5.3.3.1.2).
    avcc.ext = h264::sample_format(&params.sps).map(|format| AvccExt {
        chroma_format: format.chroma_format,
        bit_depth_luma: format.bit_depth_luma,
        bit_depth_chroma: format.bit_depth_chroma,
        sequence_parameter_sets_ext: Vec::new(),
    });
    let visual = Visual { data_reference_index: 1, width: width_16, height: height_16, ..Visual::default() };
    let codec = Codec::Avc1(Avc1 { visual, avcc, ..Avc1::default() });
    let mut trak = trak(VIDEO_TRACK, VIDEO_CLOCK_HZ, b"vide", codec);
    (trak.tkhd.width, trak.tkhd.height) = (width_16.into(), height_16.into());
    trak.mdia.minf.vmhd = Some(Vmhd::default());
    Ok(trak)
}

fn audio_trak(params: &OpusParams) -> Trak {
    let channels = params.channels;
    let codec = Codec::Opus(Opus {
        audio: Audio {
            data_reference_index: 1,
            channel_count: channels.into(),
            sample_size: 16,
            sample_rate: 48_000_u16.into(),
        },
        dops: Dops {
            output_channel_count: channels,
            pre_skip: params.pre_skip,
            input_sample_rate: 48_000,
            output_gain: 0,
            channel_mapping: None,
        },
        btrt: None,
    });
    let mut trak = trak(AUDIO_TRACK, OPUS_CLOCK_HZ, b"soun", codec);
    trak.tkhd.volume = 1.into();
    trak.mdia.minf.smhd = Some(Smhd::default());
    trak
}

/// A track whose samples all come in fragments.
fn trak(track_id: u32, clock_hz: u64, handler: &[u8; 4], codec: Codec) -> Trak {
    let dref = Dref { entries: vec![Url::default().into()] };
    let stbl = Stbl {
        stsd: Stsd { codecs: vec![codec] },
        // Mandatory even when empty.
        stco: Some(Stco::default()),
        ..Stbl::default()
    };
    let minf = Minf { dinf: Dinf { dref }, stbl, ..Minf::default() };
    let timescale = u32::try_from(clock_hz).expect("both clocks are below 2^32 Hz");
    let mdia = Mdia {
        mdhd: Mdhd { timescale, language: "und".to_owned(), ..Mdhd::default() },
        hdlr: Hdlr { handler: handler.into(), name: "marquee".to_owned() },
        minf,
    };
    let tkhd = Tkhd { track_id, enabled: true, in_movie: true, ..Tkhd::default() };
    Trak { tkhd, mdia, ..Trak::default() }
}

/// One `moof` and its `mdat`: at most one picture, and the sound that goes with it.
pub fn fragment(sequence: u32, video: Option<&Sample>, audio: &[Sample]) -> Result<Bytes, Fmp4Error> {
    let fail = |source| Fmp4Error::Fragment { sequence, source };
    let too_large = || Fmp4Error::FragmentTooLarge { sequence };
    let mut runs = Vec::with_capacity(2);
    runs.extend(video.map(|sample| (VIDEO_TRACK, std::slice::from_ref(sample))));
    runs.extend((!audio.is_empty()).then_some((AUDIO_TRACK, audio)));

    let payload: usize = runs.iter().flat_map(|(_, samples)| *samples).map(|sample| sample.data.len()).sum();
    let mdat_size = u32::try_from(payload + MDAT_HEADER).map_err(|_| too_large())?;
    let mut out = Vec::with_capacity(payload + MOOF_SIZE_GUESS);
    // Offsets count from the start of the moof, whose size is known only when it is written: write, then correct.
    let mut moof = Moof { mfhd: Mfhd { sequence_number: sequence }, traf: Vec::with_capacity(2) };
    moof.traf.extend(runs.iter().map(|&(track, samples)| traf(track, samples)));
    moof.encode(&mut out).map_err(fail)?;
    let mut offset = out.len() + MDAT_HEADER;
    for (traf, (_, samples)) in moof.traf.iter_mut().zip(&runs) {
        traf.trun[0].data_offset = Some(i32::try_from(offset).map_err(|_| too_large())?);
        offset += samples.iter().map(|sample| sample.data.len()).sum::<usize>();
    }
    out.clear();
    moof.encode(&mut out).map_err(fail)?;

    out.extend_from_slice(&mdat_size.to_be_bytes());
    out.extend_from_slice(b"mdat");
    for sample in runs.iter().flat_map(|(_, samples)| *samples) {
        out.extend_from_slice(&sample.data);
    }
    Ok(out.into())
}

/// Size and type.
const MDAT_HEADER: usize = 8;
/// A moof with a picture and five packets of sound, so that one allocation is enough.
const MOOF_SIZE_GUESS: usize = 320;

fn traf(track_id: u32, samples: &[Sample]) -> Traf {
    let entries: Vec<TrunEntry> = samples
        .iter()
        .map(|sample| TrunEntry {
            duration: Some(sample.duration),
            size: Some(u32::try_from(sample.data.len()).unwrap_or(u32::MAX)),
            flags: Some(if sample.key { FLAGS_KEY } else { FLAGS_DELTA }),
            cts: (sample.composition_offset != 0).then_some(sample.composition_offset.into()),
        })
        .collect();
    Traf {
        tfhd: Tfhd { track_id, default_base_is_moof: true, ..Tfhd::default() },
        tfdt: samples.first().map(|first| Tfdt { base_media_decode_time: first.decode_time }),
        trun: vec![Trun { data_offset: Some(0), samples: entries.into() }],
        ..Traf::default()
    }
}

#[cfg(test)]
mod tests {
    use mp4_atom::{Any, Atom, Decode};

    use super::*;

    fn video() -> H264Params {
        H264Params {
            sps: Bytes::from_static(&[0x67, 0x42, 0xe0, 0x1f, 0xda, 0x02]),
            pps: Bytes::from_static(&[0x68, 0xce, 0x3c, 0x80]),
            width: 1280,
            height: 720,
        }
    }

    const AUDIO: OpusParams = OpusParams { channels: 2, pre_skip: 312 };

    fn sample(decode_time: u64, duration: u32, data: &'static [u8]) -> Sample {
        Sample { decode_time, duration, composition_offset: 0, key: true, data: Bytes::from_static(data) }
    }

    fn boxes(mut bytes: &[u8]) -> Vec<Any> {
        let mut boxes = Vec::new();
        while !bytes.is_empty() {
            boxes.push(Any::decode(&mut bytes).expect("what we wrote can be read"));
        }
        boxes
    }

    #[test]
    fn the_initialization_segment_says_what_is_in_the_tracks() {
        let params = init(&video(), Some(&AUDIO)).expect("written");
        assert_eq!(params.mime, "video/mp4; codecs=\"avc1.42e01f, opus\"");
        let [Any::Ftyp(_), Any::Moov(moov)] = &boxes(&params.init)[..] else {
            panic!("not ftyp and moov");
        };
        assert_eq!(moov.trak.len(), 2);
        assert_eq!(moov.mvex.as_ref().expect("fragmented").trex.len(), 2);
        assert_eq!((moov.trak[0].mdia.mdhd.timescale, moov.trak[1].mdia.mdhd.timescale), (90_000, 48_000));
        let Codec::Avc1(avc1) = &moov.trak[0].mdia.minf.stbl.stsd.codecs[0] else { panic!("not avc1") };
        assert_eq!(avc1.avcc.sequence_parameter_sets, [video().sps.to_vec()]);
        assert_eq!((avc1.visual.width, avc1.visual.height), (1280, 720));
        let Codec::Opus(opus) = &moov.trak[1].mdia.minf.stbl.stsd.codecs[0] else { panic!("not Opus") };
        assert_eq!((opus.dops.output_channel_count, opus.dops.pre_skip), (2, 312));
    }

    #[test]
    fn without_sound_there_is_one_track() {
        let params = init(&video(), None).expect("written");
        assert_eq!(params.mime, "video/mp4; codecs=\"avc1.42e01f\"");
        let [_, Any::Moov(moov)] = &boxes(&params.init)[..] else { panic!("not ftyp and moov") };
        assert_eq!((moov.trak.len(), moov.mvex.as_ref().expect("fragmented").trex.len()), (1, 1));
    }

    #[test]
    fn damaged_parameters_are_an_error_not_a_panic() {
        let short = H264Params { sps: Bytes::from_static(&[0x67]), ..video() };
        assert!(matches!(init(&short, None), Err(Fmp4Error::Init { .. })));
        let vast = H264Params { width: 70_000, ..video() };
        assert!(matches!(init(&vast, None), Err(Fmp4Error::TooLarge { .. })));
    }

    #[test]
    fn offsets_of_a_fragment_point_at_the_samples() {
        let picture = Sample { composition_offset: 3_000, key: false, ..sample(90_000, 3_000, b"picture") };
        let sound = [sample(48_000, 960, b"one"), sample(48_960, 960, b"two!")];
        let bytes = fragment(7, Some(&picture), &sound).expect("written");
        let [Any::Moof(moof), Any::Mdat(_)] = &boxes(&bytes)[..] else { panic!("not moof and mdat") };
        assert_eq!(moof.mfhd.sequence_number, 7);
        let data: Vec<&[u8]> = moof
            .traf
            .iter()
            .flat_map(|traf| {
                let mut at = usize::try_from(traf.trun[0].data_offset.expect("set")).expect("positive");
                traf.trun[0].samples.iter().map(move |entry| {
                    let from = at;
                    at += entry.size.expect("set") as usize;
                    (from, at)
                })
            })
            .map(|(from, to)| &bytes[from..to])
            .collect();
        assert_eq!(data, [&b"picture"[..], b"one", b"two!"]);
        let [pictures, sounds] = &moof.traf[..] else { panic!("not two tracks") };
        assert_eq!(pictures.tfdt.as_ref().expect("set").base_media_decode_time, 90_000);
        assert_eq!(sounds.tfdt.as_ref().expect("set").base_media_decode_time, 48_000);
        let first = pictures.trun[0].samples.get(0).expect("one picture");
        assert_eq!((first.cts, first.flags), (Some(3_000), Some(FLAGS_DELTA)));
    }

    #[test]
    fn a_fragment_may_be_sound_alone() {
        let bytes = fragment(1, None, &[sample(0, 960, b"x")]).expect("written");
        assert_eq!(&bytes[4..8], <[u8; 4]>::from(Moof::KIND));
        let [Any::Moof(moof), _] = &boxes(&bytes)[..] else { panic!("not moof and mdat") };
        assert_eq!(moof.traf[0].tfhd.track_id, AUDIO_TRACK);
    }
}
