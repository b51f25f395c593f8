//! Pure: which halves should run, from what is wanted and what comes in.

use std::time::{Duration, Instant};

use crate::config::Profile;
use crate::pipeline::decode::Codec;
use crate::pipeline::encode::{EncodeSettings, fit};

/// How long a half goes on after the last reader left: a page that is reloaded must not restart an encoder.
pub(super) const LINGER: Duration = Duration::from_secs(10);
/// Rate assumed where a device does not tell one, and of a slate before anything was seen.
const FRAMES_PER_S_DEFAULT: u32 = 30;
/// Size of a slate before anything was seen, within the profile's bounds.
const SIZE_DEFAULT: (u32, u32) = (1280, 720);

/// What comes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    /// `None`: raw pictures.
    pub(super) coding: Option<Coding>,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) frames_per_s: f64,
}

/// How pictures come coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) codec: Codec,
    /// They come in another order than they are shown in (B-frames).
    pub(super) reorders: bool,
}

impl Coding {
    /// Whether viewers get them as they come. No browser shows reordered pictures by WebRTC.
    pub(super) fn passes(self) -> bool {
        self.codec == Codec::H264 && !self.reorders
    }
}

impl Shape {
    fn passes(&self) -> bool {
        self.coding.is_some_and(Coding::passes)
    }
}

/// Whether pictures come, and if not, whether viewers have waited long enough to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Not yet, and it is too early to show a slate for it.
    Quiet,
    Live,
    /// Viewers see the slate.
    Slate,
}

/// Who wants what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) video: bool,
    pub(super) sound: bool,
    pub(super) pictures: bool,
}

/// Which halves should run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) encode: Option<EncodeSettings>,
    pub(super) decode: Option<Coding>,
    pub(super) sound: bool,
    /// Slates are to be fed, of this size.
    pub(super) slate: Option<(u32, u32)>,
    /// Silence is to be written into the sound track, so that players that wait for it go on.
    pub(super) silence: bool,
}

/// `shape` is the last one seen, also after a loss: a slate keeps the size of the picture it stands for.
pub(super) fn plan(wanted: Wanted, flow: Flow, shape: Option<Shape>, profile: &Profile) -> Plan {
    let settings = encode_settings(shape, profile);
    match (flow, shape) {
        (Flow::Slate, _) => Plan {
            slate: (wanted.video || wanted.pictures).then_some((settings.width, settings.height)),
            encode: wanted.video.then_some(settings),
            silence: wanted.sound,
            ..Plan::default()
        },
        (Flow::Live, Some(shape)) => {
            let encode = wanted.video && !shape.passes();
            let decode = match shape.coding {
                None => false,
                // A JPEG is a picture as it is.
                Some(Coding { codec: Codec::Jpeg, .. }) => wanted.video,
                Some(coding) => wanted.pictures || (wanted.video && !coding.passes()),
            };
            Plan {
                encode: encode.then_some(settings),
                decode: shape.coding.filter(|_| decode),
                sound: wanted.sound,
                ..Plan::default()
            }
        }
        // Opened again: what it will need is kept running.
        (Flow::Quiet, Some(shape)) => {
            Plan { encode: (wanted.video && !shape.passes()).then_some(settings), ..Plan::default() }
        }
        (Flow::Quiet | Flow::Live, None) => Plan::default(),
    }
}

fn encode_settings(shape: Option<Shape>, profile: &Profile) -> EncodeSettings {
    let (width, height) = shape.map_or(SIZE_DEFAULT, |shape| (shape.width, shape.height));
    let (width, height) = fit(width, height, profile.width_max, profile.height_max);
    let rate = shape.map(|shape| shape.frames_per_s.ceil() as u32).filter(|rate| *rate > 0);
    EncodeSettings {
        width,
        height,
        frames_per_s: rate.unwrap_or(FRAMES_PER_S_DEFAULT).min(profile.frames_per_s_max),
        bitrate_kbit_per_s: profile.bitrate_kbit_per_s,
        key_frame_interval_s: profile.key_frame_interval_s,
    }
}

/// Something wanted, and for a while after.
#[derive(Debug, Default)]
pub(super) struct Linger {
    until: Option<Instant>,
}

impl Linger {
    /// Whether it still counts as wanted at `now`, given whether somebody wants it right now.
    pub(super) fn wanted(&mut self, count: usize, now: Instant) -> bool {
        if count > 0 {
            self.until = Some(now + LINGER);
            return true;
        }
        self.until = self.until.filter(|until| now < *until);
        self.until.is_some()
    }

    /// When the answer may change by itself.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.until
    }
}

/// Puts off wishes for key frames that come too fast; loses none.
#[derive(Debug, Default)]
pub(super) struct KeyFrameGate {
    last: Option<Instant>,
    pending: bool,
}

