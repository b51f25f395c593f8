//! Will it play, as it is? Pure.

use super::facts::{Audio, AudioCodec, Container, Facts, Profile, VideoCodec};
use crate::library::Plays;

/// Where a video or sound plays as it is.
pub fn plays(facts: &Facts) -> Plays {
    Plays { hdmi: hdmi(facts), browser: browser(facts), old_tv: old_tv(facts) }
}

/// Whether a copy has to be made for those screens that do not play it: network TVs are browsers, old ones at that.
pub fn needs_conversion(plays: Plays) -> bool {
    !(plays.browser && plays.old_tv)
}

/// The box's own ports, which play any of our containers, and no sound yet.
///
/// - H.264: the Pi 4's decoder does 1080p60, up to High at level 4.2 (Raspberry Pi 4 product brief: "1080p60 decode"),
///   8 bits; its driver (bcm2835-codec) takes at most 1920 on either side.
/// - HEVC: "4Kp60 decode" (same brief), Main and Main 10: at most 4096x2304 (rpivid driver).
/// - VP8, VP9 and MPEG-4 part 2 have no hardware: the processor manages 720p30.
/// - AV1 does not play: dav1d needs more than its cores give beyond 480p.
fn hdmi(facts: &Facts) -> bool {
    let (long, short) = sides(facts);
    let pixels_per_s = pixels_per_s(facts);
    match facts.video {
        VideoCodec::H264 => {
            eight_bit_h264(facts) && facts.level <= 42 && long <= 1920 && pixels_per_s <= P1080 * 60.5
        }
        VideoCodec::H265 => {
            facts.bits <= 10
                && facts.profile != Profile::Beyond
                && long <= 4096
                && short <= 2304
                && pixels_per_s <= 4096.0 * 2304.0 * 60.5
        }
        VideoCodec::Vp8 | VideoCodec::Vp9 | VideoCodec::Mpeg4 | VideoCodec::Jpeg => {
            facts.bits == 8 && pixels_per_s <= P720 * 30.5
        }
        _ => false,
    }
}

/// Chromium, Firefox and Safari of the last years, without codecs that need a licence or a certain machine.
///
/// - MP4: H.264, VP9, AV1; AAC, MP3, Opus, FLAC (MDN, "Media container formats", MPEG-4).
/// - WebM: VP8, VP9, AV1; Vorbis, Opus (MDN, WebM).
/// - HEVC plays only where the machine decodes it (MDN, HEVC); Matroska and QuickTime in no browser but one, the others in none.
///
/// Sound alone: MP3, AAC, FLAC and WAV (MDN, "Web audio codec guide"); Ogg not in Safari.
fn browser(facts: &Facts) -> bool {
    if facts.is_sound() {
        return match facts.container {
            Container::Mp3 | Container::Adts | Container::Flac | Container::Wav => true,
            Container::Mp4 | Container::M4a => sounds(facts.audio, &[AudioCodec::Aac, AudioCodec::Mp3], 8),
            _ => false,
        };
    }
    // Not all of them look at the half of the matrix that mirrors.
    if facts.mirrored {
        return false;
    }
    match facts.container {
        Container::Mp4 | Container::M4a => {
            let video = match facts.video {
                VideoCodec::H264 => eight_bit_h264(facts) && facts.level <= 52,
                VideoCodec::Vp9 | VideoCodec::Av1 => true,
                _ => false,
            };
            let sound = [AudioCodec::Aac, AudioCodec::Mp3, AudioCodec::Opus, AudioCodec::Flac];
            video && sounds(facts.audio, &sound, 8)
        }
        Container::WebM => {
            matches!(facts.video, VideoCodec::Vp8 | VideoCodec::Vp9 | VideoCodec::Av1)
                && sounds(facts.audio, &[AudioCodec::Vorbis, AudioCodec::Opus], 8)
        }
        _ => false,
    }
}

/// TVs since about 2012, by what makers wrote in their manuals for USB and browser, the least of them: MP4, H.264 up
/// to High at level 4.1 (1920x1080 at 30 frames), AAC stereo, landscape (they ignore the container's rotation), no
/// interlacing (HbbTV 1.5, ETSI TS 102 796, 7.3.1 "Media formats" asks for the same of every hybrid TV: AVC High@4.0,
/// HE-AAC). A screen needs something to show, so that sound alone plays on none: it gets a copy with a still picture.
fn old_tv(facts: &Facts) -> bool {
    matches!(facts.container, Container::Mp4 | Container::M4a)
        && facts.video == VideoCodec::H264
        && eight_bit_h264(facts)
        && facts.level <= 41
        && (facts.width <= 1920 && facts.height <= 1088)
        && pixels_per_s(facts) <= P1080 * 30.5
        && facts.rotation == 0
        && !facts.mirrored
        && !facts.interlaced
        && sounds(facts.audio, &[AudioCodec::Aac], 2)
}

const P1080: f64 = 1920.0 * 1088.0;
const P720: f64 = 1280.0 * 720.0;

