//! Coded pictures that no film holds, such as those of HEIF.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::frames::Frame;
use super::hdr::Hdr;
use super::{FileError, Running};

/// How a picture is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Hevc,
    Av1,
}

impl Coding {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
        }
    }

    /// Those that decode it, the best first. None is hardware: its drivers a hostile file must not reach. Nor libde265, whose
    /// element writes beyond its pictures where they are other than 4:2:0 in 8 bits (GStreamer 1.22), nor libav's for AV1,
    /// which needs hardware. For one picture there is nothing that several threads could do at once.
    const fn decoders(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Hevc => {
                &[("avdec_h265", "h265parse name=parse ! avdec_h265 max-threads=1 output-corrupt=false")]
            }
            Self::Av1 => {
                &[("dav1ddec", "av1parse name=parse ! dav1ddec"), ("av1dec", "av1parse name=parse ! av1dec")]
            }
        }
    }

    /// HEVC as MP4 has it, whose set-up stands beside it.
    fn caps(self, setup: &[u8]) -> gst::Caps {
        match self {
            Self::Hevc => gst::Caps::builder("video/x-h265")
                .field("stream-format", "hvc1")
                .field("alignment", "au")
                .field("codec_data", gst::Buffer::from_slice(setup.to_vec()))
                .build(),
            Self::Av1 => gst::Caps::builder("video/x-av1")
                .field("stream-format", "obu-stream")
                .field("alignment", "tu")
                .build(),
        }
    }
}

/// What the numbers of a picture mean: codes of ITU-T H.273, of which 2 is "not said".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    pub primaries: u16,
    pub transfer: u16,
    pub matrix: u16,
    /// All values are used, from 0 on.
    pub full: bool,
}

/// A picture in RGB.
#[derive(Debug)]
pub struct Still {
    pub frame: Frame,
    /// Of its colours, by ITU-T H.273. What was brighter than a screen is in those of screens already.
    pub primaries: u16,
}

/// For one picture. Whoever sent this process ends it before that, unless it had no processor.
const TIME_MAX: gst::ClockTime = gst::ClockTime::from_seconds(300);
/// Colours of screens (BT.709).
const SCREEN: u16 = 1;
const NOT_SAID: u16 = 2;
/// AV1's mark between pictures (AV1 specification, 5.6), which files leave out.
const AV1_BEGIN: [u8; 2] = [0x12, 0];

/// Decodes pictures one by one: each stands for itself.
pub struct Stills {
    coding: Coding,
    running: Running,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
}

impl Stills {
    /// `Unsupported`: nothing here decodes it.
    pub fn open(coding: Coding) -> Result<Self, FileError> {
        let found = coding.decoders().iter().find(|(name, _)| gst::ElementFactory::find(name).is_some());
        let (_, decoder) = found.ok_or_else(|| FileError::Unsupported(coding.name().to_owned()))?;
        let running = Running::launch(&format!(
            "appsrc name=in format=time max-bytes=0 ! {decoder} ! video/x-raw ! appsink name=out sync=false"
        ));
        // Without its parser a decoder is none.
        let running = running.map_err(|_| FileError::Unsupported(coding.name().to_owned()))?;
        let failed = |what: &str| FileError::Failed(what.to_owned());
        let source = running.element("in").downcast::<gst_app::AppSrc>().map_err(|_| failed("no source"))?;
        let sink = running.element("out").downcast::<gst_app::AppSink>().map_err(|_| failed("no sink"))?;
        Ok(Self { coding, running, source, sink })
    }

    pub fn coding(&self) -> Coding {
        self.coding
    }

