//! The capture half of an IP camera: its packets (`crate::rtsp`) put in order, depayloaded, parsed, never decoded here.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::capture::connect;
use super::carry::Track;
use super::half::{Ended, Half, HalfError};
use super::packet_caps::{self, is_readable};
use super::packet_marks::{Units, unmark};
use super::queues;
use crate::media::{MediaTime, Order};
use crate::rtsp::{self, Description, Kind, Stream};

/// How long the receiver waits for a packet that is missing: bridges Wi-Fi, delays nothing that is in order.
const JITTER_LATENCY_MS: u32 = 100;
/// Packets that wait for the pipeline: some of the largest pictures. The camera's connection waits, then.
const PACKETS_BYTES_MAX: u64 = 8 << 20;
/// Of sound that nobody takes in time the newest is kept.
const SOUND_BYTES_MAX: u64 = 256 << 10;
/// Reports that wait to be sent back: more than are made between two looks.
const REPORTS_MAX: usize = 16;

/// Who takes what a camera sends, still coded. Called on streaming threads.
pub trait Samples: Send + Sync + 'static {
    fn take(&self, track: Track, sample: &gst::Sample);
    /// Something that the log should say.
    fn note(&self, text: &str);
}

/// The two pipelines of a camera: packets in order and pictures in one, sound in the other, whose failure ends no picture.
pub struct Halves {
    pub video: Half,
    pub sound: Half,
}

/// What the camera's packets are given to.
pub struct Packets {
    video: gst::Pipeline,
    sound: gst::Pipeline,
    bin: gst::Element,
    with_sound: bool,
    to: Arc<dyn Samples>,
    inputs: Vec<Input>,
    reports: Reports,
}

/// Which stream's, and what: shared with the thread that makes them.
type Reports = Arc<Mutex<Vec<(usize, Vec<u8>)>>>;

/// Where one stream's packets go.
struct Input {
    units: Units,
    clock_rate: u32,
    /// Number of the newest packet.
    newest: Option<u16>,
    /// Time of the newest packet, without the turns of its 32 bits.
    time: Option<i64>,
    order: Order,
    rtp: gst_app::AppSrc,
    rtcp: gst_app::AppSrc,
    /// For MJPEG: how large its pictures are may be said in its packets alone.
    size_missing: Option<Stream>,
}

/// Builds both, and what their packets are given to. Start them first.
pub fn halves(with_sound: bool, to: &Arc<dyn Samples>) -> Result<(Halves, Packets), HalfError> {
    let failed = |error: gst::glib::BoolError| HalfError::Start { half: "camera", reason: error.to_string() };
    let (video, sound) = (gst::Pipeline::new(), gst::Pipeline::new());
    let bin = gst::ElementFactory::make("rtpbin").property("latency", JITTER_LATENCY_MS).build();
    let bin = bin.map_err(|_| HalfError::MissingElement { element: "rtpbin".to_owned() })?;
    // The first report says how picture and sound go together; a camera's clock that is set later moves neither.
    bin.set_property_from_str("rtcp-sync", "initial");
    video.add(&bin).map_err(failed)?;
    let packets = Packets {
        video: video.clone(),
        sound: sound.clone(),
        bin,
        with_sound,
        to: Arc::clone(to),
        inputs: Vec::new(),
        reports: Arc::default(),
    };
    Ok((Halves { video: Half::adopt("camera", video), sound: Half::adopt("camera's sound", sound) }, packets))
}

impl rtsp::Receiver for Packets {
    fn choose(&mut self, description: &Description) -> Result<Vec<usize>, rtsp::Error> {
        let video = choose_video(&description.streams)?;
        let sound = if self.with_sound { self.choose_sound(&description.streams) } else { None };
        let chosen: Vec<usize> = [Some(video), sound].into_iter().flatten().collect();
        for place in &chosen {
            self.add(&description.streams[*place]).map_err(rtsp::Error::Failed)?;
        }
        Ok(chosen)
    }

