//! Pure: which of a card's modes is taken.

use std::cmp::Reverse;

use super::videodev::SizeRange;
use crate::config::Profile;
use crate::pipeline::encode::fit;
use crate::pipeline::v4l2::{Mode, PixelFormat, Rate};

/// Below the rate of cinema films movement falls apart: a smaller picture that flows is better than a large one that
/// does not. In frames per 1000 s.
const FLUENT_MILLIHERTZ: u64 = 23_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) frames_per_s: u32,
    /// What the card's own H.264 may be at most to be passed on as it is; `None` if it may not.
    pub(super) h264: Option<Bounds>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) frames_per_s: u32,
}

impl Wanted {
    pub(super) fn new(width: u32, height: u32, frames_per_s: u32, profile: &Profile) -> Self {
        // Whoever names an encoder wants its pictures.
        let h264 = profile.encoder.is_none().then_some(Bounds {
            width: profile.width_max,
            height: profile.height_max,
            frames_per_s: profile.frames_per_s_max,
        });
        Self { width, height, frames_per_s, h264 }
    }

    fn millihertz(&self) -> u64 {
        u64::from(self.frames_per_s) * 1000
    }
}

/// The mode that serves best: one that flows, then of the wanted size, then of the wanted rate, then of the format
/// that costs least. `None` if there is none at all.
pub(super) fn choose(modes: &[Mode], wanted: &Wanted) -> Option<Mode> {
    let allowed = |mode: &&Mode| mode.format != PixelFormat::H264 || passes(mode, wanted.h264);
    modes.iter().filter(allowed).copied().max_by_key(|mode| {
        let asked = wanted.millihertz();
        let rate = mode.rate.map_or(asked, Rate::millihertz);
        let reached = if near(rate, asked) { asked } else { rate.min(asked) };
        let (width, height) = fit(mode.width, mode.height, wanted.width, wanted.height);
        (
            reached.min(FLUENT_MILLIHERTZ),
            // What is seen of it once it is shrunk to the wanted size, and then no more work for it than needed.
            u64::from(width) * u64::from(height),
            Reverse(u64::from(mode.width) * u64::from(mode.height)),
            reached,
            Reverse(mode.format),
            Reverse(rate.abs_diff(asked)),
        )
    })
}

/// 59.94 is 60 to everybody who asks.
const fn near(rate: u64, asked: u64) -> bool {
    rate.abs_diff(asked) * 100 <= asked
}

/// H.264 that is passed on can't be shrunk or thinned out.
fn passes(mode: &Mode, bounds: Option<Bounds>) -> bool {
    bounds.is_some_and(|bounds| {
        let asked = u64::from(bounds.frames_per_s) * 1000;
        let rate = mode.rate.map_or(0, Rate::millihertz);
        mode.width <= bounds.width && mode.height <= bounds.height && (rate <= asked || near(rate, asked))
    })
}

/// The size nearest to `wanted` out of a range in steps.
pub(super) fn snap(range: &SizeRange, wanted: (u32, u32)) -> (u32, u32) {
    let side = |wanted: u32, min: u32, max: u32, step: u32| {
        let inside = wanted.clamp(min, max.max(min));
        min + (inside - min) / step.max(1) * step.max(1)
    };
    (
        side(wanted.0, range.min_width, range.max_width, range.step_width),
        side(wanted.1, range.min_height, range.max_height, range.step_height),
    )
}

