//! From what was typed to the checked types: one walk over the file that notes everything that is wrong.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::base_path::{self, BasePath};
use super::camera_url::{self, CameraUrl};
use super::file::Document;
use super::language::Language;
use super::network::network;
use super::page_origin::{self, PageOrigin};
use super::pins;
use super::problem::{LoadError, nearest, quoted};
use super::profile::{self, Profiles};
use super::screen;
use super::section::Section;
use super::subnet::Subnet;
use super::{
    Button, Camera, Capture, CaptureDevice, CaptureSound, Certificate, Config, Device, Leds, Library, Secret,
    Test, Transport, Web,
};
use super::{keys, value};

/// Far above what one box can take in; bounds everything that is kept for each source.
const SOURCES_MAX: usize = 64;
/// More addresses make the offer long and connecting slow.
const WEBRTC_ADDRESSES_MAX: usize = 16;
/// Nobody has more in front of one box.
const PROXIES_MAX: usize = 16;
/// Pages of other servers that show pictures of one box: an intranet, a shop's site, a control room.
const ORIGINS_MAX: usize = 16;
/// RTSP's digest leaves it open; cameras take 32 or 64.
const CREDENTIAL_CHARS_MAX: usize = 256;

const TEST_ID: &str = "test";
/// Id of a capture card without `id`, and of the one in the built-in defaults.
const CAPTURE_ID: &str = "capture";
const CAMERA_ID: &str = "camera";
const DEVICE_NAME: &str = "marquee";
const TIME_ZONE: &str = "UTC";
const LISTEN: &str = "0.0.0.0:8080";
const WEBRTC_PORT: u16 = 8189;
/// What the signage server before used for its TVs: fine at 1080p, and 15 of them fit a 100 Mbit network.
const CONVERT_KBIT_PER_S: u32 = 3000;
const CONVERT_HEIGHT_MAX: u32 = 1080;
const BIN_DAYS: u32 = 30;

/// Checks a file's text; `file` is its name in messages.
pub(super) fn check(file: &str, text: &str) -> Result<Config, LoadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::new(file, text);
    let table = document.parse(text)?;
    let config = config(&Section::root(&document, keys::ROOT, &table));
    document.finish(config)
}

/// LEDs and button of a file that may be wrong elsewhere. `None`: it names none, or names them wrong, or is no TOML.
pub(super) fn pins(text: &str) -> Option<(Leds, Button)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::new("", text);
    let table = document.parse(text).ok()?;
    let root = Section::root(&document, keys::ROOT, &table);
    let pins = (root.has("leds") || root.has("button")).then(|| pins::check(&root))?;
    let problems = document.finish(()).err().map_or_else(Vec::new, |error| error.problems);
    let of_pins = |key: &str| ["leds", "button"].iter().any(|section| key.starts_with(section));
    (!problems.iter().any(|problem| of_pins(&problem.key))).then_some(pins)
}

fn config(root: &Section<'_>) -> Config {
    let profiles = Profiles::check(root);
    let device = device(&root.section("device", keys::DEVICE));
    let network = network(&root.section("network", keys::NETWORK));
    let web = web(&root.section("web", keys::WEB));
    let library = library(&root.section("library", keys::LIBRARY));
    let mut taken = Taken::default();
    let captures = root.sections("capture", keys::CAPTURE, SOURCES_MAX);
    let cameras = root.sections("camera", keys::CAMERA, SOURCES_MAX);
    let none = !root.has("capture") && !root.has("camera");
    let test = test(&root.section("test", keys::TEST), &profiles, none, &mut taken);
    let test = test.map(|test| Test { time_zone: device.time_zone.clone(), ..test });
    let mut captures: Vec<Capture> =
        captures.iter().map(|section| capture(section, &profiles, &mut taken)).collect();
    if none {
        captures.push(optional_capture(&profiles));
        taken.ids.push((CAPTURE_ID.to_owned(), 1));
    }
    let cameras: Vec<Camera> =
        cameras.iter().filter_map(|section| camera(section, &profiles, &mut taken)).collect();
    let sources: Vec<&str> = taken.ids.iter().map(|(id, _)| id.as_str()).collect();
    let screens = screen::check(root, &sources);
    let (leds, button) = pins::check(root);
    let private_sources = taken.private;
    Config { device, network, web, library, test, captures, cameras, private_sources, screens, leds, button }
}

