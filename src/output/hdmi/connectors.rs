//! Which HDMI ports there are and what is plugged into them: pure reading of `/sys/class/drm`.

use std::fs;
use std::path::Path;

use crate::config::Port;

pub(super) const SYSFS: &str = "/sys/class/drm";

/// Kernel names of connectors that are a port of ours, with their number behind: those of a Pi or PC, and QEMU's.
const KINDS: [&str; 2] = ["HDMI-A-", "Virtual-"];

/// A port as the kernel shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connector {
    pub port: Port,
    /// Such as `card1`.
    pub card: String,
    /// Such as `HDMI-A-1`.
    pub name: String,
    pub connected: bool,
    /// Sizes as listed, the preferred one first. Another TV has others.
    pub modes: Vec<String>,
    /// What the TV tells of itself; empty if it does not, as one that is off. Another TV tells something else.
    pub edid: Vec<u8>,
}

impl Connector {
    /// QEMU's driver only tells that something was plugged, not what: the kernel looks when it is asked. Drivers of
    /// real ports look by themselves, and asking those would read the TV's EDID each time.
    pub(super) fn needs_asking(&self) -> bool {
        self.name.starts_with("Virtual-")
    }
}

/// All ports, each once: of two cards that have the same port, the one with a TV, else the first.
/// `None`: there is no graphics card at all.
pub(super) fn scan(root: &Path) -> Option<Vec<Connector>> {
    let entries = fs::read_dir(root).ok()?;
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| name.starts_with("card"));
    if names.is_empty() {
        return None;
    }
    names.sort();
    let mut found: Vec<Connector> =
        names.iter().filter_map(|name| connector(name, &root.join(name))).collect();
    // Stable: within a port and among equals the first card stays first.
    found.sort_by_key(|connector| (connector.port, !connector.connected));
    found.dedup_by_key(|connector| connector.port);
    Some(found)
}

fn connector(entry: &str, path: &Path) -> Option<Connector> {
    let (card, name) = entry.split_once('-')?;
    let number = KINDS.iter().find_map(|kind| name.strip_prefix(kind))?;
    let port = number.parse::<usize>().ok()?.checked_sub(1).and_then(|index| Port::ALL.get(index))?;
    // A connector that goes away while it is read is not connected.
    let read = |file: &str| fs::read_to_string(path.join(file)).unwrap_or_default();
    Some(Connector {
        port: *port,
        card: card.to_owned(),
        name: name.to_owned(),
        connected: read("status").trim() == "connected",
        modes: read("modes").lines().map(str::to_owned).collect(),
        edid: fs::read(path.join("edid")).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of connectors: name, status, modes.
    fn check(tree: &[(&str, &str, &str)], expected: &[(&str, &str, bool)]) {
        let root = tempfile::tempdir().expect("a folder");
        for (name, status, modes) in tree {
            let folder = root.path().join(name);
            fs::create_dir(&folder).expect("made");
            fs::write(folder.join("status"), format!("{status}\n")).expect("written");
            fs::write(folder.join("modes"), modes).expect("written");
        }
        let found = scan(root.path()).unwrap_or_default();
        let found: Vec<(&str, String, bool)> = found
            .iter()
            .map(|found| (found.port.id(), format!("{}-{}", found.card, found.name), found.connected))
            .collect();
        let expected: Vec<(&str, String, bool)> =
            expected.iter().map(|(port, name, connected)| (*port, (*name).to_owned(), *connected)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_pi_has_two_ports_on_its_second_card() {
        check(
            &[
                ("card0", "", ""),
                ("card1", "", ""),
                ("card1-HDMI-A-1", "connected", "1920x1080\n1280x720\n"),
                ("card1-HDMI-A-2", "disconnected", ""),
                ("card1-Writeback-1", "unknown", ""),
                ("renderD128", "", ""),
            ],
            &[("hdmi-1", "card1-HDMI-A-1", true), ("hdmi-2", "card1-HDMI-A-2", false)],
        );
    }

    #[test]
    fn qemu_has_virtual_ones() {
        check(
            &[("card0-Virtual-1", "connected", "1280x800"), ("card0-Virtual-2", "disconnected", "")],
            &[("hdmi-1", "card0-Virtual-1", true), ("hdmi-2", "card0-Virtual-2", false)],
        );
    }

    #[test]
    fn of_two_cards_the_port_with_a_tv_is_taken() {
        check(
            &[
                ("card0-DP-1", "connected", ""),
                ("card0-HDMI-A-1", "disconnected", ""),
                ("card1-HDMI-A-1", "connected", "1920x1080"),
                ("card1-HDMI-A-3", "connected", "1920x1080"),
            ],
            &[("hdmi-1", "card1-HDMI-A-1", true)],
        );
    }

    #[test]
    fn modes_are_told_in_their_order_and_no_card_is_none() {
        let root = tempfile::tempdir().expect("a folder");
        assert_eq!(scan(root.path()), None);
        assert_eq!(scan(&root.path().join("missing")), None);
        let folder = root.path().join("card0-HDMI-A-2");
        fs::create_dir(&folder).expect("made");
        fs::write(folder.join("modes"), "1920x1080\n1920x1080\n720x576\n").expect("written");
        let found = scan(root.path()).expect("a card");
        assert_eq!((found[0].connected, found[0].modes.len()), (false, 3));
    }
}
