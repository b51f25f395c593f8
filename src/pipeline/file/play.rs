//! A video from one time to another, as pictures of a screen's size and sound as a speaker takes it, in the order in
//! which they are needed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::frames::{decode_only, is};
use super::hdr::{self, Hdr};
use super::movie::Movie;
use super::{FileError, Running, Turn, pads};

/// Until the first picture, and from one to the next: longer, and it does not play.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How long one of the two is waited for while the other is there. A file may hold them far apart.
const OTHER_MAX: gst::ClockTime = gst::ClockTime::from_mseconds(40);
const BOTH_MAX: gst::ClockTime = gst::ClockTime::from_mseconds(200);
/// Without a picture for so long while there is sound, the pictures are over: less than what of the sound is heard before.
const STARVED: Duration = Duration::from_millis(250);
/// The end of the pictures, in which there is one for sure.
const LAST: Duration = Duration::from_secs(1);
/// Sound comes so much before the pictures of its time: a sound card holds a part of it, and plays through what holds a
/// picture up.
const SOUND_AHEAD_NS: u64 = 300_000_000;

/// What is to be played, and how.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub width: u32,
    pub height: u32,
    /// Without borders; what does not fit is cut off.
    pub cover: bool,
    pub from_ms: u64,
    pub until_ms: Option<u64>,
    pub sound: bool,
    /// H.264 comes as it is.
    pub coded: bool,
}

/// What comes next.
pub struct Piece {
    pub kind: Kind,
    /// In the file.
    pub time_ns: u64,
    /// A picture as GStreamer lays I420 out, an access unit, or 16-bit samples.
    pub data: gst::buffer::MappedBuffer<gst::buffer::Readable>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Picture,
    Coded,
    Sound,
}

/// A file that plays.
pub struct Playing {
    running: Running,
    pictures: Stream,
    sound: Option<Stream>,
    until_ns: u64,
    turned: Arc<AtomicBool>,
    /// The last picture, where only sound is left from the begin on.
    standing: Option<Piece>,
    /// Since when there has been sound and no picture; and whether the decoder was told so.
    starved: Option<Instant>,
    drained: bool,
}

/// One kind of what a file holds.
struct Stream {
    sink: gst_app::AppSink,
    kind: Kind,
    next: Option<gst::Sample>,
}

impl Playing {
    /// Returns once its first picture is there.
    pub fn open(file: &Path, settings: Settings) -> Result<Self, FileError> {
        let running = Running::parse("filesrc name=file ! decodebin name=decode", file)?;
        let decode = running.element("decode");
        decode_only(&decode, if settings.sound { &["video/", "audio/"] } else { &["video/"] });
        if settings.coded {
            keep_coded(&decode);
        }
        let turned = Arc::new(AtomicBool::new(false));
        let picture = Movie::read(file).and_then(|movie| Some(movie.picture()?.clone()));
        let branches = Branches {
            pipeline: running.0.downgrade(),
            settings,
            picture: picture.as_ref().map(|picture| picture.id),
            turn: picture.as_ref().map(|picture| picture.turn),
            turned: Arc::clone(&turned),
        };
        // Nothing comes out of any of them before this.
        decode.connect_no_more_pads(move |decode| branches.add(decode));
        running.start(gst::State::Paused)?;
        running.until_ready()?;
        let sink = |name| {
            let sink = running.0.by_name(name).and_then(|sink| sink.downcast::<gst_app::AppSink>().ok());
            sink.map(|sink| Stream { sink, kind: kind(name), next: None })
        };
        let pictures = sink("pictures").or_else(|| sink("coded")).ok_or(FileError::NoPicture)?;
        let sound = sink("sound");
        if settings.from_ms > 0 {
            // A decoder that sees none of it can't begin anywhere.
            let how = match pictures.kind {
                Kind::Coded => gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE,
                _ => gst::SeekFlags::ACCURATE,
            };
            let from = gst::ClockTime::from_mseconds(settings.from_ms);
            let sought = running.0.seek_simple(gst::SeekFlags::FLUSH | how, from);
            sought.map_err(|_| FileError::Damaged("it can't be searched".to_owned()))?;
            running.until_ready()?;
        }
        running.start(gst::State::Playing)?;
        let until_ns = settings.until_ms.map_or(u64::MAX, |until_ms| until_ms.saturating_mul(1_000_000));
        let standing = match picture.map(|picture| picture.length) {
            Some(length) if length <= Duration::from_millis(settings.from_ms) => {
                standing(file, settings, length)?
            }
            _ => None,
        };
        Ok(Self { running, pictures, sound, until_ns, turned, standing, starved: None, drained: false })
    }

