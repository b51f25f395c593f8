//! The kernel's CEC adapters: `/dev/cec0` and so on.

use std::fs;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::bus::{Addresses, Bus, Identity, Seen, Sent};
use super::ioctl::{LogicalAddresses, Node, Transfer};
use super::message::{BYTES_MAX, Message, NAME_CHARS_MAX};
use crate::sysfs;

/// `CEC_CAP_TRANSMIT`
const CAN_TRANSMIT: u32 = 1 << 2;
/// `CEC_OP_CEC_VERSION_1_4`: what 2.0 adds is of no use to us, and old TVs stumble over it.
const VERSION_1_4: u8 = 5;
/// `CEC_VENDOR_ID_NONE`
const NO_VENDOR: u32 = 0xffff_ffff;
/// `CEC_LOG_ADDRS_FL_ALLOW_UNREG_FALLBACK`: if three players have all addresses for players, talk without one.
const UNREGISTERED_FALLBACK: u32 = 1;
/// `CEC_OP_PRIM_DEVTYPE_PLAYBACK`, `CEC_LOG_ADDR_TYPE_PLAYBACK`, `CEC_OP_ALL_DEVTYPE_PLAYBACK`: what we are.
const PRIMARY_PLAYBACK: u8 = 4;
const TYPE_PLAYBACK: u8 = 3;
const ALL_PLAYBACK: u8 = 0x10;
/// `CEC_LOG_ADDR_INVALID`
const LOGICAL_NONE: u8 = 0xff;
/// `CEC_TX_STATUS_OK` and `_NACK`, `CEC_RX_STATUS_OK`
const TX_OK: u8 = 1;
const TX_NACK: u8 = 1 << 2;
const RX_OK: u8 = 1;
/// What a TV may take for its answer by the standard.
const REPLY_WITHIN_MS: u32 = 1000;

/// A node that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) path: PathBuf,
    /// `cec0` is 0.
    pub(super) number: u32,
    /// Another one is another device under the same name.
    pub(super) inode: u64,
}

/// Where devices are looked for.
#[derive(Clone, Debug)]
pub struct Machine {
    /// `/dev`
    pub(super) dev: PathBuf,
    /// `/sys/class/drm`
    pub(super) connectors: PathBuf,
}

impl Default for Machine {
    fn default() -> Self {
        Self { dev: PathBuf::from("/dev"), connectors: PathBuf::from("/sys/class/drm") }
    }
}

impl Machine {
    /// In the order of their numbers. Reads a folder in memory: does not block.
    pub(super) fn devices(&self) -> Vec<Device> {
        let entries = fs::read_dir(&self.dev).into_iter().flatten().flatten();
        let device = |entry: fs::DirEntry| {
            let number = entry.file_name().to_str()?.strip_prefix("cec")?.parse().ok()?;
            let inode = std::os::unix::fs::DirEntryExt::ino(&entry);
            Some(Device { path: entry.path(), number, inode })
        };
        let mut devices: Vec<Device> = entries.filter_map(device).collect();
        devices.sort_by_key(|device| device.number);
        devices
    }

    /// Blocks.
    pub(super) fn open(&self, device: &Device) -> io::Result<Adapter> {
        let node = Node::open(&device.path)?;
        let connector = node.connector().and_then(|(card, id)| self.connector(card, id));
        Ok(Adapter { node, connector })
    }

    /// Such as `HDMI-A-1`. Kernels before 6.5 do not tell ids.
    fn connector(&self, card: u32, id: u32) -> Option<String> {
        let prefix = format!("card{card}-");
        let is = |folder: &Path| sysfs::text(&folder.join("connector_id")) == Some(id.to_string());
        sysfs::children(&self.connectors).into_iter().find_map(|folder| {
            let name = folder.file_name()?.to_str()?.strip_prefix(&prefix)?.to_owned();
            is(&folder).then_some(name)
        })
    }
}

/// An open adapter.
pub(super) struct Adapter {
    node: Node,
    connector: Option<String>,
}

