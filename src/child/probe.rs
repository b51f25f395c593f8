//! Probing: from what GStreamer calls things to what the library does.

use std::time::Duration;

use super::{Problem, remark, say, video};
use crate::library::content::Content;
use crate::library::work::{
    Audio, AudioCodec, Container, Errand, Facts, Failure, Line, Profile, Remark, VideoCodec,
};
use crate::pipeline::file::probe::{self as files, Found, FoundVideo};
use crate::pipeline::file::protection::is_protected;

/// What is no loss at the end of sound: two of its frames.
const MISSING_MAX: Duration = Duration::from_millis(200);

pub(super) fn probe(errand: &Errand, content: Content) -> Result<(), Problem> {
    let mp4 = video::is_mp4(content);
    // What can't be decoded may be what must not be.
    let protected = |problem: Problem| match problem.failure {
        Failure::Unsupported | Failure::NoPicture if mp4 && is_protected(&errand.input) => {
            Failure::Encrypted.into()
        }
        _ => problem,
    };
    let found = files::probe(&errand.input, video::container(content))
        .map_err(|error| protected(video::problem(error)))?;
    if let Some(detail) = broken_off(content, &found) {
        remark(Remark::BrokenOff, detail);
    }
    if let Some(at) = found.taken {
        say(&Line::Taken { at });
    }
    let bytes = std::fs::metadata(&errand.input)?.len();
    for (name, value) in facts(content, &found, bytes).map_err(protected)?.told() {
        say(&Line::Fact { name: name.to_owned(), value });
    }
    Ok(())
}

/// FLAC says how many samples it has, and can be cut off anywhere between.
fn broken_off(content: Content, found: &Found) -> Option<String> {
    let said = found.said.filter(|_| content == Content::Flac)?;
    let missing = said.saturating_sub(found.sound);
    (missing > MISSING_MAX)
        .then(|| format!("{:.1} of {:.1} s", found.sound.as_secs_f64(), said.as_secs_f64()))
}

fn facts(content: Content, found: &Found, bytes: u64) -> Result<Facts, Problem> {
    let container = match content {
        Content::Mp4 => Container::Mp4,
        Content::QuickTime => Container::QuickTime,
        Content::WebM => Container::WebM,
        Content::Avi => Container::Avi,
        Content::Asf => Container::Asf,
        Content::MpegTs => Container::MpegTs,
        Content::MpegPs => Container::MpegPs,
        Content::Flash => Container::Flash,
        Content::Ogg => Container::Ogg,
        Content::M4a => Container::M4a,
        Content::Mp3 => Container::Mp3,
        Content::Adts => Container::Adts,
        Content::Flac => Container::Flac,
        Content::Wav => Container::Wav,
        Content::OggSound => Container::OggSound,
        _ => Container::Matroska,
    };
    if found.video.is_none() && found.audio.is_some() {
        return sound_facts(container, found, bytes);
    }
    let Some(video) = &found.video else {
        return Err(if found.undecodable { Failure::Unsupported } else { Failure::NoPicture }.into());
    };
    if found.undecodable {
        return Err(Problem::new(Failure::Unsupported, &video.media_type));
    }
    let (width, height) = shown(video, found.turn.degrees()).ok_or(Failure::Damaged)?;
    let duration_ms = ms(found.duration);
    Ok(Facts {
        container,
        video: codec(video),
        profile: profile(video),
        level: level(&video.level),
        bits: bits(video),
        width,
        height,
        rotation: found.turn.degrees(),
        mirrored: found.turn.is_mirrored(),
        interlaced: video.interlaced,
        frames_per_s: video.frames_per_s,
        variable: video.variable,
        duration_ms,
        picture_ms: ms(found.picture),
        sound_ms: ms(found.sound),
        bitrate_bps: bytes.saturating_mul(8000).checked_div(duration_ms).unwrap_or(0),
        audio: found.audio.as_ref().map(|(kind, channels)| Audio { codec: sound(kind), channels: *channels }),
        texts: found.texts,
    })
}

