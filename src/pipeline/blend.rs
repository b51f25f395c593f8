//! One picture into another: for fades, and for a still of what is on a screen.

use gstreamer_video as gst_video;

use super::raw::RawPicture;
use crate::media::MediaTime;

/// Of a screen, as 8-bit RGBA.
#[derive(Clone)]
pub struct Still {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

/// Makes stills of pictures of any kind and size. One for a row of pictures of a kind: what it prepares, it keeps.
#[derive(Default)]
pub struct Stiller {
    ready: Option<Ready>,
}

struct Ready {
    from: gst_video::VideoInfo,
    to: gst_video::VideoInfo,
    cover: bool,
    converter: gst_video::VideoConverter,
}

impl Stiller {
    /// The picture as a screen of that size shows it: whole, with black borders, or filling it. `None`: it can't be
    /// looked at.
    pub fn still(&mut self, picture: &RawPicture, width: u32, height: u32, cover: bool) -> Option<Still> {
        let sample = picture.sample();
        let from = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
        let fits = |ready: &Ready| {
            ready.from == from
                && ready.cover == cover
                && (ready.to.width(), ready.to.height()) == (width, height)
        };
        if !self.ready.as_ref().is_some_and(fits) {
            self.ready = Some(Ready::new(from, width, height, cover)?);
        }
        let ready = self.ready.as_ref()?;
        let source =
            gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &ready.from).ok()?;
        let mut buffer = gstreamer::Buffer::from_mut_slice(vec![0; ready.to.size()]);
        {
            let target = buffer.get_mut()?;
            let mut target = gst_video::VideoFrameRef::from_buffer_ref_writable(target, &ready.to).ok()?;
            ready.converter.frame_ref(&source, &mut target);
        }
        let pixels = buffer.map_readable().ok()?.to_vec();
        Some(Still { width, height, pixels })
    }
}

impl Ready {
    fn new(from: gst_video::VideoInfo, width: u32, height: u32, cover: bool) -> Option<Self> {
        let to = gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgba, width, height);
        let to = to.fps(gstreamer::Fraction::new(0, 1)).build().ok()?;
        let mut config = gst_video::VideoConverterConfig::new();
        config.set_fill_border(true);
        config.set_border_argb(0xff00_0000);
        let shape = (
            from.width() * u32::try_from(from.par().numer()).ok()?,
            from.height() * u32::try_from(from.par().denom()).ok()?,
        );
        if cover {
            let (wide, high) = within((width, height), (from.width(), from.height()), shape);
            config.set_src_x(i32::try_from((from.width() - wide) / 2).ok()?);
            config.set_src_y(i32::try_from((from.height() - high) / 2).ok()?);
            config.set_src_width(Some(i32::try_from(wide).ok()?));
            config.set_src_height(Some(i32::try_from(high).ok()?));
        } else {
            let (wide, high) = scaled(shape, (width, height));
            config.set_dest_x(i32::try_from((width - wide) / 2).ok()?);
            config.set_dest_y(i32::try_from((height - high) / 2).ok()?);
            config.set_dest_width(Some(i32::try_from(wide).ok()?));
            config.set_dest_height(Some(i32::try_from(high).ok()?));
        }
        let converter = gst_video::VideoConverter::new(&from, &to, Some(config)).ok()?;
        Some(Self { from, to, cover, converter })
    }
}

/// The largest size of a shape within bounds.
fn scaled((wide, high): (u32, u32), (width, height): (u32, u32)) -> (u32, u32) {
    let [wide, high, width_max, height_max] = [wide.max(1), high.max(1), width, height].map(f64::from);
    let scale = (width_max / wide).min(height_max / high);
    let side = |side: f64, max: u32| ((side * scale).round() as u32).clamp(1, max.max(1));
    (side(wide, width), side(high, height))
}

/// The part of a picture that has the screen's shape, in the picture's own pixels, which need not be square.
fn within(screen: (u32, u32), size: (u32, u32), shape: (u32, u32)) -> (u32, u32) {
    let part = scaled(screen, shape);
    let share = |part: u32, of: u32, side: u32| {
        ((f64::from(part) / f64::from(of.max(1)) * f64::from(side)).round() as u32).clamp(1, side.max(1))
    };
    (share(part.0, shape.0, size.0), share(part.1, shape.1, size.1))
}