    /// The next piece; `None`: it is over. Waits for it.
    pub fn pull(&mut self) -> Result<Option<Piece>, FileError> {
        if let Some(piece) = self.standing.take() {
            return Ok(Some(piece));
        }
        let deadline = Instant::now() + SILENCE_MAX;
        loop {
            let sound = self.sound.as_mut().map(|sound| sound.look(gst::ClockTime::ZERO));
            let waits = sound.flatten().is_none();
            let starves = self.starved.is_some_and(|since| since.elapsed() >= STARVED);
            let picture = self.pictures.look(match waits {
                true => BOTH_MAX,
                false if starves => gst::ClockTime::ZERO,
                false => OTHER_MAX,
            });
            if self.turned.load(Ordering::Relaxed) && self.pictures.kind == Kind::Coded {
                return Err(FileError::Unsupported("its pictures are turned".to_owned()));
            }
            let sound = self.sound.as_mut().and_then(|sound| {
                sound.look(if picture.is_some() { OTHER_MAX } else { gst::ClockTime::ZERO })
            });
            let over = |time: Option<u64>| time.is_none_or(|time| time >= self.until_ns);
            let has_ended = |stream: &Stream| stream.next.is_none() && stream.sink.is_eos();
            let pictures_over = picture.map_or(has_ended(&self.pictures), |time| time >= self.until_ns);
            let sound_over = self.sound.as_ref().is_none_or(has_ended) || (sound.is_some() && over(sound));
            if pictures_over && sound_over {
                return self.running.has_failed().map_or(Ok(None), Err);
            }
            let sound_first = !sound_over
                && sound.is_some_and(|sound| {
                    pictures_over
                        || picture.is_none() && self.has_starved()
                        || picture.is_some_and(|picture| sound <= picture.saturating_add(SOUND_AHEAD_NS))
                });
            if picture.is_some() {
                (self.starved, self.drained) = (None, false);
            }
            match (picture, &mut self.sound) {
                (_, Some(stream)) if sound_first => return stream.take().map(Some),
                (Some(_), _) if !pictures_over => return self.pictures.take().map(Some),
                _ => {}
            }
            if let Some(error) = self.running.has_failed() {
                return Err(error);
            }
            if Instant::now() >= deadline {
                return Err(FileError::TooSlow);
            }
        }
    }
}

impl Playing {
    /// Whether only sound has come for so long that the pictures must be over, although nobody has said so: Matroska does at
    /// its end alone. What the decoder still holds comes then.
    fn has_starved(&mut self) -> bool {
        let waited = self.starved.get_or_insert_with(Instant::now).elapsed();
        if waited < STARVED {
            return false;
        }
        if !std::mem::replace(&mut self.drained, true) {
            for element in self.running.0.iterate_recurse().into_iter().flatten() {
                let is_it = element.metadata("klass").is_some_and(|klass| klass.contains("Decoder/Video"));
                if let Some(pad) = element.static_pad("sink").filter(|_| is_it) {
                    // One that takes none keeps what it has up to the end.
                    let _ = pad.send_event(gst::event::Gap::new(gst::ClockTime::ZERO, gst::ClockTime::NONE));
                }
            }
        }
        true
    }
}

impl Stream {
    /// The time of what is next in it, if that comes so soon.
    fn look(&mut self, within: gst::ClockTime) -> Option<u64> {
        if self.next.is_none() {
            self.next = self.sink.try_pull_sample(within);
        }
        self.next.as_ref().and_then(time)
    }

    fn take(&mut self) -> Result<Piece, FileError> {
        let damaged = || FileError::Damaged("a piece without content".to_owned());
        let sample = self.next.take().ok_or_else(damaged)?;
        let time_ns = time(&sample).ok_or_else(damaged)?;
        let buffer = match self.kind {
            Kind::Picture => laid_out(&sample).ok_or_else(damaged)?,
            _ => sample.buffer_owned().ok_or_else(damaged)?,
        };
        let data = buffer.into_mapped_buffer_readable().map_err(|_| damaged())?;
        Ok(Piece { kind: self.kind, time_ns, data })
    }
}

/// A sample's place in the file.
fn time(sample: &gst::Sample) -> Option<u64> {
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    // Before its begin: a decoder needs it to get there, and it is shown no later.
    let time = sample.buffer()?.pts()?.max(segment.start().unwrap_or_default());
    segment.to_stream_time(time).map(gst::ClockTime::nseconds)
}

/// The picture without whatever a decoder leaves between its rows.
fn laid_out(sample: &gst::Sample) -> Option<gst::Buffer> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let buffer = sample.buffer_owned()?;
    let meta = buffer.meta::<gst_video::VideoMeta>();
    let plain = meta.is_none_or(|meta| meta.stride() == info.stride() && meta.offset() == info.offset());
    if plain && buffer.size() == info.size() {
        return Some(buffer);
    }
    let mut copy = gst::Buffer::with_size(info.size()).ok()?;
    {
        let from = gst_video::VideoFrameRef::from_buffer_ref_readable(&buffer, &info).ok()?;
        let mut to = gst_video::VideoFrameRef::from_buffer_ref_writable(copy.get_mut()?, &info).ok()?;
        from.copy(&mut to).ok()?;
    }
    Some(copy)
}

fn kind(name: &str) -> Kind {
    match name {
        "sound" => Kind::Sound,
        "coded" => Kind::Coded,
        _ => Kind::Picture,
    }
}

