//! Pictures onto a screen: a KMS plane of the box, or a window on a PC's desktop.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::half::{Half, HalfError};
use super::raw::RawPicture;
use super::{Ended, clock};

/// Pictures waiting to be shown: one, while the one before is on its way to the screen. More would only be delay.
const WAITING_MAX: u64 = 1;

/// Where pictures are shown.
#[derive(Clone, Debug)]
pub enum Target {
    Plane(Plane),
    /// On the desktop of whoever started the program.
    Window,
}

/// A plane of a CRTC that shows a mode already.
#[derive(Clone, Debug)]
pub struct Plane {
    /// The one open file of the card; all connectors share it, as only one opener can be the card's master.
    pub card: Arc<OwnedFd>,
    pub connector_id: u32,
    pub plane_id: u32,
    /// It scales pictures itself; else they must have the mode's size.
    pub scales: bool,
    /// Width and height of the screen in mm, as the TV tells; zero if it does not.
    pub screen_mm: (u32, u32),
}

/// How a [`Display`] is set up.
#[derive(Clone, Debug)]
pub struct DisplaySettings {
    pub target: Target,
    /// Of the screen.
    pub width: u32,
    pub height: u32,
    /// Clockwise, in degrees, made before the picture gets to the screen: 0, 90, 180 or 270.
    pub turn: u32,
}

/// A running display. It shows the picture pushed last until the next one.
pub struct Display {
    half: Half,
    input: DisplayInput,
    /// The card stays open for as long as a sink uses its number.
    _target: Target,
}

/// Where pictures are pushed in. Cheap to clone; pushing after the display ended does nothing.
#[derive(Clone)]
pub struct DisplayInput {
    source: gst_app::AppSrc,
    /// Shape of what fills the screen, before it is turned.
    shape: (u32, u32),
}

impl Display {
    /// Builds and starts it. May wait for devices: call off the async threads.
    pub fn start(settings: DisplaySettings) -> Result<Self, HalfError> {
        let mut half = Half::parse("display", &description(&settings))?;
        if let Target::Plane(plane) = &settings.target {
            let sink: gst::Element = half.element("screen");
            let number = |id: u32| i32::try_from(id).expect("DRM's ids are small");
            sink.set_property("fd", plane.card.as_raw_fd());
            sink.set_property("connector-id", number(plane.connector_id));
            sink.set_property("plane-id", number(plane.plane_id));
        }
        let DisplaySettings { width, height, turn, .. } = settings;
        let shape = if turn % 180 == 0 { (width, height) } else { (height, width) };
        let input = DisplayInput { source: half.element("in"), shape };
        cut_as_said(&half.element("crop"));
        half.start().map_err(|ended| HalfError::Start { half: "display", reason: format!("{ended}") })?;
        Ok(Self { half, input, _target: settings.target })
    }

    pub fn input(&self) -> DisplayInput {
        self.input.clone()
    }

    /// Waits until it ends by itself: the card fails, or its window is closed. Cancel-safe.
    pub async fn ended(&mut self) -> Ended {
        self.half.ended().await
    }

    pub async fn stop(self) {
        self.half.stop().await;
    }
}

impl DisplayInput {
    /// Hands a picture over without copying it; `cover`: it fills the screen, cut off where it has another shape. False: the
    /// screen is behind and the picture was given up.
    pub fn push(&self, picture: &RawPicture, cover: bool) -> bool {
        if self.source.current_level_buffers() > WAITING_MAX {
            return false;
        }
        let sample = picture.sample();
        let Some(buffer) = sample.buffer() else { return false };
        let mut buffer = buffer.copy();
        // Shown when it comes: its own time is that of the capture, and waiting for it would only add delay.
        let fresh = buffer.make_mut();
        fresh.set_pts(clock::gst_time(clock::now()));
        let cut = if cover { cut((picture.width, picture.height), self.shape) } else { (0, 0) };
        fresh.set_offset(u64::from(cut.0) << 32 | u64::from(cut.1));
        let sample =
            gst::Sample::builder().buffer(&buffer).caps_if_some(sample.caps_owned().as_ref()).build();
        self.source.push_sample(&sample).is_ok()
    }
}