impl Bus for Adapter {
    fn identity(&mut self) -> io::Result<Identity> {
        let told = self.node.capabilities()?;
        if told.capabilities & CAN_TRANSMIT == 0 || told.available_log_addrs == 0 {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "it can only listen"));
        }
        Ok(Identity { driver: text(&told.driver), name: text(&told.name), connector: self.connector.clone() })
    }

    fn addresses(&mut self) -> io::Result<Addresses> {
        let physical = self.node.physical_address()?;
        let claimed = self.node.logical_addresses()?;
        let first = claimed.log_addr[0];
        let logical = (claimed.num_log_addrs > 0 && first != LOGICAL_NONE).then_some(first & 15);
        Ok(Addresses { physical, logical })
    }

    fn claim(&mut self, name: &str) -> io::Result<()> {
        self.node.follow()?;
        let wanted = player(name);
        let claimed = self.node.logical_addresses()?;
        // After a new start of the program the kernel still has it.
        let same = |is: &LogicalAddresses| {
            (is.num_log_addrs, is.osd_name, is.log_addr_type[0]) == (1, wanted.osd_name, TYPE_PLAYBACK)
        };
        if same(&claimed) {
            return Ok(());
        }
        let set = |addresses| match self.node.set_logical_addresses(addresses) {
            // Its driver does that.
            Err(error) if error.raw_os_error() == Some(libc::ENOTTY) => Ok(()),
            outcome => outcome,
        };
        set(LogicalAddresses::default())?;
        set(wanted)
    }

    fn release(&mut self) -> io::Result<()> {
        self.node.set_logical_addresses(LogicalAddresses::default())
    }

    fn send(&mut self, message: &Message, reply: Option<u8>) -> io::Result<Sent> {
        let mut transfer = Transfer {
            len: u32::try_from(message.len()).expect("16 at most"),
            reply: reply.unwrap_or_default(),
            timeout_ms: if reply.is_some() { REPLY_WITHIN_MS } else { 0 },
            ..Transfer::default()
        };
        transfer.msg[..message.len()].copy_from_slice(message);
        self.node.transmit(&mut transfer)?;
        Ok(match transfer.tx_status {
            status if status & TX_OK != 0 => {
                let replied = reply.is_some() && transfer.rx_status & RX_OK != 0 && transfer.reply != 0;
                Sent::Heard(replied.then(|| received(&transfer)))
            }
            status if status & TX_NACK != 0 => Sent::NotHeard,
            _ => Sent::Disturbed,
        })
    }

    fn receive(&mut self) -> io::Result<Message> {
        Ok(received(&self.node.receive()?))
    }

    fn wait(&mut self, wake: BorrowedFd<'_>) -> io::Result<Seen> {
        let asked = PollFlags::IN | PollFlags::PRI;
        let mut fds = [PollFd::new(&self.node, asked), PollFd::from_borrowed_fd(wake, PollFlags::IN)];
        while let Err(error) = poll(&mut fds, None) {
            if error != Errno::INTR {
                return Err(error.into());
            }
        }
        let seen = fds[0].revents();
        if seen.intersects(PollFlags::ERR | PollFlags::HUP) {
            return Err(io::Error::from_raw_os_error(libc::ENODEV));
        }
        let state = seen.contains(PollFlags::PRI);
        if state {
            self.node.take_event()?;
        }
        Ok(Seen { state, message: seen.contains(PollFlags::IN) })
    }
}

/// What is claimed: one address of a player.
fn player(name: &str) -> LogicalAddresses {
    let mut player = LogicalAddresses {
        num_log_addrs: 1,
        cec_version: VERSION_1_4,
        vendor_id: NO_VENDOR,
        flags: UNREGISTERED_FALLBACK,
        ..LogicalAddresses::default()
    };
    player.primary_device_type[0] = PRIMARY_PLAYBACK;
    player.log_addr_type[0] = TYPE_PLAYBACK;
    player.all_device_types[0] = ALL_PLAYBACK;
    let length = name.len().min(NAME_CHARS_MAX);
    player.osd_name[..length].copy_from_slice(&name.as_bytes()[..length]);
    player
}

fn received(transfer: &Transfer) -> Message {
    let length = usize::try_from(transfer.len).unwrap_or(BYTES_MAX).min(BYTES_MAX);
    Message::from_slice(&transfer.msg[..length]).unwrap_or_default()
}

/// A driver's text up to its zero byte.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_found_in_the_order_of_their_numbers() {
        let dev = tempfile::tempdir().expect("a folder");
        for name in ["cec10", "cec2", "cec", "cecx", "video0"] {
            fs::write(dev.path().join(name), "").expect("written");
        }
        let machine = Machine { dev: dev.path().to_owned(), ..Machine::default() };
        let numbers: Vec<u32> = machine.devices().iter().map(|device| device.number).collect();
        assert_eq!(numbers, [2, 10]);
        let nowhere = Machine { dev: dev.path().join("missing"), ..Machine::default() };
        assert_eq!(nowhere.devices(), []);
    }

    #[test]
    fn a_connector_is_found_by_its_card_and_id() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, id) in [("card0-HDMI-A-1", "33"), ("card1-HDMI-A-1", "33"), ("card1-HDMI-A-2", "42")] {
            fs::create_dir(folder.path().join(name)).expect("made");
            fs::write(folder.path().join(name).join("connector_id"), format!("{id}\n")).expect("written");
        }
        fs::create_dir(folder.path().join("card1")).expect("made");
        let machine = Machine { connectors: folder.path().to_owned(), ..Machine::default() };
        assert_eq!(machine.connector(1, 42).as_deref(), Some("HDMI-A-2"));
        assert_eq!((machine.connector(0, 42), machine.connector(2, 33)), (None, None));
    }

    #[test]
    fn a_name_that_fills_its_room_ends() {
        let claimed = player("Bar at the ent");
        assert_eq!((claimed.osd_name[13], claimed.osd_name[14]), (b't', 0));
        assert_eq!(player(&"x".repeat(99)).osd_name[14], 0);
    }

    #[test]
    fn what_is_no_adapter_is_an_error() {
        let device = Device { path: PathBuf::from("/dev/null"), number: 0, inode: 0 };
        let mut adapter = Machine::default().open(&device).expect("it can be opened");
        assert_eq!(adapter.identity().unwrap_err().raw_os_error(), Some(libc::ENOTTY));
        assert!(adapter.addresses().is_err() && adapter.claim("x").is_err());
    }
}
