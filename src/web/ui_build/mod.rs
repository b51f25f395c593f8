//! The pages' files as they are sent, of those in `ui`: of each document one style sheet, and one script per language; comments left
//! out, compressed, under names that change with what is in them. The build script does it for a release, a debug build
//! does it whenever a file has changed. It knows nothing of the program, since the build script has nothing of it.

mod document;
mod join;
mod squeeze;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

pub(crate) use squeeze::Effort;

/// Of the texts, the first one being for whom there is no other.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "de"];

/// What is put together for a TV: one classic script, for engines of 2016 and so that it is there as a whole or not at all. It is
/// written in parts that share one scope.
const PLAYER: &str = "tv/tv.js";
/// In this order; the last one starts what the others declare.
const PLAYER_PARTS: &[&str] = &[
    "tv/words.js",
    "tv/asks.js",
    "tv/storage.js",
    "tv/pace.js",
    "tv/places.js",
    "tv/shelf.js",
    "tv/files.js",
    "tv/plays.js",
    "tv/live.js",
    "tv/live_mse.js",
    "tv/layer.js",
    "tv/stage.js",
    "tv/overlays.js",
    "tv/shot.js",
    "tv/awake.js",
    "tv/keys.js",
    "tv/remote.js",
    "tv/preview.js",
    "tv/start.js",
];

/// Files by their path below `ui`, such as `live/player.js`.
pub(crate) type Sources = BTreeMap<String, Vec<u8>>;

/// One file as it is sent.
pub(crate) struct Built {
    /// Below `/ui/`: `app.de.js`.
    pub(crate) name: String,
    /// Of its content.
    pub(crate) tag: u64,
    pub(crate) plain: Vec<u8>,
    /// `None` where nothing is won.
    pub(crate) gzip: Option<Vec<u8>>,
    pub(crate) brotli: Option<Vec<u8>>,
}

/// What is wrong with a file of the pages, for who wrote it.
#[derive(Debug)]
pub(crate) struct Fault {
    file: String,
    what: String,
}

impl Fault {
    fn new(file: &str, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.file, self.what)
    }
}

/// All files below a folder.
pub(crate) fn read(folder: &Path) -> io::Result<Sources> {
    let mut sources = Sources::new();
    for path in list(folder)? {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        sources.insert(name, fs::read(&path)?);
    }
    Ok(sources)
}

/// Paths of all files below a folder, in no order.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(list(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// All files as they are sent. `more`: what is no file of the pages, and is sent as they are.
pub(crate) fn build(sources: &Sources, more: &[(&str, &[u8])], effort: Effort) -> Result<Vec<Built>, Fault> {
    let mut site = Site { sources, effort, built: Vec::new() };
    site.add_pictures()?;
    site.add(PLAYER, player(sources)?.into_bytes());
    let documents = sources.keys().filter(|path| path.ends_with(".html"));
    for path in documents {
        document::add(&mut site, path)?;
    }
    for (name, data) in more {
        site.add(name, data.to_vec());
    }
    Ok(site.built)
}

/// What is built so far; later files name earlier ones.
struct Site<'a> {
    sources: &'a Sources,
    effort: Effort,
    built: Vec<Built>,
}

impl Site<'_> {
    fn text(&self, path: &str) -> Result<&str, Fault> {
        text(self.sources, path)
    }

    /// What names nothing, and is sent as it is.
    fn add_pictures(&mut self) -> Result<(), Fault> {
        for (path, data) in self.sources {
            let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
            match ending {
                "svg" | "png" | "ico" | "woff2" => self.add(path, data.clone()),
                "html" | "css" | "js" | "ts" => {}
                _ => return Err(Fault::new(path, "no page has use for this kind of file")),
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, plain: Vec<u8>) {
        let tag = tag_of(&plain);
        let (gzip, brotli) = squeeze::compressed(name, &plain, self.effort);
        self.built.push(Built { name: name.to_owned(), tag, plain, gzip, brotli });
    }

    /// The address under which a file may be kept for ever.
    fn address(&self, name: &str) -> Option<String> {
        let file = self.built.iter().find(|file| file.name == name)?;
        Some(format!("/ui/{}", lasting_name(name, file.tag)))
    }
}

/// Changes with the content.
pub(crate) fn tag_of(content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    hasher.finish()
}

/// `app.de.js` as `app.de.0123456789ab.js`.
pub(crate) fn lasting_name(name: &str, tag: u64) -> String {
    /// 48 bits: two versions of one file that share a name are not met.
    const BITS_UNUSED: u32 = 16;
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    format!("{stem}.{:012x}.{ending}", tag >> BITS_UNUSED)
}

fn text<'a>(sources: &'a Sources, path: &str) -> Result<&'a str, Fault> {
    let data = sources.get(path).ok_or_else(|| Fault::new(path, "there is no such file"))?;
    std::str::from_utf8(data).map_err(|_| Fault::new(path, "this is not UTF-8"))
}

