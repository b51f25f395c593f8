//! What random bytes are given to: every parser of ours, by name. Only in tests, and in what `tests/long/fuzz` builds.
//!
//! Each may refuse what it is given, and must do so without a panic, in bounded time and memory; what it takes must be
//! what it says, such as the same when it is written and read again. Each target stands beside what it tries.

use crate::{child, config, device, library, media, output, pipeline, reel, rtc, rtsp, web};

pub type Target = fn(&[u8]);

/// In the order of their names, which are those of the folders below `tests/long/corpus`.
pub const TARGETS: [(&str, Target); 29] = [
    ("backup", library::fuzz::backup),
    ("camera", pipeline::fuzz::camera),
    ("cec", |input| device::cec::fuzz::message(parts(input))),
    ("child_facts", library::fuzz::facts),
    ("child_line", library::fuzz::line),
    ("config", config::fuzz::file),
    ("camera_url", config::fuzz::camera_url),
    ("edid", |input| output::fuzz::edid(parts(input))),
    ("file_end", child::fuzz::end),
    ("forwarded", |input| web::fuzz::forwarded(parts(input))),
    ("fragment", output::fuzz::fragment),
    ("h264", media::fuzz::h264),
    ("headers", web::fuzz::headers),
    ("heif", child::fuzz::heif),
    ("jpeg", media::fuzz::jpeg),
    ("json", web::fuzz::json),
    ("kinds", |input| library::fuzz::kinds(parts(input))),
    ("packetize", rtc::fuzz::packetize),
    ("range", web::fuzz::range),
    ("reel", reel::fuzz::pieces),
    ("route", web::fuzz::route),
    ("rtc", rtc::fuzz::datagrams),
    ("rtsp", rtsp::fuzz::messages),
    ("rtsp_description", rtsp::fuzz::description),
    ("rtsp_packets", |input| rtsp::fuzz::packets(parts(input))),
    ("sdp", rtc::fuzz::offer),
    ("subtitles", library::fuzz::subtitles),
    ("taken", child::fuzz::taken),
    ("tus", web::fuzz::tus),
];

/// The target of that name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|(known, _)| *known == name).map(|(_, target)| target)
}

/// A part of the input for each of `N` things: the first byte of each says how long it is, the last takes the rest.
fn parts<const N: usize>(mut input: &[u8]) -> [&[u8]; N] {
    let mut parts = [&[][..]; N];
    for part in &mut parts[..N - 1] {
        let Some((len, rest)) = input.split_first() else { return parts };
        (*part, input) = rest.split_at(rest.len().min(usize::from(*len)));
    }
    parts[N - 1] = input;
    parts
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// What was kept is given to its target again, in each run of the tests.
    fn corpus(name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/long/corpus").join(name);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let target = target(name).unwrap();
        let mut tried = 0;
        for file in files {
            let file = file.unwrap().path();
            // What fails is told by its panic; which one it was, here.
            let input = fs::read(&file).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{} fails {name}", file.display());
            tried += 1;
        }
        assert!(tried > 0, "{} is empty", folder.display());
    }

    macro_rules! corpora {
        ($($name:ident)*) => {
            $(#[test]
            fn $name() {
                corpus(stringify!($name));
            })*

            #[test]
            fn every_target_has_its_corpus() {
                let tested = [$(stringify!($name)),*];
                let targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
                assert_eq!(tested[..], targets[..], "the list of tests is that of TARGETS");
            }
        };
    }

    corpora! {
        backup camera cec child_facts child_line config camera_url edid file_end forwarded fragment h264 headers
        heif jpeg json kinds packetize range reel route rtc rtsp rtsp_description rtsp_packets sdp subtitles taken tus
    }
}
