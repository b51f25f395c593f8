//! The files of the pages: embedded as the build script has made them, or made of the source folder while the program runs
//! (debug builds), so that one sees a change without compiling.

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, VARY};
use hyper::{HeaderMap, Response, StatusCode};

use super::body::{self, Body};
use super::encoding::{self, Encoding};
use super::{base_path, conditional};
use crate::config::{BasePath, Language};

#[cfg(embedded_pages)]
#[path = "ui_files/embedded.rs"]
mod place;
#[cfg(not(embedded_pages))]
#[path = "ui_files/folder.rs"]
mod place;

/// Of its content: under this name a file never changes. To be asked for again anew, which costs a 304, is everything
/// else: an updated box must not show old pages.
const LASTING: &str = "public, max-age=31536000, immutable";
const PASSING: &str = "no-cache";

/// One file.
#[derive(Clone)]
pub(super) struct UiFile {
    /// Strong, of what it is before it is compressed.
    tag: u64,
    content_type: &'static str,
    /// It was asked for by the name that changes with it.
    lasting: bool,
    /// The same address has another language for somebody else.
    by_language: bool,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

impl UiFile {
    /// `path` below `/ui/`, such as `app.de.js` or, kept for ever, `app.de.0123456789ab.js`.
    pub(super) fn find(path: &str) -> Option<Self> {
        // A page that was loaded before an update asks for what is no more: what is there now suits it better than nothing.
        place::find(path).or_else(|| place::find(&without_tag(path)?))
    }

    /// A document in this language.
    pub(super) fn document(name: &str, language: Language) -> Option<Self> {
        let file = Self::find(&format!("{name}.{}.html", language.code()))?;
        Some(Self { by_language: true, ..file })
    }

    /// With other texts in place of some, once each. It is sent as it is.
    pub(super) fn with(self, texts: &[(&str, &str)]) -> Self {
        let mut text = String::from_utf8_lossy(&self.plain).into_owned();
        for (one, other) in texts {
            text = text.replacen(one, other, 1);
        }
        let tag = texts.iter().fold(self.tag, |tag, (_, other)| mixed(tag, other));
        Self { tag, plain: text.into(), gzip: None, brotli: None, ..self }
    }

    /// With its addresses below a base path, before `with`. A document alone: the other files have none of ours in them.
    pub(super) fn below(self, base: &BasePath) -> Self {
        if base.as_str().is_empty() {
            return self;
        }
        let text = base_path::document_below(base, &String::from_utf8_lossy(&self.plain));
        let tag = mixed(self.tag, base.as_str());
        Self { tag, plain: text.into(), gzip: None, brotli: None, ..self }
    }

    /// The file, or 304 if the client has it.
    pub(super) fn into_response(self, headers: &HeaderMap) -> Response<Body> {
        let (data, encoding) = match encoding::best(headers) {
            Encoding::Brotli if self.brotli.is_some() => (self.brotli.clone(), Some("br")),
            Encoding::Brotli | Encoding::Gzip if self.gzip.is_some() => (self.gzip.clone(), Some("gzip")),
            _ => (None, None),
        };
        let etag =
            format!("\"{:016x}{}\"", self.tag, encoding.map_or_else(String::new, |name| format!("-{name}")));
        let mut response = if conditional::has(headers, &etag) {
            let mut response = Response::new(body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let mut response = Response::new(body::full(data.unwrap_or_else(|| self.plain.clone())));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if let Some(encoding) = encoding {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, HeaderValue::from_str(&etag).expect("hex and letters in quotes"));
        let kept = if self.lasting { LASTING } else { PASSING };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
        let by =
            if self.by_language { "accept-encoding, accept-language, cookie" } else { "accept-encoding" };
        headers.insert(VARY, HeaderValue::from_static(by));
        response
    }
}

/// A tag that changes with the text as well.
fn mixed(tag: u64, text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    hash.as_bytes()[..8].iter().fold(tag.rotate_left(1), |tag, byte| tag.rotate_left(8) ^ u64::from(*byte))
}

/// `app.de.0123456789ab.js` as `app.de.js`.
fn without_tag(path: &str) -> Option<String> {
    const TAG_CHARS: usize = 12;
    let (stem, ending) = path.rsplit_once('.')?;
    let (stem, tag) = stem.rsplit_once('.')?;
    let is_tag = tag.len() == TAG_CHARS && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_tag.then(|| format!("{stem}.{ending}"))
}

/// `None` for what is not meant to be sent.
fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_found() {
        let paths = [
            "../mod.rs",
            "/etc/passwd.txt",
            "../../../Cargo.json",
            "live",
            "",
            "live/../../wire.js",
            "globals.d.ts",
        ];
        for path in paths {
            assert!(UiFile::find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_name_without_its_tag() {
        assert_eq!(without_tag("tv/tv.0123456789ab.js").as_deref(), Some("tv/tv.js"));
        assert_eq!(without_tag("app.de.js"), None);
        assert_eq!(without_tag("app.0123456789xy.js"), None);
        assert_eq!(without_tag(""), None);
    }

    #[test]
    fn a_page_that_was_loaded_before_an_update_finds_what_is_there_now() {
        let old = UiFile::find("app.en.000000000000.js").expect("there");
        let now = UiFile::find("app.en.js").expect("there");
        assert_eq!((old.tag, old.lasting), (now.tag, false));
    }

    #[test]
    fn the_tag_is_of_the_content() {
        let tag = |name, language| UiFile::document(name, language).expect("there").tag;
        assert_eq!(tag("app", Language::English), tag("app", Language::English));
        assert_ne!(tag("app", Language::English), tag("app", Language::German));
        assert_ne!(tag("app", Language::English), tag("player", Language::English));
        let file = || UiFile::document("tv", Language::English).expect("there");
        assert_ne!(file().with(&[("a", "b")]).tag, file().with(&[("a", "c")]).tag);
        assert_ne!(file().with(&[("a", "b")]).tag, file().tag);
    }

    #[test]
    fn there_is_every_document_in_every_language() {
        for name in ["app", "login", "player", "problem", "reference", "tv"] {
            for language in Language::ALL {
                let file = UiFile::document(name, language).expect("there");
                let text = String::from_utf8_lossy(&file.plain).into_owned();
                assert!(text.contains(&format!("<html lang=\"{}\"", language.code())), "{name}");
            }
        }
    }
}
