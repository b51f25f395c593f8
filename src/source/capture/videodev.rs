//! What capture cards need of linux/videodev2.h: structs and constants, written down. A crate that makes them from the
//! header needs libclang, which takes longer to build than all of Marquee.
//!
//! Sizes are those of 64-bit machines, checked when this is compiled; offsets are checked by the test below.

/// `enum v4l2_buf_type`: pictures in one piece of memory, or in one for each plane.
pub(super) const BUF_TYPE_VIDEO_CAPTURE: u32 = 1;
pub(super) const BUF_TYPE_VIDEO_CAPTURE_MPLANE: u32 = 9;
/// The control that tells which connectors get 5 V from a player: number 100 of the class of digital video.
pub(super) const CID_DV_RX_POWER_PRESENT: u32 = 0x00a0_0964;
/// The kind of timings that has a raster.
pub(super) const DV_BT_656_1120: u32 = 0;

/// `V4L2_CAP_…`.
pub(super) mod cap {
    pub(in super::super) const VIDEO_CAPTURE: u32 = 0x0000_0001;
    pub(in super::super) const VIDEO_OUTPUT: u32 = 0x0000_0002;
    pub(in super::super) const VIDEO_CAPTURE_MPLANE: u32 = 0x0000_1000;
    pub(in super::super) const VIDEO_OUTPUT_MPLANE: u32 = 0x0000_2000;
    pub(in super::super) const VIDEO_M2M_MPLANE: u32 = 0x0000_4000;
    pub(in super::super) const VIDEO_M2M: u32 = 0x0000_8000;
    pub(in super::super) const META_CAPTURE: u32 = 0x0080_0000;
    pub(in super::super) const STREAMING: u32 = 0x0400_0000;
    /// What the node itself can do is in a field of its own.
    pub(in super::super) const DEVICE_CAPS: u32 = 0x8000_0000;
}

/// `V4L2_IN_CAP_DV_TIMINGS`: an input for digital video.
pub(super) const IN_CAP_DV_TIMINGS: u32 = 0x0000_0002;

/// `V4L2_IN_ST_…`: what is wrong at an input.
pub(super) mod input_status {
    pub(in super::super) const NO_POWER: u32 = 0x0000_0001;
    pub(in super::super) const NO_SIGNAL: u32 = 0x0000_0002;
    pub(in super::super) const NO_H_LOCK: u32 = 0x0000_0100;
    pub(in super::super) const NO_V_LOCK: u32 = 0x0000_0400;
    pub(in super::super) const NO_STD_LOCK: u32 = 0x0000_0800;
    pub(in super::super) const NO_SYNC: u32 = 0x0001_0000;
    pub(in super::super) const NO_CARRIER: u32 = 0x0004_0000;
    pub(in super::super) const MACROVISION: u32 = 0x0100_0000;
    pub(in super::super) const NO_ACCESS: u32 = 0x0200_0000;
}

/// `struct v4l2_capability`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Capability {
    pub(super) driver: [u8; 16],
    pub(super) card: [u8; 32],
    pub(super) bus_info: [u8; 32],
    pub(super) version: u32,
    pub(super) capabilities: u32,
    pub(super) device_caps: u32,
    pub(super) reserved: [u32; 3],
}

/// `struct v4l2_fmtdesc`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct FormatDescription {
    pub(super) index: u32,
    pub(super) buffer_type: u32,
    pub(super) flags: u32,
    pub(super) description: [u8; 32],
    pub(super) pixel_format: u32,
    pub(super) mbus_code: u32,
    pub(super) reserved: [u32; 3],
}

/// `struct v4l2_format`, of which only width and height are read: both kinds of pictures begin with them.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Format {
    pub(super) buffer_type: u32,
    pub(super) fmt: FormatUnion,
}

/// Some of the kernel's variants hold pointers, which is what aligns it.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union FormatUnion {
    pub(super) size: Size,
    pub(super) raw: [u64; 25],
}

/// `struct v4l2_input`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Input {
    pub(super) index: u32,
    pub(super) name: [u8; 32],
    pub(super) input_type: u32,
    pub(super) audioset: u32,
    pub(super) tuner: u32,
    pub(super) std: u64,
    pub(super) status: u32,
    pub(super) capabilities: u32,
    pub(super) reserved: [u32; 3],
}

/// `struct v4l2_control`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Control {
    pub(super) id: u32,
    pub(super) value: i32,
}

/// `struct v4l2_frmsize_discrete`, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

/// `struct v4l2_frmsize_stepwise`, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct SizeRange {
    pub(super) min_width: u32,
    pub(super) max_width: u32,
    pub(super) step_width: u32,
    pub(super) min_height: u32,
    pub(super) max_height: u32,
    pub(super) step_height: u32,
}