    /// `setup` is that of HEVC (`hvcC`). What the file says of its colours counts more than what is coded with it. Pictures
    /// brighter than a screen become what it shows, unless a profile says more of their colours (`profiled`).
    pub fn decode(
        &mut self,
        setup: &[u8],
        data: Vec<u8>,
        said: Option<Codes>,
        profiled: bool,
    ) -> Result<Still, FileError> {
        // All of the one before is gone then.
        self.running.start(gst::State::Null)?;
        self.source.set_caps(Some(&self.coding.caps(setup)));
        self.running.start(gst::State::Playing)?;
        let data = match self.coding {
            Coding::Av1 if !data.starts_with(&AV1_BEGIN) => [&AV1_BEGIN[..], &data].concat(),
            _ => data,
        };
        let mut buffer = gst::Buffer::from_slice(data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::ZERO);
        }
        self.source.push_buffer(buffer).map_err(|_| self.running.error())?;
        self.source.end_of_stream().map_err(|_| self.running.error())?;
        let sample = self.sink.try_pull_sample(TIME_MAX);
        let sample = sample.ok_or_else(|| self.running.error())?;
        let codes = said.unwrap_or_else(|| self.coded(&sample));
        converted(&sample, codes, profiled)
            .ok_or_else(|| FileError::Damaged("a picture of no size".to_owned()))
    }

    /// What is coded with the picture. Whether all values are used a decoder may know without knowing more.
    fn coded(&self, sample: &gst::Sample) -> Codes {
        let parsed = self.running.element("parse").static_pad("src").and_then(|pad| pad.current_caps());
        let parsed = parsed.as_deref().and_then(colorimetry);
        let decoded = sample.caps().and_then(colorimetry);
        let full = parsed.as_ref().or(decoded.as_ref()).map(gst_video::VideoColorimetry::range);
        let full = full.is_some_and(|range| range == gst_video::VideoColorRange::Range0_255);
        let code = |code: u32| u16::try_from(code).unwrap_or(NOT_SAID);
        match parsed {
            Some(parsed) => Codes {
                primaries: code(parsed.primaries().to_iso()),
                transfer: code(parsed.transfer().to_iso()),
                matrix: code(parsed.matrix().to_iso()),
                full,
            },
            None => Codes { primaries: NOT_SAID, transfer: NOT_SAID, matrix: NOT_SAID, full },
        }
    }
}

fn colorimetry(caps: &gst::CapsRef) -> Option<gst_video::VideoColorimetry> {
    caps.structure(0)?.get::<&str>("colorimetry").ok()?.parse().ok()
}

/// By the meaning of its numbers, whatever the decoder takes them for. GStreamer gives chroma to each pixel; colours are
/// computed here: its own of 8 bits are quick and up to 5 of 255 too dark, and those of 16 make grey a little red.
fn converted(sample: &gst::Sample, codes: Codes, profiled: bool) -> Option<Still> {
    use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};
    let info = VideoInfo::from_caps(sample.caps()?).ok()?;
    let is_rgb = info.is_rgb();
    let format = if is_rgb { VideoFormat::Gbr } else { VideoFormat::Y444 };
    // The same meaning on both sides, whichever, so that no value is changed.
    let colorimetry = gst_video::VideoColorimetry::new(
        gst_video::VideoColorRange::Range0_255,
        gst_video::VideoColorMatrix::Bt601,
        gst_video::VideoTransferFunction::Unknown,
        gst_video::VideoColorPrimaries::Unknown,
    );
    let described = |format: VideoFormat| {
        let info = VideoInfo::builder(format, info.width(), info.height()).chroma_site(info.chroma_site());
        info.colorimetry_if(&colorimetry, !is_rgb).build().ok()
    };
    let (from, to) = (described(info.format())?, described(format)?);
    let converter = gst_video::VideoConverter::new(&from, &to, None).ok()?;
    let mut buffer = gst::Buffer::with_size(to.size()).ok()?;
    {
        let source = VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
        let mut target = VideoFrameRef::from_buffer_ref_writable(buffer.get_mut()?, &to).ok()?;
        converter.frame_ref(&source, &mut target);
    }
    let mut frame = woven(&buffer, &to)?;
    if !is_rgb && codes.matrix != GREEN_BLUE_RED {
        let colours = Matrix::of(codes.matrix, codes.full);
        frame.data.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = colours.rgb(*pixel));
    }
    let transfer = gst_video::VideoTransferFunction::from_iso(codes.transfer.into());
    let hdr = Hdr::of_transfer(transfer).filter(|_| !profiled);
    if let Some(hdr) = hdr {
        hdr.tone_pixels(&mut frame.data);
    }
    Some(Still { frame, primaries: if hdr.is_some() { SCREEN } else { codes.primaries } })
}

