//! Whole files: the samples of `tests/config`, the annotated `marquee.toml`, and files that went wrong at random.

use std::fs;
use std::path::{Path, PathBuf};

use super::check::check;
use super::{CaptureDevice, Config, Language, Secrets, load, to_toml};

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Sample files and their names.
fn samples(folder: &str) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(in_repository(folder)).expect("a folder of samples");
    let paths = entries.map(|entry| entry.expect("listed").path());
    let mut samples: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| (path.file_name().expect("named").to_string_lossy().into_owned(), path))
        .collect();
    samples.sort();
    assert!(!samples.is_empty(), "{folder} holds no samples");
    samples
}

fn annotated() -> String {
    fs::read_to_string(in_repository("image/marquee.toml")).expect("the annotated sample")
}

/// The annotated sample with every setting switched on: `#key` is a setting, `# text` an explanation.
fn uncommented() -> String {
    let setting = |line: &str| line.starts_with(|first: char| first == '[' || first.is_ascii_lowercase());
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if setting(rest) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    annotated().lines().map(uncomment).collect()
}

#[test]
fn every_valid_sample_is_right_and_comes_back_the_same_from_what_is_printed() {
    for (name, path) in samples("tests/config/valid") {
        let config = load(&path).unwrap_or_else(|error| panic!("{name}:\n{error}"));
        let printed = to_toml(&config, Secrets::Revealed);
        assert_eq!(check(&name, &printed), Ok(config), "{name}:\n{printed}");
    }
}

