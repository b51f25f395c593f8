//! The origin of a page (RFC 6454), as browsers send it: who beside our own pages may show the live pictures.

use std::fmt;

use url::Url;

use super::problem::quoted;

pub(super) const ALLOWED: &str = "origins such as \"https://intranet.example\", or \"*\" for any page at all";

/// One entry of `[web] origins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageOrigin {
    /// Pages from anywhere.
    Any,
    /// Scheme, host, and the port unless it is the scheme's own, in small letters.
    One(String),
}

impl PageOrigin {
    /// Errors: a sentence that goes on after the key.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let of_web = |url: &Url| {
            matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.contains('*'))
        };
        let url = Url::parse(text).ok().filter(of_web);
        let url = url.ok_or_else(|| format!("{} is not the origin of a page", quoted(text)))?;
        // In the spelling of browsers: other letters of a host, say, are encoded.
        let origin = url.origin().ascii_serialization();
        let bare = url.path() == "/" && !text.ends_with('/') && url.query().is_none();
        if !bare || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            // Not what was typed: it may hold a password.
            return Err(format!("this is more than an origin: write {}", quoted(&origin)));
        }
        Ok(Self::One(origin))
    }
}

impl fmt::Display for PageOrigin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Any => "*",
            Self::One(origin) => origin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_in_the_spelling_of_browsers() {
        let one = |text| PageOrigin::parse(text).map(|origin| origin.to_string());
        for (text, expected) in [
            ("https://intranet.example", "https://intranet.example"),
            ("HTTPS://Intranet.Example:443", "https://intranet.example"),
            ("http://wall:8080", "http://wall:8080"),
            ("http://[fd00::5]:8080", "http://[fd00::5]:8080"),
            ("https://küche.example", "https://xn--kche-0ra.example"),
        ] {
            assert_eq!(one(text).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(PageOrigin::parse("*"), Ok(PageOrigin::Any));
    }

    #[test]
    fn what_is_no_origin_or_more_than_one_is_refused() {
        for wrong in ["", "null", "intranet.example", "https://", "file:///a", "https://*.example", "ftp://a"]
        {
            let message = PageOrigin::parse(wrong).expect_err(wrong);
            assert!(message.contains("is not the origin"), "{wrong}: {message}");
        }
        for more in ["https://a/", "https://a/b", "https://a?b", "https://a#b", "https://me:pw@a"] {
            let message = PageOrigin::parse(more).expect_err(more);
            assert!(message.ends_with("write \"https://a\""), "{more}: {message}");
        }
    }
}
