//! Files of sound: what they say of themselves, and how loud they are where.

use std::path::Path;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_pbutils::prelude::*;

use super::frames::decode_only;
use super::movie::Movie;
use super::probe::discover;
use super::{FileError, Running, pads};

/// Covers are some hundred kilobytes; scans of some MB are found.
const COVER_BYTES_MAX: usize = 16 << 20;
/// Of a title or a name; what is longer is none that fits a screen.
const TEXT_CHARS_MAX: usize = 200;
/// `GST_TAG_IMAGE_TYPE_FRONT_COVER`
const FRONT: i32 = 1;
/// Up to here all of it is decoded; of what is longer a piece of each part is.
const WHOLE_MAX: Duration = Duration::from_secs(60);
/// Pieces that are looked at in each part: some 50 ms of sound.
const PIECES: usize = 3;
/// What is not known by then stays flat: it is a picture, and the step has 30 s in all.
const TIME_MAX: Duration = Duration::from_secs(10);
/// Samples of a second, as they are asked for below.
const RATE: f64 = 8000.0;
const TIME_OF_ONE: gst::ClockTime = gst::ClockTime::from_seconds(2);

/// What a file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Empty: it does not say.
    pub title: String,
    pub artist: String,
    /// A picture as it stands in the file: anything.
    pub cover: Option<Vec<u8>>,
}

pub fn about(file: &Path) -> Result<About, FileError> {
    let info = discover(file, Movie::read(file))?;
    let streams = info.stream_info().into_iter().chain(info.stream_list());
    let all: Vec<gst::TagList> = streams.filter_map(|stream| stream.tags()).collect();
    let text = |found: Option<String>| {
        found.map(|text| text.chars().take(TEXT_CHARS_MAX).collect::<String>().trim().to_owned())
    };
    let title = all.iter().find_map(|tags| text(Some(tags.get::<gst::tags::Title>()?.get().to_owned())));
    let artist = all.iter().find_map(|tags| text(Some(tags.get::<gst::tags::Artist>()?.get().to_owned())));
    let mut covers: Vec<gst::Sample> = Vec::new();
    for tags in &all {
        covers.extend(tags.iter_tag::<gst::tags::Image>().map(|image| image.get()));
    }
    covers.sort_by_key(|cover| picture_type(cover) != Some(FRONT));
    let bytes = |cover: &gst::Sample| {
        let map = cover.buffer()?.map_readable().ok()?;
        (map.len() <= COVER_BYTES_MAX).then(|| map.to_vec())
    };
    let cover = covers.iter().find_map(bytes);
    Ok(About { title: title.unwrap_or_default(), artist: artist.unwrap_or_default(), cover })
}

fn picture_type(cover: &gst::Sample) -> Option<i32> {
    cover.info()?.value("image-type").ok()?.transform::<i32>().ok()?.get().ok()
}

/// How loud it is in as many parts of the same length, 0 to 1, the loudest 1; what can't be found out is 0.
pub fn loudness(file: &Path, length: Duration, parts: usize) -> Result<Vec<f32>, FileError> {
    let running = Running::parse(
        "filesrc name=file ! decodebin name=decode \
         queue name=in ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=8000,channels=1 \
         ! appsink name=out sync=false max-buffers=4",
        file,
    )?;
    let decode = running.element("decode");
    decode_only(&decode, &["audio/"]);
    let target = running.element("in").downgrade();
    decode.connect_no_more_pads(move |decode| {
        let sound = pads::sound(decode);
        pads::swallow_others(decode, sound.as_ref());
        let sink = target.upgrade().and_then(|target| target.static_pad("sink"));
        if let Some((sound, sink)) = sound.zip(sink) {
            // Without a link there is no sound, and the picture is flat.
            let _ = sound.link(&sink);
        }
    });
    let sink = running.element("out").downcast::<gst_app::AppSink>();
    let sink = sink.map_err(|_| FileError::Failed("no sink".to_owned()))?;
    running.start(gst::State::Playing)?;
    let mut heard = Heard { squares: vec![(0.0, 0); parts], length };
    let started = Instant::now();
    // A place can be looked for only once it stands somewhere.
    let mut more = sink.try_pull_sample(TIME_OF_ONE).inspect(|sample| heard.take(sample)).is_some();
    if length <= WHOLE_MAX {
        while more && started.elapsed() < TIME_MAX {
            more = sink.try_pull_sample(TIME_OF_ONE).inspect(|sample| heard.take(sample)).is_some();
        }
        return Ok(heard.levels());
    }
    for part in 0..parts {
        let at = length.mul_f64((part as f64 + 0.5) / parts as f64);
        let at = gst::ClockTime::from_nseconds(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX - 1));
        let sought = running.0.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT, at);
        if sought.is_err() || started.elapsed() > TIME_MAX {
            break;
        }
        for _ in 0..PIECES {
            if let Some(sample) = sink.try_pull_sample(TIME_OF_ONE) {
                heard.add(part, &sample);
            }
        }
    }
    Ok(heard.levels())
}

/// The sum of the squares of each part, and of how many samples.
struct Heard {
    squares: Vec<(f64, u64)>,
    length: Duration,
}

impl Heard {
    /// Adds a piece to the parts it is of.
    fn take(&mut self, sample: &gst::Sample) {
        let Some(at) = sample.buffer().and_then(gst::BufferRef::pts) else { return };
        let begin_s = at.nseconds() as f64 / 1e9;
        let parts_per_s = self.squares.len() as f64 / self.length.as_secs_f64().max(0.001);
        // Short sound has several parts in one piece.
        self.each(sample, |number| ((begin_s + number as f64 / RATE) * parts_per_s) as usize);
    }

    fn add(&mut self, part: usize, sample: &gst::Sample) {
        self.each(sample, |_| part);
    }

    /// `part`: of the sample of that number.
    fn each(&mut self, sample: &gst::Sample, part: impl Fn(usize) -> usize) {
        let Some(map) = sample.buffer().and_then(|buffer| buffer.map_readable().ok()) else { return };
        for (number, bytes) in map.chunks_exact(2).enumerate() {
            let value = f64::from(i16::from_le_bytes([bytes[0], bytes[1]]));
            if let Some((sum, count)) = self.squares.get_mut(part(number)) {
                *sum += value * value;
                *count += 1;
            }
        }
    }

    fn levels(&self) -> Vec<f32> {
        let level = |(sum, count): &(f64, u64)| (sum / (*count).max(1) as f64).sqrt();
        let levels: Vec<f64> = self.squares.iter().map(level).collect();
        // Of silence nothing is made louder: what is below is noise of 16 bits.
        let most = levels.iter().copied().fold(8.0, f64::max);
        levels.into_iter().map(|level| (level / most) as f32).collect()
    }
}
