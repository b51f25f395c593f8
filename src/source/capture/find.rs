//! Which video nodes are capture cards, who made them, and the one that was asked for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::ioctl::{Capability, Node, Planes};
use super::sound;
use super::timings::loss;
use super::videodev::cap;
use crate::config::CaptureDevice;
use crate::media::{Cause, Loss};
use crate::sysfs::text;

/// Where the kernel tells about devices.
pub(super) const SYSFS: &str = "/sys";

/// Nodes that take pictures as much as they give them: codecs and image processors of the Pi and others, by the
/// beginning of their name. Opening one takes memory of the GPU, so that their names are asked first.
const CODECS: [&str; 9] = [
    "bcm2835-codec",
    "bcm2835-isp",
    "rpivid",
    "rpi-hevc-dec",
    "hevc-dec",
    "pispbe",
    "rkvdec",
    "hantro",
    "cedrus",
];

/// More than udev takes to give a new node to its group, on a box that has just been switched on.
const SET_UP_MAX: Duration = Duration::from_secs(10);

const CODEC: &str = "a codec or image processor";

/// A capture card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Such as `/dev/video0`.
    pub path: PathBuf,
    pub name: String,
    pub driver: String,
    /// `None` for one that is no USB device.
    pub usb: Option<Usb>,
    /// The ALSA device of the same card, such as `hw:1,0`.
    pub sound: Option<String>,
    pub(super) planes: Planes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usb {
    pub vendor: u16,
    pub product: u16,
    pub serial: Option<String>,
}

impl std::fmt::Display for Usb {
    /// As it is written in `marquee.toml`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { vendor, product, serial } = self;
        write!(out, "usb:{vendor:04x}:{product:04x}")?;
        serial.as_ref().map_or(Ok(()), |serial| write!(out, ":{serial}"))
    }
}

impl Usb {
    fn is(&self, vendor: u16, product: u16, serial: Option<&str>) -> bool {
        (self.vendor, self.product) == (vendor, product)
            && serial.is_none_or(|wanted| self.serial.as_deref() == Some(wanted))
    }
}

/// A video node that is no capture card, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub path: PathBuf,
    pub name: String,
    pub usb: Option<Usb>,
    pub reason: Refusal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What it is instead.
    NoCard(&'static str),
    /// It might be one: the system's words.
    Unreadable(String),
    /// It was made a moment ago, and udev has not opened it to its group yet.
    TooNew,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCard(what) => out.write_str(what),
            Self::Unreadable(error) => write!(out, "can't be opened: {error}"),
            Self::TooNew => out.write_str("it is being set up"),
        }
    }
}

/// Every video node, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    pub cards: Vec<Card>,
    pub left_out: Vec<LeftOut>,
}

/// Looks at every video node. Opens most of them for a moment: may block.
pub fn survey() -> Survey {
    let mut survey = Survey::default();
    for path in nodes() {
        let name = name(Path::new(SYSFS), &path);
        match examine(&path, &name) {
            Ok(card) => survey.cards.push(card),
            Err(reason) => {
                let usb = usb(Path::new(SYSFS), &path);
                survey.left_out.push(LeftOut { path, name, usb, reason });
            }
        }
    }
    survey
}

/// Video nodes by their numbers.
fn nodes() -> Vec<PathBuf> {
    let entries = fs::read_dir("/dev").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut numbered: Vec<(u32, PathBuf)> = entries.filter_map(|path| Some((number(&path)?, path))).collect();
    numbered.sort();
    numbered.into_iter().map(|(_, path)| path).collect()
}

/// 7 of `/dev/video7`.
fn number(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_prefix("video")?.parse().ok()
}

/// The driver's name for a node.
fn name(sysfs: &Path, node: &Path) -> String {
    class_folder(sysfs, node).and_then(|folder| text(&folder.join("name"))).unwrap_or_default()
}

fn class_folder(sysfs: &Path, node: &Path) -> Option<PathBuf> {
    Some(sysfs.join("class/video4linux").join(node.file_name()?))
}

/// The card behind a node; else why it is none.
fn examine(path: &Path, name: &str) -> Result<Card, Refusal> {
    if is_codec(name) {
        return Err(Refusal::NoCard(CODEC));
    }
    let opened = Node::open(path).and_then(|node| Ok((node.capability()?, node)));
    let (capability, node) = opened.map_err(|error| refusal(path, &error))?;
    let planes = capture_planes(capability.flags).map_err(Refusal::NoCard)?;
    if node.formats(planes).is_empty() {
        return Err(Refusal::NoCard("it offers no format"));
    }
    Ok(card(path, capability, planes))
}