/// H.264 comes out of the decodebin as it is.
fn keep_coded(decode: &gst::Element) {
    decode.connect("autoplug-continue", false, |values| {
        let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
        Some((!caps.is_some_and(|caps| is(&caps, "video/x-h264"))).to_value())
    });
}

/// The picture that stands when all pictures, which are so long, are over.
fn standing(file: &Path, settings: Settings, length: Duration) -> Result<Option<Piece>, FileError> {
    if settings.coded {
        return Err(FileError::Unsupported("only its sound is left".to_owned()));
    }
    let from_ms = u64::try_from(length.saturating_sub(LAST).as_millis()).unwrap_or(u64::MAX);
    let mut end = Playing::open(file, Settings { from_ms, until_ms: None, sound: false, ..settings })?;
    let mut last = None;
    while let Some(piece) = end.pull()? {
        last = Some(Piece { time_ns: settings.from_ms.saturating_mul(1_000_000), ..piece });
    }
    Ok(last)
}

/// What is put behind the decoder: one branch for the picture, one for the sound.
struct Branches {
    pipeline: gst::glib::WeakRef<gst::Pipeline>,
    settings: Settings,
    /// The track that is the picture, and how it has to be turned, if the file says so.
    picture: Option<u32>,
    turn: Option<Turn>,
    turned: Arc<AtomicBool>,
}

impl Branches {
    fn add(&self, decode: &gst::Element) {
        let Some(pipeline) = self.pipeline.upgrade() else { return };
        let mut branches = Vec::new();
        if let Some(pad) = pads::picture(decode, self.picture, "video/x-h264").filter(|_| self.settings.coded)
        {
            match self.turn {
                Some(turn) => self.turned.store(turn != Turn::None, Ordering::Relaxed),
                None => self.watch_turns(&pad),
            }
            branches.push((pad, CODED.to_owned()));
        } else if let Some(pad) = pads::picture(decode, self.picture, "video/x-raw") {
            let description = pictures(&self.settings, self.turn, Hdr::of(&pad).is_some());
            branches.push((pad, description));
        }
        branches.extend(pads::sound(decode).map(|pad| (pad, SOUND.to_owned())));
        for (pad, description) in branches {
            if let Err(error) = add(&pipeline, &pad, &description) {
                gst::element_error!(pipeline, gst::CoreError::Negotiation, ["{error}"]);
            }
            if let Some((hdr, toned)) = Hdr::of(&pad).zip(hdr::pad(&pipeline)) {
                hdr.tone(&toned);
            }
        }
    }

    /// A phone that was held upright says so; what makes pictures of the coded ones does not look.
    fn watch_turns(&self, pad: &gst::Pad) {
        let turned = Arc::clone(&self.turned);
        let look = move |event: &gst::EventRef| {
            if let gst::EventView::Tag(tag) = event.view()
                && let Some(orientation) = tag.tag().get::<gst::tags::ImageOrientation>()
                && orientation.get() != "rotate-0"
            {
                turned.store(true, Ordering::Relaxed);
            }
        };
        pad.sticky_events_foreach(|event| {
            look(event);
            std::ops::ControlFlow::Continue(gst::EventForeachAction::Keep)
        });
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            if let Some(event) = info.event() {
                look(event);
            }
            gst::PadProbeReturn::Ok
        });
    }
}

const CODED: &str = "queue max-size-buffers=3 max-size-bytes=0 max-size-time=0 ! h264parse config-interval=-1 \
     ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=coded sync=false max-buffers=2";
const SOUND: &str = "queue max-size-buffers=0 max-size-bytes=0 max-size-time=1000000000 ! audioconvert \
     ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved \
     ! appsink name=sound sync=false max-buffers=8";

/// Turned and cut first, then made as large as they are shown.
fn pictures(settings: &Settings, turn: Option<Turn>, hdr: bool) -> String {
    let Settings { width, height, cover, .. } = settings;
    let turning = turn.map_or("auto", Turn::direction);
    let toned = if hdr { hdr::toned(*width, *height) } else { String::new() };
    let crop =
        if *cover { format!("! aspectratiocrop aspect-ratio={width}/{height} ") } else { String::new() };
    format!(
        "queue max-size-buffers=3 max-size-bytes=0 max-size-time=0 ! deinterlace ! videoflip video-direction={turning} \
         {crop}! videoconvertscale add-borders=true {toned}\
         ! video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1 \
         ! appsink name=pictures sync=false max-buffers=2"
    )
}

fn add(pipeline: &gst::Pipeline, pad: &gst::Pad, description: &str) -> Result<(), gst::glib::BoolError> {
    let branch = gst::parse::bin_from_description(description, true)
        .map_err(|error| gst::glib::bool_error!("{}", error.message()))?;
    pipeline.add(&branch)?;
    branch.sync_state_with_parent()?;
    let sink = branch.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("a branch without a begin"))?;
    pad.link(&sink).map(drop).map_err(|_| gst::glib::bool_error!("parts that do not fit"))
}
