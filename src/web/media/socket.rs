//! A connection that sends pieces of files by `sendfile`.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::piece;

/// Wraps a connection. Bytes that stand for a piece of a file go out as that piece, all others as they are.
///
/// It has to be the innermost wrapper, and nothing that looks at the bytes (TLS, compression) may stand between it and
/// the answer's body.
pub(in crate::web) struct Socket {
    stream: TcpStream,
}

impl Socket {
    pub(in crate::web) fn new(stream: TcpStream) -> Self {
        Self { stream }
    }

    fn poll_send(&self, cx: &mut Context<'_>, buffers: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_io(Interest::WRITABLE, || send(&self.stream, buffers)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }
}

/// Sends the first buffers of one kind, as much of them as goes.
fn send(stream: &TcpStream, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
    let plain = buffers.iter().take_while(|buffer| !piece::is_one(buffer)).count();
    match buffers.first() {
        Some(first) if plain == 0 => send_piece(stream, first),
        _ => {
            let mut flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            // The head of an answer shares its packet with the beginning of the piece behind it.
            flags.set(SendFlags::MORE, plain < buffers.len());
            let mut control = SendAncillaryBuffer::default();
            Ok(rustix::net::sendmsg(stream, &buffers[..plain], &mut control, flags)?)
        }
    }
}

fn send_piece(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let (file, mut at) = piece::behind(bytes)?;
    let mut sent = 0;
    // A short one does not mean that there is no room left.
    while sent < bytes.len() {
        match rustix::fs::sendfile(stream, &*file, Some(&mut at), bytes.len() - sent) {
            Ok(count) if count > 0 => sent += count,
            Err(Errno::INTR) => {}
            // What is wrong will still be wrong next time.
            _ if sent > 0 => break,
            Ok(_) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file was cut short")),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sent)
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_send(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::sync::Arc;

    use bytes::{Buf, Bytes};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::piece::{PIECE_BYTES_MAX, stand_in};
    use super::*;

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Socket::new(listener.accept().await.unwrap().0), client)
    }

    async fn write_all(socket: &mut Socket, mut buffers: Vec<Bytes>) -> io::Result<()> {
        while !buffers.is_empty() {
            let slices: Vec<_> = buffers.iter().map(|bytes| IoSlice::new(bytes)).collect();
            let mut sent = socket.write_vectored(&slices).await?;
            while let Some(first) = buffers.first_mut() {
                let taken = sent.min(first.len());
                first.advance(taken);
                sent -= taken;
                if !first.is_empty() {
                    break;
                }
                buffers.remove(0);
            }
        }
        Ok(())
    }

    fn file(len: usize) -> (Arc<std::fs::File>, Vec<u8>) {
        let content: Vec<u8> = (0..len).map(|at| (at * 7 / 5) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        (Arc::new(file), content)
    }

    #[tokio::test]
    async fn text_and_pieces_arrive_in_order() {
        let (file, content) = file(3 * PIECE_BYTES_MAX);
        let (mut socket, mut client) = pair().await;
        let piece = |at, len| stand_in(&file, at as u64, len).unwrap();
        let buffers = vec![
            Bytes::from_static(b"head"),
            Bytes::from_static(b"more"),
            piece(5, PIECE_BYTES_MAX),
            piece(2 * PIECE_BYTES_MAX, 70_000),
            Bytes::from_static(b"end"),
        ];
        let expected = [
            b"headmore",
            &content[5..5 + PIECE_BYTES_MAX],
            &content[2 * PIECE_BYTES_MAX..2 * PIECE_BYTES_MAX + 70_000],
            b"end",
        ]
        .concat();
        let sending = tokio::spawn(async move { write_all(&mut socket, buffers).await });
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        sending.await.unwrap().unwrap();
        assert!(received == expected, "{} and {} bytes", received.len(), expected.len());
    }

    #[tokio::test]
    async fn a_file_that_was_cut_short_is_an_error() {
        let (file, _) = file(100_000);
        let (mut socket, client) = pair().await;
        let piece = stand_in(&file, 0, 100_000).unwrap();
        file.set_len(40_000).unwrap();
        let failed = write_all(&mut socket, vec![piece]).await.unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::UnexpectedEof);
        drop(socket);
        let mut received = Vec::new();
        let mut client = client.into_std().unwrap();
        client.set_nonblocking(false).unwrap();
        client.read_to_end(&mut received).unwrap();
        assert_eq!(received.len(), 40_000);
    }
}
