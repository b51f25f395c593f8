//! The effective configuration as TOML: what `check-config` prints, and what is kept as the last good one.

use std::fmt::{Display, Write};

use super::{
    Button, Camera, Capture, CaptureDevice, CaptureSound, Certificate, Config, FixedAddress, Leds, Network,
    Profile, Screen, ScreenSound, Secret, Test, Transport, Wifi, shown_url,
};

/// Whether passwords are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As stars, for people.
    Covered,
    /// For a file of our own that is read back.
    Revealed,
}

/// The configuration as a file that would give it, with every default written out. Profiles that no source uses are
/// left out.
pub fn to_toml(config: &Config, secrets: Secrets) -> String {
    let mut out = Out { text: String::new(), secrets };
    out.section("[device]");
    out.text("name", &config.device.name);
    out.text("time_zone", &config.device.time_zone);
    if let Some(language) = config.device.language {
        out.text("language", language.code());
    }
    out.network(&config.network);
    out.section("[web]");
    out.text("listen", &config.web.listen.to_string());
    out.plain("login", config.web.login);
    if let Some(password) = &config.web.admin_password {
        out.secret("admin_password", password);
    }
    out.plain("webrtc_port", config.web.webrtc_port);
    out.list("webrtc_addresses", &config.web.webrtc_addresses);
    if !config.web.base_path.as_str().is_empty() {
        out.text("base_path", config.web.base_path.as_str());
    }
    out.list("trusted_proxies", &config.web.trusted_proxies);
    out.list("origins", &config.web.origins);
    out.section("[library]");
    out.plain("convert_kbit_per_s", config.library.convert_kbit_per_s);
    out.plain("convert_height_max", config.library.convert_height_max);
    out.plain("bin_days", config.library.bin_days);
    let private = |id: &str| config.private_sources.contains(id);
    out.test(config.test.as_ref().map(|test| (test, private(&test.id))));
    for capture in &config.captures {
        out.capture(capture, private(&capture.id));
    }
    for camera in &config.cameras {
        out.camera(camera, private(&camera.id));
    }
    for screen in &config.screens {
        out.screen(screen);
    }
    out.leds(&config.leds);
    out.button(&config.button);
    for profile in profiles_used(config) {
        out.profile(profile);
    }
    out.text
}

/// Each profile once, in the order of the sources.
fn profiles_used(config: &Config) -> Vec<&Profile> {
    let of_test = config.test.iter().map(|test| &test.profile);
    let of_captures = config.captures.iter().map(|capture| &capture.profile);
    let of_cameras = config.cameras.iter().map(|camera| &camera.profile);
    let mut used: Vec<&Profile> = Vec::new();
    for profile in of_test.chain(of_captures).chain(of_cameras) {
        if !used.iter().any(|known| known.name == profile.name) {
            used.push(profile);
        }
    }
    used
}

struct Out {
    text: String,
    secrets: Secrets,
}

impl Out {
    fn section(&mut self, header: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        writeln!(self.text, "{gap}{header}").expect("a String takes everything");
    }

    fn plain(&mut self, key: &str, value: impl Display) {
        writeln!(self.text, "{key} = {value}").expect("a String takes everything");
    }

    fn text(&mut self, key: &str, value: &str) {
        self.plain(key, toml::Value::from(value));
    }

    fn size(&mut self, width: u32, height: u32) {
        self.plain("size", format_args!("\"{width}x{height}\""));
    }

    fn network(&mut self, network: &Network) {
        self.section("[network]");
        if let Some(Wifi { ssid, password, country, hidden }) = &network.wifi {
            self.text("wifi_ssid", ssid);
            if let Some(password) = password {
                self.secret("wifi_password", password);
            }
            self.text("wifi_country", country);
            self.plain("wifi_hidden", hidden);
        }
        if let Some(FixedAddress { address, prefix, gateway, dns }) = &network.fixed {
            self.plain("address", format_args!("\"{address}/{prefix}\""));
            if let Some(gateway) = gateway {
                self.text("gateway", &gateway.to_string());
            }
            self.list("dns", dns);
        }
        self.list("ntp", &network.ntp);
    }

    /// Of values that need no escaping.
    fn list(&mut self, key: &str, values: &[impl Display]) {
        let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        self.plain(key, format_args!("[{}]", quoted.join(", ")));
    }

