//! The old server's library: a folder of videos, and what its four JSON files say about them. Pure but for reading them.
//!
//! `ratings.json` and `views.json` map a file's name to a number, `tags.json` to a list of texts, `favorites.json` is a
//! list of names, or maps them to true. Names are paths from the folder, with or without the folders before and the
//! ending behind: what is meant is looked for in this order, and taken if it is only one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

/// Of one of the JSON files: 100,000 names take some 10 MB.
const JSON_BYTES_MAX: u64 = 64 << 20;
const VIEWS_MAX: u64 = u32::MAX as u64;

/// What people did with a video before it came here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub favorite: bool,
    /// 0: none.
    pub rating: u8,
    pub views: u64,
    pub tags: Vec<String>,
}

/// What the JSON files say, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    by_name: BTreeMap<String, Past>,
    /// What could not be read, in words.
    pub problems: Vec<String>,
}

impl Records {
    /// Reads those of the four files that are there.
    pub fn read(folder: &Path) -> Self {
        let mut records = Self::default();
        for (name, take) in TAKERS {
            match read(&folder.join(name)) {
                Ok(Some(value)) => {
                    if !take(&mut records, &value) {
                        records
                            .problems
                            .push(format!("{name}: it has another shape than the old server wrote"));
                    }
                }
                Ok(None) => {}
                Err(why) => records.problems.push(format!("{name}: {why}")),
            }
        }
        records
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Gives each file what is said about it; what is said about none of them is left in the second list.
    pub fn match_with(self, files: &[String]) -> (BTreeMap<String, Past>, Vec<String>) {
        let mut found: BTreeMap<String, Past> = BTreeMap::new();
        let mut unmatched = Vec::new();
        for (name, past) in self.by_name {
            match matching(&name, files) {
                Some(file) => found.entry(file.to_owned()).or_default().add(past),
                None => unmatched.push(name),
            }
        }
        (found, unmatched)
    }

    fn past(&mut self, name: &str) -> &mut Past {
        self.by_name.entry(name.to_owned()).or_default()
    }
}

impl Past {
    fn add(&mut self, other: Self) {
        self.favorite |= other.favorite;
        self.rating = self.rating.max(other.rating);
        self.views = self.views.max(other.views);
        self.tags.extend(other.tags);
    }
}

type Take = fn(&mut Records, &Value) -> bool;
const TAKERS: [(&str, Take); 4] = [
    ("ratings.json", take_ratings),
    ("views.json", take_views),
    ("tags.json", take_tags),
    ("favorites.json", take_favorites),
];

fn read(path: &Path) -> Result<Option<Value>, String> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > JSON_BYTES_MAX => return Err("it is larger than 64 MiB".to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    let text = fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map(Some).map_err(|error| error.to_string())
}

fn take_ratings(records: &mut Records, value: &Value) -> bool {
    each(value, |name, rating| {
        let rating = rating.as_f64()?.round();
        // Stars of ours are 1 to 5; 0 was "none" there, too.
        records.past(name).rating = (0.0..=5.0).contains(&rating).then_some(rating as u8)?;
        Some(())
    })
}

fn take_views(records: &mut Records, value: &Value) -> bool {
    each(value, |name, views| {
        records.past(name).views = views.as_u64()?.min(VIEWS_MAX);
        Some(())
    })
}

fn take_tags(records: &mut Records, value: &Value) -> bool {
    each(value, |name, tags| {
        let tags =
            tags.as_array()?.iter().map(|tag| tag.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        records.past(name).tags = tags;
        Some(())
    })
}

fn take_favorites(records: &mut Records, value: &Value) -> bool {
    if let Some(names) = value.as_array() {
        return names
            .iter()
            .all(|name| name.as_str().map(|name| records.past(name).favorite = true).is_some());
    }
    each(value, |name, favorite| {
        records.past(name).favorite = favorite.as_bool()?;
        Some(())
    })
}

/// Goes through an object; false if it is none, or if an entry is not what is expected.
fn each(value: &Value, mut take: impl FnMut(&str, &Value) -> Option<()>) -> bool {
    let Some(object) = value.as_object() else { return false };
    // All of them: one odd entry does not cost the others.
    object.iter().fold(true, |well, (name, value)| take(name, value).is_some() && well)
}

/// The one file that a name means.
fn matching<'f>(name: &str, files: &'f [String]) -> Option<&'f str> {
    let name = name.replace('\\', "/");
    let ways: [fn(&str) -> &str; 3] = [|path| path, base, |path| stem(base(path))];
    ways.iter().find_map(|way| {
        let mut same = files.iter().filter(|file| way(file) == way(&name));
        let first = same.next()?;
        same.next().is_none().then_some(first.as_str())
    })
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

    fn write(folder: &Path, name: &str, text: &str) {
        fs::write(folder.join(name), text).unwrap();
    }

    #[test]
    fn what_the_files_say_is_brought_together() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "ratings.json", r#"{"a.mp4": 4, "clips/b.mkv": 5.0, "gone.mp4": 1}"#);
        write(folder.path(), "views.json", r#"{"a.mp4": 12}"#);
        write(folder.path(), "tags.json", r#"{"a": ["x", "y"]}"#);
        write(folder.path(), "favorites.json", r#"["b.mkv"]"#);
        let records = Records::read(folder.path());
        assert_eq!(records.problems, Vec::<String>::new());
        let files = ["a.mp4".to_owned(), "clips/b.mkv".to_owned()];
        let (found, unmatched) = records.match_with(&files);
        assert_eq!(unmatched, ["gone.mp4"]);
        let a = Past { rating: 4, views: 12, tags: vec!["x".to_owned(), "y".to_owned()], favorite: false };
        assert_eq!(found["a.mp4"], a);
        assert_eq!(found["clips/b.mkv"], Past { rating: 5, favorite: true, ..Past::default() });
    }

    #[test]
    fn a_name_that_could_mean_two_files_means_none() {
        let files = ["a/x.mp4".to_owned(), "b/x.mp4".to_owned(), "c/y.mp4".to_owned()];
        assert_eq!(matching("x.mp4", &files), None);
        assert_eq!(matching("a\\x.mp4", &files), Some("a/x.mp4"));
        assert_eq!(matching("/old/place/y.avi", &files), Some("c/y.mp4"));
    }

    #[test]
    fn one_odd_entry_costs_no_other_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "ratings.json", r#"{"a.mp4": "five", "b.mp4": 3, "c.mp4": 17}"#);
        write(folder.path(), "views.json", "[1, 2");
        write(folder.path(), "favorites.json", r#"{"b.mp4": true}"#);
        let records = Records::read(folder.path());
        assert_eq!(records.problems.len(), 2, "{:?}", records.problems);
        assert_eq!(records.by_name["b.mp4"], Past { rating: 3, favorite: true, ..Past::default() });
    }
}