/// Pixels of three bytes from three planes: of green, blue and red, red first; or, in the same places, of luma and both
/// chromas, the second of which comes first.
fn woven(buffer: &gst::BufferRef, info: &gst_video::VideoInfo) -> Option<Frame> {
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).ok()?;
    let (width, height) = (info.width() as usize, info.height() as usize);
    let mut data = vec![0; width * height * 3];
    for (plane, place) in [(0, 1), (1, 2), (2, 0)] {
        let stride = usize::try_from(*frame.plane_stride().get(plane as usize)?).ok()?;
        let rows = frame.plane_data(plane).ok()?.chunks(stride.max(1));
        for (pixels, row) in data.chunks_exact_mut((width * 3).max(1)).zip(rows) {
            for (pixel, value) in pixels.chunks_exact_mut(3).zip(row) {
                pixel[place] = *value;
            }
        }
    }
    Some(Frame { width: info.width(), height: info.height(), data })
}

/// The matrix of pictures that have their colours as they are (ITU-T H.273, table 4).
const GREEN_BLUE_RED: u16 = 0;

/// How colours follow from luma and chroma (ITU-T H.273, 8.3), in parts of [`Self::ONE`].
struct Matrix {
    /// Of luma: what is black, and how much a step is.
    black: i32,
    luma: i32,
    /// Of both chromas, for red, green and blue.
    chroma: [[i32; 2]; 3],
}

impl Matrix {
    const ONE: f64 = 65_536.0;

    fn of(code: u16, full: bool) -> Self {
        let (luma, chroma) = if full { (1.0, 1.0) } else { (255.0 / 219.0, 255.0 / 224.0) };
        let (red, blue) = match code {
            1 => (0.2126, 0.0722),
            4 => (0.3, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            // 5 and 6, and what JPEG has, where nothing is said.
            _ => (0.299, 0.114),
        };
        let green = 1.0 - red - blue;
        let (from_blue, from_red) = (2.0 - 2.0 * blue, 2.0 - 2.0 * red);
        let parts = match code {
            // YCgCo.
            8 => [[-1.0, 1.0], [1.0, 0.0], [-1.0, -1.0]],
            _ => [[0.0, from_red], [-from_blue * blue / green, -from_red * red / green], [from_blue, 0.0]],
        };
        Self {
            black: if full { 0 } else { 16 },
            luma: (luma * Self::ONE).round() as i32,
            chroma: parts.map(|parts| parts.map(|part: f64| (part * chroma * Self::ONE).round() as i32)),
        }
    }

    /// Of a pixel as [`woven`] has it.
    fn rgb(&self, [second, luma, first]: [u8; 3]) -> [u8; 3] {
        let luma = (i32::from(luma) - self.black) * self.luma + (1 << 15);
        let (first, second) = (i32::from(first) - 128, i32::from(second) - 128);
        self.chroma.map(|[by_first, by_second]| {
            ((luma + by_first * first + by_second * second) >> 16).clamp(0, 255) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_from_luma_and_chroma() {
        // Luma and chroma of red by BT.601 and BT.709, all values used and not; white, black and grey are the same in all.
        for (code, full, luma, first, second) in [
            (6, true, 76, 85, 255),
            (6, false, 81, 90, 240),
            (1, true, 54, 99, 255),
            (1, false, 63, 102, 240),
        ] {
            let found = Matrix::of(code, full).rgb([second, luma, first]);
            assert!(found.iter().zip([255, 0, 0]).all(|(found, red)| found.abs_diff(red) < 3), "{found:?}");
        }
        for code in 0..=10 {
            let (full, part) = (Matrix::of(code, true), Matrix::of(code, false));
            for grey in 0..=255 {
                assert_eq!(full.rgb([128, grey, 128]), [grey; 3], "{code}");
            }
            assert_eq!((part.rgb([128, 16, 128]), part.rgb([128, 235, 128])), ([0; 3], [255; 3]));
            assert_eq!((part.rgb([0, 0, 0])[0], part.rgb([128, 255, 128])), (0, [255; 3]), "beyond");
        }
        assert_eq!(Matrix::of(8, true).rgb([128, 100, 200]), [28, 172, 28], "YCgCo");
    }
}
