//! The files of the pages, embedded in the binary (read from the source folder by debug builds, so that one sees a
//! change without compiling).

use std::borrow::Cow;

use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::body::{self, Body};
use super::conditional;

#[derive(RustEmbed)]
#[folder = "src/web/ui/"]
struct Files;

/// The player on a TV is one classic script, for engines of 2016 and so that it is there as a whole or not at all. It is
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

/// One file.
pub(super) struct UiFile {
    data: Cow<'static, [u8]>,
    /// Strong: from the content.
    etag: String,
    content_type: &'static str,
}

impl UiFile {
    /// `path` below `ui`, such as `live/page.js`.
    pub(super) fn find(path: &str) -> Option<Self> {
        if path == PLAYER {
            return Self::player();
        }
        let content_type = content_type(path)?;
        let file = Files::get(path)?;
        let tag = tag(&file);
        Some(Self { data: file.data, etag: format!("\"{tag:016x}\""), content_type })
    }

    /// The parts of the TV's player as one script. A TV asks for it once a day.
    fn player() -> Option<Self> {
        /// Odd, so that no bit of a part's tag is lost; the order of the parts counts.
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut script = b"(function () {\n'use strict';\n".to_vec();
        let mut tags = 0_u64;
        for part in PLAYER_PARTS {
            let file = Files::get(part)?;
            tags = tags.wrapping_mul(MIX).wrapping_add(tag(&file));
            script.extend_from_slice(&file.data);
        }
        script.extend_from_slice(b"})();\n");
        let etag = format!("\"{tags:016x}\"");
        Some(Self { data: script.into(), etag, content_type: content_type(PLAYER)? })
    }

    /// With one text in place of another, once.
    pub(super) fn with(self, text: &str, other: &str) -> Self {
        let replaced = String::from_utf8_lossy(&self.data).replacen(text, other, 1);
        let sum = blake3::hash(other.as_bytes()).to_hex();
        let etag = format!("\"{}-{}\"", self.etag.trim_matches('"'), &sum[..8]);
        Self { data: Cow::Owned(replaced.into_bytes()), etag, ..self }
    }

    /// The file, or 304 if the client has it.
    pub(super) fn into_response(self, headers: &HeaderMap) -> Response<Body> {
        let known = conditional::has(headers, &self.etag);
        let mut response = if known {
            let mut response = Response::new(body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            self.as_body()
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, HeaderValue::from_str(&self.etag).expect("hex in quotes"));
        // To be asked for again each time, which costs a 304: an updated box must not show old pages.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }

    fn as_body(&self) -> Response<Body> {
        let data = match &self.data {
            Cow::Borrowed(data) => bytes::Bytes::from_static(data),
            Cow::Owned(data) => data.clone().into(),
        };
        let mut response = Response::new(body::full(data));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        response
    }
}

/// Of the content. The hash was computed when the file was embedded; 64 of its bits tell versions of one file apart.
fn tag(file: &EmbeddedFile) -> u64 {
    let hash = file.metadata.sha256_hash();
    hash[..8].iter().fold(0_u64, |tag, byte| tag << 8 | u64::from(*byte))
}

/// `None` for what is not meant to be sent, such as type declarations for the checker.
fn content_type(path: &str) -> Option<&'static str> {
    if path.ends_with(".d.ts") {
        return None;
    }
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_has_a_type_or_is_meant_to_stay_inside() {
        for path in Files::iter() {
            assert!(path.ends_with(".d.ts") || UiFile::find(&path).is_some(), "{path} has no content type");
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_found() {
        for path in ["../mod.rs", "/etc/passwd.txt", "../../../Cargo.json", "live", "", "live/../../wire.js"]
        {
            assert!(UiFile::find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn every_part_of_the_player_is_in_it_once() {
        let mut parts: Vec<_> =
            Files::iter().filter(|path| path.starts_with("tv/") && path.ends_with(".js")).collect();
        let mut known: Vec<_> = PLAYER_PARTS.to_vec();
        parts.sort();
        known.sort_unstable();
        assert_eq!(parts, known, "PLAYER_PARTS names every script of tv/");
        assert_eq!(PLAYER_PARTS.last(), Some(&"tv/start.js"));
        let script = UiFile::find(PLAYER).expect("there");
        assert!(script.data.starts_with(b"(function () {\n'use strict';\n"));
        assert_eq!(script.content_type, "text/javascript; charset=utf-8");
    }

    #[test]
    fn the_tag_is_of_the_content() {
        let tag = |path| UiFile::find(path).expect("there").etag;
        assert_eq!(tag("app.html"), tag("app.html"));
        assert_ne!(tag("app.html"), tag("player.html"));
    }
}