/// What only one source can have, each with the line that took it.
#[derive(Default)]
struct Taken {
    /// Over all kinds, as they are parts of addresses.
    ids: Vec<(String, usize)>,
    /// A device can be opened once.
    devices: Vec<(CaptureDevice, usize)>,
    /// Ids of the sources that are private.
    private: BTreeSet<String>,
}

impl Taken {
    /// The id of a source.
    fn id(&mut self, section: &Section<'_>, default: &str) -> String {
        let typed = section.parsed("id", value::ID_ALLOWED, value::id);
        if typed.is_none() && section.has("id") {
            return default.to_owned();
        }
        let id = typed.unwrap_or_else(|| default.to_owned());
        if let Some((_, line)) = self.ids.iter().find(|(taken, _)| *taken == id) {
            let missing = if section.has("id") { "" } else { "is missing, and " };
            let message = format!("{missing}\"{id}\" is already the id of the source on line {line}");
            section.note("id", message, "an id of its own for each source");
        } else if self.ids.len() == SOURCES_MAX {
            section.note_self("is one source too many", format!("at most {SOURCES_MAX}"));
        } else {
            self.ids.push((id.clone(), section.line_of("id")));
        }
        id
    }

    /// Whether a source is private; what a kind of source is if nothing is said differs.
    fn privacy(&mut self, section: &Section<'_>, id: &str, default: bool) {
        if section.flag("private").unwrap_or(default) {
            self.private.insert(id.to_owned());
        }
    }

    /// The device of a capture.
    fn device(&mut self, section: &Section<'_>) -> CaptureDevice {
        let typed = section.parsed("device", DEVICE_ALLOWED, capture_device);
        if typed.is_none() && section.has("device") {
            return CaptureDevice::Auto { optional: false };
        }
        let device = typed.unwrap_or(CaptureDevice::Auto { optional: false });
        if let Some((_, line)) = self.devices.iter().find(|(taken, _)| *taken == device) {
            let message = format!("is the same as that of the capture on line {line}");
            section.note("device", message, "a device of its own for each capture");
        }
        self.devices.push((device.clone(), section.line_of("device")));
        device
    }
}

fn device(section: &Section<'_>) -> Device {
    let zone = section.parsed("time_zone", "a name such as \"Europe/Berlin\"", time_zone);
    Device {
        name: value::name(section).unwrap_or_else(|| DEVICE_NAME.to_owned()),
        time_zone: zone.unwrap_or_else(|| TIME_ZONE.to_owned()),
        language: section.parsed("language", "\"en\" or \"de\"", |text| {
            Language::of(text).ok_or_else(|| format!("there are no words in {}", quoted(text)))
        }),
    }
}

fn time_zone(text: &str) -> Result<String, String> {
    if let Ok(zone) = jiff::tz::TimeZone::get(text) {
        // In the database's spelling: names are found whatever their case.
        return Ok(zone.iana_name().unwrap_or(text).to_owned());
    }
    let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    Err(match nearest(text, known.iter().map(String::as_str)) {
        Some(meant) => format!("there is no time zone {}, did you mean \"{meant}\"?", quoted(text)),
        None => format!("there is no time zone {}", quoted(text)),
    })
}

fn web(section: &Section<'_>) -> Web {
    let listen = section.parsed("listen", "ADDRESS:PORT such as \"0.0.0.0:8080\" or \"[::]:8080\"", |text| {
        text.parse::<SocketAddr>().map_err(|_| format!("{} is not an address with a port", quoted(text)))
    });
    let port = section.number("webrtc_port", 0..=u32::from(u16::MAX));
    let port = port.map(|port| u16::try_from(port).expect("its range was checked"));
    let addresses =
        section.list("webrtc_addresses", WEBRTC_ADDRESSES_MAX, "IP addresses of this box", |text| match text
            .parse::<IpAddr>(
        ) {
            Ok(ip) if ip.is_unspecified() || ip.is_multicast() => Err(format!("nobody can connect to {ip}")),
            Ok(ip) => Ok(ip),
            Err(_) => Err(format!("{} is not an IP address", quoted(text))),
        });
    let proxies =
        section.list("trusted_proxies", PROXIES_MAX, "addresses or networks such as 10.0.0.0/8", |text| {
            text.parse::<Subnet>().map_err(|()| format!("{} is no address and no network", quoted(text)))
        });
    let base_path = section.parsed("base_path", base_path::ALLOWED, BasePath::parse);
    let origins = section.list("origins", ORIGINS_MAX, page_origin::ALLOWED, PageOrigin::parse);
    let password = section.parsed("admin_password", "a text of 8 to 256 bytes", |text| {
        let fits = text.is_empty() || text.chars().count() >= 8 && text.len() <= 256;
        // Not quoted: it may be all but right.
        fits.then(|| Secret::new(text)).ok_or_else(|| "this is too short or too long".to_owned())
    });
    let password = password.filter(|password| !password.reveal().is_empty());
    Web {
        login: section.flag("login").unwrap_or(true),
        admin_password: password,
        listen: listen.unwrap_or_else(|| LISTEN.parse().expect("the built-in address is one")),
        webrtc_port: port.unwrap_or(WEBRTC_PORT),
        webrtc_addresses: addresses.unwrap_or_default(),
        base_path: base_path.unwrap_or_default(),
        trusted_proxies: proxies.unwrap_or_default(),
        origins: origins.unwrap_or_default(),
    }
}

