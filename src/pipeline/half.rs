//! A running pipeline: started once, ended once, its end told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use tokio::sync::mpsc;

use super::clock;
use crate::heap;

/// Bus messages kept for the owner. More than a pipeline sends between two looks; what is over is dropped, since
/// after a first error or end the rest says nothing new.
const EVENTS_MAX: usize = 64;

/// How long a pipeline that does not stop is asked to, on a thread of its own; less than the program's end may take.
const HALT_MAX: Duration = Duration::from_secs(3);
const HALT_PAUSE: Duration = Duration::from_millis(10);

/// Pipelines that were never stopped.
static ABANDONED: AtomicU64 = AtomicU64::new(0);

/// A pipeline of ours. Stop it with [`Half::stop`]; dropping it stops it too, on another thread.
pub struct Half {
    pipeline: Option<gst::Pipeline>,
    around_halt: Option<(Work, Work)>,
    name: &'static str,
    events: mpsc::Receiver<Event>,
}

type Work = Box<dyn FnOnce() + Send>;

/// What the bus told.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Error(gst::glib::Error, String),
    Warning(String),
    Info(String),
    EndOfStream,
}

/// Why a half ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It reached its end.
    EndOfStream,
    /// The device or file is not there.
    NotFound(String),
    /// The device is in use.
    Busy(String),
    /// The host does not answer or refuses.
    NotAnswering(String),
    /// User or password are refused.
    Unauthorized(String),
    /// The host answers, and says no.
    Refused(String),
    /// The host's certificate is not trusted.
    Certificate(String),
    /// What came is no video we can read.
    NotVideo(String),
    /// Anything else.
    Failed(String),
}

#[derive(Debug, thiserror::Error)]
pub enum HalfError {
    #[error("the GStreamer element {element} is missing; install the package that has it")]
    MissingElement { element: String },
    #[error("can't build the {half} pipeline")]
    Build {
        half: &'static str,
        #[source]
        source: gst::glib::Error,
    },
    #[error("can't start the {half} pipeline: {reason}")]
    Start { half: &'static str, reason: String },
}

impl std::fmt::Display for Ended {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::EndOfStream => out.write_str("it reached its end"),
            Self::NotFound(text)
            | Self::Busy(text)
            | Self::NotAnswering(text)
            | Self::Unauthorized(text)
            | Self::Refused(text)
            | Self::Certificate(text)
            | Self::NotVideo(text)
            | Self::Failed(text) => out.write_str(text),
        }
    }
}

impl Half {
    /// Builds a pipeline from a description in gst-launch's syntax. Nothing in `description` may come from outside:
    /// such values are set as properties after.
    pub(super) fn parse(name: &'static str, description: &str) -> Result<Self, HalfError> {
        let element = gst::parse::launch_full(description, None, gst::ParseFlags::FATAL_ERRORS);
        let element = element.map_err(|source| build_error(name, source))?;
        let pipeline = element.downcast::<gst::Pipeline>().map_err(|_| HalfError::Start {
            half: name,
            reason: "its description is a single element".to_owned(),
        })?;
        Ok(Self::adopt(name, pipeline))
    }

    pub(super) fn adopt(name: &'static str, pipeline: gst::Pipeline) -> Self {
        clock::adopt(&pipeline);
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let bus = pipeline.bus().expect("a pipeline has a bus");
        bus.set_sync_handler(move |_, message| {
            if let Some(event) = event(message) {
                // Full: the owner has not looked for 64 messages; the first of them are what it needs.
                let _ = sender.try_send(event);
            }
            gst::BusSyncReply::Drop
        });
        Self { pipeline: Some(pipeline), around_halt: None, name, events }
    }

    pub(super) fn pipeline(&self) -> &gst::Pipeline {
        self.pipeline.as_ref().expect("taken only by stop and drop")
    }

    /// The element of that name in the description.
    pub(super) fn element<T: IsA<gst::Element>>(&self, name: &str) -> T {
        let element = self.pipeline().by_name(name).and_then(|element| element.downcast::<T>().ok());
        element.expect("the description has an element of that name and kind")
    }

