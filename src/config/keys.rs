//! Every key that may stand in `marquee.toml`. A test checks that the README and the sample name them all.

pub(super) const ROOT: &[&str] = &[
    "device", "network", "web", "library", "test", "capture", "camera", "screen", "leds", "button",
    "profiles",
];
pub(super) const DEVICE: &[&str] = &["name", "time_zone", "language"];
pub(super) const NETWORK: &[&str] =
    &["wifi_ssid", "wifi_password", "wifi_country", "wifi_hidden", "address", "gateway", "dns", "ntp"];
pub(super) const WEB: &[&str] = &[
    "listen",
    "login",
    "admin_password",
    "webrtc_port",
    "webrtc_addresses",
    "base_path",
    "trusted_proxies",
    "origins",
];
pub(super) const LIBRARY: &[&str] = &["convert_kbit_per_s", "convert_height_max", "bin_days"];
pub(super) const TEST: &[&str] = &["enabled", "name", "size", "fps", "sound", "profile", "private"];
pub(super) const CAPTURE: &[&str] = &["id", "name", "device", "size", "fps", "sound", "profile", "private"];
pub(super) const CAMERA: &[&str] = &[
    "id",
    "name",
    "url",
    "user",
    "password",
    "transport",
    "tls_fingerprint",
    "tls_verify",
    "sound",
    "profile",
    "private",
];
pub(super) const SCREEN: &[&str] = &["connector", "show", "sound", "sound_device", "rotate", "mode", "cec"];
pub(super) const LEDS: &[&str] = &["ready", "live", "fault", "active_low"];
pub(super) const BUTTON: &[&str] = &["pin", "message"];
pub(super) const PROFILE: &[&str] = &["size", "fps", "bitrate_kbit", "key_frame_interval_s", "encoder"];

/// Sections as they are written in the file, with their keys.
pub const SECTIONS: &[(&str, &[&str])] = &[
    ("[device]", DEVICE),
    ("[network]", NETWORK),
    ("[web]", WEB),
    ("[library]", LIBRARY),
    ("[test]", TEST),
    ("[[capture]]", CAPTURE),
    ("[[camera]]", CAMERA),
    ("[[screen]]", SCREEN),
    ("[leds]", LEDS),
    ("[button]", BUTTON),
    ("[profiles.NAME]", PROFILE),
];