/// `MARQUEE_BLESS=1` writes the messages instead; read them before they are committed.
#[test]
fn every_invalid_sample_gives_exactly_its_messages() {
    for (name, path) in samples("tests/config/invalid") {
        let mut error = load(&path).err().unwrap_or_else(|| panic!("{name} was taken for right"));
        for problem in &mut error.problems {
            problem.file.clone_from(&name);
        }
        let expected = path.with_extension("err");
        let messages = format!("{error}\n");
        if std::env::var_os("MARQUEE_BLESS").is_some() {
            fs::write(&expected, &messages).expect("written");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(messages, expected, "{name}: messages are not those of its .err file");
        assert!(!messages.contains("geheim"), "{name}: a password is shown");
    }
}

#[test]
fn the_annotated_sample_is_the_built_in_defaults() {
    assert_eq!(check("marquee.toml", &annotated()), Ok(Config::default()));
}

#[test]
fn the_values_in_the_annotated_sample_are_the_defaults() {
    let config = check("marquee.toml", &uncommented()).unwrap_or_else(|error| panic!("{error}"));
    let mut defaults = Config::default();
    // Without it network TVs go by their browsers.
    defaults.device.language = Some(Language::English);
    assert_eq!(
        (&config.device, &config.web, &config.library, &config.test),
        (&defaults.device, &defaults.web, &defaults.library, &defaults.test)
    );
    let minimal = "[[capture]]\n[[camera]]\nurl = 'rtsp://192.168.1.64/live'\nuser = 'viewer'\npassword = 'secret'\n\
                   tls_fingerprint = 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c'\n\
                   [[screen]]\nshow = 'capture'\nsound_device = 'hw:1,0'\nmode = '1920x1080@60'";
    let minimal = check("minimal.toml", minimal).expect("right");
    assert_eq!(
        (config.captures, config.cameras, config.screens, config.private_sources),
        (minimal.captures, minimal.cameras, minimal.screens, minimal.private_sources)
    );
    // With every profile written out, all are still what is built in.
    let unused = "[[camera]]\nid='a'\nurl='rtsp://a'\nprofile='1440p'\n[[camera]]\nid='b'\nurl='rtsp://a'\nprofile='720p'";
    let profiles = uncommented().split_off(uncommented().find("\n[profiles").expect("profiles"));
    assert_eq!(check("a", &format!("{unused}\n{profiles}")), check("b", unused));
}

#[test]
fn cameras_are_private_and_what_a_tv_shows_is_not_unless_it_is_said() {
    let config = load(&in_repository("tests/config/valid/private.toml")).expect("right");
    assert!(config.private_sources.iter().eq(["door", "office", "test"]), "{:?}", config.private_sources);
    let origins: Vec<String> = config.web.origins.iter().map(ToString::to_string).collect();
    assert_eq!(origins, ["https://intranet.example", "http://wall.local:8080", "http://[fd00::5]", "*"]);
    assert!(Config::default().private_sources.is_empty() && Config::default().web.origins.is_empty());
}

#[test]
fn the_defaults_are_a_test_picture_and_a_card_if_there_is_one() {
    let config = Config::default();
    let test = config.test.expect("a test picture");
    assert_eq!((test.width, test.height, test.frames_per_s, test.sound), (1280, 720, 30, true));
    assert_eq!(config.captures.len(), 1);
    assert_eq!(config.captures[0].device, CaptureDevice::Auto { optional: true });
    assert!(config.cameras.is_empty());
}

#[test]
fn printed_for_people_it_holds_no_password() {
    let config = load(&in_repository("tests/config/valid/cameras.toml")).expect("right");
    let printed = to_toml(&config, Secrets::Covered);
    for secret in ["p@ss", "word\\\"", "p%40ss", "in-the-query"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert_eq!(printed.matches("password = \"***\"").count(), 2, "{printed}");
    assert!(!format!("{config:?}").contains("p@ss"));
}

#[test]
fn a_file_that_is_not_there_or_too_large_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("m.toml");
    let message = |path: &Path| load(path).expect_err("refused").problems[0].message.clone();
    assert!(message(&path).starts_with("can't be read: No such file"));
    assert!(message(folder.path()).starts_with("can't be read: Is a directory"));
    fs::write(&path, "#".repeat((256 << 10) + 1)).expect("written");
    assert_eq!(message(&path), "is too large");
    fs::write(&path, "#".repeat(256 << 10)).expect("written");
    load(&path).expect("exactly as large as allowed");
}

#[test]
fn pins_are_known_though_the_rest_is_wrong() {
    let pins = |text: &str| super::check::pins(text).map(|(leds, button)| (leds.fault, button.pin));
    assert_eq!(
        pins("[leds]\nfault = 22\n[button]\npin = 3\n[device]\nnmae = 1\n"),
        Some((Some(22), Some(3)))
    );
    assert_eq!(pins("colour = 1\n[button]\npin = 3\n"), Some((None, Some(3))));
    assert_eq!(pins("[leds]\nfault = 99\n"), None);
    assert_eq!(pins("[leds]\nfault = 22\n[leds.x]\n"), None);
    assert_eq!(pins("[leds\nfault = 22\n"), None);
    assert_eq!(pins("[device]\nnmae = 1\n"), None);
}

/// A small generator (xorshift64), so that each run sees the same files.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

#[test]
fn files_gone_wrong_at_random_are_judged_without_a_panic() {
    let mut texts = vec![uncommented()];
    for folder in ["tests/config/valid", "tests/config/invalid"] {
        let read = samples(folder).into_iter().filter_map(|(_, path)| fs::read_to_string(path).ok());
        texts.extend(read.filter(|text| !text.is_empty()));
    }
    let words =
        ["\"", "'''", "[[", "]]", "[", "{", "}", "=", "\n", "\r", ".", "-9", "1e999", "nan", "\0", "é", "#"];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..2_000 {
        let mut chars: Vec<char> = texts[random.below(texts.len())].chars().collect();
        for _ in 0..=random.below(4) {
            let from = random.below(chars.len());
            let to = (from + random.below(12)).min(chars.len());
            let new = match random.below(3) {
                0 => String::new(),
                1 => words[random.below(words.len())].to_owned(),
                _ => chars[to - (to - from) / 2..].iter().take(8).collect(),
            };
            chars.splice(from..to, new.chars());
            chars.push('\n');
        }
        let text: String = chars.into_iter().collect();
        if let Err(error) = check("random.toml", &text) {
            assert!(!error.problems.is_empty(), "refused without a reason:\n{text}");
            assert!(!error.to_string().is_empty());
        }
    }
}
