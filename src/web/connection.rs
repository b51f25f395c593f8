//! One connection: HTTP with its time-outs, and what it may turn into.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::answer::{Call, answer};
use super::limits::{BUFFER_BYTES_MAX, HEAD_BYTES_MAX, HEAD_TIME_MAX, HEADERS_MAX};
use super::stall::Stall;
use super::{Services, base_path, proxy};
use crate::config::BasePath;
use crate::watched::Latest;

/// Who is at the other end of a connection.
#[derive(Clone)]
pub(super) struct Client {
    pub address: IpAddr,
    /// The address of ours that it came in on.
    pub reached_at: IpAddr,
    /// The browser's connection is encrypted, up to a proxy in front of the box.
    pub is_secure: bool,
    /// What stands before all addresses of ours, as the browser knows them.
    pub base_path: BasePath,
    after: Arc<Mutex<Option<After>>>,
}

/// What a connection goes on with when HTTP has ended on it.
type After = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Client {
    pub(super) fn new(address: IpAddr, reached_at: IpAddr) -> Self {
        let (address, reached_at) = (address.to_canonical(), reached_at.to_canonical());
        Self { address, reached_at, is_secure: false, base_path: BasePath::default(), after: Arc::default() }
    }

    /// Who a request is from, which a proxy may say.
    fn of_request(&self, services: &Services, headers: &mut HeaderMap) -> Self {
        let (origin, base_path) = services.site.with(|site| {
            let origin = proxy::look_through(&site.trusted_proxies, self.address, headers);
            let base_path = proxy::base_path(&site.trusted_proxies, self.address, headers);
            (origin, base_path.unwrap_or_else(|| site.base_path.clone()))
        });
        Self { address: origin.address, is_secure: origin.is_secure, base_path, ..self.clone() }
    }

    /// Runs `after` on this connection's task when it has been upgraded, so that it counts and ends like any other
    /// connection.
    pub(super) fn go_on_with(&self, after: impl Future<Output = ()> + Send + 'static) {
        *self.after.lock().expect("no holder of this lock can panic") = Some(Box::pin(after));
    }

    fn after(&self) -> Option<After> {
        self.after.lock().expect("no holder of this lock can panic").take()
    }
}

/// Serves a connection to its end. When `stopping` becomes true, it ends after the answer under way; streams and
/// WebSockets end by themselves.
pub(super) async fn serve<T>(io: T, client: Client, services: Services, stopping: watch::Receiver<bool>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|mut request: Request<Incoming>| {
        let client = client.of_request(&services, request.headers_mut());
        base_path::take_off(&client.base_path, request.uri_mut());
        let call = Call { services: services.clone(), client, stopping: stopping.clone(), request };
        async { Ok::<_, Infallible>(answer(call).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        // Never copied together: bytes that stand for a piece of a file are not that piece (`media::piece`).
        .writev(true)
        .serve_connection(TokioIo::new(Stall::new(io)), service)
        .with_upgrades();
    tokio::pin!(connection);
    let mut stop = stopping.clone();
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        // Clients come and go as they like; whose fault it was is of interest only when looking for one.
        log::debug!("a connection from {} ended: {}", client.address, chain(&error));
        return;
    }
    if let Some(after) = client.after() {
        after.await;
    }
}

/// Waits until the server stops.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that who could stop it is gone: the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// An error and what is below it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
