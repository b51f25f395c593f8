//! Everything a card offers, as a list of modes: its formats, sizes and rates, or what its input dictates.

use super::format::{Wanted, clamp_rate, snap};
use super::ioctl::{Node, Planes};
use super::timings::Timings;
use super::videodev::{Fraction, Intervals, Sizes};
use crate::pipeline::encode::fit;
use crate::pipeline::v4l2::{Mode, PixelFormat, Rate};

/// All modes that can be read here; of ranges, the mode nearest to what is wanted.
pub(super) fn modes(node: &Node, planes: Planes, wanted: &Wanted, incoming: Option<&Timings>) -> Vec<Mode> {
    let known = node.formats(planes).into_iter();
    let known = known.filter_map(|fourcc| Some((fourcc, PixelFormat::from_fourcc(fourcc)?)));
    let mut modes = Vec::new();
    for (fourcc, format) in known {
        for (width, height) in sizes(node, planes, fourcc, wanted, incoming) {
            let rates = rates(node, fourcc, (width, height), wanted.frames_per_s);
            if rates.is_empty() {
                // Not the card's to choose: the player at its input does.
                let rate = incoming.and_then(|timings| timings.rate);
                modes.push(Mode { format, width, height, rate });
            }
            modes.extend(rates.into_iter().map(|rate| Mode { format, width, height, rate: Some(rate) }));
        }
    }
    modes
}

fn sizes(
    node: &Node,
    planes: Planes,
    fourcc: [u8; 4],
    wanted: &Wanted,
    incoming: Option<&Timings>,
) -> Vec<(u32, u32)> {
    let asked = target(wanted, incoming);
    let listed = node.sizes(fourcc).into_iter().map(|size| match size {
        Sizes::Discrete(size) => (size.width, size.height),
        Sizes::Range(range) => snap(&range, asked),
    });
    let mut sizes: Vec<(u32, u32)> = listed.collect();
    if sizes.is_empty() {
        // One size only: that of the signal, or the one it is set to.
        let only = incoming.map(|timings| (timings.width, timings.height));
        sizes.extend(only.or_else(|| node.size(planes).ok()));
    }
    sizes
}

/// The size to ask of a card that scales by itself: never larger than what comes in, and of its shape.
fn target(wanted: &Wanted, incoming: Option<&Timings>) -> (u32, u32) {
    match incoming {
        Some(timings) => fit(timings.width, timings.height, wanted.width, wanted.height),
        None => (wanted.width, wanted.height),
    }
}

fn rates(node: &Node, fourcc: [u8; 4], (width, height): (u32, u32), frames_per_s: u32) -> Vec<Rate> {
    let listed = node.intervals(fourcc, width, height).into_iter().filter_map(|interval| match interval {
        Intervals::Discrete(interval) => rate(interval),
        Intervals::Range(range) => Some(clamp_rate(frames_per_s, rate(range.max)?, rate(range.min)?)),
    });
    listed.collect()
}

/// The rate of an interval; `None` if there is no such rate, or GStreamer's caps can't hold it.
fn rate(interval: Fraction) -> Option<Rate> {
    let usable = |number: u32| number > 0 && i32::try_from(number).is_ok();
    let Fraction { numerator, denominator } = interval;
    (usable(numerator) && usable(denominator)).then_some(Rate { frames: denominator, seconds: numerator })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaler_keeps_the_shape_of_what_comes_in_and_does_not_enlarge_it() {
        let check = |incoming: Option<(u32, u32)>, expected| {
            let wanted = Wanted { width: 1280, height: 720, frames_per_s: 30, h264: None };
            let timings =
                incoming.map(|(width, height)| Timings { width, height, interlaced: false, rate: None });
            assert_eq!(target(&wanted, timings.as_ref()), expected, "{incoming:?}");
        };
        check(None, (1280, 720));
        check(Some((1920, 1080)), (1280, 720));
        check(Some((1024, 768)), (960, 720));
        check(Some((640, 480)), (640, 480));
    }

    #[test]
    fn intervals_become_rates_that_caps_can_hold() {
        assert_eq!(
            rate(Fraction { numerator: 1001, denominator: 60_000 }),
            Some(Rate { frames: 60_000, seconds: 1001 })
        );
        assert_eq!(rate(Fraction { numerator: 0, denominator: 30 }), None);
        assert_eq!(rate(Fraction { numerator: 1, denominator: u32::MAX }), None);
    }
}