fn sides(facts: &Facts) -> (u32, u32) {
    (facts.width.max(facts.height), facts.width.min(facts.height))
}

fn pixels_per_s(facts: &Facts) -> f64 {
    f64::from(facts.width) * f64::from(facts.height) * facts.frames_per_s
}

/// What every hardware decoder takes; an unknown profile is one of those.
fn eight_bit_h264(facts: &Facts) -> bool {
    facts.bits == 8 && facts.profile != Profile::Beyond
}

/// No sound plays everywhere.
fn sounds(audio: Option<Audio>, codecs: &[AudioCodec], channels_max: u32) -> bool {
    audio.is_none_or(|audio| codecs.contains(&audio.codec) && audio.channels <= channels_max)
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::{memo, phone};
    use super::*;

    /// Expected: h for HDMI, b for browsers, t for old TVs.
    fn check(what: &str, facts: &Facts, expected: &str) {
        let plays = plays(facts);
        let marks = [(plays.hdmi, 'h'), (plays.browser, 'b'), (plays.old_tv, 't')];
        let got: String = marks.into_iter().filter(|(yes, _)| *yes).map(|(_, mark)| mark).collect();
        assert_eq!(got, expected, "{what}");
    }

    fn sound(codec: AudioCodec, channels: u32) -> Option<Audio> {
        Some(Audio { codec, channels })
    }

    #[test]
    fn what_plays_where() {
        let phone = phone();
        let hevc = Facts { video: VideoCodec::H265, profile: Profile::Unknown, ..phone };
        let webm = Facts {
            container: Container::WebM,
            video: VideoCodec::Vp9,
            profile: Profile::Unknown,
            width: 1280,
            height: 720,
            audio: sound(AudioCodec::Opus, 2),
            ..phone
        };
        check("1080p30", &phone, "hbt");
        check("without sound", &Facts { audio: None, ..phone }, "hbt");
        check("turned", &Facts { rotation: 90, width: 1080, height: 1920, ..phone }, "hb");
        check("mirrored", &Facts { mirrored: true, ..phone }, "h");
        check("portrait", &Facts { width: 1080, height: 1920, ..phone }, "hb");
        check("1080p60", &Facts { frames_per_s: 60.0, level: 42, ..phone }, "hb");
        check("720p60", &Facts { frames_per_s: 60.0, width: 1280, height: 720, level: 32, ..phone }, "hbt");
        check("1440p", &Facts { width: 2560, height: 1440, level: 50, ..phone }, "b");
        check("level 6", &Facts { level: 60, ..phone }, "");
        check("10 bits", &Facts { bits: 10, profile: Profile::Beyond, ..phone }, "");
        check("interlaced", &Facts { interlaced: true, ..phone }, "hb");
        check("surround", &Facts { audio: sound(AudioCodec::Aac, 6), ..phone }, "hb");
        check("MP3", &Facts { audio: sound(AudioCodec::Mp3, 2), ..phone }, "hb");
        check("AC-3", &Facts { audio: sound(AudioCodec::Ac3, 6), ..phone }, "h");
        check("MOV", &Facts { container: Container::QuickTime, ..phone }, "h");
        check("MKV", &Facts { container: Container::Matroska, ..phone }, "h");
        check("HEVC", &hevc, "h");
        check("HEVC 4Kp60", &Facts { width: 3840, height: 2160, frames_per_s: 60.0, bits: 10, ..hevc }, "h");
        check("HEVC 8K", &Facts { width: 7680, height: 4320, ..hevc }, "");
        check("WebM", &webm, "hb");
        check("WebM 1080p", &Facts { width: 1920, height: 1080, ..webm }, "b");
        check("WebM with AAC", &Facts { audio: sound(AudioCodec::Aac, 2), ..webm }, "h");
        check("AV1", &Facts { video: VideoCodec::Av1, ..phone }, "b");
        check("ProRes", &Facts { video: VideoCodec::ProRes, container: Container::QuickTime, ..phone }, "");
        let song = |container, codec| Facts { container, audio: sound(codec, 2), ..memo() };
        check("voice memo", &memo(), "b");
        check("MP3 alone", &song(Container::Mp3, AudioCodec::Mp3), "b");
        check("WAV", &song(Container::Wav, AudioCodec::Pcm), "b");
        check("Apple's lossless", &song(Container::M4a, AudioCodec::Alac), "");
        check("Ogg", &song(Container::OggSound, AudioCodec::Opus), "");
        check("MPEG-4 part 2", &Facts { video: VideoCodec::Mpeg4, width: 640, height: 480, ..phone }, "h");
    }

    #[test]
    fn only_what_plays_in_browsers_and_on_old_tvs_stays_alone() {
        for (browser, old_tv, expected) in [(true, true, false), (true, false, true), (false, true, true)] {
            assert_eq!(needs_conversion(Plays { hdmi: true, browser, old_tv }), expected);
        }
    }
}
