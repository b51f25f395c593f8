//! Where the box is below a host: taken off what is asked for, put before what is answered. All in between knows nothing of it.

use hyper::HeaderMap;
use hyper::Uri;
use hyper::header::{HeaderValue, LOCATION};

use crate::config::BasePath;

/// A proxy may have taken it off already, and who comes to the box without one never wrote it: both is right.
pub(super) fn take_off(base: &BasePath, uri: &mut Uri) {
    let Some(path) = base.strip(uri.path()) else { return };
    let rest = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    // A part of an address that was one.
    if let Ok(address) = rest.parse() {
        *uri = address;
    }
}

/// Leads to an address of ours as the browser has to ask for it.
pub(super) fn lead_below(base: &BasePath, headers: &mut HeaderMap) {
    let Some(to) = headers.get(LOCATION).and_then(|to| to.to_str().ok()) else { return };
    if to.starts_with('/')
        && let Ok(below) = HeaderValue::from_str(&base.before(to))
    {
        headers.insert(LOCATION, below);
    }
}

/// A document of ours with its addresses below it: each stands in an attribute and begins with a slash.
pub(super) fn document_below(base: &BasePath, text: &str) -> String {
    text.replace("=\"/", &format!("=\"{base}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> BasePath {
        BasePath::parse("/signs").expect("a path")
    }

    #[test]
    fn it_is_taken_off_where_it_is() {
        let taken = |text: &str| {
            let mut uri: Uri = text.parse().expect("an address");
            take_off(&base(), &mut uri);
            uri.to_string()
        };
        assert_eq!(taken("/signs/library?q=a%20b"), "/library?q=a%20b");
        assert_eq!(taken("/signs"), "/");
        assert_eq!(taken("/signs?x"), "/?x");
        assert_eq!(taken("/library?to=/signs/"), "/library?to=/signs/");
        assert_eq!(taken("/signs//evil.example/"), "//evil.example/");
    }

    #[test]
    fn it_is_put_before_what_leads_to_us() {
        let led = |to| {
            let mut headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(to))]);
            lead_below(&base(), &mut headers);
            headers[LOCATION].to_str().expect("text").to_owned()
        };
        assert_eq!(led("/login?to=%2F"), "/signs/login?to=%2F");
        assert_eq!(led("https://other.example/"), "https://other.example/");
        assert_eq!(
            document_below(&base(), r#"<a href="/">a</a> <b>/live/</b>"#),
            r#"<a href="/signs/">a</a> <b>/live/</b>"#
        );
    }
}
