//! H.264 encoders this machine might have, best first; which of them run here, and why the others don't.

use std::sync::OnceLock;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::encode::EncodeSettings;

/// One encoder element and how to set it up for live pictures.
pub struct Encoder {
    pub element: &'static str,
    /// For people: what it runs on.
    pub runs_on: &'static str,
    /// What must be there for the element to exist, said when it does not.
    needs: &'static str,
    /// Raw format it takes without another conversion.
    pub(super) format: &'static str,
    describe: fn(&EncodeSettings) -> String,
}

/// Whether an encoder can run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub element: &'static str,
    pub runs_on: &'static str,
    /// Why it cannot; `None` if it can.
    pub refused: Option<String>,
}

static ENCODERS: [Encoder; 6] = [
    Encoder {
        element: "v4l2h264enc",
        runs_on: "Raspberry Pi or other V4L2 codec",
        needs: "a V4L2 memory-to-memory H.264 encoder (on a Pi: the bcm2835-codec driver)",
        format: "NV12",
        describe: v4l2,
    },
    Encoder {
        element: "nvh264enc",
        runs_on: "NVIDIA card",
        needs: "an NVIDIA card with NVENC and its driver",
        format: "NV12",
        describe: nvenc,
    },
    Encoder {
        element: "vah264enc",
        runs_on: "Intel or AMD graphics (VA-API)",
        needs: "a graphics card with a VA-API H.264 encoder",
        format: "NV12",
        describe: va,
    },
    Encoder {
        element: "vah264lpenc",
        runs_on: "Intel graphics, low power (VA-API)",
        needs: "Intel graphics with the low-power H.264 encoder",
        format: "NV12",
        describe: va_low_power,
    },
    Encoder {
        element: "x264enc",
        runs_on: "processor (x264)",
        needs: "the package gstreamer1.0-plugins-ugly",
        format: "I420",
        describe: x264,
    },
    Encoder {
        element: "openh264enc",
        runs_on: "processor (OpenH264)",
        needs: "the package gstreamer1.0-plugins-bad",
        format: "I420",
        describe: openh264,
    },
];

impl Encoder {
    /// The element with its settings, in gst-launch's syntax, with the caps it must be held to.
    pub(super) fn description(&self, settings: &EncodeSettings) -> String {
        (self.describe)(settings)
    }

    /// Tries it: the element must exist and open its device.
    fn refusal(&self) -> Option<String> {
        let Ok(element) = gst::ElementFactory::make(self.element).build() else {
            return Some(format!("not here; needs {}", self.needs));
        };
        let opened = element.set_state(gst::State::Ready);
        // Whatever came of opening it, it is given back.
        let closed = element.set_state(gst::State::Null);
        match opened.and(closed) {
            Ok(_) => None,
            Err(_) => Some(format!("its device does not open; needs {}", self.needs)),
        }
    }
}

/// All encoders and whether they run here. Tried once per process: a codec is no thing one plugs in.
pub fn candidates() -> &'static [Candidate] {
    static TRIED: OnceLock<Vec<Candidate>> = OnceLock::new();
    TRIED.get_or_init(|| {
        let tried = ENCODERS.iter().map(|encoder| Candidate {
            element: encoder.element,
            runs_on: encoder.runs_on,
            refused: encoder.refusal(),
        });
        tried.collect()
    })
}

/// The encoder asked for by name, else the best that runs here. The error names what was refused and why.
pub fn choose(wanted: Option<&str>) -> Result<&'static Encoder, String> {
    let tried = candidates();
    let usable = |encoder: &&'static Encoder| {
        tried.iter().any(|candidate| candidate.element == encoder.element && candidate.refused.is_none())
    };
    if let Some(name) = wanted {
        let encoder = ENCODERS.iter().find(|encoder| encoder.element == name);
        let encoder = encoder.ok_or_else(|| format!("there is no encoder {name}"))?;
        if usable(&encoder) {
            return Ok(encoder);
        }
        log::warn!("the encoder {name} does not run here (see `marquee probe`); the best other one is taken");
    }
    ENCODERS.iter().find(usable).ok_or_else(|| {
        let reasons = tried.iter().map(|candidate| {
            format!("{}: {}", candidate.element, candidate.refused.as_deref().unwrap_or("usable"))
        });
        format!("no H.264 encoder runs here ({})", reasons.collect::<Vec<_>>().join("; "))
    })
}

/// Names a profile's `encoder` may have.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENCODERS.iter().map(|encoder| encoder.element)
}

/// Chromium offers no High profile for WebRTC, and old TVs decode baseline best.
const BASELINE: &str = "video/x-h264,profile=constrained-baseline";

fn x264(settings: &EncodeSettings) -> String {
    let EncodeSettings { bitrate_kbit_per_s, .. } = settings;
    let keys = settings.frames_between_key_frames();
    // A VBV of 300 ms keeps a key frame from taking the link for longer than that.
    format!(
        "x264enc name=encoder tune=zerolatency speed-preset=superfast bitrate={bitrate_kbit_per_s} \
         vbv-buf-capacity=300 key-int-max={keys} bframes=0 ! {BASELINE}"
    )
}

fn openh264(settings: &EncodeSettings) -> String {
    let bitrate = settings.bitrate_kbit_per_s * 1000;
    let keys = settings.frames_between_key_frames();
    format!(
        "openh264enc name=encoder usage-type=camera complexity=low rate-control=bitrate bitrate={bitrate} \
         gop-size={keys} ! {BASELINE}"
    )
}

/// Buffers are the driver's own (mapped): slates and converted pictures stand in the system's memory.
///
/// Level 4.0 up to 1080p30, else 4.2: with a level too low for the rate the Pi's encoder stops.
fn v4l2(settings: &EncodeSettings) -> String {
    let bitrate = settings.bitrate_kbit_per_s * 1000;
    let keys = settings.frames_between_key_frames();
    let level = if settings.pixels_per_s() > 1920 * 1088 * 30 { "4.2" } else { "4" };
    format!(
        "v4l2h264enc name=encoder \
         extra-controls=\"controls,repeat_sequence_header=1,video_bitrate={bitrate},h264_i_frame_period={keys}\" \
         ! video/x-h264,profile=constrained-baseline,level=(string){level}"
    )
}

fn nvenc(settings: &EncodeSettings) -> String {
    let EncodeSettings { bitrate_kbit_per_s, .. } = settings;
    let keys = settings.frames_between_key_frames();
    format!(
        "nvh264enc name=encoder preset=low-latency-hq zerolatency=true bframes=0 rc-mode=cbr \
         bitrate={bitrate_kbit_per_s} gop-size={keys} ! {BASELINE}"
    )
}

fn va(settings: &EncodeSettings) -> String {
    va_named("vah264enc", settings)
}

fn va_low_power(settings: &EncodeSettings) -> String {
    va_named("vah264lpenc", settings)
}

fn va_named(element: &str, settings: &EncodeSettings) -> String {
    let EncodeSettings { bitrate_kbit_per_s, .. } = settings;
    let keys = settings.frames_between_key_frames();
    format!(
        "{element} name=encoder b-frames=0 rate-control=cbr bitrate={bitrate_kbit_per_s} \
         key-int-max={keys} ! {BASELINE}"
    )
}
