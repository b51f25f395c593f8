//! The sound card of a capture card: ALSA's card below the same device.

use std::path::{Path, PathBuf};

use super::find::{device_folder, usb_folder};
use crate::sysfs::children;

/// The ALSA device such as `hw:1,0` that records what the card of a video node hears; `None` if it has no sound, or
/// none yet: a USB card's sound appears a moment after its video.
pub(super) fn beside(sysfs: &Path, node: &Path) -> Option<String> {
    let device = device_folder(sysfs, node)?;
    // Of a USB device each interface has its folder, and sound is another interface than video.
    let folders = match usb_folder(sysfs, node) {
        Some(usb) => children(&usb),
        None => vec![device],
    };
    folders.iter().find_map(|folder| {
        let cards = children(&folder.join("sound"));
        cards.iter().find_map(|card| recorder(card))
    })
}

/// The first device of an ALSA card that records: `hw:3,0` of a folder `card3` with `pcmC3D0c` in it.
fn recorder(card: &Path) -> Option<String> {
    let number: u32 = card.file_name()?.to_str()?.strip_prefix("card")?.parse().ok()?;
    let prefix = format!("pcmC{number}D");
    let device = |entry: &PathBuf| {
        let name = entry.file_name()?.to_str()?;
        name.strip_prefix(&prefix)?.strip_suffix('c')?.parse::<u32>().ok()
    };
    let first = children(card).iter().filter_map(device).min()?;
    Some(format!("hw:{number},{first}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::capture::tests::sysfs;

    const STICK: &str = "devices/pci0000:00/usb1/1-2";

    fn check(root: &Path, node: &str, expected: Option<&str>) {
        assert_eq!(beside(root, Path::new(node)).as_deref(), expected, "{node}");
    }

    #[test]
    fn the_sound_of_the_same_usb_device_is_found() {
        let root = sysfs();
        check(root.path(), "/dev/video0", Some("hw:3,0"));
        check(root.path(), "/dev/video2", None);
        check(root.path(), "/dev/video9", None);
    }

    #[test]
    fn what_only_plays_is_no_sound() {
        let root = sysfs();
        let card = root.path().join(STICK).join("1-2:1.2/sound/card3");
        fs::rename(card.join("pcmC3D0c"), card.join("pcmC3D0p")).unwrap();
        check(root.path(), "/dev/video0", None);
        fs::create_dir(card.join("pcmC3D2c")).unwrap();
        check(root.path(), "/dev/video0", Some("hw:3,2"));
    }

    #[test]
    fn the_sound_of_another_device_is_left_alone() {
        let root = sysfs();
        let other = root.path().join("devices/pci0000:00/usb1/1-3/1-3:1.0/sound");
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        fs::rename(root.path().join(STICK).join("1-2:1.2/sound"), other).unwrap();
        check(root.path(), "/dev/video0", None);
    }

    #[test]
    fn a_card_that_is_no_usb_device_has_its_sound_below_itself() {
        let root = sysfs();
        fs::create_dir_all(root.path().join("devices/platform/soc/fe801000.csi/sound/card0/pcmC0D0c"))
            .unwrap();
        check(root.path(), "/dev/video2", Some("hw:0,0"));
    }
}
