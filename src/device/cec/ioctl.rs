//! The calls of the kernel's CEC devices (linux/cec.h) as safe functions.
//!
//! Why not a library: `cec_linux` can't tell which connector an adapter belongs to and makes enums of bytes that come from
//! the wire; `linux-cec` is under the LGPL, for which a program in one piece would have to come with its parts; `linux-cec-sys`
//! is these structs, with calls that are as unsafe as here.
#![expect(unsafe_code, reason = "these calls exist as numbers and structs only")]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

/// Structs of numbers alone.
///
/// # Safety
/// Any bytes are a value of it, and the kernel follows no pointer in it.
unsafe trait Plain {}

// SAFETY: numbers and arrays of numbers.
unsafe impl Plain for u16 {}
unsafe impl Plain for u32 {}
unsafe impl Plain for Capabilities {}
unsafe impl Plain for LogicalAddresses {}
unsafe impl Plain for Transfer {}
unsafe impl Plain for [u32; CONNECTOR_WORDS] {}
unsafe impl Plain for [u64; EVENT_WORDS] {}

/// `struct cec_connector_info`: a type, and 16 words of what it has.
const CONNECTOR_WORDS: usize = 17;
/// `struct cec_event`: a time, what and flags, and 16 half words of what it has. What has happened is asked for anew.
const EVENT_WORDS: usize = 10;
const GROUP: u8 = b'a';
const ADAP_G_CAPS: Opcode = opcode::read_write::<Capabilities>(GROUP, 0);
const ADAP_G_PHYS_ADDR: Opcode = opcode::read::<u16>(GROUP, 1);
const ADAP_G_LOG_ADDRS: Opcode = opcode::read::<LogicalAddresses>(GROUP, 3);
const ADAP_S_LOG_ADDRS: Opcode = opcode::read_write::<LogicalAddresses>(GROUP, 4);
const TRANSMIT: Opcode = opcode::read_write::<Transfer>(GROUP, 5);
const RECEIVE: Opcode = opcode::read_write::<Transfer>(GROUP, 6);
const DQEVENT: Opcode = opcode::read_write::<[u64; EVENT_WORDS]>(GROUP, 7);
const S_MODE: Opcode = opcode::write::<u32>(GROUP, 9);
const ADAP_G_CONNECTOR_INFO: Opcode = opcode::read::<[u32; CONNECTOR_WORDS]>(GROUP, 10);

/// `CEC_CONNECTOR_TYPE_DRM`
const CONNECTOR_DRM: u32 = 1;
/// `CEC_MODE_INITIATOR | CEC_MODE_FOLLOWER`
const MODE_FOLLOWER: u32 = 0x1 | 0x10;
/// `CEC_PHYS_ADDR_INVALID`
const PHYSICAL_NONE: u16 = 0xffff;

/// `struct cec_caps`
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct Capabilities {
    pub(super) driver: [u8; 32],
    pub(super) name: [u8; 32],
    pub(super) available_log_addrs: u32,
    /// `CEC_CAP_…`
    pub(super) capabilities: u32,
    pub(super) version: u32,
}

/// `struct cec_log_addrs`
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct LogicalAddresses {
    pub(super) log_addr: [u8; 4],
    pub(super) log_addr_mask: u16,
    pub(super) cec_version: u8,
    pub(super) num_log_addrs: u8,
    pub(super) vendor_id: u32,
    pub(super) flags: u32,
    /// Ends with a zero.
    pub(super) osd_name: [u8; 15],
    pub(super) primary_device_type: [u8; 4],
    pub(super) log_addr_type: [u8; 4],
    pub(super) all_device_types: [u8; 4],
    pub(super) features: [[u8; 12]; 4],
    /// Where C has a hole.
    pub(super) _hole: u8,
}

/// `struct cec_msg`: a message, sent or received.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct Transfer {
    pub(super) tx_ts: u64,
    pub(super) rx_ts: u64,
    pub(super) len: u32,
    pub(super) timeout_ms: u32,
    pub(super) sequence: u32,
    pub(super) flags: u32,
    pub(super) msg: [u8; 16],
    /// The opcode to wait for, 0 for none; 0 afterwards if it did not come.
    pub(super) reply: u8,
    pub(super) rx_status: u8,
    pub(super) tx_status: u8,
    pub(super) counters: [u8; 4],
    /// Where C has a hole.
    pub(super) _hole: u8,
}

/// An open CEC device. Its calls block: a transmission for as long as the wire is busy, some seconds at most unless the
/// driver hangs.
pub(super) struct Node {
    file: File,
}

