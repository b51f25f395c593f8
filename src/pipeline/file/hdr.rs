//! Videos of more light than a screen gives (HDR: PQ and HLG, in the wide colours of BT.2020), for screens of sRGB. Without
//! this they are grey and pale.

use std::sync::LazyLock;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

/// Light of paper in a graded film (ITU-R BT.2408, 2.1), in candela per square metre.
const PAPER: f32 = 203.0;
/// The brightest that is told from brighter: what films are graded for.
const BRIGHTEST: f32 = 1000.0;
/// Linear light is looked up in so many steps, by its square root, as the eye sees it.
const STEPS: usize = 2048;

/// Behind what makes pictures smaller: RGB, and a place where it becomes what a screen shows.
pub(super) fn toned(width: u32, height: u32) -> String {
    format!(
        "! video/x-raw,format=RGB,width={width},height={height},pixel-aspect-ratio=1/1 ! identity name=toned ! videoconvert "
    )
}

/// That place.
pub(super) fn pad(pipeline: &gst::Pipeline) -> Option<gst::Pad> {
    pipeline.by_name("toned")?.static_pad("src")
}

/// How the light of a picture is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hdr {
    Pq,
    Hlg,
}

impl Hdr {
    /// By the caps of decoded pictures. `None`: as screens show it.
    pub(super) fn of(pad: &gst::Pad) -> Option<Self> {
        let caps = pad.current_caps()?;
        let info = gst_video::VideoInfo::from_caps(&caps).ok()?;
        Self::of_transfer(info.colorimetry().transfer())
    }

    pub(super) fn of_transfer(transfer: gst_video::VideoTransferFunction) -> Option<Self> {
        match transfer {
            gst_video::VideoTransferFunction::Smpte2084 => Some(Self::Pq),
            gst_video::VideoTransferFunction::AribStdB67 => Some(Self::Hlg),
            _ => None,
        }
    }

    /// Light of a value from 0 to 1 on a screen of [`BRIGHTEST`], paper being 1.
    fn light(self, value: f32) -> f32 {
        match self {
            // SMPTE ST 2084, 4.1.
            Self::Pq => {
                let (m1, m2) = (0.159_301_76, 78.84375);
                let (c1, c2, c3) = (0.835_937_5, 18.851_563, 18.6875);
                let root = value.powf(1.0 / m2);
                10_000.0 * ((root - c1).max(0.0) / (c2 - c3 * root)).powf(1.0 / m1) / PAPER
            }
            // ITU-R BT.2100, table 5; the system gamma of 1.2 is applied to each colour by itself.
            Self::Hlg => {
                let (a, b, c) = (0.178_832_77_f32, 0.284_668_92_f32, 0.559_910_7_f32);
                let scene =
                    if value <= 0.5 { value * value / 3.0 } else { (((value - c) / a).exp() + b) / 12.0 };
                BRIGHTEST * scene.powf(1.2) / PAPER
            }
        }
    }

    fn tables(self) -> &'static Tables {
        match self {
            Self::Pq => &PQ,
            Self::Hlg => &HLG,
        }
    }

    /// Makes pixels of 8-bit RGB such as a screen shows.
    pub(super) fn tone_pixels(self, pixels: &mut [u8]) {
        self.tables().row(pixels);
    }

    /// Makes the pictures that go through a pad, in 8-bit RGB, such as a screen shows.
    pub(super) fn tone(self, pad: &gst::Pad) {
        let tables = self.tables();
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            let size = pad.current_caps().and_then(|caps| gst_video::VideoInfo::from_caps(&caps).ok());
            if let Some((size, buffer)) = size.zip(info.buffer_mut())
                && let Ok(mut map) = buffer.make_mut().map_writable()
            {
                let stride =
                    size.stride().first().and_then(|stride| usize::try_from(*stride).ok()).unwrap_or(0);
                for row in map.chunks_exact_mut(stride.max(1)) {
                    tables.row(&mut row[..stride.min(size.width() as usize * 3)]);
                }
            }
            gst::PadProbeReturn::Ok
        });
    }
}

/// What each value stands for, and what a screen is given for each light.
struct Tables {
    light: [f32; 256],
    shown: Vec<u8>,
}

static PQ: LazyLock<Tables> = LazyLock::new(|| Tables::of(Hdr::Pq));
static HLG: LazyLock<Tables> = LazyLock::new(|| Tables::of(Hdr::Hlg));

impl Tables {
    fn of(hdr: Hdr) -> Self {
        let mut light = [0.0; 256];
        for (value, light) in light.iter_mut().enumerate() {
            *light = hdr.light(value as f32 / 255.0);
        }
        // IEC 61966-2-1.
        let srgb = |linear: f32| match linear {
            ..=0.003_130_8 => 12.92 * linear,
            _ => 1.055 * linear.powf(1.0 / 2.4) - 0.055,
        };
        let shown = (0..=STEPS).map(|step| {
            let root = step as f32 / STEPS as f32;
            (srgb(root * root) * 255.0).round() as u8
        });
        Self { light, shown: shown.collect() }
    }

    fn row(&self, row: &mut [u8]) {
        for pixel in row.chunks_exact_mut(3) {
            let [red, green, blue] = [0, 1, 2].map(|colour| self.light[usize::from(pixel[colour])]);
            // From BT.2020 to BT.709 (ITU-R BT.2087, 2).
            let colours = [
                1.6605 * red - 0.5876 * green - 0.0728 * blue,
                -0.1246 * red + 1.1329 * green - 0.0083 * blue,
                -0.0182 * red - 0.1006 * green + 1.1187 * blue,
            ];
            let most = red.max(green).max(blue);
            let scale = if most > 0.0 { dimmed(most) / most } else { 0.0 };
            for (value, colour) in pixel.iter_mut().zip(colours) {
                let root = (colour * scale).clamp(0.0, 1.0).sqrt();
                *value = self.shown[(root * STEPS as f32) as usize];
            }
        }
    }
}

/// What is brighter than paper gets closer and closer to white, up to the brightest (Reinhard et al. 2002, equation 4);
/// what is dark stays.
fn dimmed(light: f32) -> f32 {
    let white = BRIGHTEST / PAPER;
    light * (1.0 + light / (white * white)) / (1.0 + light)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hdr: Hdr, mut pixel: [u8; 3]) -> [u8; 3] {
        Tables::of(hdr).row(&mut pixel);
        pixel
    }

    #[test]
    fn paper_is_bright_black_is_black_and_the_brightest_white() {
        for (hdr, paper, brightest) in [(Hdr::Pq, 148, 192), (Hdr::Hlg, 191, 255)] {
            assert!((hdr.light(paper as f32 / 255.0) - 1.0).abs() < 0.1, "{hdr:?}");
            assert_eq!(shown(hdr, [0; 3]), [0; 3]);
            assert!(shown(hdr, [paper; 3])[0] > 170, "{hdr:?}: {:?}", shown(hdr, [paper; 3]));
            assert!(shown(hdr, [brightest; 3])[1] > 250, "{hdr:?}: {:?}", shown(hdr, [brightest; 3]));
            let greys: Vec<u8> = (0..=255).map(|value| shown(hdr, [value; 3])[0]).collect();
            assert!(greys.is_sorted(), "{hdr:?}");
        }
    }

    #[test]
    fn colours_are_as_vivid_as_they_were_meant() {
        // Red of BT.709 at the light of paper, in BT.2020 and PQ: pale and violet if it is shown as it is.
        let [red, green, blue] = shown(Hdr::Pq, [136, 83, 56]);
        assert!(red > 150 && green < 60 && blue < 60, "{red} {green} {blue}");
    }
}
