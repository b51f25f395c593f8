//! The capture half of an IP camera: RTSP, depayloaded, parsed, never decoded here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::capture::connect;
use super::carry::Track;
use super::half::{Half, HalfError};
use super::queues;

/// How long a connection may take to answer.
const CONNECT_TIMEOUT_US: u64 = 5_000_000;
/// How long the receiver waits for a packet that is missing: bridges Wi-Fi, delays nothing that is in order.
const JITTER_LATENCY_MS: u32 = 100;

/// Where and how to connect. Has no `Debug`: it holds a password.
pub struct RtspSettings<'a> {
    /// Without user and password.
    pub url: &'a str,
    pub user: Option<&'a str>,
    pub password: Option<&'a str>,
    pub tcp: bool,
    pub sound: bool,
}

/// Who takes what a camera sends, still coded. Called on streaming threads.
pub trait Samples: Send + Sync + 'static {
    fn take(&self, track: Track, sample: &gst::Sample);
    /// Something that the log should say.
    fn note(&self, text: &str);
}

/// Builds the half; it connects once started.
pub fn half(settings: &RtspSettings<'_>, to: &Arc<dyn Samples>) -> Result<Half, HalfError> {
    let description = format!(
        "rtspsrc name=rtsp latency={JITTER_LATENCY_MS} timeout={CONNECT_TIMEOUT_US} \
         tcp-timeout={CONNECT_TIMEOUT_US} drop-on-latency=false"
    );
    let pipeline = gst::Pipeline::new();
    let source =
        gst::parse::launch(&description).map_err(|source| HalfError::Build { half: "camera", source })?;
    source.set_property("location", settings.url);
    source.set_property_from_str("protocols", if settings.tcp { "tcp" } else { "udp" });
    if let Some(user) = settings.user {
        source.set_property("user-id", user);
    }
    if let Some(password) = settings.password {
        source.set_property("user-pw", password);
    }
    pipeline.add(&source).map_err(|error| HalfError::Start { half: "camera", reason: error.to_string() })?;
    select_streams(&source, settings.sound);
    link_streams(&source, &pipeline, to);
    Ok(Half::adopt("camera", pipeline))
}

/// Takes the first video stream, and the first of sound if wanted. A stream that is not taken is not even sent.
fn select_streams(source: &gst::Element, sound: bool) {
    let (video_taken, sound_taken) = (AtomicBool::new(false), AtomicBool::new(!sound));
    source.connect("select-stream", false, move |arguments| {
        let caps = arguments.get(2)?.get::<gst::Caps>().ok()?;
        let take = match kind(&caps).as_deref() {
            Some("video") => !video_taken.swap(true, Ordering::Relaxed),
            Some("audio") => !sound_taken.swap(true, Ordering::Relaxed),
            _ => false,
        };
        Some(take.to_value())
    });
}

fn link_streams(source: &gst::Element, pipeline: &gst::Pipeline, to: &Arc<dyn Samples>) {
    let weak = pipeline.downgrade();
    let to = Arc::clone(to);
    let has_video = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&has_video);
    source.connect_pad_added(move |source, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        let Some(caps) = pad.current_caps() else { return };
        if kind(&caps).as_deref() == Some("video") {
            seen.store(true, Ordering::Relaxed);
        }
        if let Err(problem) = link_stream(&pipeline, pad, &caps, &to) {
            refuse(source, &problem);
        }
    });
    source.connect_no_more_pads(move |source| {
        if !has_video.load(Ordering::Relaxed) {
            refuse(source, "there is no video in this stream");
        }
    });
}

/// Ends the half as one that is no video we can read.
fn refuse(source: &gst::Element, problem: &str) {
    gst::element_error!(source, gst::StreamError::WrongType, ("{problem}"));
}

fn link_stream(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    caps: &gst::Caps,
    to: &Arc<dyn Samples>,
) -> Result<(), String> {
    let sound = kind(caps).as_deref() == Some("audio");
    let encoding = caps.structure(0).and_then(|structure| structure.get::<String>("encoding-name").ok());
    let encoding = encoding.unwrap_or_default().to_ascii_uppercase();
    let chain = match chain(&encoding) {
        Some(chain) => chain,
        // A picture without its sound is better than none.
        None if sound => {
            to.note(&format!(
                "the camera's sound is {encoding}, which can't be read here: its pictures are shown without"
            ));
            return drop_stream(pipeline, pad);
        }
        None => return Err(format!("the camera sends {encoding}, which is not H.264, H.265 or MJPEG")),
    };
    let description = format!("{chain} ! {} ! appsink name=out sync=false", queues::rtp_queue());
    let bin = gst::parse::bin_from_description(&description, true).map_err(|error| error.to_string())?;
    let appsink = bin.by_name("out").and_then(|element| element.downcast::<gst_app::AppSink>().ok());
    let appsink = appsink.ok_or("the stream's chain has no end")?;
    let to = Arc::clone(to);
    let track = if sound { Track::Sound } else { Track::Video };
    connect(&appsink, move |sample| to.take(track, &sample));
    attach(pipeline, pad, bin.upcast_ref())
}

fn drop_stream(pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), String> {
    let sink = gst::ElementFactory::make("fakesink").property("async", false).build();
    attach(pipeline, pad, &sink.map_err(|error| error.to_string())?)
}

fn attach(pipeline: &gst::Pipeline, pad: &gst::Pad, element: &gst::Element) -> Result<(), String> {
    pipeline.add(element).map_err(|error| error.to_string())?;
    let sink = element.static_pad("sink").ok_or("the stream's chain has no beginning")?;
    pad.link(&sink).map_err(|error| error.to_string())?;
    element.sync_state_with_parent().map_err(|error| error.to_string())
}

/// Depayloader and parser of an RTP encoding name; sound stays coded until somebody listens.
fn chain(encoding: &str) -> Option<&'static str> {
    Some(match encoding {
        "H264" => "rtph264depay ! h264parse ! video/x-h264,stream-format=avc,alignment=au",
        "H265" => {
            "rtph265depay ! h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au"
        }
        "JPEG" => "rtpjpegdepay",
        "PCMU" => "rtppcmudepay",
        "PCMA" => "rtppcmadepay",
        "MPEG4-GENERIC" => "rtpmp4gdepay ! aacparse",
        "MP4A-LATM" => "rtpmp4adepay ! aacparse",
        "OPUS" => "rtpopusdepay",
        _ => return None,
    })
}

fn kind(caps: &gst::Caps) -> Option<String> {
    caps.structure(0)?.get::<String>("media").ok()
}