/// Each picture says how much of it is cut off: the one before it may still be on its way.
fn cut_as_said(crop: &gst::Element) {
    let (Some(pad), element) = (crop.static_pad("sink"), crop.downgrade()) else { return };
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let said = info.buffer().map_or(0, |buffer| buffer.offset());
        if let Some(element) = element.upgrade() {
            let side = |side: u64| i32::try_from(side & 0xffff_ffff).unwrap_or(0);
            for (name, wanted) in
                [("left", said >> 32), ("right", said >> 32), ("top", said), ("bottom", said)]
            {
                if element.property::<i32>(name) != side(wanted) {
                    element.set_property(name, side(wanted));
                }
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// What is cut off on each side, across and down, so that the rest has that shape: an even number, since two pixels may
/// share a colour.
fn cut((width, height): (u32, u32), (across, down): (u32, u32)) -> (u32, u32) {
    let part = |of: u32, by: u32, to: u32| {
        let part = u64::from(of) * u64::from(by) / u64::from(to.max(1));
        u32::try_from(part).unwrap_or(u32::MAX)
    };
    let side = |whole: u32, kept: u32| whole.saturating_sub(kept.max(2)) / 4 * 2;
    (side(width, part(height, across, down)), side(height, part(width, down, across)))
}

fn description(settings: &DisplaySettings) -> String {
    let DisplaySettings { target, width, height, turn } = settings;
    let turn = match turn {
        90 => "! videoconvert ! videoflip video-direction=90r ",
        180 => "! videoconvert ! videoflip video-direction=180 ",
        270 => "! videoconvert ! videoflip video-direction=90l ",
        _ => "",
    };
    let (scale, sink) = match target {
        // The driver waits for the vertical blank itself. Waiting for its event, too, would halve the rate, and two
        // sinks on one file would take each other's events.
        Target::Plane(plane) if plane.scales => ("videoconvert", "kmssink skip-vsync=true"),
        Target::Plane(_) => ("", "kmssink skip-vsync=true"),
        // ximagesink first: the automatic choice takes OpenGL, which a desktop without a GPU offers and can't do.
        Target::Window if std::env::var_os("DISPLAY").is_some() => ("", "ximagesink"),
        Target::Window => ("", "autovideosink"),
    };
    let (across, down) = match target {
        Target::Plane(plane) => pixel_aspect(*width, *height, plane.screen_mm),
        Target::Window => (1, 1),
    };
    let scale = match scale {
        "" => format!(
            "videoconvertscale add-borders=true \
             ! video/x-raw,width={width},height={height},pixel-aspect-ratio={across}/{down}"
        ),
        scale => scale.to_owned(),
    };
    // The cropping element can't be linked to one that takes anything.
    format!(
        "appsrc name=in is-live=true format=time max-buffers=0 max-bytes=0 max-time=0 \
         ! video/x-raw(ANY) ! videocrop name=crop {turn}! {scale} ! {sink} name=screen sync=false"
    )
}

/// The shape of the screen's pixels as kmssink takes it to be: the nearest of its list. Pictures of another shape it
/// would scale, which the plane can't.
fn pixel_aspect(width: u32, height: u32, screen_mm: (u32, u32)) -> (u32, u32) {
    const KNOWN: [(u32, u32); 7] = [(1, 1), (16, 15), (11, 10), (54, 59), (64, 45), (5, 3), (4, 3)];
    let [width, height, width_mm, height_mm] = [width, height, screen_mm.0, screen_mm.1].map(f64::from);
    if width * height * width_mm * height_mm == 0.0 {
        return (1, 1);
    }
    let real = width_mm * height / (height_mm * width);
    let distance = |(across, down): (u32, u32)| (real - f64::from(across) / f64::from(down)).abs();
    let both = KNOWN.into_iter().chain(KNOWN.map(|(across, down)| (down, across)));
    both.min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or((1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_square_unless_the_screen_has_another_shape_than_the_mode() {
        assert_eq!(pixel_aspect(1920, 1080, (1150, 647)), (1, 1));
        assert_eq!(pixel_aspect(1280, 720, (0, 0)), (1, 1));
        assert_eq!(pixel_aspect(1024, 768, (1150, 647)), (4, 3));
        assert_eq!(pixel_aspect(1920, 1080, (400, 300)), (3, 4));
    }

    #[test]
    fn what_does_not_fit_is_cut_off_on_both_sides() {
        assert_eq!(cut((1920, 1080), (1280, 720)), (0, 0));
        assert_eq!(cut((640, 480), (1280, 720)), (0, 60));
        assert_eq!(cut((1920, 1080), (1080, 1920)), (656, 0));
        assert_eq!(cut((1366, 768), (1920, 1080)), (0, 0), "a pixel that nobody misses");
        assert_eq!(cut((1, 1), (1920, 1080)), (0, 0));
        assert_eq!(cut((10_000, 2), (9, 16)), (4998, 0));
    }

    #[test]
    fn every_display_can_be_built() {
        clock::init().expect("GStreamer is installed");
        for turn in [0, 90, 180, 270] {
            let settings = DisplaySettings { target: Target::Window, width: 640, height: 360, turn };
            Half::parse("display", &description(&settings)).expect("a pipeline");
        }
    }
}
