//! tus 1.0, the protocol of resumable uploads (<https://tus.io/protocols/resumable-upload>): its headers. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::problem::Problem;
use crate::library::UPLOAD_BYTES_MAX;

pub(super) const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
/// Not of the protocol: what a whole upload became.
pub(super) const ASSET: HeaderName = HeaderName::from_static("marquee-asset");
/// What the bytes of an upload are sent as.
pub(super) const BYTES: &str = "application/offset+octet-stream";

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,termination,checksum,expiration";
/// Names of files and tags; some systems allow names of 255 letters.
const VALUE_BYTES_MAX: usize = 4 << 10;

/// What `Upload-Metadata` tells us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub file_name: Option<String>,
    pub tags: Vec<String>,
}

/// What this server can do.
pub(super) fn add_abilities(headers: &mut HeaderMap) {
    add_version(headers);
    headers.insert("tus-version", HeaderValue::from_static(VERSION));
    headers.insert("tus-extension", HeaderValue::from_static(EXTENSIONS));
    headers.insert("tus-checksum-algorithm", HeaderValue::from_static("sha1"));
    headers.insert("tus-max-size", HeaderValue::from(UPLOAD_BYTES_MAX));
}

pub(super) fn add_version(headers: &mut HeaderMap) {
    headers.insert(RESUMABLE, HeaderValue::from_static(VERSION));
}

pub(super) fn versioned(problem: Problem) -> Problem {
    problem.with_header(RESUMABLE, HeaderValue::from_static(VERSION))
}

/// The protocol's own status.
pub(super) fn checksum_mismatch() -> StatusCode {
    StatusCode::from_u16(460).expect("of three digits")
}

/// When an upload will be gone, in seconds since 1970.
pub(super) fn add_expires(headers: &mut HeaderMap, expires: i64) {
    let time = Timestamp::from_second(expires).ok();
    let text = time.and_then(|time| DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok());
    if let Some(text) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.insert(UPLOAD_EXPIRES, text);
    }
}

/// The client has to speak our version.
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get(RESUMABLE).is_some_and(|version| version == VERSION) {
        return Ok(());
    }
    let detail = format!("Say \"Tus-Resumable: {VERSION}\"; this is the version of tus spoken here.");
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, detail)
        .with_header(HeaderName::from_static("tus-version"), HeaderValue::from_static(VERSION)))
}

/// The method that is meant: proxies that let only GET and POST through are got around by a header.
pub(super) fn method(method: &Method, headers: &HeaderMap) -> Option<Method> {
    let Some(meant) = headers.get("x-http-method-override") else { return Some(method.clone()) };
    Method::from_bytes(meant.as_bytes()).ok()
}

/// A header that is a whole number; `None` if it is not there.
pub(super) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    // `parse` would take a sign.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // One that is too large for us is larger than any file.
    let number = digits.then(|| text.parse().unwrap_or(u64::MAX));
    number.map(Some).ok_or_else(|| bad_header(name, "a whole number of bytes"))
}

pub(super) fn metadata(text: &str) -> Result<Metadata, Problem> {
    let mut metadata = Metadata::default();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        // Others are for the client, and only kept.
        if !matches!(key, "filename" | "tags") {
            continue;
        }
        let decoded = STANDARD.decode(value.trim()).ok().filter(|value| value.len() <= VALUE_BYTES_MAX);
        let decoded = decoded.and_then(|value| String::from_utf8(value).ok()).ok_or_else(|| {
            bad_header(&UPLOAD_METADATA, "pairs of a name and a value in base64, of at most 4096 bytes")
        })?;
        if key == "filename" {
            metadata.file_name = Some(decoded);
        } else {
            let tags = decoded.split(',').map(str::trim).filter(|tag| !tag.is_empty());
            metadata.tags = tags.map(str::to_owned).collect();
        }
    }
    Ok(metadata)
}

/// The SHA-1 of what is sent; `None` if it is not to be checked.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<[u8; 20]>, Problem> {
    let Some(value) = headers.get(UPLOAD_CHECKSUM) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let encoded = text.strip_prefix("sha1 ").and_then(|hash| STANDARD.decode(hash.trim()).ok());
    let hash = encoded.and_then(|hash| hash.try_into().ok());
    hash.map(Some).ok_or_else(|| bad_header(&UPLOAD_CHECKSUM, "sha1, a space, and the SHA-1 in base64"))
}

pub(super) fn bad_header(name: &HeaderName, allowed: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, format!("The header {name} must be {allowed}."))
        .with("header", name.as_str())
        .with("allowed", allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn metadata_is_read_and_what_is_of_no_interest_passed_over() {
        let check = |text: &str, file_name: Option<&str>, tags: &[&str]| {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let expected = Metadata { file_name: file_name.map(str::to_owned), tags };
            assert_eq!(metadata(text).unwrap(), expected, "{text}");
        };
        check("", None, &[]);
        check("filename YS5tcDQ=", Some("a.mp4"), &[]);
        check("filetype dmlkZW8=,filename w6QubXA0 , is_secret", Some("ä.mp4"), &[]);
        check("tags YSwgYiAsLGM=,filename YS5tcDQ=", Some("a.mp4"), &["a", "b", "c"]);
        check("filename", Some(""), &[]);
        check("other !!!", None, &[]);
    }

    #[test]
    fn damaged_metadata_is_refused() {
        let long = format!("filename {}", STANDARD.encode(vec![b'a'; VALUE_BYTES_MAX + 1]));
        for text in ["filename !", "filename /w==", "tags YQ", &long] {
            assert!(metadata(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_have_digits_only() {
        let read = |text| number(&headers("upload-offset", text), &UPLOAD_OFFSET);
        assert_eq!(read("0").unwrap(), Some(0));
        assert_eq!(read("99999999999999999999999999").unwrap(), Some(u64::MAX));
        for text in ["", "-1", "+1", "1.5", "0x1", "1 2"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(number(&HeaderMap::new(), &UPLOAD_OFFSET).unwrap(), None);
    }

    #[test]
    fn a_checksum_is_a_whole_sha1() {
        let read = |text| checksum(&headers("upload-checksum", text));
        let hash = read("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=").unwrap().unwrap();
        assert_eq!(hash[..3], [0x2a, 0xae, 0x6c]);
        for text in ["", "sha1", "sha1 ", "sha1 Kq5s", "md5 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1 !"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(checksum(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn a_header_may_name_the_method() {
        let meant = |value| method(&Method::POST, &headers("x-http-method-override", value));
        assert_eq!(meant("PATCH"), Some(Method::PATCH));
        assert_eq!(meant("no method"), None);
        assert_eq!(method(&Method::DELETE, &HeaderMap::new()), Some(Method::DELETE));
    }

    #[test]
    fn the_end_is_told_as_http_has_it() {
        let mut headers = HeaderMap::new();
        add_expires(&mut headers, 784_111_777);
        assert_eq!(headers["upload-expires"], "Sun, 06 Nov 1994 08:49:37 GMT");
        add_expires(&mut headers, i64::MAX);
    }
}