/// The parts of the TV's player as one script.
fn player(sources: &Sources) -> Result<String, Fault> {
    let mut script = "(function () {\n'use strict';\n".to_owned();
    for part in PLAYER_PARTS {
        script.push_str(&squeeze::script(text(sources, part)?));
    }
    let of_player = |path: &&String| path.starts_with("tv/") && path.ends_with(".js");
    match sources.keys().filter(of_player).find(|path| !PLAYER_PARTS.contains(&path.as_str())) {
        Some(path) => Err(Fault::new(path, "PLAYER_PARTS does not name it")),
        None => Ok(script + "})();\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sources(files: &[(&str, &str)]) -> Sources {
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn real() -> Sources {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/ui")).expect("the pages are there")
    }

    #[test]
    fn the_pages_are_built_and_name_nothing_that_is_not_there() {
        let built = build(&real(), &[], Effort::Quick).unwrap_or_else(|fault| panic!("{fault}"));
        let lasting: Vec<String> =
            built.iter().map(|file| format!("/ui/{}", lasting_name(&file.name, file.tag))).collect();
        for file in built.iter().filter(|file| file.name.ends_with(".html")) {
            let text = std::str::from_utf8(&file.plain).expect("text");
            let addresses = text.split('"').filter(|part| part.starts_with("/ui/"));
            for address in addresses {
                assert!(lasting.iter().any(|known| known == address), "{}: {address}", file.name);
            }
            assert_eq!(text.matches("rel=\"stylesheet\"").count(), 1, "{}: one style sheet", file.name);
        }
        assert!(built.iter().any(|file| file.name == PLAYER));
    }

    #[test]
    fn a_page_speaks_one_language_and_has_no_comments() {
        let built = build(&real(), &[], Effort::Quick).unwrap_or_else(|fault| panic!("{fault}"));
        let script = |name: &str| {
            let file = built.iter().find(|file| file.name == name).expect("there");
            String::from_utf8(file.plain.clone()).expect("text")
        };
        let (english, german) = (script("app.en.js"), script("app.de.js"));
        assert!(english.contains("'Skip to content'") && !english.contains("'Zum Inhalt'"));
        assert!(german.contains("'Zum Inhalt'") && !german.contains("'Skip to content'"));
        assert!(!english.contains("@param") && !english.contains("import {"));
    }

    #[test]
    fn a_name_changes_with_the_content() {
        let named = |text| {
            let built = build(&sources(&[("a.svg", text)]), &[], Effort::Quick);
            built.err().map(|fault| fault.to_string())
        };
        // Without the player nothing is built: what is missing is named.
        assert_eq!(named("x").as_deref(), Some("tv/words.js: there is no such file"));
        assert_eq!(lasting_name("app.de.js", 0x0123_4567_89ab_cdef), "app.de.0123456789ab.js");
        assert_ne!(lasting_name("a.svg", 1 << 16), lasting_name("a.svg", 2 << 16));
    }

    #[test]
    fn a_file_that_no_page_can_use_is_named() {
        let fault =
            build(&sources(&[("notes.docx", "")]), &[], Effort::Quick).err().map(|fault| fault.to_string());
        assert_eq!(fault.as_deref(), Some("notes.docx: no page has use for this kind of file"));
    }
}
