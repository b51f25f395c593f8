//! Which video mode a TV is given. Pure.

use drm_ffi::{DRM_MODE_FLAG_NHSYNC, DRM_MODE_FLAG_NVSYNC, DRM_MODE_FLAG_PHSYNC, DRM_MODE_FLAG_PVSYNC};
use drm_ffi::{DRM_MODE_TYPE_USERDEF, drm_mode_modeinfo};

use crate::config;

/// A TV's favourite that is slower is not taken where a quicker one of [`CALM_SIZE`] is to be had: 4K at 30 Hz, which
/// many TVs prefer on older ports, shows every second picture of a game console twice.
const CALM_RATE_HZ: u32 = 50;
/// More pictures a second no source gives.
const RATE_HZ_USEFUL: u32 = 60;
const CALM_SIZE: (u32, u32) = (1920, 1080);

/// What there is to know of a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rate_hz: u32,
    /// By the TV.
    pub(super) preferred: bool,
    pub(super) interlaced: bool,
}

impl Described {
    /// Progressive before interlaced, then the quickest that is of use.
    fn rank(self) -> (bool, bool, u32) {
        let useful = self.rate_hz <= RATE_HZ_USEFUL;
        (!self.interlaced, useful, if useful { self.rate_hz } else { u32::MAX - self.rate_hz })
    }

    fn is_calm(self) -> bool {
        !self.interlaced && self.rate_hz >= CALM_RATE_HZ
    }

    pub(super) fn is(self, wish: config::Mode) -> bool {
        let rate = wish.rate_hz.is_none_or(|rate_hz| rate_hz == self.rate_hz);
        (self.width, self.height) == (wish.width, wish.height) && rate
    }
}

/// The mode asked for, else one of its size, else the TV's own. `None` without modes.
pub(super) fn choose<M>(
    modes: &[M],
    wish: Option<config::Mode>,
    describe: impl Fn(&M) -> Described,
) -> Option<&M> {
    // The first of equals: TVs list what they like better first.
    let best = |fits: &dyn Fn(Described) -> bool| {
        let fitting = modes.iter().rev().filter(|mode| fits(describe(mode)));
        fitting.max_by_key(|mode| describe(mode).rank())
    };
    let wished = wish.and_then(|wish| {
        let any_rate = config::Mode { rate_hz: None, ..wish };
        best(&|mode| mode.is(wish)).or_else(|| best(&|mode| mode.is(any_rate)))
    });
    let preferred = || modes.iter().find(|mode| describe(mode).preferred);
    let own = || preferred().or_else(|| modes.iter().find(|mode| !describe(mode).interlaced));
    let calm = || {
        let (width, height) = CALM_SIZE;
        best(&|mode| (mode.width, mode.height) == (width, height) && mode.is_calm())
    };
    let own = || own().map(|own| if describe(own).is_calm() { own } else { calm().unwrap_or(own) });
    wished.or_else(own).or_else(|| modes.first())
}