fn refusal(path: &Path, error: &io::Error) -> Refusal {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENODEV | libc::ENXIO) => Refusal::NoCard("it was unplugged just now"),
        _ if is_too_new(path, error) => Refusal::TooNew,
        _ => Refusal::Unreadable(error.to_string()),
    }
}

/// Whether a node is only refused because it is so new: devtmpfs makes it for root alone, udev gives it to its group a
/// moment after, and that is noticed ([`super::Changes`]).
fn is_too_new(path: &Path, error: &io::Error) -> bool {
    let made = fs::metadata(path).and_then(|node| node.modified());
    // A clock that was set since makes it old, which costs a wrong word for a second.
    let age = made.ok().and_then(|made| SystemTime::now().duration_since(made).ok());
    error.kind() == io::ErrorKind::PermissionDenied && age.is_some_and(|age| age < SET_UP_MAX)
}

/// Why a card that was found can't be opened.
pub(super) fn opening_loss(path: &Path, error: &io::Error) -> Loss {
    if is_too_new(path, error) {
        return Loss::new(Cause::NoDevice, format!("{} is being set up", path.display()));
    }
    loss(&format!("opening {}", path.display()), error)
}

fn card(path: &Path, capability: Capability, planes: Planes) -> Card {
    let sysfs = Path::new(SYSFS);
    Card {
        path: path.to_owned(),
        name: capability.card,
        driver: capability.driver,
        usb: usb(sysfs, path),
        sound: sound::beside(sysfs, path),
        planes,
    }
}

fn is_codec(name: &str) -> bool {
    CODECS.iter().any(|codec| name.starts_with(codec))
}

/// Whether a node with these `V4L2_CAP_…` gives pictures; else what it is.
fn capture_planes(flags: u32) -> Result<Planes, &'static str> {
    let all = |wanted: u32| flags & wanted == wanted;
    let any = |wanted: u32| flags & wanted != 0;
    let refused = if any(cap::VIDEO_M2M | cap::VIDEO_M2M_MPLANE) {
        CODEC
    } else if all(cap::VIDEO_CAPTURE | cap::STREAMING) {
        return Ok(Planes::Single);
    } else if all(cap::VIDEO_CAPTURE_MPLANE | cap::STREAMING) {
        return Ok(Planes::Multi);
    } else if all(cap::META_CAPTURE) {
        "it carries data about pictures, not pictures"
    } else if any(cap::VIDEO_OUTPUT | cap::VIDEO_OUTPUT_MPLANE) {
        "an output"
    } else {
        "it captures no video"
    };
    Err(refused)
}

/// The USB device that a video node belongs to.
fn usb(sysfs: &Path, node: &Path) -> Option<Usb> {
    let folder = usb_folder(sysfs, node)?;
    let attribute = |name| text(&folder.join(name));
    let number = |name| u16::from_str_radix(&attribute(name)?, 16).ok();
    Some(Usb {
        vendor: number("idVendor")?,
        product: number("idProduct")?,
        serial: attribute("serial").filter(|serial| !serial.is_empty()),
    })
}

/// The folder of the whole USB device; a node's `device` is the folder of one interface of it.
pub(super) fn usb_folder(sysfs: &Path, node: &Path) -> Option<PathBuf> {
    let interface = device_folder(sysfs, node)?;
    interface.parent().filter(|device| device.join("idVendor").is_file()).map(Path::to_owned)
}

/// The folder of what a node's driver drives.
pub(super) fn device_folder(sysfs: &Path, node: &Path) -> Option<PathBuf> {
    // Links below /dev/v4l/ name the same node.
    let node = fs::canonicalize(node).unwrap_or_else(|_| node.to_owned());
    fs::canonicalize(class_folder(sysfs, &node)?.join("device")).ok()
}

/// The card that was asked for. `reserved`: cards of other captures, which `auto` leaves alone. May block.
pub(super) fn find(wanted: &CaptureDevice, reserved: &[CaptureDevice]) -> Result<Card, Loss> {
    if let CaptureDevice::Path(path) = wanted {
        return at(Path::new(path));
    }
    let auto = matches!(wanted, CaptureDevice::Auto { .. });
    let is_free = |card: &Card| !reserved.iter().any(|other| is_taken_by(other, card));
    let survey = survey();
    let mut cards = survey.cards.into_iter().filter(|card| names(wanted, card));
    let found = cards.find(|card| !auto || is_free(card));
    found.ok_or_else(|| not_found(wanted, &survey.left_out))
}

