//! How a video is converted, and what each step may take. Pure.

use std::time::Duration;

use super::Settings;
use crate::library::{Asset, Kind, Step};

/// Below, pictures fall apart.
const KBIT_MIN: u32 = 300;
/// Old TVs decode level 4.1: 1080p at 30 frames. Up to 720p they take 60.
const FRAMES_PER_S_MAX: f64 = 30.0;
const FRAMES_PER_S_MAX_SMALL: f64 = 60.0;
const SMALL_PIXELS: u32 = 1280 * 720;
/// Of the picture that stands for a sound: what each screen plays, and none notices.
const STILL: (u32, u32) = (1920, 1080);
const STILL_RATE: (u32, u32) = (25, 1);
/// What cameras and films have, as fractions; others are rounded to a thousandth.
const RATES: [(u32, u32); 8] =
    [(24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1)];

/// What a conversion makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Upright.
    pub width: u32,
    pub height: u32,
    pub rate: (u32, u32),
    pub kbit_per_s: u32,
}

impl Conversion {
    /// Never larger than the original, never more frames, never many more bits.
    pub fn of(asset: &Asset, settings: Settings) -> Self {
        let height_max = settings.convert_height_max;
        if asset.summary.kind == Kind::Sound {
            let (width, height) = fit(STILL.0, STILL.1, height_max * 16 / 9, height_max);
            return Self { width, height, rate: STILL_RATE, kbit_per_s: settings.convert_kbit_per_s };
        }
        let (width, height) = (asset.summary.width, asset.summary.height);
        let (width, height) = fit(width, height, height_max * 16 / 9, height_max);
        let small = width * height <= SMALL_PIXELS;
        let rate = rate(asset.frames_per_s, if small { FRAMES_PER_S_MAX_SMALL } else { FRAMES_PER_S_MAX });
        let pixels_per_s = f64::from(width * height) * f64::from(rate.0) / f64::from(rate.1);
        // Half the pixels need more than half the bits: an exponent of 0.75 is the usual rule of thumb.
        let share = (pixels_per_s / (1920.0 * 1080.0 * 30.0)).powf(0.75).min(1.0);
        let wanted = f64::from(settings.convert_kbit_per_s) * share;
        // A newer codec says the same with two thirds of what H.264 takes.
        let enough = match asset.bitrate_bps {
            0 => f64::INFINITY,
            bitrate => bitrate as f64 / 1000.0 * 1.5,
        };
        let kbit_per_s = (wanted.min(enough).round() as u32).clamp(KBIT_MIN, settings.convert_kbit_per_s);
        Self { width, height, rate, kbit_per_s }
    }
}

/// The even size within the bounds, same shape, never enlarged.
fn fit(width: u32, height: u32, width_max: u32, height_max: u32) -> (u32, u32) {
    let (width, height) = (f64::from(width.max(2)), f64::from(height.max(2)));
    let shrink = (f64::from(width_max) / width).min(f64::from(height_max) / height).min(1.0);
    let even = |side: f64| ((side * shrink / 2.0).round() as u32 * 2).max(2);
    (even(width), even(height))
}

/// A constant rate for old TVs; halved until it is not above `most`.
fn rate(frames_per_s: f64, most: f64) -> (u32, u32) {
    let mut rate = if frames_per_s >= 1.0 { frames_per_s } else { 25.0 };
    // Below, since 60000/1001 halved is just below 30.
    while rate > most * 1.01 {
        rate /= 2.0;
    }
    let near = |(frames, seconds): &(u32, u32)| {
        let known = f64::from(*frames) / f64::from(*seconds);
        (known - rate).abs() / known < 0.0005
    };
    RATES.into_iter().find(near).unwrap_or(((rate * 1000.0).round() as u32, 1000))
}

/// What a child may take before it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In all.
    pub time: Duration,
    /// Without a sign of life.
    pub silence: Duration,
    /// Of addresses, which is more than what it really uses: mapped libraries and the stacks of its threads count.
    pub memory_bytes: u64,
    pub cpu: Duration,
    /// Of any file it writes.
    pub file_bytes: u64,
}

/// For everything but what grows with the file.
const TIME: Duration = Duration::from_secs(30);
/// Most pages that are made of a document; the rest is left out.
pub const PAGES_MAX: u32 = 200;
/// Reading a file from a slow card, for those steps that have to read all of it.
const READ_BYTES_PER_S_MIN: u64 = 10_000_000;
/// Decoding 4K HEVC in software on a Pi manages some two frames per second and core.
const CONVERSION_TIMES_LENGTH: u32 = 20;
/// A conversion that shows no progress for so long has stopped.
const CONVERSION_SILENCE: Duration = Duration::from_secs(120);
/// A decoder of 4K with its reference frames, twice; more would take what the box itself needs (4 GB in all).
const MEMORY_BYTES: u64 = 1536 << 20;
const CONVERSION_MEMORY_BYTES: u64 = 2560 << 20;
/// Each of a Pi's cores, all the time.
const CORES: u32 = 4;
const FILE_BYTES: u64 = 64 << 20;