impl Node {
    /// Errors: ENOENT, ENODEV, ENXIO no such device; EACCES not allowed.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: OpenOptions::new().read(true).write(true).open(path)? })
    }

    fn call<const CALL: Opcode, T: Plain>(&self, value: &mut T) -> io::Result<()> {
        loop {
            // SAFETY: the callers below name T in the constant that CALL is, so the kernel reads and writes as many bytes
            // as T has, and leaves a value of it as Plain promises. None of these calls takes anything else.
            let outcome = unsafe { ioctl(&self.file, Updater::<CALL, T>::new(value)) };
            match outcome {
                Err(Errno::INTR) => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Errors: ENOTTY: not a CEC device.
    pub(super) fn capabilities(&self) -> io::Result<Capabilities> {
        let mut value = Capabilities::default();
        self.call::<ADAP_G_CAPS, _>(&mut value)?;
        Ok(value)
    }

    /// Number of the DRM card and id of its connector, if it belongs to one and tells.
    pub(super) fn connector(&self) -> Option<(u32, u32)> {
        let mut value = [0; CONNECTOR_WORDS];
        self.call::<ADAP_G_CONNECTOR_INFO, _>(&mut value).ok()?;
        (value[0] == CONNECTOR_DRM).then_some((value[1], value[2]))
    }

    /// Where in the tree of cables it is, from the TV's EDID; `None`: nothing is plugged in, or a TV without HDMI.
    pub(super) fn physical_address(&self) -> io::Result<Option<u16>> {
        let mut value = 0_u16;
        self.call::<ADAP_G_PHYS_ADDR, _>(&mut value)?;
        Ok((value != PHYSICAL_NONE).then_some(value))
    }

    pub(super) fn logical_addresses(&self) -> io::Result<LogicalAddresses> {
        let mut value = LogicalAddresses::default();
        self.call::<ADAP_G_LOG_ADDRS, _>(&mut value)?;
        Ok(value)
    }

    /// Claims addresses, at once or as soon as there is a TV; none: gives them back. Errors: EBUSY: it has some, or
    /// another program has it for itself; ENOTTY: its driver does that.
    pub(super) fn set_logical_addresses(&self, mut value: LogicalAddresses) -> io::Result<()> {
        self.call::<ADAP_S_LOG_ADDRS, _>(&mut value)
    }

    /// Messages for us come to us, beside those that the kernel answers.
    pub(super) fn follow(&self) -> io::Result<()> {
        let mut mode = MODE_FOLLOWER;
        self.call::<S_MODE, _>(&mut mode)
    }

    /// Returns when it was sent, or could not be, and the reply has come, if one is waited for, or has not. Errors:
    /// ENONET: no address yet; EPERM: none claimed; EBUSY: another program has it for itself; ENODEV: it is gone.
    pub(super) fn transmit(&self, transfer: &mut Transfer) -> io::Result<()> {
        self.call::<TRANSMIT, _>(transfer)
    }

    /// Only when poll said that there is a message.
    pub(super) fn receive(&self) -> io::Result<Transfer> {
        let mut transfer = Transfer::default();
        self.call::<RECEIVE, _>(&mut transfer)?;
        Ok(transfer)
    }

    /// Takes one event out. Only when poll said that there is one.
    pub(super) fn take_event(&self) -> io::Result<()> {
        self.call::<DQEVENT, _>(&mut [0; EVENT_WORDS])
    }
}

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn numbers_and_places_are_those_of_the_kernel() {
        // From a C program that prints the macros and offsets of linux/cec.h.
        let calls = [
            (ADAP_G_CAPS, 0xc04c_6100),
            (ADAP_G_PHYS_ADDR, 0x8002_6101),
            (ADAP_G_LOG_ADDRS, 0x805c_6103),
            (ADAP_S_LOG_ADDRS, 0xc05c_6104),
            (TRANSMIT, 0xc038_6105),
            (RECEIVE, 0xc038_6106),
            (DQEVENT, 0xc050_6107),
            (S_MODE, 0x4004_6109),
            (ADAP_G_CONNECTOR_INFO, 0x8044_610a),
        ];
        for (call, number) in calls {
            assert_eq!(call, number, "{number:#x}");
        }
        assert_eq!(
            (offset_of!(LogicalAddresses, osd_name), offset_of!(LogicalAddresses, features)),
            (16, 43)
        );
        assert_eq!((offset_of!(Transfer, msg), offset_of!(Transfer, tx_status)), (32, 50));
    }

    #[test]
    fn what_is_no_cec_device_says_so() {
        let node = Node::open(Path::new("/dev/null")).unwrap();
        assert_eq!(node.capabilities().err().and_then(|error| error.raw_os_error()), Some(libc::ENOTTY));
        assert_eq!(node.connector(), None);
    }
}