/// A node that can't be opened may be the card, and no plugging helps against missing rights.
fn not_found(wanted: &CaptureDevice, left_out: &[LeftOut]) -> Loss {
    let suspect =
        left_out.iter().find(|node| !matches!(node.reason, Refusal::NoCard(_)) && may_be(wanted, node));
    match (suspect, wanted) {
        (Some(LeftOut { path, reason: Refusal::TooNew, .. }), _) => {
            Loss::new(Cause::NoDevice, format!("{} is being set up", path.display()))
        }
        (Some(LeftOut { path, reason, .. }), _) => {
            Loss::new(Cause::Failed, format!("{} {reason}; is Marquee in the group video?", path.display()))
        }
        (None, CaptureDevice::Usb { vendor, product, serial }) => {
            let wanted = Usb { vendor: *vendor, product: *product, serial: serial.clone() };
            Loss::new(Cause::NoDevice, format!("{wanted} is not plugged in"))
        }
        (None, _) => Loss::new(Cause::NoDevice, "no capture card is plugged in"),
    }
}

/// The card at a path. Whoever names a path means it: it need not look like a card to us, and what is wrong with it
/// shows when it is opened.
fn at(path: &Path) -> Result<Card, Loss> {
    if !path.exists() {
        return Err(Loss::new(Cause::NoDevice, format!("{} is not there", path.display())));
    }
    let capability = Node::open(path).and_then(|node| node.capability());
    let capability = capability.unwrap_or_else(|_| Capability {
        driver: String::new(),
        card: path.display().to_string(),
        flags: cap::VIDEO_CAPTURE,
    });
    let has = |wanted: u32| capability.flags & wanted != 0;
    let multi = has(cap::VIDEO_CAPTURE_MPLANE) && !has(cap::VIDEO_CAPTURE);
    Ok(card(path, capability, if multi { Planes::Multi } else { Planes::Single }))
}

/// Whether a node that could not be asked may be what is wanted; whose USB device it is, is known all the same.
fn may_be(wanted: &CaptureDevice, node: &LeftOut) -> bool {
    match wanted {
        CaptureDevice::Usb { vendor, product, serial } => {
            node.usb.as_ref().is_some_and(|usb| usb.is(*vendor, *product, serial.as_deref()))
        }
        CaptureDevice::Auto { .. } | CaptureDevice::Path(_) => true,
    }
}

/// Whether `wanted` means that card.
fn names(wanted: &CaptureDevice, card: &Card) -> bool {
    match wanted {
        CaptureDevice::Auto { .. } => true,
        CaptureDevice::Path(path) => {
            fs::canonicalize(path).is_ok_and(|path| path == card.path) || Path::new(path) == card.path
        }
        CaptureDevice::Usb { vendor, product, serial } => {
            card.usb.as_ref().is_some_and(|usb| usb.is(*vendor, *product, serial.as_deref()))
        }
    }
}