/// The rate nearest to `frames_per_s` between two.
pub(super) fn clamp_rate(frames_per_s: u32, slowest: Rate, fastest: Rate) -> Rate {
    let wanted = Rate { frames: frames_per_s, seconds: 1 };
    if wanted.millihertz() >= fastest.millihertz() {
        fastest
    } else if wanted.millihertz() <= slowest.millihertz() {
        slowest
    } else {
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FORMAT WIDTHxHEIGHT RATE…`, one line for each size, as `v4l2-ctl --list-formats-ext` tells them.
    fn modes(text: &str) -> Vec<Mode> {
        let line = |line: &str| {
            let mut words = line.split_whitespace();
            let fourcc: [u8; 4] = words.next().unwrap().as_bytes().try_into().unwrap();
            let format = PixelFormat::from_fourcc(fourcc).unwrap();
            let (width, height) = words.next().unwrap().split_once('x').unwrap();
            let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
            let mode = move |rate| Mode { format, width, height, rate };
            let mut rates: Vec<Mode> = words
                .map(|rate| {
                    let (frames, seconds) = rate.split_once('/').unwrap_or((rate, "1"));
                    let (frames, seconds) = (frames.parse().unwrap(), seconds.parse().unwrap());
                    mode(Some(Rate { frames, seconds }))
                })
                .collect();
            if rates.is_empty() {
                rates.push(mode(None));
            }
            rates
        };
        text.lines().filter(|text| !text.trim().is_empty()).flat_map(line).collect()
    }

    fn wanted(text: &str) -> Wanted {
        let (size, rate) = text.split_once('@').unwrap();
        let (width, height) = size.split_once('x').unwrap();
        let [width, height, frames_per_s] = [width, height, rate].map(|number| number.parse().unwrap());
        Wanted { width, height, frames_per_s, h264: Some(Bounds { width, height, frames_per_s }) }
    }

    fn check(card: &str, asked: &str, expected: &str) {
        let chosen = choose(&modes(card), &wanted(asked)).map(|mode| mode.to_string());
        assert_eq!(chosen.as_deref(), Some(expected), "{asked}");
    }

    /// The common USB 2 HDMI stick (MacroSilicon MS2109, 534d:2109), without the sizes that decide nothing.
    const MS2109: &str = "
        MJPG 1920x1080 60 50 30 25 20 10
        MJPG 1600x1200 60 50 30 25 20 10
        MJPG 1360x768 60 50 30 25 20 10
        MJPG 1280x1024 60 50 30 25 20 10
        MJPG 1280x720 60 50 30 20 10
        MJPG 720x480 60 50 30 20 10
        MJPG 640x480 60 50 30 20 10
        YUYV 1920x1080 5
        YUYV 1280x720 10
        YUYV 800x600 20 10 5
        YUYV 720x576 25 20 10 5
        YUYV 640x480 30 20 10 5";
    /// One of its kind that admits that USB 2 carries no more than 30 frames of full size.
    const MS2109_30: &str = "
        MJPG 1920x1080 30 25 20 10 5
        MJPG 1280x960 50 30 20 10 5
        MJPG 1280x720 60 50 30 20 10
        YUYV 1920x1080 5
        YUYV 1280x720 10";
    /// Logitech C920, which codes H.264 itself; condensed.
    const C920: &str = "
        YUYV 640x480 30 24 20 15 10 15/2 5
        YUYV 1280x720 10 15/2 5
        YUYV 1920x1080 5
        YUYV 2304x1536 2
        H264 640x480 30 24 20 15 10 15/2 5
        H264 1280x720 30 24 20 15 10 15/2 5
        H264 1920x1080 30 24 20 15 10 15/2 5
        MJPG 640x480 30 24 20 15 10 15/2 5
        MJPG 1280x720 30 24 20 15 10 15/2 5
        MJPG 1920x1080 30 24 20 15 10 15/2 5";
    /// Elgato Cam Link 4K, USB 3: raw at full rate, one size at a time.
    const CAM_LINK: &str = "
        YUYV 1920x1080 60000/1001
        NV12 1920x1080 60000/1001
        YU12 1920x1080 60000/1001";
    /// Toshiba TC358743 on a Pi: no sizes or rates of its own, so that those of the HDMI timings were filled in.
    const TC358743: &str = "
        UYVY 1920x1080 50
        RGB3 1920x1080 50
        BGR3 1920x1080 50";
    /// The kernel's vivid as a webcam.
    const VIVID_WEBCAM: &str = "
        YUYV 320x180 1 2 4 5 10 15 25 30 40 50 60
        YUYV 640x360 1 2 4 5 10 15 25 30 40
        YUYV 1280x720 1 2 4 5 10 15
        YUYV 1920x1080 1 2 4 5 10
        NV12 640x360 1 2 4 5 10 15 25 30 40
        UYVY 640x360 1 2 4 5 10 15 25 30 40
        RGB3 640x360 1 2 4 5 10 15 25 30 40";

    #[test]
    fn raw_where_it_reaches_the_rate_else_mjpeg() {
        check(MS2109, "1920x1080@60", "MJPEG 1920x1080 at 60 fps");
        check(MS2109, "1920x1080@30", "MJPEG 1920x1080 at 30 fps");
        check(MS2109, "1280x720@30", "MJPEG 1280x720 at 30 fps");
        check(MS2109, "640x480@30", "YUYV 640x480 at 30 fps");
        check(MS2109, "720x576@25", "YUYV 720x576 at 25 fps");
        check(CAM_LINK, "1920x1080@60", "NV12 1920x1080 at 59.94 fps");
        check(CAM_LINK, "1280x720@30", "NV12 1920x1080 at 59.94 fps");
    }

    #[test]
    fn the_wanted_size_comes_before_the_wanted_rate() {
        check(MS2109_30, "1920x1080@60", "MJPEG 1920x1080 at 30 fps");
        check(MS2109_30, "1280x720@60", "MJPEG 1280x720 at 60 fps");
        check(MS2109_30, "1920x1080@5", "YUYV 1920x1080 at 5 fps");
    }

    #[test]
    fn h264_of_the_card_comes_before_mjpeg_where_it_fits() {
        check(C920, "1920x1080@30", "H.264 1920x1080 at 30 fps");
        check(C920, "1920x1080@60", "H.264 1920x1080 at 30 fps");
        check(C920, "640x480@30", "YUYV 640x480 at 30 fps");
        let encoded = Wanted { h264: None, ..wanted("1920x1080@30") };
        assert_eq!(choose(&modes(C920), &encoded).unwrap().format, PixelFormat::Mjpeg);
        let small = Bounds { width: 1280, height: 720, frames_per_s: 30 };
        let shrunk = Wanted { h264: Some(small), ..wanted("1920x1080@30") };
        assert_eq!(choose(&modes(C920), &shrunk).unwrap().to_string(), "MJPEG 1920x1080 at 30 fps");
    }

    #[test]
    fn what_flows_comes_before_what_is_large() {
        let raw_only = "YUYV 1920x1080 5\nYUYV 1280x720 10\nYUYV 640x480 30";
        check(raw_only, "1920x1080@30", "YUYV 640x480 at 30 fps");
        check("YUYV 1920x1080 5\nYUYV 1280x720 10", "1920x1080@30", "YUYV 1280x720 at 10 fps");
        check(VIVID_WEBCAM, "1280x720@30", "NV12 640x360 at 30 fps");
        check(VIVID_WEBCAM, "640x360@25", "NV12 640x360 at 25 fps");
    }

    #[test]
    fn a_size_that_is_not_there_is_shrunk_from_the_next_larger_of_its_shape() {
        check(MS2109, "1600x900@30", "MJPEG 1920x1080 at 30 fps");
        check(MS2109, "2560x1440@30", "MJPEG 1920x1080 at 30 fps");
        check(
            "YUYV 2560x1440 60\nYUYV 3840x2160 30\nYUYV 1280x720 60",
            "1920x1080@60",
            "YUYV 2560x1440 at 60 fps",
        );
    }

    #[test]
    fn a_bridge_gives_what_comes_in() {
        check(TC358743, "1920x1080@60", "UYVY 1920x1080 at 50 fps");
        check("UYVY 1280x720", "1920x1080@60", "UYVY 1280x720");
        assert_eq!(choose(&[], &wanted("1920x1080@60")), None);
    }

    #[test]
    fn sizes_snap_to_steps() {
        // vivid's HDMI input, and one that has room for no step.
        let range = |min, max, step| SizeRange {
            min_width: min,
            max_width: max,
            step_width: step,
            min_height: min,
            max_height: max,
            step_height: step,
        };
        assert_eq!(snap(&range(16, 4096, 2), (1920, 1080)), (1920, 1080));
        assert_eq!(snap(&range(16, 4096, 16), (1920, 1080)), (1920, 1072));
        assert_eq!(snap(&range(16, 1000, 2), (1920, 1080)), (1000, 1000));
        assert_eq!(snap(&range(64, 64, 0), (1920, 8)), (64, 64));
    }

    #[test]
    fn rates_stay_inside_their_range() {
        let (slowest, fastest) = (Rate { frames: 1, seconds: 1 }, Rate { frames: 30_000, seconds: 1001 });
        assert_eq!(clamp_rate(60, slowest, fastest), fastest);
        assert_eq!(clamp_rate(25, slowest, fastest), Rate { frames: 25, seconds: 1 });
        assert_eq!(clamp_rate(1, slowest, fastest), slowest);
    }
}
