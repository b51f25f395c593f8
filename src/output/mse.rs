//! MSE viewers: one muxer per source writes each fragment once, all viewers read it at their own pace.
//!
//! The muxer is started by the first viewer and ends with the last.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::timeout;

use super::fmp4::Fmp4Error;
use super::mse_mux::Muxer;
use crate::hub::{
    Limits, ReadError, Reader, Source, Start, Status, Track, TrackWriter, ViewerGuard, ViewerKind,
};
use crate::media::{Fmp4Params, Frame, MediaTime, Params};
use crate::task::{self, Stop, Stopper};
use crate::watched::{Latest, LatestSeen};

/// A viewer that is further behind goes to the newest key frame: it watches something live.
const BEHIND_MAX: Duration = Duration::from_secs(2);

/// A source that has just begun may show its first picture a moment before its first sound. Whether there is sound
/// has to be known for the initialization segment: adding it later costs viewers a new `MediaSource`. The first viewer
/// of a source without sound waits in vain.
const FIRST_SOUND_MAX: Duration = Duration::from_millis(200);

/// The muxers of all sources. Cheap to clone.
#[derive(Clone, Default)]
pub struct Mse {
    streams: Arc<Mutex<HashMap<String, Weak<Stream>>>>,
}

/// One source's fragments, as long as anybody looks at them.
struct Stream {
    source: Arc<Source>,
    fragments: Track,
    /// Media time of the newest fragment, in nanoseconds.
    newest: Arc<AtomicU64>,
    /// The muxer ends when this is dropped.
    _muxer: Stopper,
}

/// One viewer. Dropping it means it left.
pub struct Viewer {
    stream: Arc<Stream>,
    reader: Reader,
    /// What the viewer's decoders are set to.
    params: Option<Arc<Params>>,
    /// A fragment whose initialization segment has just been handed out.
    held: Option<Frame>,
    /// A key frame to skip to was asked for.
    asked: bool,
    _guard: ViewerGuard,
}

/// What a viewer is to be sent next.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// Set the decoders to this; fragments of it follow.
    Init(Fmp4Params),
    Fragment(Bytes),
    /// So many fragments were left out because the viewer was too slow.
    Skipped(u64),
    /// The source is gone for good.
    End,
}

impl Mse {
    /// A new viewer of `source`. Must be called on the runtime.
    pub fn join(&self, source: &Arc<Source>) -> Viewer {
        let mut streams = self.streams.lock().expect("no holder of this lock can panic");
        streams.retain(|_, stream| stream.strong_count() > 0);
        let running = streams.get(&source.id).and_then(Weak::upgrade);
        // One of the same name may have taken the source's place.
        let running = running.filter(|stream| Arc::ptr_eq(&stream.source, source));
        if let Some(stream) = running {
            return Viewer::new(stream);
        }
        let stream = Arc::new(Stream::start(Arc::clone(source)));
        streams.insert(source.id.clone(), Arc::downgrade(&stream));
        Viewer::new(stream)
    }
}

impl Stream {
    fn start(source: Arc<Source>) -> Self {
        let (writer, fragments) = Track::create(Limits::VIDEO);
        let newest = Arc::new(AtomicU64::new(0));
        let mut job = Job {
            wishes: fragments.key_frame_wishes(),
            source: Arc::clone(&source),
            writer,
            newest: Arc::clone(&newest),
            muxer: Muxer::default(),
            begun: false,
            failed: None,
        };
        // Before the first viewer joins: it begins as a viewer of the source itself would.
        job.writer.set_key_frames_on_demand(source.video.makes_key_frames_on_demand());
        let (muxer, stop) = Stopper::new();
        // Not joined: it holds nothing but readers, and ends with the last viewer.
        drop(task::spawn(format!("{} MSE muxer", source.id), job.run(stop)));
        Self { source, fragments, newest, _muxer: muxer }
    }
}

/// The muxer's task.
struct Job {
    source: Arc<Source>,
    writer: TrackWriter,
    newest: Arc<AtomicU64>,
    wishes: watch::Receiver<u64>,
    muxer: Muxer,
    /// The first picture is there.
    begun: bool,
    /// The last failure, so that each is logged once.
    failed: Option<String>,
}