impl Still {
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// As a picture again.
    pub fn into_picture(self) -> RawPicture {
        RawPicture::from_rgba(self.width, self.height, self.pixels, MediaTime::default())
    }

    /// Between this and another of its size: 0 is this, 256 the other.
    pub fn towards(&self, other: &Self, part: u16) -> RawPicture {
        let to = u64::from(part.min(256));
        let mut pixels = self.pixels.clone();
        for (mixed, other) in pixels.chunks_exact_mut(PIXELS).zip(other.pixels.chunks_exact(PIXELS)) {
            let [a, b] = [&*mixed, other].map(|bytes| bytes.try_into().map_or(0, u64::from_le_bytes));
            mixed.copy_from_slice(&mix(a, b, to).to_le_bytes());
        }
        RawPicture::from_rgba(self.width, self.height, pixels, MediaTime::default())
    }
}

/// Bytes of two pixels, which are mixed at once. A screen's rows are even; a last pixel alone is left as it is.
const PIXELS: usize = 8;

/// Eight bytes of the one and the other, `to` of 256 parts of the other: every second byte in a lane of 16 bits.
const fn mix(a: u64, b: u64, to: u64) -> u64 {
    const LANES: u64 = 0x00ff_00ff_00ff_00ff;
    let from = 256 - to;
    // 255 * 256 fits in a lane.
    let even = (a & LANES) * from + (b & LANES) * to;
    let odd = (a >> 8 & LANES) * from + (b >> 8 & LANES) * to;
    even >> 8 & LANES | odd & !LANES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::clock;

    fn plain(width: u32, height: u32, value: u8) -> RawPicture {
        clock::init().expect("GStreamer is installed");
        let pixels = [value, value, value, 255].repeat((width * height) as usize);
        RawPicture::from_rgba(width, height, pixels, MediaTime::default())
    }

    fn red(still: &Still, x: u32, y: u32) -> u8 {
        still.pixels[((y * still.width + x) * 4) as usize]
    }

    #[test]
    fn a_still_is_what_the_screen_shows() {
        let mut stiller = Stiller::default();
        let whole = stiller.still(&plain(40, 40, 200), 160, 90, false).expect("a still");
        assert_eq!(whole.size(), (160, 90));
        assert_eq!([red(&whole, 10, 45), red(&whole, 80, 45), red(&whole, 150, 45)], [0, 200, 0]);
        let filled = stiller.still(&plain(40, 40, 200), 160, 90, true).expect("a still");
        assert_eq!([red(&filled, 0, 0), red(&filled, 80, 45), red(&filled, 159, 89)], [200; 3]);
        let upright = stiller.still(&plain(40, 400, 200), 160, 90, false).expect("a still");
        assert_eq!([red(&upright, 10, 45), red(&upright, 80, 45)], [0, 200]);
    }

    #[test]
    fn all_bytes_are_mixed_alike() {
        let (a, b) = ([0, 255, 255, 0, 10, 200, 128, 1_u8], [255, 0, 255, 0, 20, 100, 64, 3_u8]);
        for to in [0, 1, 100, 128, 255, 256] {
            let mixed = mix(u64::from_le_bytes(a), u64::from_le_bytes(b), to).to_le_bytes();
            let alone =
                |index: usize| ((u64::from(a[index]) * (256 - to) + u64::from(b[index]) * to) >> 8) as u8;
            assert_eq!(mixed, std::array::from_fn(alone), "{to}");
        }
    }

    #[test]
    fn a_fade_goes_from_the_one_to_the_other() {
        let mut stiller = Stiller::default();
        let dark = stiller.still(&plain(16, 16, 40), 16, 16, false).expect("a still");
        let light = stiller.still(&plain(16, 16, 200), 16, 16, false).expect("a still");
        let at = |part| {
            let picture = dark.towards(&light, part);
            red(&Stiller::default().still(&picture, 16, 16, false).expect("a still"), 8, 8)
        };
        assert_eq!([at(0), at(128), at(256), at(999)], [40, 120, 200, 200]);
    }
}
