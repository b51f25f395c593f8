//! What a camera sends, from the child that reads it to us: samples, as pieces with a header each.
//!
//! The child may be anybody's by then: what it says is taken for what GStreamer's depayloaders could say and no more. A
//! format is one of a few kinds and of bounded length, a piece is of bounded size, and nothing in it is a command.

use std::io::{self, Read, Write};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gstreamer as gst;

use super::capture::{Sink, VideoTaker};
use super::clock;
use super::half::Ended;
use super::raw::SoundBuffer;
use super::rtsp::Samples;
use crate::media::MediaTime;

/// Kind, track, flags, nothing; bytes; presentation and decode time. Little-endian.
const HEADER_BYTES: usize = 24;
/// A coded picture: what level 5.1 of H.264 allows for one is far below.
const SAMPLE_BYTES_MAX: usize = 8 << 20;
/// A format with its parameter sets, which are written out in it.
const CAPS_BYTES_MAX: usize = 64 << 10;
/// Of a reason, for the log and for people.
const TEXT_BYTES_MAX: usize = 500;
/// Further from now than this no clock of a camera leads: 32 bits of RTP at 90 kHz are half a day.
const OFF_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Not known.
const NO_TIME: u64 = u64::MAX;
/// It depends on others before it.
const DELTA: u8 = 1;

/// The kinds of formats that depayloaders give (`rtsp.rs`).
const FORMATS: [&str; 10] = [
    "video/x-h264",
    "video/x-h265",
    "image/jpeg",
    "audio/x-mulaw",
    "audio/x-alaw",
    "audio/mpeg",
    "audio/x-opus",
    "audio/x-raw",
    "audio/G722",
    "audio/x-adpcm",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    Video,
    Sound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The format of the samples of a track from now on.
    Format,
    Sample,
    /// The camera is asked from now on.
    Asks,
    /// For the log.
    Note,
    /// Why nothing more comes: the track's place says which of [`Ended`].
    End,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Format, Self::Sample, Self::Asks, Self::Note, Self::End];

    const fn bytes_max(self) -> usize {
        match self {
            Self::Format => CAPS_BYTES_MAX,
            Self::Sample => SAMPLE_BYTES_MAX,
            Self::Asks => 0,
            Self::Note | Self::End => TEXT_BYTES_MAX,
        }
    }
}

struct Header {
    kind: Kind,
    track: u8,
    flags: u8,
    bytes: usize,
    time: u64,
    decode_time: u64,
}

impl Header {
    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let bytes = u32::try_from(self.bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut header = [0; HEADER_BYTES];
        (header[0], header[1], header[2]) = (self.kind as u8, self.track, self.flags);
        header[4..8].copy_from_slice(&bytes.to_le_bytes());
        header[8..16].copy_from_slice(&self.time.to_le_bytes());
        header[16..].copy_from_slice(&self.decode_time.to_le_bytes());
        to.write_all(&header)
    }

    /// `None`: the child is gone.
    fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut header = [0; HEADER_BYTES];
        match from.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let number = |range: std::ops::Range<usize>| {
            header[range].iter().rev().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte))
        };
        let garbled = || io::Error::from(io::ErrorKind::InvalidData);
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == header[0]).ok_or_else(garbled)?;
        let bytes = usize::try_from(number(4..8)).ok().filter(|bytes| *bytes <= kind.bytes_max());
        Ok(Some(Self {
            kind,
            track: header[1],
            flags: header[2],
            bytes: bytes.ok_or_else(garbled)?,
            time: number(8..16),
            decode_time: number(16..24),
        }))
    }
}

/// The child's end: writes what it is given. Waits for whoever reads.
pub struct Carrier<W> {
    to: Mutex<Out<W>>,
}

struct Out<W> {
    to: W,
    /// Of each track, as it was told last.
    formats: [Option<gst::Caps>; 2],
}

impl<W: Write + Send + 'static> Carrier<W> {
    pub fn new(to: W) -> Self {
        Self { to: Mutex::new(Out { to, formats: [None, None] }) }
    }

    /// Says that the camera is asked from now on.
    pub fn asks(&self) {
        self.text(Kind::Asks, 0, "");
    }

    /// Says why nothing more comes.
    pub fn end(&self, ended: &Ended) {
        self.text(Kind::End, code(ended), &ended.to_string());
    }

    fn text(&self, kind: Kind, track: u8, text: &str) {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut out = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        out.piece(kind, track, 0, (NO_TIME, NO_TIME), &text.as_bytes()[..end]);
    }
}

impl<W: Write> Out<W> {
    /// If nobody reads any more, nobody wants what this process does.
    fn piece(&mut self, kind: Kind, track: u8, flags: u8, (time, decode_time): (u64, u64), data: &[u8]) {
        let header = Header { kind, track, flags, bytes: data.len(), time, decode_time };
        let written = header.write(&mut self.to).and_then(|()| self.to.write_all(data));
        if written.and_then(|()| self.to.flush()).is_err() {
            std::process::abort();
        }
    }
}