impl Job {
    async fn run(mut self, mut stop: Stop) {
        let source = Arc::clone(&self.source);
        let on_demand = source.video.makes_key_frames_on_demand();
        // The viewers' wishes for a key frame are passed on below; this reader needs none of its own.
        let mut video =
            source.video.read(if on_demand { Start::NextKeyFrame } else { Start::NewestKeyFrame });
        let mut audio = Some(source.audio.read(Start::NewestKeyFrame));
        let mut status = source.status.subscribe();
        status.mark_changed();
        loop {
            tokio::select! {
                () = stop.stopped() => return,
                frame = video.next() => match frame {
                    Ok(frame) => {
                        self.wait_for_sound(&mut status).await;
                        self.video(&frame);
                    }
                    // The muxer's own lag is its viewers' lag.
                    Err(ReadError::Lagged { missed }) => self.writer.skip(missed),
                    Err(ReadError::Closed) => return,
                },
                frame = next_if_some(&mut audio) => match frame {
                    Ok(frame) => self.audio(&frame),
                    Err(ReadError::Lagged { .. }) => {}
                    Err(ReadError::Closed) => audio = None,
                },
                Ok(()) = self.wishes.changed() => source.video.request_key_frame(),
                Ok(()) = status.changed() => {
                    if status.with_seen(|status| status.sound) {
                        self.muxer.expect_sound();
                    }
                }
            }
            if self.muxer.take_key_frame_wish() {
                source.video.request_key_frame();
            }
        }
    }

    /// At the first picture, lets sound that is about to come be announced with it.
    async fn wait_for_sound(&mut self, status: &mut watch::Receiver<Status>) {
        let lost = status.with(|status| status.state.loss().is_some());
        if std::mem::replace(&mut self.begun, true) || lost {
            return;
        }
        if let Ok(Ok(_)) = timeout(FIRST_SOUND_MAX, status.wait_for(|status| status.sound)).await {
            self.muxer.expect_sound();
        }
    }

    fn video(&mut self, frame: &Frame) {
        self.writer.set_key_frames_on_demand(self.source.video.makes_key_frames_on_demand());
        let fragment = self.muxer.video(frame);
        self.push(fragment);
    }

    fn audio(&mut self, frame: &Frame) {
        let fragment = self.muxer.audio(frame);
        self.push(fragment);
    }

    fn push(&mut self, fragment: Result<Option<Frame>, Fmp4Error>) {
        match fragment {
            Ok(None) => {}
            Ok(Some(fragment)) => {
                self.newest.fetch_max(fragment.time.nanos(), Ordering::Relaxed);
                self.writer.push(fragment);
                self.failed = None;
            }
            Err(error) => {
                let text = match std::error::Error::source(&error) {
                    Some(below) => format!("{error}: {below}"),
                    None => error.to_string(),
                };
                if self.failed.as_ref() != Some(&text) {
                    log::warn!("{}: can't {text}; MSE viewers wait for the next key frame", self.source.id);
                    self.failed = Some(text);
                }
            }
        }
    }
}

async fn next_if_some(reader: &mut Option<Reader>) -> Result<Frame, ReadError> {
    match reader {
        Some(reader) => reader.next().await,
        None => std::future::pending().await,
    }
}

impl Viewer {
    fn new(stream: Arc<Stream>) -> Self {
        let reader = stream.fragments.join();
        let guard = stream.source.viewers.enter(ViewerKind::Mse);
        Self { stream, reader, params: None, held: None, asked: false, _guard: guard }
    }

    /// What to send next; waits for it. Cancel-safe.
    pub async fn next(&mut self) -> Event {
        if let Some(frame) = self.held.take() {
            return Event::Fragment(frame.data);
        }
        let frame = match self.reader.next().await {
            Ok(frame) => frame,
            Err(ReadError::Lagged { missed }) => return Event::Skipped(missed),
            Err(ReadError::Closed) => return Event::End,
        };
        if let Some(missed) = self.skip_if_behind(frame.time) {
            return Event::Skipped(missed + 1);
        }
        if self.params.as_ref().is_some_and(|params| Arc::ptr_eq(params, &frame.params)) {
            return Event::Fragment(frame.data);
        }
        let Some(params) = frame.params.fmp4().cloned() else { return Event::End };
        self.params = Some(Arc::clone(&frame.params));
        self.held = Some(frame);
        Event::Init(params)
    }

    /// A viewer too far behind goes to a newer key frame, now or as soon as there is one.
    fn skip_if_behind(&mut self, at: MediaTime) -> Option<u64> {
        let newest = MediaTime::from_nanos(self.stream.newest.load(Ordering::Relaxed));
        if newest.since(at) <= BEHIND_MAX {
            self.asked = false;
            return None;
        }
        let missed = self.reader.skip_to_newest_key_frame();
        if missed == 0 && !std::mem::replace(&mut self.asked, true) && self.can_ask() {
            self.reader.track().request_key_frame();
        }
        (missed > 0).then_some(missed)
    }

    fn can_ask(&self) -> bool {
        self.reader.track().makes_key_frames_on_demand()
    }
}
