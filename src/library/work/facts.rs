//! What probing finds out about a video or sound, as values, and as the lines in which the child tells them.
//!
//! The child may be in the hands of the file it reads: every word that comes back is one of a list, every number is in
//! its range, or the whole is refused.

/// Above the largest that any codec here has.
const SIDE_MAX: u32 = 16_384;
/// A month; nothing of this length is a video for a screen.
const DURATION_MS_MAX: u64 = 31 * 24 * 3600 * 1000;
const FRAMES_PER_S_MAX: f64 = 1000.0;
const BITRATE_BPS_MAX: u64 = 10_000_000_000;
/// Sound and text tracks that are counted.
const TRACKS_MAX: u32 = 1000;

/// An enum of words that stand in the database and in the child's answers.
macro_rules! words {
    ($(#[$about:meta])* $type:ident { $($(#[$note:meta])* $variant:ident = $name:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type { $($(#[$note])* $variant),* }

        impl $type {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.name() == name)
            }
        }
    };
}

words! {
    Container {
        Mp4 = "mp4", QuickTime = "mov", Matroska = "mkv", WebM = "webm", Avi = "avi", Asf = "wmv", MpegTs = "ts",
        MpegPs = "mpg", Flash = "flv", Ogg = "ogv", M4a = "m4a", Mp3 = "mp3", Adts = "aac", Flac = "flac", Wav = "wav",
        OggSound = "ogg",
    }
}
words! {
    VideoCodec {
        H264 = "h264", H265 = "h265", Vp8 = "vp8", Vp9 = "vp9", Av1 = "av1", Mpeg4 = "mpeg4", Mpeg2 = "mpeg2",
        Jpeg = "jpeg", ProRes = "prores", Other = "other",
        /// There is no picture: it is sound alone.
        None = "none",
    }
}
words! {
    AudioCodec {
        Aac = "aac", Mp3 = "mp3", Opus = "opus", Vorbis = "vorbis", Flac = "flac", Ac3 = "ac3", Eac3 = "eac3",
        Dts = "dts", Alac = "alac", Pcm = "pcm", Wma = "wma", Other = "other",
    }
}
words! {
    /// Of H.264: what a decoder must be able to do.
    Profile {
        Baseline = "baseline", Main = "main", High = "high",
        /// More than 8 bits, or colour in more than every second line: nearly nothing decodes it in hardware.
        Beyond = "beyond",
        Unknown = "unknown",
    }
}

/// What is known of a video or sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    pub container: Container,
    pub video: VideoCodec,
    pub profile: Profile,
    /// Ten times the level, such as 41; 0: unknown.
    pub level: u32,
    /// Bits of each colour; 8 nearly always.
    pub bits: u32,
    /// As shown: upright, with square pixels; 0 of sound alone.
    pub width: u32,
    pub height: u32,
    /// Clockwise degrees by which players have to turn it.
    pub rotation: u32,
    /// And by which they have to change left and right after that.
    pub mirrored: bool,
    pub interlaced: bool,
    /// On average, if it varies.
    pub frames_per_s: f64,
    /// Each picture has its own length.
    pub variable: bool,
    pub duration_ms: u64,
    /// Of the two tracks by themselves; 0: unknown.
    pub picture_ms: u64,
    pub sound_ms: u64,
    pub bitrate_bps: u64,
    pub audio: Option<Audio>,
    /// Text tracks inside.
    pub texts: u32,
}

/// The sound track that is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audio {
    pub codec: AudioCodec,
    pub channels: u32,
}

impl Facts {
    pub fn is_sound(&self) -> bool {
        self.video == VideoCodec::None
    }

    /// As names and values.
    pub fn told(&self) -> Vec<(&'static str, String)> {
        let mut told = vec![
            ("container", self.container.name().to_owned()),
            ("video", self.video.name().to_owned()),
            ("profile", self.profile.name().to_owned()),
            ("level", self.level.to_string()),
            ("bits", self.bits.to_string()),
            ("width", self.width.to_string()),
            ("height", self.height.to_string()),
            ("rotation", self.rotation.to_string()),
            ("mirrored", self.mirrored.to_string()),
            ("interlaced", self.interlaced.to_string()),
            ("frames_per_s", self.frames_per_s.to_string()),
            ("variable", self.variable.to_string()),
            ("duration_ms", self.duration_ms.to_string()),
            ("picture_ms", self.picture_ms.to_string()),
            ("sound_ms", self.sound_ms.to_string()),
            ("bitrate_bps", self.bitrate_bps.to_string()),
            ("texts", self.texts.to_string()),
        ];
        if let Some(audio) = self.audio {
            told.push(("audio", audio.codec.name().to_owned()));
            told.push(("channels", audio.channels.to_string()));
        }
        told
    }

