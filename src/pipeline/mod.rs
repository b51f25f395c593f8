//! The only place that names GStreamer: halves, caps, encoder choice, queues, probe.
//!
//! A *capture half* ends in an appsink and hands over what a device or camera gives (`test`, `rtsp`, `v4l2`, `alsa`);
//! an *encode half* takes raw pictures or sound and gives access units (`encode`, `opus`); a *decode half* turns coded
//! video into pictures (`decode`); pictures and sound reach a TV by `display` and `speaker`. They are joined in Rust by handing the sample over: no copy, and one can be
//! restarted without the other.

pub mod alsa;
pub mod blend;
pub mod capture;
pub mod carry;
pub mod clock;
pub mod decode;
pub mod display;
pub mod encode;
pub mod encoders;
pub mod file;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod h264;
pub mod half;
pub mod jpeg;
pub mod opus;
pub mod order;
mod packet_caps;
mod packet_marks;
mod pools;
pub mod queues;
pub mod raw;
pub mod reel;
pub mod rtsp;
pub mod speaker;
pub mod test;
pub mod v4l2;

pub use gstreamer::glib::Error as InitError;
pub use half::{Ended, Half, HalfError};
pub use raw::{RawPicture, SoundBuffer};

/// Elements without which nothing works, and the Debian packages that have them. Decoders are not among them: there is
/// more than one for each codec, and a source that none of them decodes says so on its picture.
const ELEMENTS: [(&str, &str); 9] = [
    ("appsrc", "gstreamer1.0-plugins-base"),
    ("videoconvertscale", "gstreamer1.0-plugins-base"),
    ("opusenc", "gstreamer1.0-plugins-base"),
    ("textoverlay", "gstreamer1.0-x"),
    ("rtpbin", "gstreamer1.0-plugins-good"),
    ("v4l2src", "gstreamer1.0-plugins-good"),
    ("jpegenc", "gstreamer1.0-plugins-good"),
    ("videocrop", "gstreamer1.0-plugins-good"),
    ("h264parse", "gstreamer1.0-plugins-bad"),
];

/// The first element that is missing here, and the package that has it.
pub fn missing_element() -> Option<(&'static str, &'static str)> {
    ELEMENTS.into_iter().find(|(element, _)| gstreamer::ElementFactory::find(element).is_none())
}
