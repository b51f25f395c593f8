//! V4L2's calls as safe functions.
#![expect(unsafe_code, reason = "these calls exist as numbers and structs only")]

use std::ffi::c_int;
use std::fs::{File, OpenOptions};
use std::io;
use std::marker::PhantomData;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::videodev::{self, Intervals, Sizes, cap};

/// More formats, sizes or rates than any card has; a driver that never ends its list must not hold us.
const LIST_MAX: u32 = 256;

/// A call and the struct it takes.
struct Call<T> {
    number: u32,
    takes: PhantomData<T>,
}

#[derive(Clone, Copy)]
enum Direction {
    Read = 2,
    Both = 3,
}

/// linux/ioctl.h: direction in bits 30 and 31, size of the struct from bit 16, group from bit 8, number.
const fn call_number(direction: Direction, size_bytes: usize, number: u8) -> u32 {
    (direction as u32) << 30 | (size_bytes as u32) << 16 | (b'V' as u32) << 8 | number as u32
}

impl<T: Plain> Call<T> {
    const fn new(direction: Direction, number: u8) -> Self {
        Self { number: call_number(direction, size_of::<T>(), number), takes: PhantomData }
    }
}

/// Structs that V4L2 fills in.
///
/// # Safety
/// All-zero bytes are a value of it, so is whatever a driver writes into it, and a driver follows no pointer in it.
unsafe trait Plain: Copy {
    fn zero() -> Self {
        // SAFETY: what the trait promises.
        unsafe { std::mem::zeroed() }
    }
}

// SAFETY: numbers, arrays of numbers, and unions of those. The pointers that some unions of `struct v4l2_format` can hold
// belong to overlay formats, which are not asked for.
unsafe impl Plain for c_int {}
unsafe impl Plain for videodev::Capability {}
unsafe impl Plain for videodev::Control {}
unsafe impl Plain for videodev::DvTimings {}
unsafe impl Plain for videodev::FormatDescription {}
unsafe impl Plain for videodev::Format {}
unsafe impl Plain for videodev::IntervalEntry {}
unsafe impl Plain for videodev::SizeEntry {}
unsafe impl Plain for videodev::Input {}

const QUERYCAP: Call<videodev::Capability> = Call::new(Direction::Read, 0);
const ENUM_FMT: Call<videodev::FormatDescription> = Call::new(Direction::Both, 2);
const G_FMT: Call<videodev::Format> = Call::new(Direction::Both, 4);
const ENUMINPUT: Call<videodev::Input> = Call::new(Direction::Both, 26);
const G_CTRL: Call<videodev::Control> = Call::new(Direction::Both, 27);
const G_INPUT: Call<c_int> = Call::new(Direction::Read, 38);
const ENUM_FRAMESIZES: Call<videodev::SizeEntry> = Call::new(Direction::Both, 74);
const ENUM_FRAMEINTERVALS: Call<videodev::IntervalEntry> = Call::new(Direction::Both, 75);
const S_DV_TIMINGS: Call<videodev::DvTimings> = Call::new(Direction::Both, 87);
const G_DV_TIMINGS: Call<videodev::DvTimings> = Call::new(Direction::Both, 88);
const QUERY_DV_TIMINGS: Call<videodev::DvTimings> = Call::new(Direction::Read, 99);

/// Which of the two capture interfaces a node has: pictures in one piece of memory, or in one for each plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Planes {
    Single,
    Multi,
}

impl Planes {
    const fn buffer_type(self) -> u32 {
        match self {
            Self::Single => videodev::BUF_TYPE_VIDEO_CAPTURE,
            Self::Multi => videodev::BUF_TYPE_VIDEO_CAPTURE_MPLANE,
        }
    }
}

/// What a node is; texts as the driver wrote them, repaired where they are not UTF-8.
pub(super) struct Capability {
    pub(super) driver: String,
    pub(super) card: String,
    /// `V4L2_CAP_…` of this node.
    pub(super) flags: u32,
}

/// The selected input of a card.
#[derive(Clone, Copy)]
pub(super) struct Input {
    pub(super) index: u32,
    /// `V4L2_IN_CAP_…`.
    pub(super) capabilities: u32,
    /// `V4L2_IN_ST_…`.
    pub(super) status: u32,
}

/// Digital video timings as the driver wants them back, and what they mean.
#[derive(Clone, Copy)]
pub(super) struct DvTimings {
    raw: videodev::DvTimings,
}

/// Sizes in pixels and lines, blanking included in the totals; the clock in Hz.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) width_total: u32,
    /// Of a whole frame, both fields of an interlaced one.
    pub(super) height_total: u32,
    pub(super) pixel_clock: u64,
    pub(super) interlaced: bool,
}

/// An open video node. Not inherited by child processes.
pub(super) struct Node {
    file: File,
}

