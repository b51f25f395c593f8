//! Which ALSA device plays on an HDMI port: pure reading of `/sys/class/sound` and `/proc/asound`.

use std::path::Path;

use super::connectors::Connector;
use crate::sysfs::{children, text};

const SYSFS: &str = "/sys/class/sound";
/// Hidden from a service that may see processes only (ours on the box): the Pi's ports need nothing of it.
const PROC: &str = "/proc/asound";
/// Bytes of an EDID that tell whose screen it is: maker and product (VESA E-EDID 1.4, section 3.4).
const EDID_MAKER: std::ops::Range<usize> = 8..10;
const EDID_PRODUCT: std::ops::Range<usize> = 10..12;

/// The ALSA device that plays on a port of this machine. `None`: none is known.
pub(super) fn of(connector: &Connector) -> Option<String> {
    behind(Path::new(SYSFS), Path::new(PROC), &connector.name, &connector.edid)
}

/// The ALSA device that plays on the connector of that name, whose TV has told this EDID.
fn behind(sysfs: &Path, proc: &Path, connector: &str, edid: &[u8]) -> Option<String> {
    pi(sysfs, connector).or_else(|| pc(proc, edid))
}

/// A Pi has a sound card for each port: `vc4hdmi0` for `HDMI-A-1`; `vc4hdmi` where there is but one.
fn pi(sysfs: &Path, connector: &str) -> Option<String> {
    let number: u32 = connector.strip_prefix("HDMI-A-")?.parse().ok()?;
    let card = format!("vc4hdmi{}", number.checked_sub(1)?);
    let alone = (number == 1).then_some("vc4hdmi");
    let ids: Vec<String> = children(sysfs).iter().filter_map(|folder| text(&folder.join("id"))).collect();
    let id = ids.iter().find(|id| **id == card || Some(id.as_str()) == alone)?;
    // By the name alsa-lib knows such cards by: they take IEC 60958 frames only, which it makes.
    Some(format!("hdmi:CARD={id},DEV=0"))
}

/// A PC's sound card has several outputs; each tells in its ELD whose TV is behind it.
pub(in crate::output) fn pc(proc: &Path, edid: &[u8]) -> Option<String> {
    let maker = number(edid.get(EDID_MAKER)?);
    let product = number(edid.get(EDID_PRODUCT)?);
    let cards = children(proc).into_iter().filter(|folder| name(folder).starts_with("card"));
    for card in cards {
        let outputs = children(&card).into_iter().filter(|file| name(file).starts_with("eld#"));
        // Where two TVs are of the same make, the first: which port is whose nobody tells.
        let mut ours = outputs.filter(|file| text(file).is_some_and(|eld| eld_is(&eld, maker, product)));
        let Some(output) = ours.next() else { continue };
        // eld#0.2 is of the third output, which plays as the device "HDMI 2".
        let index = name(&output).rsplit_once('.').map(|(_, index)| index.to_owned())?;
        let device = children(&card).into_iter().find_map(|folder| {
            let device = name(&folder).strip_prefix("pcm")?.strip_suffix('p')?.to_owned();
            let info = text(&folder.join("info"))?;
            info.lines().any(|line| line == format!("id: HDMI {index}")).then_some(device)
        })?;
        return Some(format!("plughw:CARD={},DEV={device}", text(&card.join("id"))?));
    }
    None
}

/// Whether an ELD, as the kernel prints it, is valid and of this make.
pub(in crate::output) fn eld_is(eld: &str, maker: u16, product: u16) -> bool {
    let value = |key: &str| {
        let of_key = |line: &str| line.strip_prefix(key).map(|value| value.trim().to_owned());
        let value = eld.lines().find_map(of_key)?;
        u16::from_str_radix(value.strip_prefix("0x").unwrap_or(&value), 16).ok()
    };
    let ours = value("manufacture_id") == Some(maker) && value("product_id") == Some(product);
    value("eld_valid") == Some(1) && ours
}

/// Two bytes of an EDID as ELD has them.
fn number(bytes: &[u8]) -> u16 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u16::from(*byte))
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A tree of files: path and text.
    fn check(tree: &[(&str, &str)], connector: &str, edid: &[u8], expected: Option<&str>) {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in tree {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder above")).expect("made");
            fs::write(path, format!("{text}\n")).expect("written");
        }
        let found = behind(&root.path().join("sys"), &root.path().join("proc"), connector, edid);
        assert_eq!(found.as_deref(), expected, "{connector}");
    }

    /// Of a Samsung TV: maker SAM, product 0x08a9.
    fn edid() -> Vec<u8> {
        let mut edid = vec![0; 128];
        edid[EDID_MAKER].copy_from_slice(&[0x4c, 0x2d]);
        edid[EDID_PRODUCT].copy_from_slice(&[0xa9, 0x08]);
        edid
    }

    fn eld(valid: u8) -> String {
        format!(
            "monitor_present\t\t1\neld_valid\t\t{valid}\nmonitor_name\t\tSAMSUNG\nconnection_type\t\tHDMI\n\
             eld_version\t\t[0x2] CEA-861D or below\nmanufacture_id\t\t0x2d4c\nproduct_id\t\t0x8a9\nport_id\t\t\t0x0"
        )
    }

    #[test]
    fn a_pi_4_has_a_card_for_each_port() {
        let tree = [
            ("sys/card0/id", "vc4hdmi0"),
            ("sys/card1/id", "Stick"),
            ("sys/card2/id", "vc4hdmi1"),
            ("sys/timer/uevent", ""),
        ];
        check(&tree, "HDMI-A-1", &[], Some("hdmi:CARD=vc4hdmi0,DEV=0"));
        check(&tree, "HDMI-A-2", &edid(), Some("hdmi:CARD=vc4hdmi1,DEV=0"));
        check(&tree, "HDMI-A-3", &[], None);
        check(&tree, "Virtual-1", &[], None);
    }

    #[test]
    fn an_older_pi_has_one() {
        let tree = [("sys/card0/id", "Headphones"), ("sys/card1/id", "vc4hdmi")];
        check(&tree, "HDMI-A-1", &[], Some("hdmi:CARD=vc4hdmi,DEV=0"));
        check(&tree, "HDMI-A-2", &[], None);
    }

    #[test]
    fn a_pcs_output_is_found_by_the_tv_behind_it() {
        let (valid, stale, none) = (eld(1), eld(0), "monitor_present\t\t0\neld_valid\t\t0");
        let tree = [
            ("sys/card0/id", "PCH"),
            ("proc/card0/id", "PCH"),
            ("proc/card0/pcm0p/info", "card: 0\ndevice: 0\nid: ALC892 Analog"),
            ("proc/card0/pcm3p/info", "card: 0\ndevice: 3\nid: HDMI 0"),
            ("proc/card0/pcm7p/info", "card: 0\ndevice: 7\nid: HDMI 1"),
            ("proc/card0/pcm8p/info", "card: 0\ndevice: 8\nid: HDMI 2"),
            ("proc/card0/eld#2.0", none),
            ("proc/card0/eld#2.1", &stale),
            ("proc/card0/eld#2.2", &valid),
        ];
        check(&tree, "HDMI-A-2", &edid(), Some("plughw:CARD=PCH,DEV=8"));
        let mut other = edid();
        other[10] = 0;
        check(&tree, "HDMI-A-2", &other, None);
        check(&tree, "HDMI-A-2", &edid()[..9], None);
        check(&tree[..8], "HDMI-A-2", &edid(), None);
    }

    #[test]
    fn no_sound_card_is_no_error() {
        check(&[], "HDMI-A-1", &edid(), None);
    }
}
