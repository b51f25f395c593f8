//! The old server's library: a folder of videos, and what its four JSON files say about them. Pure but for reading them.
//!
//! `ratings.json`, `views.json`, `tags.json` and `favorites.json` say something about files by their names: paths from the
//! folder, with or without the folders before and the ending behind. What is meant is looked for in this order, and taken
//! if it is only one. Their shapes are those of `shapes`; an odd entry costs no other, and is told.

mod shapes;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::edit::{TAG_CHARS_MAX, TAGS_MAX, clean};
use shapes::{entries, number, texts, truth};

/// Of one of the JSON files: 100,000 names take some 10 MB.
const JSON_BYTES_MAX: u64 = 64 << 20;
const VIEWS_MAX: f64 = u32::MAX as f64;

/// What people did with a video before it came here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub favorite: bool,
    /// 0: none.
    pub rating: u8,
    pub views: u64,
    pub tags: Vec<String>,
}

/// What the JSON files say, by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    pub by_file: BTreeMap<String, Past>,
    /// Names that mean no file here, or more than one.
    pub unmatched: Vec<String>,
    /// What could not be read, in words.
    pub problems: Vec<String>,
}

/// Takes what a value says; or what is wrong with it.
type Take = fn(&mut Past, &Value) -> Result<(), String>;

/// The files, and the name of a list within.
const TAKERS: [(&str, Take); 4] =
    [("ratings", take_rating), ("views", take_views), ("tags", take_tags), ("favorites", take_favorite)];

impl Records {
    /// Reads those of the four files that are there. `files`: paths from the folder.
    pub fn read(folder: &Path, files: &[String]) -> Self {
        let (mut records, index) = (Self::default(), Index::of(files));
        for (stem, take) in TAKERS {
            let name = format!("{stem}.json");
            match read(&folder.join(&name)) {
                Ok(Some(value)) => records.take(&name, &value, stem, take, &index, files),
                Ok(None) => {}
                Err(why) => records.problems.push(format!("{name}: {why}")),
            }
        }
        records.unmatched.sort();
        records.unmatched.dedup();
        records
    }

    fn take(&mut self, name: &str, value: &Value, stem: &str, take: Take, index: &Index, files: &[String]) {
        let (entries, odd) = entries(value, stem, |name| index.find(name).is_some());
        self.problems.extend(odd.into_iter().map(|odd| format!("{name}: {odd}")));
        for (of, value) in entries {
            let Some(file) = index.find(&of) else {
                self.unmatched.push(of);
                continue;
            };
            let past = self.by_file.entry(files[file].clone()).or_default();
            if let Err(why) = take(past, &value) {
                self.problems.push(format!("{name}: {of}: {why}"));
            }
        }
    }
}

fn read(path: &Path) -> Result<Option<Value>, String> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > JSON_BYTES_MAX => return Err("it is larger than 64 MiB".to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_str(&decoded(&bytes)?).map(Some).map_err(|error| error.to_string())
}

/// Text as editors save it: UTF-8 or UTF-16, with a byte order mark or without.
fn decoded(bytes: &[u8]) -> Result<String, String> {
    let utf_16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|error| error.to_string())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).map_err(|error| error.to_string()),
        bytes => String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string()),
    }
}

fn take_rating(past: &mut Past, value: &Value) -> Result<(), String> {
    let rating = number(value, &["rating", "stars", "score", "value"]).map(f64::round);
    // Stars of ours are 1 to 5; 0 was "none" there, too.
    let rating = rating.filter(|rating| (0.0..=5.0).contains(rating));
    past.rating = past.rating.max(rating.ok_or_else(|| format!("{value} is no rating from 0 to 5"))? as u8);
    Ok(())
}

fn take_views(past: &mut Past, value: &Value) -> Result<(), String> {
    let views = number(value, &["views", "count", "plays", "value"]).filter(|views| *views >= 0.0);
    let views = views.ok_or_else(|| format!("{value} is no number of views"))?;
    past.views = past.views.max(views.min(VIEWS_MAX) as u64);
    Ok(())
}

/// Those that can be kept are; what is wrong with the others is told.
fn take_tags(past: &mut Past, value: &Value) -> Result<(), String> {
    let (tags, mut wrong) =
        texts(value, &["tags", "value"]).ok_or_else(|| format!("{value} is no list of tags"))?;
    for tag in tags.iter().map(|tag| clean(tag)) {
        if tag.is_empty() {
            wrong.push("an empty tag".to_owned());
        } else if tag.chars().count() > TAG_CHARS_MAX {
            let begin: String = tag.chars().take(20).collect();
            wrong.push(format!("\"{begin}…\", which is longer than {TAG_CHARS_MAX} characters"));
        } else if past.tags.len() >= TAGS_MAX {
            wrong.push(format!("\"{tag}\", since there are {TAGS_MAX} already"));
        } else if !past.tags.contains(&tag) {
            past.tags.push(tag);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("left out: {}", wrong.join(", "))) }
}

fn take_favorite(past: &mut Past, value: &Value) -> Result<(), String> {
    let favorite = truth(value, &["favorite", "favourite", "value"]);
    past.favorite |= favorite.ok_or_else(|| format!("{value} is neither true nor false"))?;
    Ok(())
}

