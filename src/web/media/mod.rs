//! `GET /media/{hash}.{ext}`: a file of the library, or parts of it.
//!
//! A file never changes under its name, so it may be kept for ever. Who knows the hash may have it: screens have no login.

mod piece;
pub(super) mod range;
mod read;
mod socket;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use bytes::Bytes;
use hyper::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue, IF_RANGE, RANGE,
};
use hyper::{HeaderMap, Method, Response, StatusCode};

use super::answer::Call;
use super::body::{self, Body};
use super::conditional;
use super::problem::Problem;
use crate::library::{Hash, media_type};
use range::Wanted;
use read::Part;
pub(super) use socket::Socket;

/// What is asked for, once it is known to be there.
struct Asked {
    file: File,
    bytes: u64,
    etag: String,
    media_type: &'static str,
    /// Browsers would run what is in it.
    active: bool,
}

pub(super) async fn get(call: &Call, name: &str) -> Result<Response<Body>, Problem> {
    let library = call.services.library()?;
    let store = library.store();
    let nothing = || Problem::not_found("this address");
    let (hash, ext) = name.split_once('.').ok_or_else(nothing)?;
    let hash: Hash = hash.parse().map_err(|_| nothing())?;
    let media_type = media_type(ext).ok_or_else(nothing)?;
    let (file, bytes) = open(store.path(hash, ext)).await?.ok_or_else(nothing)?;
    let active = matches!(ext, "svg" | "pdf");
    let asked = Asked { file, bytes, etag: format!("\"{hash}\""), media_type, active };
    if !conditional::may_go_on(call.headers(), &asked.etag) {
        return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "The file is another one."));
    }
    if conditional::has(call.headers(), &asked.etag) {
        let mut response = Response::new(body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        asked.add_validators(response.headers_mut());
        return Ok(response);
    }
    match wanted(call, &asked) {
        Wanted::Whole => Ok(asked.whole(call.is_head())),
        Wanted::Unsatisfiable => {
            let size = format!("bytes */{}", asked.bytes);
            let size = HeaderValue::try_from(size).expect("digits");
            let text = "Nothing of this range is in the file, or there are too many ranges.";
            Err(Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, text).with_header(CONTENT_RANGE, size))
        }
        Wanted::Parts(parts) => match <[Range<u64>; 1]>::try_from(parts) {
            Ok([part]) => Ok(asked.part(part)),
            Err(parts) => asked.several(parts),
        },
    }
}

/// `None` if it is not there.
async fn open(path: PathBuf) -> Result<Option<(File, u64)>, Problem> {
    // Finding a name may have to wait for the disk.
    let opening = tokio::task::spawn_blocking(move || {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok((file, bytes))
    });
    match opening.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            log::warn!("a file of the library can't be opened: {error}");
            Err(Problem::internal())
        }
    }
}

fn wanted(call: &Call, asked: &Asked) -> Wanted {
    let headers = call.headers();
    // Ranges are of GET only, and a range for another version is none.
    let current = headers.get(IF_RANGE).is_none_or(|tag| tag.as_bytes() == asked.etag.as_bytes());
    let mut given = headers.get_all(RANGE).into_iter();
    match (given.next(), given.next()) {
        (Some(header), None) if call.request.method() == Method::GET && current => {
            header.to_str().map_or(Wanted::Whole, |header| range::wanted(header, asked.bytes))
        }
        _ => Wanted::Whole,
    }
}

impl Asked {
    fn whole(self, is_head: bool) -> Response<Body> {
        let (bytes, media_type) = (self.bytes, HeaderValue::from_static(self.media_type));
        // Nothing is read for a body that is not sent.
        let parts = if is_head { Vec::new() } else { vec![Part::File(0..bytes)] };
        self.answer(StatusCode::OK, media_type, bytes, parts)
    }

    fn part(self, part: Range<u64>) -> Response<Body> {
        let (len, place) = (part.end - part.start, self.place(&part));
        let media_type = HeaderValue::from_static(self.media_type);
        let mut response = self.answer(StatusCode::PARTIAL_CONTENT, media_type, len, vec![Part::File(part)]);
        response.headers_mut().insert(CONTENT_RANGE, HeaderValue::try_from(place).expect("digits"));
        response
    }

    /// As `multipart/byteranges`.
    fn several(self, ranges: Vec<Range<u64>>) -> Result<Response<Body>, Problem> {
        let boundary = boundary()?;
        let mut parts = Vec::with_capacity(2 * ranges.len() + 1);
        let mut len = 0;
        for range in ranges {
            let head = format!(
                "\r\n--{boundary}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
                self.media_type,
                self.place(&range)
            );
            len += head.len() as u64 + range.end - range.start;
            parts.extend([Part::Text(head.into()), Part::File(range)]);
        }
        let end = Bytes::from(format!("\r\n--{boundary}--\r\n"));
        len += end.len() as u64;
        parts.push(Part::Text(end));
        let media_type = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}"));
        Ok(self.answer(StatusCode::PARTIAL_CONTENT, media_type.expect("hex"), len, parts))
    }

    /// As `Content-Range` says it.
    fn place(&self, part: &Range<u64>) -> String {
        format!("bytes {}-{}/{}", part.start, part.end - 1, self.bytes)
    }

    fn answer(
        self,
        status: StatusCode,
        media_type: HeaderValue,
        len: u64,
        parts: Vec<Part>,
    ) -> Response<Body> {
        let mut headers = HeaderMap::new();
        self.add_validators(&mut headers);
        headers.insert(CONTENT_TYPE, media_type);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if self.active {
            // To be kept, never to be run here. Screens show pictures made of it.
            headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
            let policy = HeaderValue::from_static("default-src 'none'; sandbox");
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        let body = if parts.is_empty() { body::empty() } else { body::stream(read::parts(self.file, parts)) };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    fn add_validators(&self, headers: &mut HeaderMap) {
        headers.insert(ETAG, HeaderValue::try_from(&self.etag).expect("hex in quotes"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    }
}

/// One that no file can have been made to contain.
fn boundary() -> Result<String, Problem> {
    let number = getrandom::u64().map_err(|error| {
        log::error!("the system gives no random numbers: {error}");
        Problem::internal()
    })?;
    Ok(format!("marquee-{number:016x}"))
}