    fn test(&mut self, test: Option<(&Test, bool)>) {
        self.section("[test]");
        self.plain("enabled", test.is_some());
        let Some((test, private)) = test else { return };
        self.text("name", &test.name);
        self.size(test.width, test.height);
        self.plain("fps", test.frames_per_s);
        self.plain("sound", test.sound);
        self.text("profile", &test.profile.name);
        self.plain("private", private);
    }

    fn capture(&mut self, capture: &Capture, private: bool) {
        let device = match &capture.device {
            CaptureDevice::Auto { optional: true } => {
                self.section("# A capture card is used if there is one.");
                return;
            }
            CaptureDevice::Auto { optional: false } => "auto".to_owned(),
            CaptureDevice::Path(path) => path.clone(),
            CaptureDevice::Usb { vendor, product, serial: None } => format!("usb:{vendor:04x}:{product:04x}"),
            CaptureDevice::Usb { vendor, product, serial: Some(serial) } => {
                format!("usb:{vendor:04x}:{product:04x}:{serial}")
            }
        };
        self.section("[[capture]]");
        self.text("id", &capture.id);
        self.text("name", &capture.name);
        self.text("device", &device);
        self.size(capture.width, capture.height);
        self.plain("fps", capture.frames_per_s);
        let sound = match &capture.sound {
            CaptureSound::Auto => "auto",
            CaptureSound::Off => "off",
            CaptureSound::Alsa(name) => name,
        };
        self.text("sound", sound);
        self.text("profile", &capture.profile.name);
        self.plain("private", private);
    }

    fn camera(&mut self, camera: &Camera, private: bool) {
        self.section("[[camera]]");
        self.text("id", &camera.id);
        self.text("name", &camera.name);
        match self.secrets {
            Secrets::Covered => self.text("url", &shown_url(&camera.url)),
            Secrets::Revealed => self.text("url", &camera.url),
        }
        if let Some(user) = &camera.user {
            self.text("user", user);
        }
        if let Some(password) = &camera.password {
            self.secret("password", password);
        }
        let transport = match camera.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        };
        self.text("transport", transport);
        match camera.certificate {
            Certificate::OfAuthorities => {}
            Certificate::Fingerprint(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                self.text("tls_fingerprint", &digits);
            }
            Certificate::Any => self.plain("tls_verify", false),
        }
        self.plain("sound", camera.sound);
        self.text("profile", &camera.profile.name);
        self.plain("private", private);
    }

    fn screen(&mut self, screen: &Screen) {
        self.section("[[screen]]");
        self.text("connector", screen.port.id());
        if let Some(source) = &screen.show {
            self.text("show", source);
        }
        self.plain("sound", screen.sound != ScreenSound::Off);
        if let ScreenSound::Alsa(device) = &screen.sound {
            self.text("sound_device", device);
        }
        self.plain("rotate", screen.rotation.degrees());
        if let Some(mode) = &screen.mode {
            self.text("mode", &mode.to_string());
        }
        self.plain("cec", screen.cec);
    }

    fn leds(&mut self, leds: &Leds) {
        let Leds { ready, live, fault, active_low } = leds;
        if *leds == Leds::default() {
            return;
        }
        self.section("[leds]");
        for (key, pin) in [("ready", ready), ("live", live), ("fault", fault)] {
            if let Some(pin) = pin {
                self.plain(key, pin);
            }
        }
        self.plain("active_low", active_low);
    }

    fn button(&mut self, button: &Button) {
        let Button { pin, message } = button;
        if *button == Button::default() {
            return;
        }
        self.section("[button]");
        if let Some(pin) = pin {
            self.plain("pin", pin);
        }
        if let Some(message) = message {
            self.text("message", message);
        }
    }

    fn secret(&mut self, key: &str, secret: &Secret) {
        match self.secrets {
            Secrets::Covered => self.text(key, "***"),
            Secrets::Revealed => self.text(key, secret.reveal()),
        }
    }

    fn profile(&mut self, profile: &Profile) {
        self.section(&format!("[profiles.{}]", profile.name));
        self.size(profile.width_max, profile.height_max);
        self.plain("fps", profile.frames_per_s_max);
        self.plain("bitrate_kbit", profile.bitrate_kbit_per_s);
        self.plain("key_frame_interval_s", profile.key_frame_interval_s);
        self.text("encoder", profile.encoder.as_deref().unwrap_or("auto"));
    }
}