/// There is no picture at all, also none that can't be decoded.
fn sound_facts(container: Container, found: &Found, bytes: u64) -> Result<Facts, Problem> {
    let Some((kind, channels)) = &found.audio else { return Err(Failure::NoPicture.into()) };
    if found.undecodable {
        return Err(Problem::new(Failure::Unsupported, kind));
    }
    let duration_ms = ms(found.duration);
    if duration_ms == 0 {
        return Err(Failure::Damaged.into());
    }
    Ok(Facts {
        container,
        video: VideoCodec::None,
        profile: Profile::Unknown,
        level: 0,
        bits: 8,
        width: 0,
        height: 0,
        rotation: 0,
        mirrored: false,
        interlaced: false,
        frames_per_s: 0.0,
        variable: false,
        duration_ms,
        picture_ms: 0,
        sound_ms: ms(found.sound),
        bitrate_bps: bytes.saturating_mul(8000) / duration_ms,
        audio: Some(Audio { codec: sound(kind), channels: *channels }),
        texts: 0,
    })
}

fn ms(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// Upright, with square pixels. `None` if there is nothing to see.
fn shown(video: &FoundVideo, rotation: u32) -> Option<(u32, u32)> {
    let (numerator, denominator) = video.aspect;
    let aspect =
        if numerator > 0 && denominator > 0 { f64::from(numerator) / f64::from(denominator) } else { 1.0 };
    let width = (f64::from(video.width) * aspect).round() as u32;
    let (width, height) =
        if rotation.is_multiple_of(180) { (width, video.height) } else { (video.height, width) };
    (width > 0 && height > 0).then_some((width, height))
}

fn codec(video: &FoundVideo) -> VideoCodec {
    match (video.media_type.as_str(), video.version) {
        ("video/x-h264", _) => VideoCodec::H264,
        ("video/x-h265", _) => VideoCodec::H265,
        ("video/x-vp8", _) => VideoCodec::Vp8,
        ("video/x-vp9", _) => VideoCodec::Vp9,
        ("video/x-av1", _) => VideoCodec::Av1,
        ("video/mpeg", 4) => VideoCodec::Mpeg4,
        ("video/mpeg", 1 | 2) => VideoCodec::Mpeg2,
        ("image/jpeg", _) => VideoCodec::Jpeg,
        ("video/x-prores", _) => VideoCodec::ProRes,
        _ => VideoCodec::Other,
    }
}

fn profile(video: &FoundVideo) -> Profile {
    if !matches!(video.chroma.as_str(), "" | "4:2:0" | "4:0:0") {
        return Profile::Beyond;
    }
    match (codec(video), video.profile.as_str()) {
        (VideoCodec::H264, "constrained-baseline" | "baseline" | "extended") => Profile::Baseline,
        (VideoCodec::H264, "main") => Profile::Main,
        (VideoCodec::H264, "high" | "constrained-high" | "progressive-high") => Profile::High,
        (VideoCodec::H264, profile) if !profile.is_empty() => Profile::Beyond,
        _ => Profile::Unknown,
    }
}

/// VP9 says by its profile what the others say in bits.
fn bits(video: &FoundVideo) -> u32 {
    let more = match codec(video) {
        VideoCodec::Vp9 => matches!(video.profile.as_str(), "2" | "3"),
        VideoCodec::H265 => video.profile.contains("10"),
        _ => false,
    };
    if more { video.bits.max(10) } else { video.bits.clamp(1, 16) }
}

/// `4.1` is 41, `4` is 40; 1b, which lies between, is 11.
fn level(level: &str) -> u32 {
    if level == "1b" {
        return 11;
    }
    let (whole, tenth) = level.split_once('.').unwrap_or((level, "0"));
    match (whole.parse::<u8>(), tenth.parse::<u8>()) {
        (Ok(whole @ 0..=20), Ok(tenth @ 0..=9)) => u32::from(whole) * 10 + u32::from(tenth),
        _ => 0,
    }
}

fn sound(kind: &str) -> AudioCodec {
    match kind {
        "audio/mpeg 1.3" => AudioCodec::Mp3,
        "audio/x-opus" => AudioCodec::Opus,
        "audio/x-vorbis" => AudioCodec::Vorbis,
        "audio/x-flac" => AudioCodec::Flac,
        "audio/x-ac3" => AudioCodec::Ac3,
        "audio/x-eac3" => AudioCodec::Eac3,
        "audio/x-dts" => AudioCodec::Dts,
        "audio/x-alac" => AudioCodec::Alac,
        "audio/x-raw" | "audio/x-wav" => AudioCodec::Pcm,
        "audio/x-wma" => AudioCodec::Wma,
        kind if kind.starts_with("audio/mpeg 2.") || kind.starts_with("audio/mpeg 4.") => AudioCodec::Aac,
        _ => AudioCodec::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::file::Turn;

    fn video() -> FoundVideo {
        FoundVideo {
            media_type: "video/x-h264".to_owned(),
            version: 0,
            profile: "high".to_owned(),
            level: "4.1".to_owned(),
            bits: 8,
            chroma: "4:2:0".to_owned(),
            width: 720,
            height: 576,
            aspect: (16, 15),
            interlaced: false,
            frames_per_s: 25.0,
            variable: false,
        }
    }

    fn found(video: Option<FoundVideo>) -> Found {
        let audio = Some(("audio/mpeg 4.0".to_owned(), 2));
        let (picture, sound) = (Duration::from_secs(10), Duration::from_secs(9));
        Found {
            video,
            audio,
            texts: 1,
            duration: picture,
            picture,
            sound,
            turn: Turn::Transpose,
            taken: None,
            undecodable: false,
            said: None,
        }
    }

    #[test]
    fn what_is_found_is_told_upright_and_with_square_pixels() {
        let facts = facts(Content::Mp4, &found(Some(video())), 1_000_000).unwrap();
        assert_eq!((facts.width, facts.height, facts.rotation, facts.mirrored), (576, 768, 90, true));
        assert_eq!((facts.picture_ms, facts.sound_ms), (10_000, 9000));
        assert_eq!((facts.video, facts.profile, facts.level), (VideoCodec::H264, Profile::High, 41));
        assert_eq!((facts.bitrate_bps, facts.duration_ms), (800_000, 10_000));
        assert_eq!(facts.audio, Some(Audio { codec: AudioCodec::Aac, channels: 2 }));
    }

    #[test]
    fn deep_colours_are_beyond_what_decoders_do() {
        for (profile_name, chroma, bits_coded, expected) in [
            ("high-10", "4:2:0", 10, (Profile::Beyond, 10)),
            ("high-4:2:2", "4:2:2", 8, (Profile::Beyond, 8)),
            ("main", "4:2:0", 8, (Profile::Main, 8)),
            ("", "", 8, (Profile::Unknown, 8)),
        ] {
            let (name, chroma) = (profile_name.to_owned(), chroma.to_owned());
            let video = FoundVideo { profile: name, chroma, bits: bits_coded, ..video() };
            assert_eq!((profile(&video), bits(&video)), expected, "{profile_name}");
        }
        let ten =
            FoundVideo { media_type: "video/x-h265".to_owned(), profile: "main-10".to_owned(), ..video() };
        assert_eq!(bits(&ten), 10);
    }

    #[test]
    fn without_a_picture_it_is_sound_and_without_both_nothing() {
        let failure = |found: &Found| facts(Content::Mp4, found, 1).err().map(|problem| problem.failure);
        let memo =
            facts(Content::M4a, &Found { duration: Duration::from_secs(9), ..found(None) }, 9000).unwrap();
        assert_eq!((memo.video, memo.width, memo.duration_ms), (VideoCodec::None, 0, 9000));
        assert_eq!((memo.bitrate_bps, memo.sound_ms), (8000, 9000));
        assert_eq!(failure(&Found { audio: None, ..found(None) }), Some(Failure::NoPicture));
        assert_eq!(failure(&Found { undecodable: true, ..found(None) }), Some(Failure::Unsupported));
        assert_eq!(failure(&Found { duration: Duration::ZERO, ..found(None) }), Some(Failure::Damaged));
        let empty = FoundVideo { width: 0, ..video() };
        assert_eq!(failure(&found(Some(empty))), Some(Failure::Damaged));
        let endless = Found { duration: Duration::ZERO, ..found(Some(video())) };
        assert_eq!(facts(Content::Mp4, &endless, u64::MAX).unwrap().bitrate_bps, 0);
    }

    #[test]
    fn flac_that_ends_before_its_samples_is_said_to() {
        let of = |said, content| {
            let said = Some(Duration::from_millis(said));
            broken_off(content, &Found { said, ..found(None) })
        };
        assert_eq!(of(9100, Content::Flac), None);
        assert_eq!(of(12_000, Content::Flac).as_deref(), Some("9.0 of 12.0 s"));
        assert_eq!(of(12_000, Content::Mp3), None, "a guess");
    }

    #[test]
    fn levels_are_numbers() {
        for (text, number) in [("4", 40), ("4.1", 41), ("1b", 11), ("", 0), ("x", 0), ("300", 0), ("4.10", 0)]
        {
            assert_eq!(level(text), number, "{text}");
        }
    }
}
