//! The capture half of a V4L2 card, held to one format, size and rate.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use gstreamer::prelude::*;
use gstreamer_base as gst_base;

use super::capture::{Sink, connect_video};
use super::h264::AVC_CAPS;
use super::half::{Half, HalfError};
use super::{pools, queues};

/// A card's formats that can be taken, those we like best first: for raw pictures that is the order of the work
/// left to an encoder, and raw pictures come before coded ones, whose bit rate and key frames are not ours to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PixelFormat {
    Nv12,
    I420,
    Yv12,
    Nv21,
    Yuyv,
    Uyvy,
    Yvyu,
    Nv16,
    Rgb,
    Bgr,
    Bgrx,
    H264,
    Mjpeg,
}

impl PixelFormat {
    /// From V4L2's four characters (linux/videodev2.h); `None` if we can't read it.
    pub const fn from_fourcc(fourcc: [u8; 4]) -> Option<Self> {
        Some(match &fourcc {
            b"NV12" | b"NM12" => Self::Nv12,
            b"YU12" | b"YM12" => Self::I420,
            b"YV12" => Self::Yv12,
            b"NV21" | b"NM21" => Self::Nv21,
            b"YUYV" => Self::Yuyv,
            b"UYVY" => Self::Uyvy,
            b"YVYU" => Self::Yvyu,
            b"NV16" | b"NM16" => Self::Nv16,
            b"RGB3" => Self::Rgb,
            b"BGR3" => Self::Bgr,
            b"BGR4" | b"XR24" => Self::Bgrx,
            b"H264" => Self::H264,
            b"MJPG" | b"JPEG" => Self::Mjpeg,
            _ => return None,
        })
    }

    /// The word for people and machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nv12 => "NV12",
            Self::I420 => "I420",
            Self::Yv12 => "YV12",
            Self::Nv21 => "NV21",
            Self::Yuyv => "YUYV",
            Self::Uyvy => "UYVY",
            Self::Yvyu => "YVYU",
            Self::Nv16 => "NV16",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
            Self::Bgrx => "BGRx",
            Self::H264 => "H.264",
            Self::Mjpeg => "MJPEG",
        }
    }

    fn caps(self) -> String {
        match self {
            Self::H264 => "video/x-h264".to_owned(),
            Self::Mjpeg => "image/jpeg".to_owned(),
            // The one raw format that V4L2 and GStreamer call differently.
            Self::Yuyv => "video/x-raw,format=YUY2".to_owned(),
            raw => format!("video/x-raw,format={}", raw.code()),
        }
    }
}

/// Frames per so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub frames: u32,
    pub seconds: u32,
}

impl Rate {
    /// Frames in 1000 s: whole numbers that tell 59.94 from 60. Zero for a rate that is none.
    pub const fn millihertz(self) -> u64 {
        match self.seconds {
            0 => 0,
            seconds => self.frames as u64 * 1000 / seconds as u64,
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.millihertz() as f64 / 1000.0);
        out.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// What a card is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    pub format: PixelFormat,
    pub width: u32,
    pub height: u32,
    /// `None`: the card does not tell and can't be asked, its input decides.
    pub rate: Option<Rate>,
}

impl fmt::Display for Mode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}x{}", self.format.code(), self.width, self.height)?;
        match self.rate {
            Some(rate) => write!(out, " at {rate} fps"),
            None => Ok(()),
        }
    }
}

/// Builds the half; it opens the card once started.
pub fn half(device: &Path, mode: &Mode, to: &Arc<dyn Sink>) -> Result<Half, HalfError> {
    // Everything is pinned: with open caps v4l2src goes to another size by itself when the signal is lost. The
    // driver's own times are used: they say when a picture was taken, not when we got it. Memory is left to v4l2src:
    // DMABUF where the driver can export it, and a copy before the card runs out of buffers.
    let parser =
        if mode.format == PixelFormat::H264 { format!("! h264parse ! {AVC_CAPS}") } else { String::new() };
    let description = format!(
        "v4l2src name=card do-timestamp=false ! {caps} {parser} ! {queue} ! appsink name=video sync=false",
        caps = caps(mode),
        queue = queues::video_queue(mode.height),
    );
    let mut half = Half::parse("capture", &description)?;
    let card: gst_base::BaseSrc = half.element("card");
    card.set_property("device", device.to_string_lossy().as_ref());
    pools::give_back(&mut half, &card);
    connect_video(&half.element("video"), Arc::clone(to));
    Ok(half)
}

fn caps(mode: &Mode) -> String {
    let Mode { format, width, height, rate } = mode;
    let size = format!("{},width={width},height={height}", format.caps());
    match rate {
        Some(Rate { frames, seconds }) => format!("{size},framerate={frames}/{seconds}"),
        None => size,
    }
}

#[cfg(test)]
mod tests {
    use gstreamer as gst;

    use super::*;

    const FORMATS: [&[u8; 4]; 13] = [
        b"NV12", b"YU12", b"YV12", b"NV21", b"YUYV", b"UYVY", b"YVYU", b"NV16", b"RGB3", b"BGR3", b"XR24",
        b"H264", b"MJPG",
    ];

    fn mode(format: PixelFormat) -> Mode {
        Mode { format, width: 1920, height: 1080, rate: Some(Rate { frames: 60_000, seconds: 1001 }) }
    }

    #[test]
    fn what_we_ask_for_is_what_v4l2src_can_give() {
        super::super::clock::init().unwrap();
        let template = gst::ElementFactory::find("v4l2src").expect("gstreamer1.0-plugins-good is installed");
        for fourcc in FORMATS {
            let format = PixelFormat::from_fourcc(*fourcc).unwrap();
            let caps: gst::Caps = caps(&mode(format)).parse().unwrap();
            assert!(template.can_src_any_caps(&caps), "{caps}");
            assert!(caps.is_fixed(), "{caps}");
        }
        assert_eq!(PixelFormat::from_fourcc(*b"pBAA"), None);
    }

    #[test]
    fn a_mode_is_told_in_words() {
        assert_eq!(mode(PixelFormat::Yuyv).to_string(), "YUYV 1920x1080 at 59.94 fps");
        let mode = Mode { rate: Some(Rate { frames: 30, seconds: 1 }), ..mode(PixelFormat::Mjpeg) };
        assert_eq!(mode.to_string(), "MJPEG 1920x1080 at 30 fps");
        assert_eq!(Mode { rate: None, ..mode }.to_string(), "MJPEG 1920x1080");
        assert_eq!(Rate { frames: 60, seconds: 0 }.millihertz(), 0);
    }

    #[test]
    fn a_missing_card_is_told_as_not_found() {
        struct Nobody;
        impl Sink for Nobody {
            fn input(&self, _: crate::hub::Input) {}
            fn video(&self, _: crate::pipeline::capture::Captured) {}
            fn sound(&self, _: crate::pipeline::SoundBuffer) {}
        }
        super::super::clock::init().unwrap();
        let to: Arc<dyn Sink> = Arc::new(Nobody);
        for format in [PixelFormat::Nv12, PixelFormat::H264, PixelFormat::Mjpeg] {
            let mut half = half(Path::new("/dev/video-none"), &mode(format), &to).unwrap();
            assert!(matches!(half.start(), Err(crate::pipeline::Ended::NotFound(_))));
        }
    }
}