impl<W: Write + Send + 'static> Samples for Carrier<W> {
    fn take(&self, track: Track, sample: &gst::Sample) {
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps_owned()) else { return };
        let Ok(data) = buffer.map_readable() else { return };
        if data.len() > SAMPLE_BYTES_MAX {
            return;
        }
        let mut out = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        let number = track as u8;
        if out.formats[track as usize].as_ref() != Some(&caps) {
            let text = caps.to_string();
            if text.len() > CAPS_BYTES_MAX {
                return;
            }
            out.piece(Kind::Format, number, 0, (NO_TIME, NO_TIME), text.as_bytes());
            out.formats[track as usize] = Some(caps);
        }
        let nanos = |time: Option<MediaTime>| time.map_or(NO_TIME, MediaTime::nanos);
        let times = (nanos(clock::sample_time(sample)), nanos(clock::sample_decode_time(sample)));
        let delta = buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        out.piece(Kind::Sample, number, if delta { DELTA } else { 0 }, times, &data);
    }

    fn note(&self, text: &str) {
        self.text(Kind::Note, 0, text);
    }
}

/// What a child says beside pictures and sound.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// The camera is asked from now on.
    Asks,
    /// For the log.
    Note(String),
}

/// Our end: hands on what a child gives to `to`, and what it says to `said`, until it ends. Blocks.
pub fn receive(mut from: impl Read, to: &Arc<dyn Sink>, mut said: impl FnMut(Said)) -> Ended {
    let mut video = VideoTaker::new(Arc::clone(to));
    let mut formats: [Option<gst::Caps>; 2] = [None, None];
    loop {
        let piece = Header::read(&mut from).and_then(|header| {
            let Some(header) = header else { return Ok(None) };
            let mut data = vec![0; header.bytes];
            from.read_exact(&mut data).map(|()| Some((header, data)))
        });
        let (header, data) = match piece {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ended::Failed("the process that reads the camera ended".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return garbled(),
            Err(_) => return Ended::Failed("the process that reads the camera ended".to_owned()),
        };
        match (header.kind, usize::from(header.track)) {
            (Kind::Format, track @ 0..=1) => match format(&data) {
                Some(caps) => formats[track] = Some(caps),
                None => return garbled(),
            },
            (Kind::Sample, track @ 0..=1) => {
                let Some(caps) = &formats[track] else { return garbled() };
                let sample = sample(&header, data, caps);
                match track {
                    0 => video.take(sample),
                    _ => to.sound(SoundBuffer::new(sample)),
                }
            }
            (Kind::Asks, _) => said(Said::Asks),
            (Kind::Note, _) => said(Said::Note(printable(&data))),
            (Kind::End, code) => return ended(code, printable(&data)),
            _ => return garbled(),
        }
    }
}

fn garbled() -> Ended {
    Ended::Failed("the process that reads the camera says what can't be".to_owned())
}

/// `None` if it is none that a depayloader gives.
fn format(text: &[u8]) -> Option<gst::Caps> {
    let text = std::str::from_utf8(text).ok().filter(|text| !text.contains('\0'))?;
    let kind = text.split([',', ';', '(']).next()?.trim();
    if !FORMATS.contains(&kind) {
        return None;
    }
    gst::Caps::from_str(text).ok().filter(|caps| caps.is_fixed() && caps.size() == 1)
}

fn sample(header: &Header, data: Vec<u8>, caps: &gst::Caps) -> gst::Sample {
    let now = clock::now();
    let time = |nanos: u64| {
        let time = MediaTime::from_nanos(nanos);
        let off = time.since(now).max(now.since(time));
        clock::gst_time(time).filter(|_| off <= OFF_MAX)
    };
    let mut buffer = gst::Buffer::from_mut_slice(data);
    {
        let buffer = buffer.get_mut().expect("nobody else has it yet");
        buffer.set_pts(time(header.time));
        buffer.set_dts(time(header.decode_time));
        if header.flags & DELTA != 0 {
            buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
    }
    // Times are running times already.
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    gst::Sample::builder().buffer(&buffer).caps(caps).segment(&segment).build()
}

fn printable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|char| !char.is_control()).collect()
}

const fn code(ended: &Ended) -> u8 {
    match ended {
        Ended::EndOfStream => 0,
        Ended::NotFound(_) => 1,
        Ended::Busy(_) => 2,
        Ended::NotAnswering(_) => 3,
        Ended::Unauthorized(_) => 4,
        Ended::NotVideo(_) => 5,
        Ended::Failed(_) => 6,
        Ended::Refused(_) => 7,
        Ended::Certificate(_) => 8,
    }
}

fn ended(code: usize, text: String) -> Ended {
    match code {
        0 => Ended::EndOfStream,
        1 => Ended::NotFound(text),
        2 => Ended::Busy(text),
        3 => Ended::NotAnswering(text),
        4 => Ended::Unauthorized(text),
        5 => Ended::NotVideo(text),
        7 => Ended::Refused(text),
        8 => Ended::Certificate(text),
        _ => Ended::Failed(text),
    }
}