    fn rtp(&mut self, stream: usize, packet: &[u8]) {
        let Some(input) = self.inputs.get_mut(stream) else { return };
        if let Some(missing) = &input.size_missing
            && let Some(size) = packet_caps::size_in_packet(packet)
        {
            input.rtp.set_caps(Some(&packet_caps::of_size(missing, size)));
            input.size_missing = None;
        }
        if input.is_found_to_reorder(packet) {
            // Where arrival and time of a picture differ by the order alone, no clock can be told from them: the
            // camera's times count as they are.
            self.bin.set_property_from_str("buffer-mode", "none");
        }
        if input.units.is_marked_in_vain(packet) {
            let mut packet = packet.to_vec();
            unmark(&mut packet);
            push(&input.rtp, &packet);
        } else {
            push(&input.rtp, packet);
        }
    }

    fn rtcp(&mut self, stream: usize, report: &[u8]) {
        if let Some(input) = self.inputs.get(stream) {
            push(&input.rtcp, report);
        }
    }

    fn reports(&mut self) -> Vec<(usize, Vec<u8>)> {
        std::mem::take(&mut self.reports.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Input {
    /// True once: the camera sends the pictures of this stream in another order than they are shown in.
    fn is_found_to_reorder(&mut self, packet: &[u8]) -> bool {
        let Some(&[high, low, a, b, c, d]) = packet.get(2..8) else { return false };
        let number = u16::from_be_bytes([high, low]);
        // A packet that the network delayed says nothing of the camera's order.
        let is_late = self.newest.is_some_and(|newest| number.wrapping_sub(newest).cast_signed() < 0);
        if self.units == Units::Other || is_late {
            return false;
        }
        self.newest = Some(number);
        let stamp = u32::from_be_bytes([a, b, c, d]);
        let before = self.time.unwrap_or(i64::from(u32::MAX));
        let step = stamp.wrapping_sub(before as u32).cast_signed();
        if step == 0 || self.order.reorders() {
            return false;
        }
        let time = before + i64::from(step);
        self.time = Some(time);
        let nanos = i128::from(time.max(0)) * 1_000_000_000 / i128::from(self.clock_rate.max(1));
        self.order.is_found_to_reorder(MediaTime::from_nanos(u64::try_from(nanos).unwrap_or(0)))
    }
}

/// Waits while the pipeline is behind; what ends the pipeline is told elsewhere.
fn push(to: &gst_app::AppSrc, packet: &[u8]) {
    let _ = to.push_buffer(gst::Buffer::from_slice(packet.to_vec()));
}

/// The first that can be read.
fn choose_video(streams: &[Stream]) -> Result<usize, rtsp::Error> {
    let videos = || streams.iter().enumerate().filter(|(_, stream)| stream.kind == Kind::Video);
    let readable = |(_, stream): &(usize, &Stream)| is_readable(stream);
    let sent = videos().filter(readable).find(|(_, stream)| !stream.is_back_channel);
    if let Some((place, _)) = sent.or_else(|| videos().find(readable)) {
        return Ok(place);
    }
    let names: Vec<_> =
        videos().map(|(_, stream)| stream.encoding.as_str()).filter(|name| !name.is_empty()).collect();
    Err(rtsp::Error::NotVideo(if names.is_empty() {
        "there is no video in this stream".to_owned()
    } else {
        format!("the camera sends {}, which is not H.264, H.265 or MJPEG", names.join(" and "))
    }))
}

impl Packets {
    fn choose_sound(&self, streams: &[Stream]) -> Option<usize> {
        let sounds = || {
            streams
                .iter()
                .enumerate()
                .filter(|(_, stream)| stream.kind == Kind::Sound && !stream.is_back_channel)
        };
        let found = sounds().find(|(_, stream)| is_readable(stream)).map(|(place, _)| place);
        if let (None, Some((_, stream))) = (found, sounds().next()) {
            // A picture without its sound is better than none.
            self.to.note(&format!(
                "the camera's sound is {}, which can't be read here: its pictures are shown without",
                packet_caps::name(stream)
            ));
        }
        found
    }

    /// Makes what reads a stream.
    fn add(&mut self, stream: &Stream) -> Result<(), String> {
        let number = self.inputs.len();
        let caps = packet_caps::of(stream);
        let rtp = source(&caps, PACKETS_BYTES_MAX)?;
        let rtcp = source(&gst::Caps::new_empty_simple("application/x-rtcp"), PACKETS_BYTES_MAX)?;
        self.follow_formats(number, &caps);
        let end = match stream.kind {
            Kind::Sound => self.sound_end(stream)?,
            _ => self.video_end(stream)?,
        };
        self.follow_pads(number, &end);
        for (element, pad) in
            [(&rtp, format!("recv_rtp_sink_{number}")), (&rtcp, format!("recv_rtcp_sink_{number}"))]
        {
            self.video.add(element).map_err(|error| error.to_string())?;
            element.link_pads(Some("src"), &self.bin, Some(&pad)).map_err(|error| error.to_string())?;
            element.sync_state_with_parent().map_err(|error| error.to_string())?;
        }
        self.send_reports(number)?;
        let size_missing = (stream.encoding == "JPEG").then(|| stream.clone());
        let clock_rate = stream.clock_rate;
        self.inputs.push(Input {
            units: Units::of(&stream.encoding),
            clock_rate,
            newest: None,
            time: None,
            order: Order::default(),
            rtp,
            rtcp,
            size_missing,
        });
        Ok(())
    }

    fn follow_formats(&self, number: usize, caps: &gst::Caps) {
        let caps = caps.clone();
        self.bin.connect("request-pt-map", false, move |arguments| {
            let session = arguments.get(1)?.get::<u32>().ok()?;
            (usize::try_from(session) == Ok(number)).then(|| caps.to_value())
        });
    }

    /// The bin shows a stream once its first packet is there.
    fn follow_pads(&self, number: usize, end: &gst::Element) {
        let (prefix, end, to) = (format!("recv_rtp_src_{number}_"), end.downgrade(), Arc::clone(&self.to));
        self.bin.connect_pad_added(move |_, pad| {
            let Some(sink) = end.upgrade().and_then(|end| end.static_pad("sink")) else { return };
            if pad.name().starts_with(&prefix) && !sink.is_linked() && pad.link(&sink).is_err() {
                to.note("a stream of the camera can't be read as what it says it is");
            }
        });
    }

    fn video_end(&self, stream: &Stream) -> Result<gst::Element, String> {
        let end = self.chain(
            stream,
            Track::Video,
            &format!("{} ! {}", packet_caps::chain(stream)?, queues::rtp_queue()),
        )?;
        add(&self.video, &end)?;
        Ok(end)
    }

    /// Packets of sound leave the pictures' pipeline as they are: whatever becomes of them ends nothing there.
    fn sound_end(&self, stream: &Stream) -> Result<gst::Element, String> {
        let input = source(&packet_caps::of(stream), SOUND_BYTES_MAX)?;
        input.set_do_timestamp(false);
        input.set_block(false);
        input.set_leaky_type(gst_app::AppLeakyType::Downstream);
        let chain = self.chain(stream, Track::Sound, packet_caps::chain(stream)?)?;
        self.sound.add(&input).map_err(|error| error.to_string())?;
        add(&self.sound, &chain)?;
        input.link(&chain).map_err(|error| error.to_string())?;
        input.sync_state_with_parent().map_err(|error| error.to_string())?;
        let sink = gst_app::AppSink::builder().sync(false).async_(false).build();
        connect(&sink, move |sample| {
            if let Some(buffer) = sample.buffer_owned() {
                // One that has ended takes nothing.
                let _ = input.push_buffer(buffer);
            }
        });
        add(&self.video, sink.upcast_ref())?;
        Ok(sink.upcast())
    }

    /// From packets to samples.
    fn chain(&self, stream: &Stream, track: Track, description: &str) -> Result<gst::Element, String> {
        let description = format!("{description} ! appsink name=out sync=false async=false");
        let bin = gst::parse::bin_from_description(&description, true).map_err(|error| error.to_string())?;
        let sink = bin.by_name("out").and_then(|element| element.downcast::<gst_app::AppSink>().ok());
        let sink = sink.ok_or_else(|| format!("the chain of {} has no end", stream.encoding))?;
        let to = Arc::clone(&self.to);
        connect(&sink, move |sample| to.take(track, &sample));
        Ok(bin.upcast())
    }

    fn send_reports(&self, number: usize) -> Result<(), String> {
        let sink = gst_app::AppSink::builder().sync(false).async_(false).build();
        let reports = Arc::clone(&self.reports);
        connect(&sink, move |sample| {
            let Some(report) = sample.buffer().and_then(|buffer| buffer.map_readable().ok()) else { return };
            let mut waiting = reports.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.len() < REPORTS_MAX {
                waiting.push((number, report.to_vec()));
            }
        });
        add(&self.video, sink.upcast_ref())?;
        let pad = format!("send_rtcp_src_{number}");
        self.bin.link_pads(Some(&pad), &sink, Some("sink")).map_err(|error| error.to_string())
    }
}

fn add(pipeline: &gst::Pipeline, element: &gst::Element) -> Result<(), String> {
    pipeline.add(element).map_err(|error| error.to_string())?;
    element.sync_state_with_parent().map_err(|error| error.to_string())
}

/// Gives each packet the time at which it comes.
fn source(caps: &gst::Caps, bytes_max: u64) -> Result<gst_app::AppSrc, String> {
    let source = gst::ElementFactory::make("appsrc").build().map_err(|error| error.to_string())?;
    let source = source.downcast::<gst_app::AppSrc>().map_err(|_| "appsrc is none".to_owned())?;
    source.set_caps(Some(caps));
    source.set_format(gst::Format::Time);
    source.set_is_live(true);
    source.set_do_timestamp(true);
    source.set_block(true);
    source.set_max_bytes(bytes_max);
    Ok(source)
}

impl From<rtsp::Error> for Ended {
    fn from(error: rtsp::Error) -> Self {
        match error {
            rtsp::Error::NotAnswering(text) => Self::NotAnswering(text),
            rtsp::Error::Unauthorized(text) => Self::Unauthorized(text),
            rtsp::Error::NotFound(text) => Self::NotFound(text),
            rtsp::Error::Refused(text) => Self::Refused(text),
            rtsp::Error::Certificate(text) => Self::Certificate(text),
            rtsp::Error::NotVideo(text) => Self::NotVideo(text),
            rtsp::Error::Failed(text) => Self::Failed(text),
            rtsp::Error::Closed | rtsp::Error::Stopped => Self::EndOfStream,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(description: &str) -> Result<usize, String> {
        choose_video(&rtsp::parse(description).streams).map_err(|error| error.to_string())
    }

    #[test]
    fn of_several_videos_the_first_that_can_be_read_and_is_sent() {
        let mpeg4 = "m=video 0 RTP/AVP 97\na=rtpmap:97 MP4V-ES/90000\n";
        let h264 = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n";
        let back = format!("{h264}a=sendonly\n");
        assert_eq!(chosen(&format!("{mpeg4}{h264}")), Ok(1));
        assert_eq!(chosen(&format!("{back}{h264}")), Ok(1));
        assert_eq!(chosen(&back), Ok(0), "some mark what they send so");
        assert!(chosen(mpeg4).is_err_and(|why| why.contains("MP4V-ES")));
        assert!(chosen("m=audio 0 RTP/AVP 0\n").is_err_and(|why| why.contains("no video")));
    }

    /// Packets of H.264 with these numbers and times in ms: the first at which another order is seen.
    fn found_at(packets: &[(u16, u32)]) -> Option<usize> {
        gst::init().expect("GStreamer is there");
        let caps = gst::Caps::new_empty_simple("application/x-rtp");
        let source = || source(&caps, 1).expect("appsrc is there");
        let mut input = Input {
            units: Units::H264,
            clock_rate: 90_000,
            newest: None,
            time: None,
            order: Order::default(),
            rtp: source(),
            rtcp: source(),
            size_missing: None,
        };
        packets.iter().position(|(number, ms)| {
            let head = [&[0x80, 96][..], &number.to_be_bytes(), &ms.wrapping_mul(90).to_be_bytes()].concat();
            input.is_found_to_reorder(&head)
        })
    }

    #[test]
    fn the_cameras_order_counts_and_not_the_networks() {
        let times = [1000, 1120, 1040, 1080, 1240, 1160, 1200, 1360];
        let sent: Vec<_> =
            times.into_iter().enumerate().map(|(at, ms)| (65_533u16.wrapping_add(at as u16), ms)).collect();
        assert_eq!(found_at(&sent), Some(7), "across the turn of the numbers");
        // Each second packet overtakes the one before it.
        let delayed: Vec<_> =
            (0..40u16).map(|at| at ^ 1).map(|number| (number, u32::from(number) * 40)).collect();
        assert_eq!(found_at(&delayed), None);
    }
}
