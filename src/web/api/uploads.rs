//! `/api/uploads`: files on their way into the library, by tus 1.0.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{HeaderMap, Method, Response, StatusCode};
use tokio::time::{Instant, timeout};

use super::{json, no_content};
use crate::library::{Library, NewUpload, Receiving, Upload, UploadError, UploadId};
use crate::watched::Latest;
use crate::web::answer::Call;
use crate::web::body::{self, Body};
use crate::web::limits::{BODY_SILENCE_MAX, LINGER_MAX, RETRY_AFTER_S};
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::{tus, wire_uploads as wire};

/// Collected in memory before they are written.
const WRITE_BYTES: usize = 1 << 20;
/// A slow sender's bytes are written when they are so old.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// `GET /api/uploads`: those under way.
pub(crate) fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let zone = call.services.site.with(|site| site.time_zone.clone());
    let uploads = call.services.library()?.open_uploads().into_iter();
    let uploads = wire::Uploads { uploads: uploads.map(|upload| wire::Upload::new(upload, &zone)).collect() };
    Ok(json(StatusCode::OK, to_json(&uploads)))
}

/// `HEAD /api/uploads/{id}` asks where to go on; `GET` is for people.
pub(crate) async fn one(call: &Call, id: &str) -> Result<Response<Body>, Problem> {
    if call.is_head() {
        return versioned(stand(call, id).await);
    }
    let library = call.services.library()?;
    let zone = call.services.site.with(|site| site.time_zone.clone());
    let upload = library.peek_upload(read_id(id)?)?;
    Ok(json(StatusCode::OK, to_json(&wire::Upload::new(upload, &zone))))
}

async fn stand(call: &Call, id: &str) -> Result<Response<Body>, Problem> {
    tus::check_version(call.headers())?;
    let upload = call.services.library()?.upload(read_id(id)?).await?;
    let mut response = Response::new(body::empty());
    let headers = response.headers_mut();
    headers.insert(tus::UPLOAD_LENGTH, HeaderValue::from(upload.bytes));
    if let Ok(metadata) = HeaderValue::from_str(&upload.metadata)
        && !metadata.is_empty()
    {
        headers.insert(tus::UPLOAD_METADATA, metadata);
    }
    add_progress(headers, &upload);
    Ok(response)
}

/// `POST /api/uploads`, with or without the first bytes.
pub(crate) async fn create(call: Call) -> Result<Response<Body>, Problem> {
    versioned(create_one(call).await)
}

async fn create_one(call: Call) -> Result<Response<Body>, Problem> {
    let headers = call.headers();
    tus::check_version(headers)?;
    let new = new_upload(headers)?;
    let (with_bytes, checksum) = (sends_bytes(headers), tus::checksum(headers)?);
    let library = call.services.library()?;
    let mut upload = library.create_upload(new).await?;
    let location = format!("/api/uploads/{}", upload.id);
    if with_bytes {
        upload = receive(&library, &upload, checksum, call.request.into_body()).await?;
    }
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::try_from(location).expect("hex"));
    add_progress(headers, &upload);
    Ok(response)
}

/// `PATCH`, `DELETE`, and `POST` with either in a header.
pub(crate) async fn change(call: Call, id: &str) -> Result<Response<Body>, Problem> {
    let meant = tus::method(call.request.method(), call.headers());
    versioned(match meant {
        Some(Method::PATCH) => patch(call, id).await,
        Some(Method::DELETE) => delete(&call, id).await,
        Some(Method::HEAD) => stand(&call, id).await,
        _ => Err(Problem::method_not_allowed("HEAD, PATCH, DELETE")),
    })
}

async fn delete(call: &Call, id: &str) -> Result<Response<Body>, Problem> {
    tus::check_version(call.headers())?;
    call.services.library()?.cancel_upload(read_id(id)?).await?;
    Ok(no_content())
}