/// Files by what they may be called. A name that means more than one means none.
struct Index {
    ways: [HashMap<String, Option<usize>>; 3],
}

impl Index {
    fn of(files: &[String]) -> Self {
        let mut ways: [HashMap<String, Option<usize>>; 3] = Default::default();
        for (at, file) in files.iter().enumerate() {
            for (way, called) in ways.iter_mut().zip(WAYS) {
                let called = same_form(called(file));
                way.entry(called).and_modify(|known| *known = None).or_insert(Some(at));
            }
        }
        Self { ways }
    }

    fn find(&self, name: &str) -> Option<usize> {
        let name = name.replace('\\', "/");
        self.ways.iter().zip(WAYS).find_map(|(way, called)| *way.get(&same_form(called(&name)))?)
    }
}

const WAYS: [fn(&str) -> &str; 3] = [|path| path, base, |path| stem(base(path))];

/// A Mac takes letters with marks apart (NFD), others do not.
fn same_form(name: &str) -> String {
    name.nfc().collect()
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 3] = ["a.mp4", "clips/b.mkv", "Ärger.mp4"];

    fn read_all(json: &[(&str, &[u8])]) -> Records {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in json {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Records::read(folder.path(), &FILES.map(str::to_owned))
    }

    fn of(records: &Records, file: &str) -> Past {
        records.by_file.get(file).cloned().unwrap_or_default()
    }

    #[test]
    fn what_the_files_say_is_brought_together() {
        let records = read_all(&[
            ("ratings.json", br#"{"a.mp4": 4, "clips/b.mkv": 5.0, "gone.mp4": 1}"#),
            ("views.json", br#"{"a.mp4": 12}"#),
            ("tags.json", br#"{"a": ["x", "y"]}"#),
            ("favorites.json", br#"["b.mkv"]"#),
        ]);
        assert_eq!((records.problems.len(), &records.unmatched[..]), (0, &["gone.mp4".to_owned()][..]));
        let a = Past { rating: 4, views: 12, tags: vec!["x".to_owned(), "y".to_owned()], favorite: false };
        assert_eq!(of(&records, "a.mp4"), a);
        assert_eq!(of(&records, "clips/b.mkv"), Past { rating: 5, favorite: true, ..Past::default() });
    }

    #[test]
    fn shapes_of_other_versions_say_the_same() {
        let mark = "\u{feff}{\"ratings\": {\"a.mp4\": \"4\", \"A\u{308}rger.mp4\": {\"rating\": 3}}}";
        let wide: Vec<u8> = "\u{feff}{\"a.mp4\": \"12\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let records = read_all(&[
            ("ratings.json", mark.as_bytes()),
            ("views.json", &wide),
            ("tags.json", br#"{"sea, sun": ["a.mp4", "b.mkv"], "snow": ["a.mp4"]}"#),
            ("favorites.json", br#"[{"file": "a.mp4", "favorite": true}, ["b.mkv", 1], "gone"]"#),
        ]);
        assert_eq!(records.problems, Vec::<String>::new());
        let tags = ["sea, sun", "snow"].map(str::to_owned).to_vec();
        assert_eq!(of(&records, "a.mp4"), Past { rating: 4, views: 12, favorite: true, tags });
        assert!(of(&records, "clips/b.mkv").favorite);
        assert_eq!(of(&records, "Ärger.mp4").rating, 3, "a Mac's name");
        let records = read_all(&[("tags.json", br#"{"a.mp4": "sea, sun"}"#)]);
        assert_eq!(of(&records, "a.mp4").tags, ["sea", "sun"]);
    }

    #[test]
    fn a_name_that_could_mean_two_files_means_none() {
        let index = Index::of(&["a/x.mp4", "b/x.mp4", "c/y.mp4"].map(str::to_owned));
        assert_eq!(index.find("x.mp4"), None);
        assert_eq!(index.find("a\\x.mp4"), Some(0));
        assert_eq!(index.find("/old/place/y.avi"), Some(2));
    }

    #[test]
    fn one_odd_entry_costs_no_other_and_is_told() {
        let records = read_all(&[
            ("ratings.json", br#"{"a.mp4": "five", "b.mkv": 3, "c.mp4": 17}"#),
            ("views.json", b"[1, 2"),
            ("favorites.json", br#"["a.mp4", null, "b.mkv"]"#),
        ]);
        assert_eq!(records.problems.len(), 3, "{:?}", records.problems);
        assert_eq!(of(&records, "clips/b.mkv"), Past { rating: 3, favorite: true, ..Past::default() });
        assert!(of(&records, "a.mp4").favorite);
    }

    #[test]
    fn a_tag_that_can_not_be_kept_costs_no_other() {
        let many: Vec<String> = (0..70).map(|number| format!("t{number}")).collect();
        let tags = serde_json::json!({ "a.mp4": ["", "x".repeat(61), "kept"], "b.mkv": many });
        let records = read_all(&[("tags.json", tags.to_string().as_bytes())]);
        assert_eq!(of(&records, "a.mp4").tags, ["kept"]);
        assert_eq!(of(&records, "clips/b.mkv").tags.len(), TAGS_MAX);
        assert_eq!(records.problems.len(), 2, "{:?}", records.problems);
    }
}