/// `struct v4l2_frmsizeenum`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct SizeEntry {
    pub(super) index: u32,
    pub(super) pixel_format: u32,
    pub(super) kind: u32,
    pub(super) value: SizeUnion,
    pub(super) reserved: [u32; 2],
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union SizeUnion {
    pub(super) discrete: Size,
    pub(super) stepwise: SizeRange,
}

/// `struct v4l2_fract`, of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Fraction {
    pub(super) numerator: u32,
    pub(super) denominator: u32,
}

/// `struct v4l2_frmival_stepwise`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct IntervalRange {
    pub(super) min: Fraction,
    pub(super) max: Fraction,
    pub(super) step: Fraction,
}

/// `struct v4l2_frmivalenum`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct IntervalEntry {
    pub(super) index: u32,
    pub(super) pixel_format: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) kind: u32,
    pub(super) value: IntervalUnion,
    pub(super) reserved: [u32; 2],
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union IntervalUnion {
    pub(super) discrete: Fraction,
    pub(super) stepwise: IntervalRange,
}

/// `struct v4l2_bt_timings`: pixels, lines, and the clock in Hz.
#[derive(Clone, Copy)]
#[repr(C, packed)]
pub(super) struct BtTimings {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) interlaced: u32,
    pub(super) polarities: u32,
    pub(super) pixel_clock: u64,
    pub(super) hfrontporch: u32,
    pub(super) hsync: u32,
    pub(super) hbackporch: u32,
    pub(super) vfrontporch: u32,
    pub(super) vsync: u32,
    pub(super) vbackporch: u32,
    pub(super) il_vfrontporch: u32,
    pub(super) il_vsync: u32,
    pub(super) il_vbackporch: u32,
    pub(super) standards: u32,
    pub(super) flags: u32,
    pub(super) picture_aspect: Fraction,
    pub(super) cea861_vic: u8,
    pub(super) hdmi_vic: u8,
    pub(super) reserved: [u8; 46],
}

/// `struct v4l2_dv_timings`.
#[derive(Clone, Copy)]
#[repr(C, packed)]
pub(super) struct DvTimings {
    pub(super) kind: u32,
    pub(super) value: DvTimingsUnion,
}

#[derive(Clone, Copy)]
#[repr(C, packed)]
pub(super) union DvTimingsUnion {
    pub(super) bt: BtTimings,
    pub(super) reserved: [u32; 32],
}

/// `struct v4l2_edid`.
#[repr(C)]
pub(super) struct Edid {
    pub(super) pad: u32,
    pub(super) start_block: u32,
    pub(super) blocks: u32,
    pub(super) reserved: [u32; 5],
    pub(super) edid: *mut u8,
}

/// A size of a card's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sizes {
    Discrete(Size),
    Range(SizeRange),
}

/// A time from picture to picture of a card's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intervals {
    Discrete(Fraction),
    Range(IntervalRange),
}

// `enum v4l2_frmsizetypes` and `enum v4l2_frmivaltypes` have the same numbers.
pub(super) const DISCRETE: u32 = 1;
pub(super) const CONTINUOUS: u32 = 2;
pub(super) const STEPWISE: u32 = 3;

const _: () = {
    assert!(size_of::<Capability>() == 104);
    assert!(size_of::<FormatDescription>() == 64);
    assert!(size_of::<Format>() == 208);
    assert!(size_of::<Input>() == 80);
    assert!(size_of::<Control>() == 8);
    assert!(size_of::<SizeEntry>() == 44);
    assert!(size_of::<IntervalEntry>() == 52);
    assert!(size_of::<DvTimings>() == 132);
    assert!(size_of::<Edid>() == 40);
};

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn fields_are_where_the_kernel_has_them() {
        // From a C program that prints offsetof() of linux/videodev2.h on 64-bit machines.
        assert_eq!(offset_of!(Capability, capabilities), 84);
        assert_eq!(offset_of!(Capability, device_caps), 88);
        assert_eq!(offset_of!(FormatDescription, pixel_format), 44);
        assert_eq!(offset_of!(Format, fmt), 8);
        assert_eq!(offset_of!(Input, std), 48);
        assert_eq!(offset_of!(Input, status), 56);
        assert_eq!(offset_of!(Input, capabilities), 60);
        assert_eq!(offset_of!(SizeEntry, value), 12);
        assert_eq!(offset_of!(IntervalEntry, value), 20);
        assert_eq!(offset_of!(DvTimings, value), 4);
        assert_eq!(offset_of!(BtTimings, pixel_clock), 16);
        assert_eq!(offset_of!(BtTimings, hfrontporch), 24);
        assert_eq!(offset_of!(BtTimings, il_vbackporch), 56);
        assert_eq!(offset_of!(BtTimings, picture_aspect), 68);
        assert_eq!(offset_of!(Edid, edid), 32);
    }
}
