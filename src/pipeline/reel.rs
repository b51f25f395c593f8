//! What a file of the library gives, on our side of the child that reads it: pictures as they come through a pipe, and
//! those that our own hardware makes of its H.264.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::half::{Half, HalfError};
use super::raw::RawPicture;
use super::{Ended, SoundBuffer, clock};
use crate::media::{MediaTime, Sound};

/// The Pi's.
const HARDWARE: &str = "v4l2h264dec";
/// Access units that wait for the decoder: it holds what it needs by itself.
const CODED_MAX: u64 = 4;
/// How often it is looked whether it takes more: a picture lasts eight of these at 25 a second.
const ROOM_CHECK: Duration = Duration::from_millis(5);
/// For the pictures that the decoder still holds at the end of a file; nobody looks at a longer wait.
const DRAIN_MAX: Duration = Duration::from_secs(3);
/// How often a decoder that takes nothing is asked whether it has failed.
const FAILURE_CHECK: Duration = Duration::from_millis(100);

/// Memory for pictures of one size, used again and again: the kernel would clear each anew.
pub struct PicturePool {
    pool: gst::BufferPool,
    caps: gst::Caps,
    info: gst_video::VideoInfo,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no memory for pictures of {width}x{height}")]
pub struct PoolError {
    width: u32,
    height: u32,
}

impl PicturePool {
    /// For pictures in I420.
    pub fn new(width: u32, height: u32) -> Result<Self, PoolError> {
        let make = || {
            let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height);
            let info = info.fps(gst::Fraction::new(0, 1)).build().ok()?;
            let caps = info.to_caps().ok()?;
            let pool = gst_video::VideoBufferPool::new();
            let mut config = pool.config();
            config.set_params(Some(&caps), u32::try_from(info.size()).ok()?, 0, 0);
            pool.set_config(config).ok()?;
            pool.set_active(true).ok()?;
            Some(Self { pool: pool.upcast(), caps, info })
        };
        make().ok_or(PoolError { width, height })
    }

    /// Of one picture.
    pub fn bytes(&self) -> usize {
        self.info.size()
    }

    /// Reads one picture. Blocks until it is whole.
    pub fn read(&self, from: &mut impl Read) -> io::Result<RawPicture> {
        let mut buffer = self.pool.acquire_buffer(None).map_err(io::Error::other)?;
        {
            let buffer = buffer.get_mut().ok_or_else(|| io::Error::other("a picture in use"))?;
            buffer.set_pts(gst::ClockTime::ZERO);
            let mut map = buffer.map_writable().map_err(io::Error::other)?;
            from.read_exact(map.as_mut_slice())?;
        }
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let sample = gst::Sample::builder().buffer(&buffer).caps(&self.caps).segment(&segment).build();
        RawPicture::from_sample(sample).ok_or_else(|| io::Error::other("no picture"))
    }
}

impl Drop for PicturePool {
    fn drop(&mut self) {
        // Pictures under way keep their memory.
        let _ = self.pool.set_active(false);
    }
}

/// 48 kHz, two channels, 16 bit, as speakers take it.
pub fn pcm(samples: Vec<u8>, time: MediaTime) -> Option<Sound> {
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("rate", 48_000)
        .field("channels", 2)
        .field("layout", "interleaved")
        .build();
    let mut buffer = gst::Buffer::from_mut_slice(samples);
    buffer.get_mut()?.set_pts(clock::gst_time(time));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    let sample = gst::Sample::builder().buffer(&buffer).caps(&caps).segment(&segment).build();
    SoundBuffer::new(sample).into_sound()
}

/// Makes pictures of a file's H.264. It takes what it can: whoever pushes waits.
pub struct Decoder {
    half: Half,
    source: gst_app::AppSrc,
    over: mpsc::Receiver<()>,
    unwanted: Arc<AtomicBool>,
}

impl Decoder {
    /// The element that decodes H.264 in hardware here, if any does.
    pub fn hardware() -> Option<&'static str> {
        gst::ElementFactory::find(HARDWARE).map(|_| HARDWARE)
    }

    /// `on_picture` is called on a streaming thread, and may wait; false: nobody wants more.
    pub fn start(
        element: &str,
        mut on_picture: impl FnMut(u64, RawPicture) -> bool + Send + 'static,
    ) -> Result<Self, HalfError> {
        let mut half = Half::parse(
            "file",
            &format!(
                "appsrc name=in format=time max-buffers=0 max-bytes=0 caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! {element} \
                 ! appsink name=out sync=false max-buffers=1"
            ),
        )?;
        let sink: gst_app::AppSink = half.element("out");
        let (ended, over) = mpsc::channel();
        let unwanted = Arc::new(AtomicBool::new(false));
        let given_up = Arc::clone(&unwanted);
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let Some(picture) = RawPicture::from_sample(sample) else { return Ok(gst::FlowSuccess::Ok) };
                if on_picture(picture.time.nanos(), picture) {
                    return Ok(gst::FlowSuccess::Ok);
                }
                given_up.store(true, Ordering::Relaxed);
                Err(gst::FlowError::Eos)
            })
            .eos(move |_| {
                // Nobody waits for it: as good.
                let _ = ended.send(());
            });
        sink.set_callbacks(callbacks.build());
        let source = half.element("in");
        half.start().map_err(|ended| HalfError::Start { half: "file", reason: format!("{ended}") })?;
        Ok(Self { half, source, over, unwanted })
    }

    /// One access unit. Waits while the decoder has enough.
    pub fn push(&mut self, time_ns: u64, data: Vec<u8>) -> Result<(), Ended> {
        let mut buffer = gst::Buffer::from_mut_slice(data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(clock::gst_time(MediaTime::from_nanos(time_ns)));
        }
        // Not by the source's own waiting: nothing would wake it after a failure.
        while self.source.current_level_buffers() >= CODED_MAX && !self.unwanted.load(Ordering::Relaxed) {
            thread::sleep(ROOM_CHECK);
            if let Some(ended) = self.half.try_ended() {
                return Err(ended);
            }
        }
        self.source
            .push_buffer(buffer)
            .map(drop)
            .map_err(|_| self.half.try_ended().unwrap_or(Ended::EndOfStream))
    }

    /// Waits until all pictures are out.
    pub fn finish(mut self) -> Result<(), Ended> {
        let _ = self.source.end_of_stream();
        let begun = Instant::now();
        while begun.elapsed() < DRAIN_MAX {
            match self.over.recv_timeout(FAILURE_CHECK) {
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                _ => return Ok(()),
            }
            if let Some(ended) = self.half.try_ended().filter(|ended| *ended != Ended::EndOfStream) {
                return Err(ended);
            }
        }
        Ok(())
    }
}
