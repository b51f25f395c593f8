//! Video and sound files of the library: what is in them, single pictures, their texts, and another file made from them.
//!
//! Only the child uses this: nothing here survives a hostile file for sure, and nothing has to.

pub mod coded;
pub mod convert;
pub mod frames;
mod hdr;
pub mod lengths;
pub mod movie;
mod pads;
pub mod play;
pub mod probe;
pub mod protection;
pub mod sound;
pub mod still;
pub mod texts;
mod turn;

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;

use movie::Movie;
pub use turn::Turn;

/// Plug-ins that may take a file apart. Whatever else is installed would only be more ways in: a file can hold any of
/// the codecs that libav has, and playlists that lead elsewhere.
const PLUGINS: [&str; 30] = [
    "coreelements",
    "playback",
    "typefindfunctions",
    "isomp4",
    "matroska",
    "avi",
    "asf",
    "mpegtsdemux",
    "mpegpsdemux",
    "flv",
    "ogg",
    "theora",
    "videoparsersbad",
    "audioparsers",
    "opusparse",
    "libav",
    "openh264",
    "vpx",
    "dav1d",
    "aom",
    "opus",
    "vorbis",
    "flac",
    "id3demux",
    "wavparse",
    "mpg123",
    "fdkaac",
    "faad",
    "jpeg",
    "rawparse",
];

/// Until a file stands at its first picture.
const READY_MAX: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// Why a file can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// Nothing here decodes it.
    Unsupported(String),
    Damaged(String),
    Encrypted,
    NoPicture,
    NoEncoder(String),
    NoRoom,
    TooSlow,
    Failed(String),
}

impl FileError {
    fn of(error: &gst::glib::Error) -> Self {
        let text = error.message().to_owned();
        if let Some(kind) = error.kind::<gst::StreamError>() {
            return match kind {
                gst::StreamError::CodecNotFound => Self::Unsupported(text),
                gst::StreamError::Decrypt | gst::StreamError::DecryptNokey => Self::Encrypted,
                _ => Self::Damaged(text),
            };
        }
        match error.kind::<gst::ResourceError>() {
            Some(gst::ResourceError::NoSpaceLeft) => Self::NoRoom,
            // What it says then is for whoever builds the box.
            _ if error.matches(gst::CoreError::MissingPlugin) => Self::Unsupported(String::new()),
            _ => Self::Failed(text),
        }
    }
}

/// Loads GStreamer and leaves it only what files of the library need: known plug-ins, and no hardware decoders, whose
/// drivers a hostile file must not reach and which the screens need.
pub fn init() -> Result<(), gst::glib::Error> {
    gst::init()?;
    let takes_apart = gst::ElementFactoryType::DEMUXER
        | gst::ElementFactoryType::DECODER
        | gst::ElementFactoryType::PARSER
        | gst::ElementFactoryType::DEPAYLOADER
        | gst::ElementFactoryType::DECRYPTOR;
    for factory in gst::ElementFactory::factories_with_type(takes_apart, gst::Rank::MARGINAL) {
        let plugin = factory.plugin().map(|plugin| plugin.plugin_name());
        let known = plugin.is_some_and(|plugin| PLUGINS.contains(&plugin.as_str()));
        let hardware = factory.metadata("klass").is_some_and(|klass| klass.contains("Hardware"));
        if !known || hardware {
            factory.set_rank(gst::Rank::NONE);
        }
    }
    Ok(())
}

/// A pipeline that is stopped when it goes.
struct Running(gst::Pipeline);

impl Running {
    /// `description` in gst-launch's syntax, with a `filesrc name=file`. Nothing in it comes from outside. What its demuxer
    /// would take amiss is kept from it.
    fn parse(description: &str, file: &Path) -> Result<Self, FileError> {
        let running = Self::launch(description)?;
        let source = running.element("file");
        source.set_property("location", file);
        if let Some(movie) = Movie::read(file) {
            movie.mend(&source);
        }
        Ok(running)
    }

    /// The same without a file.
    fn launch(description: &str) -> Result<Self, FileError> {
        let failed = |error: gst::glib::Error| FileError::Failed(error.message().to_owned());
        let element = gst::parse::launch(description).map_err(failed)?;
        let pipeline = element.downcast::<gst::Pipeline>();
        Ok(Self(pipeline.map_err(|_| FileError::Failed("no pipeline".to_owned()))?))
    }

    fn element(&self, name: &str) -> gst::Element {
        self.0.by_name(name).expect("the description has an element of that name")
    }

    fn start(&self, state: gst::State) -> Result<(), FileError> {
        self.0.set_state(state).map(drop).map_err(|_| self.error())
    }

    fn bus(&self) -> gst::Bus {
        self.0.bus().expect("a pipeline has a bus")
    }

    /// What the bus says was wrong.
    fn error(&self) -> FileError {
        let unknown = || FileError::Damaged("reading it stopped without a reason".to_owned());
        self.has_failed().unwrap_or_else(unknown)
    }

    /// Waits until it stands at a picture.
    fn until_ready(&self) -> Result<(), FileError> {
        match self.0.state(READY_MAX) {
            (Ok(gst::StateChangeSuccess::Async), ..) => Err(self.has_failed().unwrap_or(FileError::TooSlow)),
            (Ok(_), ..) => Ok(()),
            (Err(_), ..) => Err(self.error()),
        }
    }

    /// What the bus says was wrong, if anything was.
    fn has_failed(&self) -> Option<FileError> {
        match self.bus().pop_filtered(&[gst::MessageType::Error]).as_deref().map(gst::MessageRef::view) {
            Some(gst::MessageView::Error(error)) => Some(FileError::of(&error.error())),
            _ => None,
        }
    }

    /// Waits for its end.
    fn until_end(&self, timeout: gst::ClockTime) -> Result<(), FileError> {
        let kinds = [gst::MessageType::Error, gst::MessageType::Eos];
        match self.bus().timed_pop_filtered(timeout, &kinds).as_deref().map(gst::MessageRef::view) {
            Some(gst::MessageView::Eos(_)) => Ok(()),
            Some(gst::MessageView::Error(error)) => Err(FileError::of(&error.error())),
            _ => Err(FileError::TooSlow),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The process ends right after; a pipeline that does not stop is ended with it.
        let _ = self.0.set_state(gst::State::Null);
    }
}

/// What takes a file apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Mp4,
    Matroska,
    Avi,
    Asf,
    MpegTs,
    MpegPs,
    Flash,
    Ogg,
    /// Files of sound: several, of which none has a demuxer of its own.
    Sound,
}

impl Container {
    const fn demuxer(self) -> &'static str {
        match self {
            Self::Mp4 => "qtdemux",
            Self::Matroska => "matroskademux",
            Self::Avi => "avidemux",
            Self::Asf => "asfdemux",
            Self::MpegTs => "tsdemux",
            Self::MpegPs => "mpegpsdemux",
            Self::Flash => "flvdemux",
            Self::Ogg => "oggdemux",
            Self::Sound => "parsebin",
        }
    }
}