fn library(section: &Section<'_>) -> Library {
    // Below, pictures fall apart; above, old TVs stutter. Higher than 1080 lines they can't decode.
    let kbit = section.number("convert_kbit_per_s", 300..=20_000);
    let height = section.number("convert_height_max", 144..=1080);
    let days = section.number("bin_days", 0..=3650);
    Library {
        convert_kbit_per_s: kbit.unwrap_or(CONVERT_KBIT_PER_S),
        convert_height_max: height.unwrap_or(CONVERT_HEIGHT_MAX),
        bin_days: days.unwrap_or(BIN_DAYS),
    }
}

/// `alone`: the file names no other source, so that without the test picture there would be nothing to see.
fn test(section: &Section<'_>, profiles: &Profiles, alone: bool, taken: &mut Taken) -> Option<Test> {
    let profile = profiles.of(section, profile::FOR_TEST);
    let (width, height) = value::size(section).unwrap_or((profile.width_max, profile.height_max));
    let test = Test {
        id: TEST_ID.to_owned(),
        name: value::name(section).unwrap_or_else(|| "Test picture".to_owned()),
        width,
        height,
        frames_per_s: value::frames_per_s(section).unwrap_or(profile.frames_per_s_max),
        sound: section.flag("sound").unwrap_or(true),
        time_zone: TIME_ZONE.to_owned(),
        profile,
    };
    let enabled = section.flag("enabled").unwrap_or(alone);
    let private = section.flag("private").unwrap_or(false);
    enabled.then(|| {
        if private {
            taken.private.insert(TEST_ID.to_owned());
        }
        taken.ids.push((TEST_ID.to_owned(), section.line_of("enabled")));
        test
    })
}

fn capture(section: &Section<'_>, profiles: &Profiles, taken: &mut Taken) -> Capture {
    let id = taken.id(section, CAPTURE_ID);
    let profile = profiles.of(section, profile::FOR_SOURCES);
    let (width, height) = value::size(section).unwrap_or((profile.width_max, profile.height_max));
    let device = taken.device(section);
    taken.privacy(section, &id, false);
    let sound = section.parsed("sound", SOUND_ALLOWED, capture_sound);
    Capture {
        name: value::name(section).unwrap_or_else(|| id.clone()),
        id,
        device,
        width,
        height,
        frames_per_s: value::frames_per_s(section).unwrap_or(profile.frames_per_s_max),
        sound: sound.unwrap_or(CaptureSound::Auto),
        profile,
    }
}

/// In the built-in defaults: a card is used if there is one.
fn optional_capture(profiles: &Profiles) -> Capture {
    let profile = profiles.of_name(profile::FOR_SOURCES).clone();
    Capture {
        id: CAPTURE_ID.to_owned(),
        name: CAPTURE_ID.to_owned(),
        device: CaptureDevice::Auto { optional: true },
        width: profile.width_max,
        height: profile.height_max,
        frames_per_s: profile.frames_per_s_max,
        sound: CaptureSound::Auto,
        profile,
    }
}

const DEVICE_ALLOWED: &str = "\"auto\", a path such as \"/dev/video0\", or \"usb:VENDOR:PRODUCT\" with an optional \
                              \":SERIAL\", such as \"usb:1b3f:2202\"";

