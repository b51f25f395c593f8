//! `GET /live/{source}/frame.jpg`: the newest picture.

use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use hyper::{Response, StatusCode};

use super::{add_picture_state, quality};
use crate::output::jpeg::Snapshot;
use crate::web::answer::Call;
use crate::web::body::{self, Body};
use crate::web::conditional;
use crate::web::problem::Problem;

pub(crate) async fn get(call: &Call, id: &str) -> Result<Response<Body>, Problem> {
    let source = call.source(id)?;
    let quality = quality(call)?;
    let has = |etag: &str| conditional::has(call.headers(), etag);
    let snapshot = call.services.snapshots.get(&source, quality, call.client.address, has).await?;
    let (mut response, etag, slate) = match snapshot {
        Snapshot::Fresh(jpeg) => {
            let mut response = Response::new(body::full(jpeg.data));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
            (response, jpeg.etag, jpeg.slate)
        }
        Snapshot::Unchanged { etag, slate } => {
            let mut response = Response::new(body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            (response, etag, slate)
        }
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(&etag).expect("hex in quotes"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    add_picture_state(headers, &source, slate);
    Ok(response)
}