/// Two captures that both say `auto` can't be told apart; the configuration allows one.
fn is_taken_by(other: &CaptureDevice, card: &Card) -> bool {
    !matches!(other, CaptureDevice::Auto { .. }) && names(other, card)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::capture::tests::sysfs;

    fn card_of(path: &str, usb: Option<Usb>) -> Card {
        Card {
            path: path.into(),
            name: "USB Video".to_owned(),
            driver: "uvcvideo".to_owned(),
            usb,
            sound: None,
            planes: Planes::Single,
        }
    }

    fn stick(serial: Option<&str>) -> Usb {
        Usb { vendor: 0x534d, product: 0x2109, serial: serial.map(str::to_owned) }
    }

    #[test]
    fn the_identity_is_that_of_the_usb_device() {
        let root = sysfs();
        assert_eq!(usb(root.path(), Path::new("/dev/video0")), Some(stick(Some("20200101"))));
        assert_eq!(usb(root.path(), Path::new("/dev/video1")), Some(stick(Some("20200101"))));
        assert_eq!(usb(root.path(), Path::new("/dev/video2")), None);
        assert_eq!(usb(root.path(), Path::new("/dev/video9")), None);
        fs::write(root.path().join("devices/pci0000:00/usb1/1-2/serial"), "\n").unwrap();
        assert_eq!(usb(root.path(), Path::new("/dev/video0")), Some(stick(None)));
        assert_eq!(name(root.path(), Path::new("/dev/video2")), "unicam-image");
    }

    #[test]
    fn an_identity_is_written_as_in_the_configuration() {
        assert_eq!(stick(Some("20200101")).to_string(), "usb:534d:2109:20200101");
        assert_eq!(Usb { vendor: 0x1b3f, product: 7, serial: None }.to_string(), "usb:1b3f:0007");
    }

    #[test]
    fn only_nodes_that_give_pictures_are_cards() {
        let check = |flags: u32, expected: Result<Planes, &str>| {
            assert_eq!(capture_planes(flags), expected, "{flags:#x}");
        };
        let (ext_pix_format, read_write, tuner, radio) = (0x0020_0000, 0x0100_0000, 0x0001_0000, 0x0004_0000);
        let streaming = cap::STREAMING | ext_pix_format;
        check(streaming | cap::VIDEO_CAPTURE, Ok(Planes::Single));
        check(streaming | cap::VIDEO_CAPTURE | cap::VIDEO_OUTPUT, Ok(Planes::Single));
        check(streaming | cap::VIDEO_CAPTURE_MPLANE, Ok(Planes::Multi));
        check(streaming | cap::META_CAPTURE, Err("it carries data about pictures, not pictures"));
        check(streaming | cap::VIDEO_M2M_MPLANE, Err("a codec or image processor"));
        check(streaming | cap::VIDEO_OUTPUT, Err("an output"));
        check(cap::VIDEO_CAPTURE | read_write, Err("it captures no video"));
        check(radio | tuner, Err("it captures no video"));
    }

    #[test]
    fn codecs_of_a_pi_are_known_by_name() {
        for name in ["bcm2835-codec-decode", "bcm2835-codec-encode_image", "bcm2835-isp-capture0", "rpivid"] {
            assert!(is_codec(name), "{name}");
        }
        for name in ["unicam-image", "USB Video: USB Video", "vivid-000-vid-cap", ""] {
            assert!(!is_codec(name), "{name}");
        }
    }

    #[test]
    fn nodes_are_numbered() {
        assert_eq!(number(Path::new("/dev/video10")), Some(10));
        assert_eq!(number(Path::new("/dev/video")), None);
        assert_eq!(number(Path::new("/dev/video-cam")), None);
        assert_eq!(number(Path::new("/dev/vbi0")), None);
    }

    #[test]
    fn auto_leaves_the_cards_of_others_alone() {
        let card = card_of("/dev/video0", Some(stick(Some("20200101"))));
        let usb = |product, serial: Option<&str>| CaptureDevice::Usb {
            vendor: 0x534d,
            product,
            serial: serial.map(str::to_owned),
        };
        let check =
            |other: CaptureDevice, expected| assert_eq!(is_taken_by(&other, &card), expected, "{other:?}");
        check(CaptureDevice::Path("/dev/video0".to_owned()), true);
        check(CaptureDevice::Path("/dev/video1".to_owned()), false);
        check(usb(0x2109, None), true);
        check(usb(0x2109, Some("20200101")), true);
        check(usb(0x2109, Some("20200102")), false);
        check(usb(0x2130, None), false);
        check(CaptureDevice::Auto { optional: false }, false);
    }

    #[test]
    fn what_is_missing_is_told_with_its_cause() {
        let lost = find(&CaptureDevice::Path("/dev/video-none".to_owned()), &[]).unwrap_err();
        assert_eq!(lost, Loss::new(Cause::NoDevice, "/dev/video-none is not there"));
        let usb = CaptureDevice::Usb { vendor: 0x534d, product: 0x2109, serial: None };
        let codec = LeftOut {
            path: "/dev/video10".into(),
            name: "bcm2835-codec-decode".to_owned(),
            usb: None,
            reason: Refusal::NoCard(CODEC),
        };
        let lost = not_found(&usb, std::slice::from_ref(&codec));
        assert_eq!(lost, Loss::new(Cause::NoDevice, "usb:534d:2109 is not plugged in"));
        let denied = LeftOut { reason: Refusal::Unreadable("Permission denied".to_owned()), ..codec };
        let auto = CaptureDevice::Auto { optional: false };
        assert_eq!(not_found(&auto, std::slice::from_ref(&denied)).cause, Cause::Failed);
        assert_eq!(
            not_found(&usb, std::slice::from_ref(&denied)).cause,
            Cause::NoDevice,
            "another card's node"
        );
        let denied = LeftOut { usb: Some(stick(None)), ..denied };
        assert_eq!(not_found(&usb, std::slice::from_ref(&denied)).cause, Cause::Failed);
        let new = LeftOut { reason: Refusal::TooNew, ..denied };
        assert_eq!(not_found(&usb, &[new]), Loss::new(Cause::NoDevice, "/dev/video10 is being set up"));
    }
}