impl Limits {
    pub fn of(asset: &Asset, step: Step, settings: Settings) -> Self {
        let length = Duration::from_millis(asset.summary.duration_ms);
        let reading = Duration::from_secs(asset.original.bytes / READ_BYTES_PER_S_MIN);
        let (time, silence, memory_bytes, file_bytes) = match step {
            Step::Thumbnail | Step::Preview => (TIME, TIME, MEMORY_BYTES, FILE_BYTES),
            // For each page.
            Step::Pages => (TIME * PAGES_MAX, TIME, MEMORY_BYTES, FILE_BYTES),
            // One that does not say how long it is has to be read to its end.
            Step::Probe | Step::Subtitles => (TIME + reading, TIME + reading, MEMORY_BYTES, FILE_BYTES),
            Step::Convert => {
                // Twice the bits asked for, and as much again for the sound.
                let bytes = length.as_secs() * u64::from(settings.convert_kbit_per_s) * 1000 / 8 * 2;
                let time = Duration::from_secs(60) + length * CONVERSION_TIMES_LENGTH;
                (time, CONVERSION_SILENCE, CONVERSION_MEMORY_BYTES, bytes * 2 + FILE_BYTES)
            }
        };
        Self { time, silence, memory_bytes, cpu: time * CORES, file_bytes }
    }
}

/// Seconds left, from how far something is after how long. Said only once that is more than a guess.
pub(super) fn seconds_left(progress: f32, elapsed: Duration) -> Option<u64> {
    (0.02..=1.0)
        .contains(&progress)
        .then(|| (elapsed.as_secs_f32() * (1.0 - progress) / progress).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { convert_kbit_per_s: 3000, convert_height_max: 1080, bin_days: 30 };

    fn check(size: (u32, u32), frames_per_s: f64, bitrate_bps: u64, expected: (u32, u32, (u32, u32), u32)) {
        let mut asset = crate::library::tests::asset();
        (asset.summary.width, asset.summary.height) = size;
        (asset.frames_per_s, asset.bitrate_bps) = (frames_per_s, bitrate_bps);
        let (width, height, rate, kbit_per_s) = expected;
        let expected = Conversion { width, height, rate, kbit_per_s };
        assert_eq!(Conversion::of(&asset, SETTINGS), expected, "{size:?} {frames_per_s} {bitrate_bps}");
    }

    #[test]
    fn conversions_fit_old_tvs() {
        check((1920, 1080), 30.0, 20_000_000, (1920, 1080, (30, 1), 3000));
        check((3840, 2160), 59.94, 80_000_000, (1920, 1080, (30000, 1001), 2998));
        check((1080, 1920), 30.0, 20_000_000, (608, 1080, (30, 1), 1266));
        check((1280, 720), 60.0, 0, (1280, 720, (60, 1), 2746));
        check((640, 360), 25.0, 200_000, (640, 360, (25, 1), 300));
        check((320, 241), 12.5, 0, (320, 242, (12500, 1000), 300));
        check((0, 0), 0.0, 0, (2, 2, (25, 1), 300));
        check((16_000, 16), 1000.0, u64::MAX, (1920, 2, (31250, 1000), 300));
    }

    #[test]
    fn the_picture_of_a_sound_is_as_large_as_conversions_may_be() {
        let mut asset = crate::library::tests::asset();
        asset.summary.kind = Kind::Sound;
        let size = |convert_height_max| {
            let conversion = Conversion::of(&asset, Settings { convert_height_max, ..SETTINGS });
            (conversion.width, conversion.height, conversion.rate)
        };
        assert_eq!((size(1080), size(720)), ((1920, 1080, (25, 1)), (1280, 720, (25, 1))));
    }

    #[test]
    fn a_conversion_has_time_by_its_length_and_everything_else_half_a_minute() {
        let mut asset = crate::library::tests::asset();
        asset.summary.duration_ms = 600_000;
        let of = |step| Limits::of(&asset, step, SETTINGS);
        assert_eq!(of(Step::Convert).time, Duration::from_secs(60 + 12_000));
        for step in [Step::Probe, Step::Thumbnail, Step::Preview] {
            assert_eq!(of(step).time, Duration::from_secs(30));
        }
        assert_eq!(of(Step::Pages).silence, Duration::from_secs(30));
    }

    #[test]
    fn seconds_left_follow_from_progress() {
        let minute = Duration::from_secs(60);
        assert_eq!(seconds_left(0.25, minute), Some(180));
        assert_eq!(seconds_left(1.0, minute), Some(0));
        for senseless in [0.0, 0.01, 1.1, f32::NAN, -1.0] {
            assert_eq!(seconds_left(senseless, minute), None);
        }
    }
}