fn capture_device(text: &str) -> Result<CaptureDevice, String> {
    if text == "auto" {
        return Ok(CaptureDevice::Auto { optional: false });
    }
    if let Some(path) = text.strip_prefix("/dev/") {
        let plain = !path.is_empty() && !path.split('/').any(|part| part.is_empty() || part == "..");
        return plain
            .then(|| CaptureDevice::Path(text.to_owned()))
            .ok_or_else(|| "is not a device".to_owned());
    }
    let Some(usb) = text.strip_prefix("usb:") else {
        return Err(format!("{} is not a capture device", quoted(text)));
    };
    let mut parts = usb.splitn(3, ':');
    let mut number = |what| {
        let part = parts.next().unwrap_or("");
        let hex = part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = hex.then(|| u16::from_str_radix(part, 16).ok()).flatten();
        number.ok_or_else(|| format!("its {what} is not a number of 4 hexadecimal digits"))
    };
    let (vendor, product) = (number("vendor")?, number("product")?);
    let serial = parts.next().map(str::to_owned);
    if serial.as_deref() == Some("") {
        return Err("its serial number is empty".to_owned());
    }
    Ok(CaptureDevice::Usb { vendor, product, serial })
}

const SOUND_ALLOWED: &str = "\"auto\", \"off\", or an ALSA device such as \"hw:1,0\"";

fn capture_sound(text: &str) -> Result<CaptureSound, String> {
    let part_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b":,=_.-".contains(&byte);
    match text {
        "auto" => Ok(CaptureSound::Auto),
        "off" => Ok(CaptureSound::Off),
        // Without a colon it is most likely a word mistyped.
        _ if text.contains(':') && text.bytes().all(part_of_name) => Ok(CaptureSound::Alsa(text.to_owned())),
        _ => Err(format!("{} is not a sound device", quoted(text))),
    }
}

fn camera(section: &Section<'_>, profiles: &Profiles, taken: &mut Taken) -> Option<Camera> {
    let id = taken.id(section, CAMERA_ID);
    let url = section.parsed("url", camera_url::ALLOWED, camera_url::parse);
    if !section.has("url") {
        section.note("url", "is missing", camera_url::ALLOWED);
    }
    taken.privacy(section, &id, true);
    let name = value::name(section).unwrap_or_else(|| id.clone());
    let (user, password) = credentials(section, url.as_ref());
    let transport = section.word("transport", &[("tcp", Transport::Tcp), ("udp", Transport::Udp)]);
    let sound = section.flag("sound").unwrap_or(true);
    let profile = profiles.of(section, profile::FOR_SOURCES);
    let transport = transport.unwrap_or(Transport::Tcp);
    let certificate = certificate(section);
    Some(Camera { id, name, url: url?.url, user, password, transport, certificate, sound, profile })
}

const FINGERPRINT_ALLOWED: &str =
    "the 64 hexadecimal digits of a certificate's SHA-256, with or without colons";

/// A fingerprint says more than `tls_verify = false`.
fn certificate(section: &Section<'_>) -> Certificate {
    let fingerprint = section.parsed("tls_fingerprint", FINGERPRINT_ALLOWED, fingerprint);
    let verify = section.flag("tls_verify").unwrap_or(true);
    match fingerprint {
        Some(fingerprint) => Certificate::Fingerprint(fingerprint),
        None if verify => Certificate::OfAuthorities,
        None => Certificate::Any,
    }
}

fn fingerprint(text: &str) -> Result<[u8; 32], String> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|char| *char != ':')
        .filter_map(|char| char.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    let others = text.chars().any(|char| char != ':' && !char.is_ascii_hexdigit());
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    let well = !others && digits.len() == 64;
    <[u8; 32]>::try_from(bytes).ok().filter(|_| well).ok_or_else(|| "is not a fingerprint".to_owned())
}

/// User and password, from the keys or from the address.
fn credentials(section: &Section<'_>, url: Option<&CameraUrl>) -> (Option<String>, Option<Secret>) {
    let user = section.text("user", CREDENTIAL_CHARS_MAX).filter(|user| !user.is_empty());
    let password = section.text("password", CREDENTIAL_CHARS_MAX).filter(|password| !password.is_empty());
    let typed = ["user", "password"].into_iter().find(|key| section.has(key));
    match (typed, url) {
        (Some(key), Some(url)) if url.user.is_some() => {
            section.note(key, "the address holds a user too", "either in `url` or in `user` and `password`");
        }
        (Some(_), _) if section.has("password") && !section.has("user") => {
            section.note("password", "there is no user with it", "`user` and `password` together");
        }
        (None, Some(url)) => return (url.user.clone(), url.password.clone().map(Secret::new)),
        _ => {}
    }
    (user.map(str::to_owned), password.map(Secret::new))
}
