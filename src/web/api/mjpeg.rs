//! `GET /live/{source}/mjpeg`: pictures one after the other (`multipart/x-mixed-replace`).

use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Response};
use tokio::sync::watch;

use super::{add_picture_state, quality};
use crate::output::jpeg::{Jpeg, SnapshotError};
use crate::output::mjpeg::Viewer;
use crate::web::answer::Call;
use crate::web::body::{self, Body};
use crate::web::connection::stopped;
use crate::web::problem::Problem;
use crate::web::viewing::Permit;

const CONTENT: &str = "multipart/x-mixed-replace; boundary=marquee-picture";
/// Stands behind each picture, not before it: browsers show a picture only when they see that it has ended.
const BOUNDARY: &[u8] = b"\r\n--marquee-picture\r\n";
const FIRST_BOUNDARY: &[u8] = b"--marquee-picture\r\n";
/// Follows a boundary, as an empty last part.
const END: &[u8] = b"--marquee-picture--\r\n";

/// One viewer's stream.
struct Parts {
    viewer: Viewer,
    stopping: watch::Receiver<bool>,
    /// Whoever let this viewer in would not any more.
    ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// The first picture, which the answer's head was made of.
    first: Option<Jpeg>,
    over: bool,
}

pub(crate) async fn get(call: &Call, id: &str) -> Result<Response<Body>, Problem> {
    let source = call.source(id)?;
    let quality = quality(call)?;
    let mut viewer = Viewer::join(&call.services.snapshots, &source, quality);
    let first = viewer.next().await?;
    let slate = first.slate;
    let body = if call.is_head() {
        body::empty()
    } else {
        let (stopping, ended) = (call.stopping.clone(), Box::pin(Permit::of(call, id).ended()));
        let parts = Parts { viewer, stopping, ended, first: Some(first), over: false };
        let pieces = stream::unfold(parts, |mut parts| async {
            let pieces = parts.next().await?;
            Some((stream::iter(pieces), parts))
        });
        body::stream(pieces.flatten())
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT));
    add_picture_state(headers, &source, slate);
    body::unbuffered(&mut response);
    Ok(response)
}

impl Parts {
    /// The pieces of the next part: what goes before the picture, the picture (not copied), the boundary.
    async fn next(&mut self) -> Option<Vec<Bytes>> {
        if self.over {
            return None;
        }
        if let Some(first) = self.first.take() {
            let mut pieces = vec![Bytes::from_static(FIRST_BOUNDARY)];
            pieces.extend(self.part(first));
            return Some(pieces);
        }
        let next = tokio::select! {
            jpeg = next_of(&mut self.viewer) => jpeg.ok(),
            () = &mut self.ended => None,
            () = stopped(&mut self.stopping) => None,
        };
        Some(match next {
            Some(jpeg) => self.part(jpeg).into(),
            None => {
                self.over = true;
                vec![Bytes::from_static(END)]
            }
        })
    }

    fn part(&self, jpeg: Jpeg) -> [Bytes; 3] {
        let mut headers = HeaderMap::new();
        add_picture_state(&mut headers, self.viewer.source(), jpeg.slate);
        let mut head = BytesMut::from(&b"Content-Type: image/jpeg\r\n"[..]);
        for (name, value) in &headers {
            for piece in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                head.extend_from_slice(piece);
            }
        }
        head.extend_from_slice(format!("Content-Length: {}\r\n\r\n", jpeg.data.len()).as_bytes());
        [head.freeze(), jpeg.data, Bytes::from_static(BOUNDARY)]
    }
}

/// The next picture that can be shown, however long it takes.
async fn next_of(viewer: &mut Viewer) -> Result<Jpeg, SnapshotError> {
    loop {
        match viewer.next().await {
            Err(SnapshotError::NoPictureYet { .. } | SnapshotError::Unreadable { .. }) => {}
            outcome => return outcome,
        }
    }
}