/// Timings of CEA-861 (table 3) for a TV that tells nothing of itself: one that is off, or behind a splitter that hides
/// it. Such a port is forced on and has the kernel's few modes only. `None`: not one of those that every TV has.
pub(super) fn standard(wish: config::Mode) -> Option<drm_mode_modeinfo> {
    let both = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_PVSYNC;
    let neither = DRM_MODE_FLAG_NHSYNC | DRM_MODE_FLAG_NVSYNC;
    // Pixel clock in kHz, then for each direction: size, start and end of the sync pulse, total.
    let (clock, across, down, flags) = match (wish.width, wish.height, wish.rate_hz.unwrap_or(60)) {
        (1920, 1080, 60) => (148_500, [1920, 2008, 2052, 2200], [1080, 1084, 1089, 1125], both),
        (1920, 1080, 50) => (148_500, [1920, 2448, 2492, 2640], [1080, 1084, 1089, 1125], both),
        (1920, 1080, 30) => (74_250, [1920, 2008, 2052, 2200], [1080, 1084, 1089, 1125], both),
        (1920, 1080, 25) => (74_250, [1920, 2448, 2492, 2640], [1080, 1084, 1089, 1125], both),
        (1280, 720, 60) => (74_250, [1280, 1390, 1430, 1650], [720, 725, 730, 750], both),
        (1280, 720, 50) => (74_250, [1280, 1720, 1760, 1980], [720, 725, 730, 750], both),
        (720, 576, 50) => (27_000, [720, 732, 796, 864], [576, 581, 586, 625], neither),
        (720, 480, 60) => (27_000, [720, 736, 798, 858], [480, 489, 495, 525], neither),
        _ => return None,
    };
    Some(drm_mode_modeinfo {
        clock,
        hdisplay: across[0],
        hsync_start: across[1],
        hsync_end: across[2],
        htotal: across[3],
        vdisplay: down[0],
        vsync_start: down[1],
        vsync_end: down[2],
        vtotal: down[3],
        vrefresh: wish.rate_hz.unwrap_or(60),
        flags,
        type_: DRM_MODE_TYPE_USERDEF,
        ..drm_mode_modeinfo::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1920x1080@60`; with `*` the one the TV prefers, with `i` interlaced.
    fn mode(text: &str) -> Described {
        let (size, rate) = text.split_once('@').expect("a rate");
        let (width, height) = size.split_once('x').expect("a size");
        let number = |text: &str| text.parse().expect("a number");
        Described {
            width: number(width),
            height: number(height),
            rate_hz: number(rate.trim_end_matches(['*', 'i'])),
            preferred: rate.contains('*'),
            interlaced: rate.contains('i'),
        }
    }

    fn wish(text: &str) -> config::Mode {
        let (size, rate) = text.split_once('@').unwrap_or((text, ""));
        let (width, height) = size.split_once('x').expect("a size");
        let number = |text: &str| text.parse().expect("a number");
        config::Mode { width: number(width), height: number(height), rate_hz: rate.parse().ok() }
    }

    fn check(list: &str, wished: &str, expected: &str) {
        let modes: Vec<Described> = list.split(' ').map(mode).collect();
        let wished = (!wished.is_empty()).then(|| wish(wished));
        assert_eq!(choose(&modes, wished, |mode| *mode), Some(&mode(expected)), "{list}: {wished:?}");
    }

    const TV: &str = "3840x2160@30 1920x1080@60* 1920x1080@60i 1920x1080@50i 1920x1080@50 1280x720@60 1280x720@50 720x576@50";

    #[test]
    fn the_mode_asked_for_is_taken_if_the_tv_has_it() {
        check(TV, "1920x1080@50", "1920x1080@50");
        check(TV, "1280x720", "1280x720@60");
        check(TV, "3840x2160", "3840x2160@30");
    }

    #[test]
    fn another_rate_is_better_than_another_size() {
        check(TV, "1920x1080@24", "1920x1080@60*");
        check("1280x720@60* 1920x1080@60i", "1920x1080@60", "1920x1080@60i");
        check("1920x1080@144* 1920x1080@60 1920x1080@50", "1920x1080", "1920x1080@60");
        check(TV, "2560x1440@60", "1920x1080@60*");
    }

    #[test]
    fn interlaced_is_the_last_choice() {
        check("1920x1080@60i 1920x1080@60 720x480@60*", "1920x1080@60", "1920x1080@60");
        check("1920x1080@50i* 1920x1080@50 720x576@50", "", "1920x1080@50");
        check("1920x1080@50i", "", "1920x1080@50i");
    }

    #[test]
    fn the_tv_knows_best_unless_it_is_slow() {
        check(TV, "", "1920x1080@60*");
        check("3840x2160@60* 1920x1080@60", "", "3840x2160@60*");
        check("3840x2160@30* 1920x1080@50 1920x1080@60 1280x720@60", "", "1920x1080@60");
        check("3840x2160@30* 1280x720@60", "", "3840x2160@30*");
        check("1280x800@75 640x480@60", "", "1280x800@75");
    }

    #[test]
    fn without_modes_there_is_none() {
        assert_eq!(choose(&[], Some(wish("1920x1080")), |mode: &Described| *mode), None);
    }

    #[test]
    fn the_standard_timings_add_up() {
        for text in [
            "1920x1080@60",
            "1920x1080@50",
            "1920x1080@30",
            "1920x1080@25",
            "1280x720@60",
            "1280x720@50",
            "720x576@50",
        ] {
            let mode = standard(wish(text)).expect(text);
            let pixels = u32::from(mode.htotal) * u32::from(mode.vtotal);
            assert_eq!(mode.clock * 1000, pixels * mode.vrefresh, "{text}");
            assert!(mode.hsync_start < mode.hsync_end && mode.hsync_end < mode.htotal, "{text}");
            assert!(mode.vsync_start < mode.vsync_end && mode.vsync_end < mode.vtotal, "{text}");
        }
        // 60/1.001 Hz, as its own table says.
        assert_eq!(standard(wish("720x480")).map(|mode| mode.clock), Some(27_000));
        assert_eq!(standard(wish("1920x1080")).map(|mode| mode.vrefresh), Some(60));
        assert_eq!(standard(wish("1024x768")), None);
        assert_eq!(standard(wish("1920x1080@24")), None);
    }
}
