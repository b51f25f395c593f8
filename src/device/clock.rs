//! Whether the wall clock was set: a Pi has no battery for one, and begins where it was switched off.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// systemd-timesyncd makes it once a time server has answered.
const SYNCHRONIZED: &str = "run/systemd/timesync/synchronized";
/// The beginning of 2026: this program is younger, so a clock that says less can't be right.
const WRITTEN: Duration = Duration::from_secs(1_767_225_600);
/// The network comes up, a time server is found.
const SET_WITHIN: Duration = Duration::from_secs(120);

/// Whether the box does not know the time. `ours`: it runs our image, which has no other way to learn it than from a time
/// server. `running`: for how long this program has been.
pub(super) fn is_unset(root: &Path, ours: bool, now: SystemTime, running: Duration) -> bool {
    let is_past = now.duration_since(UNIX_EPOCH).is_ok_and(|since| since < WRITTEN);
    is_past || ours && running >= SET_WITHIN && !root.join(SYNCHRONIZED).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_by_a_time_server_or_by_somebody_else() {
        let root = tempfile::tempdir().expect("a folder");
        let today = UNIX_EPOCH + WRITTEN;
        let check = |ours: bool, now: SystemTime, seconds: u64, unset: bool| {
            let found = is_unset(root.path(), ours, now, Duration::from_secs(seconds));
            assert_eq!(found, unset, "ours {ours}, {now:?}, after {seconds} s");
        };
        check(false, today, 9999, false);
        check(false, UNIX_EPOCH, 0, true);
        check(true, today - Duration::from_secs(1), 0, true);
        check(true, today, 119, false);
        check(true, today, 120, true);
        let file = root.path().join(SYNCHRONIZED);
        std::fs::create_dir_all(file.parent().expect("in a folder")).expect("made");
        std::fs::write(file, "").expect("written");
        check(true, today, 120, false);
    }
}
