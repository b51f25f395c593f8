//! Which form of a file a client takes (RFC 9110, section 12.5.3). Pure.

use hyper::HeaderMap;
use hyper::header::ACCEPT_ENCODING;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Plain,
}

/// The smallest form that a client names. Browsers name Brotli only where they trust the connection: encrypted, or to
/// their own machine.
pub(super) fn best(headers: &HeaderMap) -> Encoding {
    let named = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<(&str, bool)> = named.flat_map(|value| value.split(',')).map(range).collect();
    let taken = |name: &str| {
        let named = ranges.iter().find(|(range, _)| range.eq_ignore_ascii_case(name));
        named.or_else(|| ranges.iter().find(|(range, _)| *range == "*")).is_some_and(|(_, taken)| *taken)
    };
    match () {
        () if taken("br") => Encoding::Brotli,
        () if taken("gzip") || taken("x-gzip") => Encoding::Gzip,
        () => Encoding::Plain,
    }
}

/// The name, and whether its weight is above 0.
fn range(text: &str) -> (&str, bool) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (name, weight.and_then(|weight| weight.parse::<f32>().ok()).is_none_or(|weight| weight > 0.0))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn the_smallest_form_that_is_taken() {
        let check = |value: &'static str, expected| {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(best(&headers), expected, "{value}");
        };
        check("gzip, deflate, br, zstd", Encoding::Brotli);
        check("gzip, deflate", Encoding::Gzip);
        check("GZIP;q=0.5", Encoding::Gzip);
        check("br;q=0, gzip;q=1.0", Encoding::Gzip);
        check("br; q=0.0, *", Encoding::Gzip);
        check("gzip;q=0", Encoding::Plain);
        check("*;q=0", Encoding::Plain);
        check("identity", Encoding::Plain);
        check("", Encoding::Plain);
        assert_eq!(best(&HeaderMap::new()), Encoding::Plain);
    }
}
