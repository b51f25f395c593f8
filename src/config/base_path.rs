//! Where Marquee is below a host that a proxy shares among several programs.

use std::fmt;
use std::sync::Arc;

use super::problem::quoted;

pub(super) const ALLOWED: &str = "a path such as \"/signs\"";

/// As long as one would type, and short enough for a request line.
const CHARS_MAX: usize = 100;
/// What addresses of Marquee begin with (`web::route`): below one of these nobody could tell them apart.
const OWN: [&str; 15] = [
    "api",
    "bin",
    "health",
    "library",
    "live",
    "login",
    "media",
    "metrics",
    "playlists",
    "schedule",
    "screens",
    "settings",
    "tv",
    "ui",
    "view",
];

/// `/signs` or `/house/signs`, without a slash at its end; empty: nothing stands before Marquee's own addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath(Arc<str>);

impl BasePath {
    /// Errors: a sentence that goes on after the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let Some(names) = path.strip_prefix('/') else {
            return if path.is_empty() { Ok(Self::default()) } else { Err(not_a_path(text)) };
        };
        let is_plain = |name: &str| {
            let allowed = |char: char| char.is_ascii_alphanumeric() || "-._~".contains(char);
            !name.is_empty() && name.chars().all(allowed) && name.chars().any(|char| char != '.')
        };
        if path.len() > CHARS_MAX || !names.split('/').all(is_plain) {
            return Err(not_a_path(text));
        }
        let first = names.split('/').next().unwrap_or_default();
        if OWN.contains(&first) {
            return Err(format!("addresses of Marquee itself begin with {}", quoted(&format!("/{first}"))));
        }
        Ok(Self(path.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with it in front.
    pub fn before(&self, address: &str) -> String {
        format!("{}{address}", self.0)
    }

    /// What of a path is below it; `None` if it is not.
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(&*self.0).filter(|_| !self.0.is_empty())?;
        match rest {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }
}

impl Default for BasePath {
    fn default() -> Self {
        Self("".into())
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn not_a_path(text: &str) -> String {
    format!("{} is no path of letters, digits and -._~", quoted(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_what_is_none_is_refused() {
        let parsed = |text| BasePath::parse(text).map(|path| path.to_string());
        for (text, expected) in [("", ""), ("/", ""), ("/signs", "/signs"), ("/a/b.c-d_e~f/", "/a/b.c-d_e~f")]
        {
            assert_eq!(parsed(text).as_deref(), Ok(expected), "{text}");
        }
        let long = format!("/{}", "x".repeat(CHARS_MAX));
        for text in
            ["signs", "//", "/a//b", "/..", "/a/../b", "/a b", "/a?b", "/ä", "/a%20", "http://x/", &long]
        {
            assert!(parsed(text).is_err_and(|error| error.contains("is no path")), "{text}");
        }
        for text in ["/api", "/live/signs", "/tv/", "/view"] {
            assert!(parsed(text).is_err_and(|error| error.contains("Marquee itself")), "{text}");
        }
        assert!(parsed("/apis").is_ok());
    }

    #[test]
    fn what_is_below_it() {
        let base = BasePath::parse("/signs").expect("a path");
        for (path, expected) in [
            ("/signs", Some("/")),
            ("/signs/", Some("/")),
            ("/signs/library/7", Some("/library/7")),
            ("/signsx", None),
            ("/library", None),
        ] {
            assert_eq!(base.strip(path), expected, "{path}");
        }
        assert_eq!(BasePath::default().strip("/library"), None);
        assert_eq!(
            (base.before("/x"), BasePath::default().before("/x")),
            ("/signs/x".to_owned(), "/x".to_owned())
        );
    }
}
