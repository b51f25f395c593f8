//! Accepts connections and, in the end, sees them off.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::connection::{self, Client, chain, stopped};
use super::limits::{PEER_SILENCE_MAX, UNSENT_BYTES_MAX};
use super::media::Socket;
use super::{Services, proxy};
use crate::watched::{Latest, LatestSeen};

/// After a failure to accept (no file descriptors left, say) a little time for connections to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// For one too many, who is not read.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\
    Connection: close\r\n\r\n";

/// Serves `listener` until `stopping` becomes true or its sender is gone. Then nothing new is accepted, streams and
/// WebSockets get their end message, answers under way are finished, and what is left after `drain` is cut off.
pub async fn serve(
    listener: TcpListener,
    services: Services,
    stopping: watch::Receiver<bool>,
    drain: Duration,
) {
    let mut connections = JoinSet::new();
    let tend = tend(&services);
    tokio::pin!(tend);
    let mut stop = stopping.clone();
    let stop = stopped(&mut stop);
    tokio::pin!(stop);
    let mut failing = false;
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    failing = false;
                    if let Some(connection) = admit(stream, peer, &services, &stopping) {
                        connections.spawn(connection);
                    }
                }
                Err(error) => {
                    // Once, not ten times a second.
                    if !std::mem::replace(&mut failing, true) {
                        log::warn!("can't accept connections: {error}");
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(ended) = connections.join_next() => note(ended),
            () = &mut tend => {}
        }
    }
    drop(listener);
    let drained = timeout(drain, async {
        while let Some(ended) = connections.join_next().await {
            note(ended);
        }
    });
    if drained.await.is_err() {
        log::warn!("{} connections did not end in time and are cut off", connections.len());
        connections.shutdown().await;
    }
}

/// What has to be looked after without a request. Never ends.
async fn tend(services: &Services) {
    let uploads = async {
        let mut stored = services.stored.clone();
        loop {
            let library =
                stored.with_seen(|stored| stored.as_ref().ok().map(|stored| stored.library.clone()));
            let tending = async {
                match &library {
                    Some(library) => library.tend_uploads().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = tending => {}
                changed = stored.changed() => {
                    if changed.is_err() {
                        // Nobody is left who could open another.
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    };
    tokio::join!(services.snapshots.tend(), uploads);
}

/// The task of a new connection; `None` if there are too many.
fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    services: &Services,
    stopping: &watch::Receiver<bool>,
) -> Option<impl Future<Output = ()> + Send + 'static> {
    // Behind a proxy are many people.
    let proxied = services.site.with(|site| proxy::is_trusted(&site.trusted_proxies, peer.ip()));
    let ticket =
        if proxied { services.admission.enter_any(peer.ip()) } else { services.admission.enter(peer.ip()) };
    let Some(ticket) = ticket else {
        // As far as it goes at once; a client that does not even take that gets nothing.
        let _ = stream.try_write(BUSY);
        log::debug!("a connection from {peer} is one too many");
        return None;
    };
    let local = match prepare(&stream) {
        Ok(local) => local,
        Err(error) => {
            // It ended before it began.
            log::debug!("a connection from {peer} can't be set up: {error}");
            return None;
        }
    };
    let client = Client::new(peer.ip(), local.ip());
    let (services, stopping) = (services.clone(), stopping.clone());
    Some(async move {
        connection::serve(Socket::new(stream), client, services, stopping).await;
        drop(ticket);
    })
}

/// Sets the options of a new connection; returns the address of ours it came in on.
fn prepare(stream: &TcpStream) -> io::Result<SocketAddr> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
    // Peers that vanish without a word: with data under way, and without.
    socket.set_tcp_user_timeout(Some(PEER_SILENCE_MAX))?;
    socket.set_tcp_keepalive(
        &TcpKeepalive::new().with_time(PEER_SILENCE_MAX).with_interval(PEER_SILENCE_MAX / 4).with_retries(4),
    )?;
    stream.local_addr()
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        log::error!("a connection's task panicked, which is a bug: {}", chain(&error));
    }
}