    /// Read back; `None` if anything is missing, or is not what it can be.
    pub fn heard<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let number = |name: &str, least: u64, most: u64| {
            let number = value(name)?.parse::<u64>().ok()?;
            (least..=most).contains(&number).then_some(number)
        };
        let small = |name: &str, least: u32, most: u32| {
            number(name, least.into(), most.into()).and_then(|number| u32::try_from(number).ok())
        };
        let flag = |name: &str| value(name)?.parse::<bool>().ok();
        let frames_per_s = value("frames_per_s")?.parse::<f64>().ok()?;
        let audio = match value("audio") {
            None => None,
            Some(name) => {
                Some(Audio { codec: AudioCodec::named(name)?, channels: small("channels", 0, 64)? })
            }
        };
        let video = VideoCodec::named(value("video")?)?;
        let side_min = u32::from(video != VideoCodec::None);
        let facts = Self {
            container: Container::named(value("container")?)?,
            video,
            profile: Profile::named(value("profile")?)?,
            level: small("level", 0, 255)?,
            bits: small("bits", 1, 16)?,
            width: small("width", side_min, SIDE_MAX)?,
            height: small("height", side_min, SIDE_MAX)?,
            rotation: small("rotation", 0, 270)?,
            mirrored: flag("mirrored")?,
            interlaced: flag("interlaced")?,
            frames_per_s,
            variable: flag("variable")?,
            duration_ms: number("duration_ms", 0, DURATION_MS_MAX)?,
            picture_ms: number("picture_ms", 0, DURATION_MS_MAX)?,
            sound_ms: number("sound_ms", 0, DURATION_MS_MAX)?,
            bitrate_bps: number("bitrate_bps", 0, BITRATE_BPS_MAX)?,
            audio,
            texts: small("texts", 0, TRACKS_MAX)?,
        };
        let turned = facts.rotation.is_multiple_of(90);
        let something = !facts.is_sound() || facts.audio.is_some();
        (turned && something && (0.0..=FRAMES_PER_S_MAX).contains(&facts.frames_per_s)).then_some(facts)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What a phone makes: H.264 and AAC in MP4, 1080p30.
    pub(crate) fn phone() -> Facts {
        Facts {
            container: Container::Mp4,
            video: VideoCodec::H264,
            profile: Profile::High,
            level: 40,
            bits: 8,
            width: 1920,
            height: 1080,
            rotation: 0,
            mirrored: false,
            interlaced: false,
            frames_per_s: 30.0,
            variable: false,
            duration_ms: 60_000,
            picture_ms: 60_000,
            sound_ms: 60_000,
            bitrate_bps: 17_000_000,
            audio: Some(Audio { codec: AudioCodec::Aac, channels: 2 }),
            texts: 0,
        }
    }

    /// A voice memo of a phone.
    pub(crate) fn memo() -> Facts {
        Facts {
            container: Container::M4a,
            video: VideoCodec::None,
            profile: Profile::Unknown,
            level: 0,
            width: 0,
            height: 0,
            frames_per_s: 0.0,
            picture_ms: 0,
            bitrate_bps: 64_000,
            ..phone()
        }
    }

    fn heard(told: &BTreeMap<&str, String>) -> Option<Facts> {
        Facts::heard(|name| told.get(name).map(String::as_str))
    }

    #[test]
    fn what_is_told_is_heard() {
        let silent = Facts { audio: None, frames_per_s: 29.97, rotation: 270, ..phone() };
        for facts in [phone(), silent, memo()] {
            assert_eq!(heard(&facts.told().into_iter().collect()), Some(facts));
        }
    }

    #[test]
    fn what_can_not_be_is_refused() {
        for (name, value) in [
            ("width", "0"),
            ("width", "100000"),
            ("height", "-1"),
            ("rotation", "45"),
            ("frames_per_s", "nan"),
            ("frames_per_s", "inf"),
            ("frames_per_s", "-1"),
            ("duration_ms", "18446744073709551616"),
            ("container", "zip"),
            ("video", "H264"),
            ("channels", "65"),
            ("interlaced", "perhaps"),
            ("mirrored", "1"),
            ("sound_ms", "-1"),
        ] {
            let mut told: BTreeMap<_, _> = phone().told().into_iter().collect();
            told.insert(name, value.to_owned());
            assert_eq!(heard(&told), None, "{name} {value}");
        }
        let neither = Facts { audio: None, ..memo() };
        assert_eq!(heard(&neither.told().into_iter().collect()), None, "neither picture nor sound");
        for (missing, _) in phone().told() {
            let mut told: BTreeMap<_, _> = phone().told().into_iter().collect();
            told.remove(missing);
            // Without sound a video is still one.
            assert_eq!(heard(&told).is_some(), missing == "audio", "{missing}");
        }
    }
}