impl KeyFrameGate {
    /// Key frames are large: more than four a second would crowd out the picture itself.
    const INTERVAL_MIN: Duration = Duration::from_millis(250);

    pub(super) fn wish(&mut self) {
        self.pending = true;
    }

    /// Whether a key frame is to be made now.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let due = self.pending && self.due().is_none_or(|due| due <= now);
        if due {
            self.pending = false;
            self.last = Some(now);
        }
        due
    }

    /// When a put-off wish is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.last.filter(|_| self.pending).map(|last| last + Self::INTERVAL_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: Wanted = Wanted { video: true, sound: false, pictures: false };
    const PICTURES: Wanted = Wanted { video: false, sound: false, pictures: true };

    fn profile() -> Profile {
        Profile {
            name: "720p".to_owned(),
            width_max: 1280,
            height_max: 720,
            frames_per_s_max: 30,
            bitrate_kbit_per_s: 3000,
            key_frame_interval_s: 2,
            encoder: None,
        }
    }

    fn shape(codec: Option<Codec>) -> Option<Shape> {
        let coding = codec.map(|codec| Coding { codec, reorders: false });
        Some(Shape { coding, width: 1920, height: 1080, frames_per_s: 59.94 })
    }

    #[test]
    fn pictures_that_come_in_another_order_are_coded_anew() {
        let coding = Some(Coding { codec: Codec::H264, reorders: true });
        let reordered = Some(Shape { coding, width: 1920, height: 1080, frames_per_s: 25.0 });
        let live = |wanted| plan(wanted, Flow::Live, reordered, &profile());
        assert!(live(VIDEO).encode.is_some() && live(VIDEO).decode == coding);
        assert!(live(PICTURES).encode.is_none() && live(PICTURES).decode == coding);
    }

    /// `e` encode, `d` decode, `s` slate.
    fn check(wanted: Wanted, flow: Flow, codec: Option<Codec>, expected: &str) {
        let plan = plan(wanted, flow, shape(codec), &profile());
        let mut shown = String::new();
        shown.extend(plan.encode.is_some().then_some('e'));
        shown.extend(plan.decode.is_some().then_some('d'));
        shown.extend(plan.slate.is_some().then_some('s'));
        assert_eq!(shown, expected, "{wanted:?} {flow:?} {codec:?}");
    }

    #[test]
    fn nothing_runs_that_nobody_wants() {
        for codec in [None, Some(Codec::H264), Some(Codec::H265), Some(Codec::Jpeg)] {
            for flow in [Flow::Quiet, Flow::Live, Flow::Slate] {
                check(Wanted::default(), flow, codec, "");
            }
        }
    }

    #[test]
    fn live_pictures_are_coded_only_where_they_must_be() {
        check(VIDEO, Flow::Live, None, "e");
        check(VIDEO, Flow::Live, Some(Codec::H264), "");
        check(VIDEO, Flow::Live, Some(Codec::H265), "ed");
        check(VIDEO, Flow::Live, Some(Codec::Jpeg), "ed");
        check(PICTURES, Flow::Live, None, "");
        check(PICTURES, Flow::Live, Some(Codec::H264), "d");
        check(PICTURES, Flow::Live, Some(Codec::H265), "d");
        check(PICTURES, Flow::Live, Some(Codec::Jpeg), "");
    }

    #[test]
    fn a_slate_stands_in_for_any_source_and_keeps_its_size() {
        for codec in [None, Some(Codec::H264), Some(Codec::H265), Some(Codec::Jpeg)] {
            check(VIDEO, Flow::Slate, codec, "es");
            check(PICTURES, Flow::Slate, codec, "s");
            let live = plan(VIDEO, Flow::Live, shape(None), &profile());
            assert_eq!(plan(VIDEO, Flow::Slate, shape(codec), &profile()).encode, live.encode);
        }
    }

    #[test]
    fn the_profile_bounds_size_and_rate() {
        let encode = plan(VIDEO, Flow::Live, shape(None), &profile()).encode.expect("wanted");
        assert_eq!((encode.width, encode.height, encode.frames_per_s), (1280, 720, 30));
    }

    #[test]
    fn demand_lingers() {
        let (mut linger, start) = (Linger::default(), Instant::now());
        assert!(!linger.wanted(0, start));
        assert!(linger.wanted(1, start));
        assert!(linger.wanted(0, start + LINGER / 2));
        assert!(!linger.wanted(0, start + LINGER));
        assert_eq!(linger.ends(), None);
    }

    #[test]
    fn key_frame_wishes_are_put_off_but_never_lost() {
        let (mut gate, start) = (KeyFrameGate::default(), Instant::now());
        gate.wish();
        assert!(gate.take(start));
        gate.wish();
        assert!(!gate.take(start + Duration::from_millis(10)));
        let due = gate.due().expect("one is put off");
        assert!(gate.take(due));
        assert!(!gate.take(due + Duration::from_secs(1)));
    }
}
