//! `marquee probe`.

use std::fmt::Write;

/// Prints the machine and its capture devices.
pub(super) fn run() -> std::io::Result<()> {
    let mut text = format!("Machine: {} {}\n", std::env::consts::OS, std::env::consts::ARCH);
    for node in v4l::context::enum_devices() {
        let name = node.name().unwrap_or_else(|| "without a name".to_owned());
        writeln!(text, "Video device: {} ({name})", node.path().display())
            .expect("a String takes everything");
    }
    super::print(&text)
}