async fn patch(call: Call, id: &str) -> Result<Response<Body>, Problem> {
    let headers = call.headers();
    tus::check_version(headers)?;
    if !sends_bytes(headers) {
        let detail = format!("Send bytes as {}.", tus::BYTES);
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let offset = tus::number(headers, &tus::UPLOAD_OFFSET)?
        .ok_or_else(|| tus::bad_header(&tus::UPLOAD_OFFSET, "given"))?;
    let checksum = tus::checksum(headers)?;
    let library = call.services.library()?;
    let upload = Upload { offset, ..library.peek_upload(read_id(id)?)? };
    let upload = receive(&library, &upload, checksum, call.request.into_body()).await?;
    let mut response = no_content();
    add_progress(response.headers_mut(), &upload);
    Ok(response)
}

/// Takes a body in, from where `upload` says.
async fn receive(
    library: &Library,
    upload: &Upload,
    checksum: Option<[u8; 20]>,
    mut body: Incoming,
) -> Result<Upload, Problem> {
    let outcome = receive_from(library, upload, checksum, &mut body).await;
    if outcome.is_err() && !body.is_end_stream() {
        linger(body);
    }
    outcome
}

async fn receive_from(
    library: &Library,
    upload: &Upload,
    checksum: Option<[u8; 20]>,
    body: &mut Incoming,
) -> Result<Upload, Problem> {
    let mut receiving = library.continue_upload(upload.id, upload.offset).await?;
    // A length that is announced need not be waited for.
    if body.size_hint().lower() > receiving.remaining() {
        return Err(UploadError::TooMuch.into());
    }
    if let Some(checksum) = checksum {
        receiving.expect_sha1(checksum);
    }
    let (receiving, outcome) = read_body(receiving, body).await?;
    let upload = receiving.end(outcome.is_ok()).await?;
    outcome.map(|()| upload)
}

/// The answer goes out at once; who still sends is listened to for a little while. It ends by itself.
fn linger(mut body: Incoming) {
    tokio::spawn(timeout(LINGER_MAX, async move { while let Some(Ok(_)) = body.frame().await {} }));
}

/// Reads to the end of the body, or to what breaks it off: what came before is kept all the same.
async fn read_body(
    mut receiving: Receiving,
    body: &mut Incoming,
) -> Result<(Receiving, Result<(), Problem>), UploadError> {
    let mut buffer = Vec::with_capacity(WRITE_BYTES);
    let mut written_at = Instant::now();
    let outcome = loop {
        let frame = tokio::select! {
            frame = timeout(BODY_SILENCE_MAX, body.frame()) => frame,
            () = receiving.interrupted() => break Err(UploadError::Busy.into()),
        };
        let data = match frame {
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Ok(Some(Err(error))) => break Err(body::BodyError::Broken(error).into()),
            Ok(None) => break Ok(()),
            Err(_) => break Err(body::BodyError::TooSlow.into()),
        };
        receiving.heard();
        if (buffer.len() + data.len()) as u64 > receiving.remaining() {
            return Err(UploadError::TooMuch);
        }
        buffer.extend_from_slice(&data);
        if buffer.len() >= WRITE_BYTES || written_at.elapsed() >= WRITE_EVERY {
            (receiving, buffer) = receiving.write(buffer).await?;
            written_at = Instant::now();
        }
    };
    let (receiving, _) = receiving.write(buffer).await?;
    Ok((receiving, outcome))
}

fn new_upload(headers: &HeaderMap) -> Result<NewUpload, Problem> {
    if headers.contains_key("upload-defer-length") || headers.contains_key("upload-concat") {
        let detail = "The length has to be known from the beginning, and an upload is one file.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let bytes = tus::number(headers, &tus::UPLOAD_LENGTH)?
        .ok_or_else(|| tus::bad_header(&tus::UPLOAD_LENGTH, "given"))?;
    let raw = headers.get(tus::UPLOAD_METADATA).map(HeaderValue::to_str).transpose();
    let raw = raw.map_err(|_| tus::bad_header(&tus::UPLOAD_METADATA, "text"))?.unwrap_or_default();
    let metadata = tus::metadata(raw)?;
    let file_name = metadata
        .file_name
        .ok_or_else(|| tus::bad_header(&tus::UPLOAD_METADATA, "given, with the file's name as filename"))?;
    Ok(NewUpload { file_name, bytes, tags: metadata.tags, metadata: raw.to_owned() })
}

fn sends_bytes(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|sent| sent.as_bytes() == tus::BYTES.as_bytes())
}

fn read_id(id: &str) -> Result<UploadId, UploadError> {
    id.parse()
}

fn add_progress(headers: &mut HeaderMap, upload: &Upload) {
    headers.insert(tus::UPLOAD_OFFSET, HeaderValue::from(upload.offset));
    tus::add_expires(headers, upload.expires);
    if let Some(asset) = upload.asset {
        headers.insert(tus::ASSET, HeaderValue::from(asset));
    }
}

/// Every answer says which version of tus it is of, refusals too.
fn versioned(outcome: Result<Response<Body>, Problem>) -> Result<Response<Body>, Problem> {
    match outcome {
        Ok(mut response) => {
            tus::add_version(response.headers_mut());
            Ok(response)
        }
        Err(problem) => Err(tus::versioned(problem)),
    }
}

fn code(error: &UploadError) -> &'static str {
    match error {
        UploadError::Library(_) => "internal",
        UploadError::Unknown => "upload_unknown",
        UploadError::Busy => "upload_busy",
        UploadError::Offset { .. } => "upload_offset",
        UploadError::TooLarge => "file_too_large",
        UploadError::TooMuch => "upload_too_much",
        UploadError::NoRoom { .. } => "no_room",
        UploadError::TooMany => "uploads_too_many",
        UploadError::Kind => "file_without_name",
        UploadError::Content(_) => "other_content",
        UploadError::NoVideo => "subtitles_without_video",
        UploadError::Empty => "file_empty",
        UploadError::Checksum => "checksum",
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        let status = match &error {
            UploadError::Library(error) => return error.clone().into(),
            UploadError::Unknown => StatusCode::NOT_FOUND,
            UploadError::Busy => StatusCode::LOCKED,
            UploadError::Offset { .. } => StatusCode::CONFLICT,
            UploadError::TooLarge | UploadError::TooMuch | UploadError::NoRoom { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            UploadError::TooMany => StatusCode::TOO_MANY_REQUESTS,
            UploadError::Kind | UploadError::Content(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            UploadError::NoVideo => StatusCode::UNPROCESSABLE_ENTITY,
            UploadError::Empty => StatusCode::BAD_REQUEST,
            UploadError::Checksum => tus::checksum_mismatch(),
        };
        let problem = Self::from_error(status, &error).coded(code(&error));
        match error {
            UploadError::Content(other) => problem.with("content", other.family()),
            UploadError::NoRoom { needed, free, kept } => problem
                .with("needed_bytes", needed.to_string())
                .with("free_bytes", free.to_string())
                .with("kept_bytes", kept.to_string()),
            UploadError::Offset { offset } => problem.with("offset", offset.to_string()),
            UploadError::TooMany | UploadError::Busy => {
                problem.with_header(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S))
            }
            _ => problem,
        }
    }
}
