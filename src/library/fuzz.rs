//! Random bytes for what the library reads: backups, subtitles, the heads of files, and what a child says.

use std::collections::BTreeMap;
use std::fs;

use super::kinds::FileKind;
use super::store::Store;
use super::work::{Facts, Line, subtitles};
use super::{HEAD_BYTES, backup};

/// A tar. What is unpacked stays in its folder.
pub(crate) fn backup(input: &[u8]) {
    // In memory where there is such a folder: thousands a second are unpacked.
    let memory = std::path::Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let outer = base.join(format!("marquee-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()));
    let folder = outer.join("restore");
    fs::create_dir_all(&folder).expect("a folder");
    let store = Store::open(&outer.join("library")).expect("a store");
    let _ = backup::unpack(input, &folder, &store);
    let mut names = fs::read_dir(&outer).expect("there").map(|entry| entry.expect("there").file_name());
    assert!(names.all(|name| name == "restore" || name == "library"), "nothing leads out of the folder");
    fs::remove_dir_all(&outer).expect("removed");
}

/// A file of subtitles; what is written of them is what was read.
pub(crate) fn subtitles(input: &[u8]) {
    let cues = subtitles::read(&subtitles::decode(input));
    assert!(cues.iter().all(|cue| cue.start_ms < cue.end_ms && !cue.text.is_empty()));
    let written = subtitles::write_vtt(&cues);
    assert_eq!(subtitles::read(&written), cues, "{written}");
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = subtitles::from_ass(text);
        let _ = subtitles::language(text);
        let _ = subtitles::names(text);
        let _ = subtitles::is_subtitles(text);
    }
}

/// The name of a file, and its first bytes.
pub(crate) fn kinds([name, head]: [&[u8]; 2]) {
    let head = &head[..head.len().min(HEAD_BYTES)];
    match FileKind::by(head, &String::from_utf8_lossy(name)) {
        Ok(kind) => assert!(kind.holds(head)),
        Err(other) => assert!(!other.to_string().is_empty()),
    }
}

/// A line of a child at work.
pub(crate) fn line(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some(line) = Line::read(text) else { return };
    let written = line.write();
    assert_eq!(written.matches('\n').count(), 1, "{written:?}");
    if !matches!(line, Line::Progress(_)) {
        assert_eq!(Line::read(written.trim_end_matches('\n')), Some(line), "{written:?}");
    }
}

/// All that a child found out: a name and a value on each line.
pub(crate) fn facts(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let told: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let Some(facts) = Facts::heard(|name| told.get(name).copied()) else { return };
    let again: BTreeMap<&str, String> = facts.told().into_iter().collect();
    assert_eq!(Facts::heard(|name| again.get(name).map(String::as_str)), Some(facts));
}