impl Node {
    /// Errors: ENOENT, ENODEV, ENXIO no such card; EACCES not allowed; EBUSY.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        Ok(Self { file })
    }

    fn call<T: Plain>(&self, call: &Call<T>, mut value: T) -> io::Result<T> {
        let to: *mut T = &raw mut value;
        loop {
            // SAFETY: `to` points to a value of the struct whose size is part of the call's number; the kernel reads
            // and writes no more than that, and leaves in it a value of T as Plain promises.
            if unsafe { libc::ioctl(self.file.as_raw_fd(), call.number.into(), to) } >= 0 {
                return Ok(value);
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }

    pub(super) fn capability(&self) -> io::Result<Capability> {
        let found = self.call(&QUERYCAP, Plain::zero())?;
        let own = found.capabilities & cap::DEVICE_CAPS != 0;
        let flags = if own { found.device_caps } else { found.capabilities };
        Ok(Capability { driver: text(&found.driver), card: text(&found.card), flags })
    }

    /// The four characters of each format.
    pub(super) fn formats(&self, planes: Planes) -> Vec<[u8; 4]> {
        let entry = |index| {
            let asked =
                videodev::FormatDescription { index, buffer_type: planes.buffer_type(), ..Plain::zero() };
            self.call(&ENUM_FMT, asked).ok().map(|found| found.pixel_format.to_le_bytes())
        };
        (0..LIST_MAX).map_while(entry).collect()
    }

    /// Empty if the driver tells none.
    pub(super) fn sizes(&self, fourcc: [u8; 4]) -> Vec<Sizes> {
        let pixel_format = u32::from_le_bytes(fourcc);
        let entry = |index| {
            let asked = videodev::SizeEntry { index, pixel_format, ..Plain::zero() };
            sizes(&self.call(&ENUM_FRAMESIZES, asked).ok()?)
        };
        (0..LIST_MAX).map_while(entry).collect()
    }

    /// Empty if the driver tells none.
    pub(super) fn intervals(&self, fourcc: [u8; 4], width: u32, height: u32) -> Vec<Intervals> {
        let pixel_format = u32::from_le_bytes(fourcc);
        let entry = |index| {
            let asked = videodev::IntervalEntry { index, pixel_format, width, height, ..Plain::zero() };
            intervals(&self.call(&ENUM_FRAMEINTERVALS, asked).ok()?)
        };
        (0..LIST_MAX).map_while(entry).collect()
    }

    /// Width and height the node is set to now.
    pub(super) fn size(&self, planes: Planes) -> io::Result<(u32, u32)> {
        let found =
            self.call(&G_FMT, videodev::Format { buffer_type: planes.buffer_type(), ..Plain::zero() })?;
        // SAFETY: the kernel filled the variant of the type asked for; both begin with width and height, numbers.
        let size = unsafe { found.fmt.size };
        Ok((size.width, size.height))
    }

    /// Errors: ENOTTY: the card has no inputs to choose from.
    pub(super) fn input(&self) -> io::Result<Input> {
        let index = u32::try_from(self.call(&G_INPUT, 0)?).unwrap_or(0);
        let found = self.call(&ENUMINPUT, videodev::Input { index, ..Plain::zero() })?;
        Ok(Input { index, capabilities: found.capabilities, status: found.status })
    }

    /// Whether a plugged-in player gives its 5 V, a bit for each connector. Errors: EINVAL, ENOTTY: not known.
    pub(super) fn rx_power(&self) -> io::Result<u32> {
        let found =
            self.call(&G_CTRL, videodev::Control { id: videodev::CID_DV_RX_POWER_PRESENT, value: 0 })?;
        Ok(found.value.cast_unsigned())
    }

    /// What comes in now. Errors: ENOLINK no signal, ENOLCK not locked, ERANGE out of range, ENODATA not this input.
    pub(super) fn incoming_timings(&self) -> io::Result<DvTimings> {
        self.call(&QUERY_DV_TIMINGS, Plain::zero()).map(|raw| DvTimings { raw })
    }

    /// What the card is set to.
    pub(super) fn timings(&self) -> io::Result<DvTimings> {
        self.call(&G_DV_TIMINGS, Plain::zero()).map(|raw| DvTimings { raw })
    }

    pub(super) fn set_timings(&self, timings: &DvTimings) -> io::Result<()> {
        self.call(&S_DV_TIMINGS, timings.raw).map(drop)
    }

    /// Blocks of 128 bytes in the EDID that an input shows to players. Errors: ENODATA none; ENOTTY it shows none.
    pub(super) fn edid_blocks(&self, input: u32) -> io::Result<u32> {
        let mut edid = empty_edid(input);
        self.edid_call(40, &mut edid)?;
        Ok(edid.blocks)
    }

    /// Makes an input show an EDID of whole blocks.
    pub(super) fn set_edid(&self, input: u32, bytes: &mut [u8]) -> io::Result<()> {
        let blocks = u32::try_from(bytes.len() / 128).unwrap_or(0);
        self.edid_call(41, &mut videodev::Edid { blocks, edid: bytes.as_mut_ptr(), ..empty_edid(input) })
    }

    /// `edid.edid` must point to `edid.blocks` blocks, or there be none.
    fn edid_call(&self, number: u8, edid: &mut videodev::Edid) -> io::Result<()> {
        let call = call_number(Direction::Both, size_of::<videodev::Edid>(), number);
        let to: *mut videodev::Edid = edid;
        // SAFETY: the struct has the size in the number, and the two callers keep what this function asks for, so
        // that the kernel reads and writes only memory that is borrowed for the call.
        if unsafe { libc::ioctl(self.file.as_raw_fd(), call.into(), to) } < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

fn empty_edid(input: u32) -> videodev::Edid {
    videodev::Edid { pad: input, start_block: 0, blocks: 0, reserved: [0; 5], edid: std::ptr::null_mut() }
}

/// `None` for a kind that nobody knows yet.
fn sizes(entry: &videodev::SizeEntry) -> Option<Sizes> {
    // SAFETY: both variants are numbers, whatever bits are in them.
    match entry.kind {
        videodev::DISCRETE => Some(Sizes::Discrete(unsafe { entry.value.discrete })),
        videodev::CONTINUOUS | videodev::STEPWISE => Some(Sizes::Range(unsafe { entry.value.stepwise })),
        _ => None,
    }
}

/// `None` for a kind that nobody knows yet.
fn intervals(entry: &videodev::IntervalEntry) -> Option<Intervals> {
    // SAFETY: both variants are numbers, whatever bits are in them.
    match entry.kind {
        videodev::DISCRETE => Some(Intervals::Discrete(unsafe { entry.value.discrete })),
        videodev::CONTINUOUS | videodev::STEPWISE => Some(Intervals::Range(unsafe { entry.value.stepwise })),
        _ => None,
    }
}

impl DvTimings {
    /// `None` for a kind of timings that has no raster.
    pub(super) fn raster(&self) -> Option<Raster> {
        if self.raw.kind != videodev::DV_BT_656_1120 {
            return None;
        }
        // SAFETY: `kind` says that this variant was filled in; all of it are numbers.
        let bt = unsafe { self.raw.value.bt };
        let blank = |parts: &[u32]| parts.iter().fold(0, |sum: u32, part| sum.saturating_add(*part));
        let second_field =
            if bt.interlaced != 0 { blank(&[bt.il_vfrontporch, bt.il_vsync, bt.il_vbackporch]) } else { 0 };
        let down = blank(&[bt.height, bt.vfrontporch, bt.vsync, bt.vbackporch, second_field]);
        Some(Raster {
            width: bt.width,
            height: bt.height,
            width_total: blank(&[bt.width, bt.hfrontporch, bt.hsync, bt.hbackporch]),
            height_total: down,
            pixel_clock: bt.pixel_clock,
            interlaced: bt.interlaced != 0,
        })
    }
}

/// A driver's text up to its zero byte.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_kernel() {
        // From a C program that prints the macros of linux/videodev2.h on 64-bit machines.
        assert_eq!(S_DV_TIMINGS.number, 0xc084_5657);
        assert_eq!(G_DV_TIMINGS.number, 0xc084_5658);
        assert_eq!(QUERY_DV_TIMINGS.number, 0x8084_5663);
        assert_eq!(QUERYCAP.number, 0x8068_5600);
        assert_eq!(ENUM_FMT.number, 0xc040_5602);
        assert_eq!(G_FMT.number, 0xc0d0_5604);
        assert_eq!(ENUMINPUT.number, 0xc050_561a);
        assert_eq!(G_CTRL.number, 0xc008_561b);
        assert_eq!(G_INPUT.number, 0x8004_5626);
        assert_eq!(ENUM_FRAMESIZES.number, 0xc02c_564a);
        assert_eq!(ENUM_FRAMEINTERVALS.number, 0xc034_564b);
        let edid = |number| call_number(Direction::Both, size_of::<videodev::Edid>(), number);
        assert_eq!((edid(40), edid(41)), (0xc028_5628, 0xc028_5629));
    }

    #[test]
    fn what_is_no_video_node_says_so() {
        let node = Node::open(Path::new("/dev/null")).unwrap();
        assert_eq!(node.capability().err().and_then(|error| error.raw_os_error()), Some(libc::ENOTTY));
        assert!(node.formats(Planes::Single).is_empty());
        assert!(node.incoming_timings().is_err());
        assert_eq!(node.edid_blocks(0).unwrap_err().raw_os_error(), Some(libc::ENOTTY));
    }

    #[test]
    fn a_name_cut_in_a_character_is_repaired() {
        assert_eq!(text(b"USB Video\0rest"), "USB Video");
        assert_eq!(text(b"Kamera f\xc3"), "Kamera f\u{fffd}");
    }
}