    /// What is to be done before and after the pipeline is halted, on the thread that halts it.
    pub(super) fn around_halt(
        &mut self,
        before: impl FnOnce() + Send + 'static,
        after: impl FnOnce() + Send + 'static,
    ) {
        self.around_halt = Some((Box::new(before), Box::new(after)));
    }

    fn halting(&mut self) -> Option<Halting> {
        let pipeline = self.pipeline.take()?;
        Some(Halting { pipeline, around: self.around_halt.take() })
    }

    /// Starts it. May open devices and wait for them: call off the async threads.
    pub fn start(&mut self) -> Result<(), Ended> {
        if self.pipeline().set_state(gst::State::Playing).is_ok() {
            return Ok(());
        }
        // The bus tells why, if anything does.
        while let Ok(event) = self.events.try_recv() {
            if let Some(ended) = ended(event) {
                return Err(ended);
            }
        }
        Err(Ended::Failed(format!("the {} pipeline does not start", self.name)))
    }

    /// Waits until it ends by itself. Cancel-safe.
    pub async fn ended(&mut self) -> Ended {
        while let Some(event) = self.events.recv().await {
            match event {
                Event::Warning(text) => log::debug!("{}: warning: {text}", self.name),
                Event::Info(text) => log::debug!("{}: {text}", self.name),
                other => {
                    if let Some(ended) = ended(other) {
                        return ended;
                    }
                }
            }
        }
        Ended::Failed(format!("the {} pipeline's bus closed", self.name))
    }

    /// Why it has ended by itself, if it has. For threads that wait for a half's output.
    pub(super) fn try_ended(&mut self) -> Option<Ended> {
        std::iter::from_fn(|| self.events.try_recv().ok()).find_map(ended)
    }

    /// Stops it and gives its devices back before returning.
    pub async fn stop(mut self) {
        if let Some(halting) = self.halting() {
            let stopped = tokio::task::spawn_blocking(move || drop(halting)).await;
            if let Err(error) = stopped {
                log::error!("{}: stopping failed: {error}", self.name);
            }
        }
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        if let Some(halting) = self.halting() {
            // A state change can wait for a device or a peer: never on an async thread.
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn_blocking(move || drop(halting))),
                Err(_) => drop(halting),
            }
        }
    }
}

/// Halts its pipeline when dropped: a runtime that is shutting down drops what it is given without running it, and
/// a pipeline that is let go while it plays crashes.
struct Halting {
    pipeline: gst::Pipeline,
    around: Option<(Work, Work)>,
}

impl Drop for Halting {
    fn drop(&mut self) {
        match self.around.take() {
            Some((before, after)) => {
                before();
                halt(&self.pipeline);
                after();
            }
            None => halt(&self.pipeline),
        }
        // What it held of pictures is more than all else together.
        heap::give_back();
    }
}

/// Stops it whatever happens in it meanwhile. One that can't be stopped is never let go: an element that is disposed of
/// while it plays ends the program.
fn halt(pipeline: &gst::Pipeline) {
    let since = Instant::now();
    while !try_halt(pipeline) {
        if since.elapsed() > HALT_MAX {
            let count = ABANDONED.fetch_add(1, Ordering::Relaxed) + 1;
            log::error!("a pipeline does not stop, and is left behind; so far {count}");
            std::mem::forget(pipeline.clone());
            break;
        }
        std::thread::sleep(HALT_PAUSE);
    }
    // The handler holds a channel's sender, and a pipeline may outlive its owner in a last reference.
    if let Some(bus) = pipeline.bus() {
        bus.unset_sync_handler();
    }
}

