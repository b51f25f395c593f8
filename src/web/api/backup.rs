//! `GET /api/backup` and `POST /api/restore`: everything that is kept, as one tar.

use std::io::{self, BufWriter, Read, Write};

use bytes::{Buf, Bytes};
use futures_util::stream;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::json;
use crate::access::Access;
use crate::library::{self, Library};
use crate::web::answer::Call;
use crate::web::body::{self, Body, BodyError};
use crate::web::limits::BODY_SILENCE_MAX;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_library as wire;

/// Between the thread that reads the disk and the connection.
const PIECES_MAX: usize = 4;
const PIECE_BYTES: usize = 256 << 10;

pub(crate) async fn get(call: &Call) -> Result<Response<Body>, Problem> {
    let library = call.services.library()?;
    let backup = spawn_blocking(move || library.begin_backup()).await.map_err(|_| Problem::internal())??;
    let (bytes, head) = (backup.bytes(), call.is_head());
    let (to, pieces) = mpsc::channel(PIECES_MAX);
    if !head {
        spawn_blocking(move || {
            let to = BufWriter::with_capacity(PIECE_BYTES, Pieces { to });
            // A client that went away, or a disk that fails: the length that was announced is not reached.
            if let Err(error) = backup.write(to) {
                log::warn!("a backup broke off: {error}");
            }
        });
    }
    let pieces = stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
    let mut response = Response::new(body::stream(pieces));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    headers
        .insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"marquee-backup.tar\""));
    Ok(response)
}

pub(crate) async fn restore(call: Call) -> Result<Response<Body>, Problem> {
    let services = call.services.clone();
    let stored = services.stored();
    let damaged = stored.as_ref().err().map(|why| super::library::data(&services, why)).transpose()?;
    log::info!("a backup is restored by {}", call.client.address);
    let (to, pieces) = mpsc::channel(PIECES_MAX);
    let restoring = spawn_blocking(move || {
        let from = Received { pieces, piece: Bytes::new() };
        match (stored, damaged) {
            (Ok(stored), _) => Ok((None, stored.library.restore_backup(from, Access::check)?)),
            (Err(_), data) => {
                let data = data.expect("known for want of a library");
                let (library, restored) = Library::open_from_backup(&data, from, Access::check)?;
                Ok((Some(library), restored))
            }
        }
    });
    let sent = send(call.request.into_body(), to).await;
    let restored: Result<_, library::Error> = restoring.await.map_err(|_| Problem::internal())?;
    sent?;
    let (opened, restored) = restored?;
    if let Some(library) = opened {
        services.hand_over(library).await?;
    }
    if let Some(text) = &restored.access {
        services.access.take_over(text)?;
    }
    let restored = wire::Restored { assets: restored.assets, files: restored.files };
    Ok(json(StatusCode::OK, to_json(&restored)))
}

/// Hands the body on; whoever takes it may have seen enough before its end.
async fn send(mut body: Incoming, to: mpsc::Sender<io::Result<Bytes>>) -> Result<(), Problem> {
    loop {
        let piece = match timeout(BODY_SILENCE_MAX, body.frame()).await {
            Err(_) => Err(BodyError::TooSlow),
            Ok(Some(Err(error))) => Err(BodyError::Broken(error)),
            Ok(Some(Ok(frame))) => Ok(frame.into_data().unwrap_or_default()),
            Ok(None) => return Ok(()),
        };
        match piece {
            Ok(piece) => {
                if to.send(Ok(piece)).await.is_err() {
                    return Ok(());
                }
            }
            Err(error) => {
                // Not an end: what came is not taken for all of it.
                let _ = to.send(Err(io::ErrorKind::ConnectionAborted.into())).await;
                return Err(error.into());
            }
        }
    }
}

/// Writes into the answer. Waits for a slow client.
struct Pieces {
    to: mpsc::Sender<Bytes>,
}

impl Write for Pieces {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let sent = self.to.blocking_send(Bytes::copy_from_slice(buffer));
        sent.map(|()| buffer.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what a client sends.
struct Received {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Received {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}