/// Whether all of it has stopped. A stream that appears while its pipeline is stopped may have been started by its thread
/// after the pipeline had passed it by, or may make the change fail: then what still runs is stopped by itself. Once the
/// element that brings streams is stopped, no thread of it is left to start any.
fn try_halt(pipeline: &gst::Pipeline) -> bool {
    let stopped = pipeline.set_state(gst::State::Null).is_ok();
    let running = |element: &gst::Element| element.current_state() != gst::State::Null;
    let mut all = stopped && !running(pipeline.upcast_ref());
    for element in pipeline.iterate_recurse() {
        match element {
            Ok(element) if running(&element) => {
                all = false;
                // Looked at again.
                let _ = element.set_state(gst::State::Null);
            }
            Ok(_) => {}
            // The list has changed.
            Err(_) => return false,
        }
    }
    all
}

fn build_error(half: &'static str, source: gst::glib::Error) -> HalfError {
    if source.matches(gst::ParseError::NoSuchElement) {
        // The text is `no element "x264enc"`, translated or not: the name is what stands in quotes.
        let element = source.message().split('"').nth(1).unwrap_or("(unnamed)").to_owned();
        return HalfError::MissingElement { element };
    }
    HalfError::Build { half, source }
}

fn event(message: &gst::Message) -> Option<Event> {
    use gst::MessageView;
    match message.view() {
        MessageView::Error(error) => {
            let debug = error.debug().map(|text| text.to_string()).unwrap_or_default();
            Some(Event::Error(error.error(), debug))
        }
        MessageView::Warning(warning) => Some(Event::Warning(warning.error().message().to_owned())),
        MessageView::Info(info) => Some(Event::Info(info.error().message().to_owned())),
        MessageView::Eos(_) => Some(Event::EndOfStream),
        _ => None,
    }
}

fn ended(event: Event) -> Option<Ended> {
    match event {
        Event::Error(error, debug) => Some(name_error(&error, &debug)),
        Event::EndOfStream => Some(Ended::EndOfStream),
        Event::Warning(_) | Event::Info(_) => None,
    }
}

/// Gives a GStreamer error the name a person can use.
fn name_error(error: &gst::glib::Error, debug: &str) -> Ended {
    let text = error.message().to_owned();
    match error.kind::<gst::ResourceError>() {
        // ENODEV, in the system's words: a device that was unplugged while it was read.
        Some(_) if debug.contains("No such device") => return Ended::NotFound(text),
        Some(gst::ResourceError::NotAuthorized) => return Ended::Unauthorized(text),
        Some(gst::ResourceError::NotFound) => return Ended::NotFound(text),
        Some(gst::ResourceError::Busy) => return Ended::Busy(text),
        Some(
            gst::ResourceError::OpenRead
            | gst::ResourceError::OpenReadWrite
            | gst::ResourceError::Read
            | gst::ResourceError::Write
            | gst::ResourceError::Close,
        ) => return Ended::NotAnswering(text),
        _ => {}
    }
    match error.kind::<gst::StreamError>() {
        Some(
            gst::StreamError::WrongType
            | gst::StreamError::TypeNotFound
            | gst::StreamError::CodecNotFound
            | gst::StreamError::Demux
            | gst::StreamError::Format,
        ) => Ended::NotVideo(text),
        _ => Ended::Failed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream's chain that its thread started after its pipeline had passed it by on its way to a stop.
    #[test]
    fn a_stream_that_was_started_meanwhile_is_stopped_too() {
        gst::init().expect("GStreamer is there");
        let mut half = Half::parse("test", "audiotestsrc is-live=true ! fakesink").expect("built");
        half.start().expect("started");
        let late = gst::parse::bin_from_description("audiotestsrc ! fakesink", true).expect("built");
        half.pipeline().add(&late).expect("added");
        // Where a change of the pipeline does not reach it.
        late.set_locked_state(true);
        late.set_state(gst::State::Playing).expect("started");
        let halting = half.halting().expect("it was not stopped");
        drop(halting);
        let states =
            late.iterate_recurse().into_iter().map(|element| element.expect("there").current_state());
        assert!(states.chain([late.current_state()]).all(|state| state == gst::State::Null));
    }
}
