//! WHEP over HTTP as a player speaks it: one POST, later one DELETE.

use std::io;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_TYPE, LOCATION};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::whep_client::{Habits, Viewer};

/// Joins the source whose WHEP endpoint is `endpoint`. Returns the viewer and its session's address.
pub(crate) async fn join(endpoint: &Uri, habits: Habits) -> io::Result<(Viewer, Uri)> {
    let (mut viewer, offer) = Viewer::new(local_address(endpoint).await?, habits).await?;
    let (answer, sdp) = request(Method::POST, endpoint, "application/sdp", offer).await?;
    if answer.status() != StatusCode::CREATED {
        return Err(io::Error::other(format!("{}: {sdp}", answer.status())));
    }
    viewer.accept(&sdp)?;
    let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let location = location.ok_or_else(|| io::Error::other("the answer has no Location"))?;
    Ok((viewer, absolute(endpoint, location)?))
}

/// Ends a session.
pub(crate) async fn leave(session: &Uri) -> io::Result<()> {
    let (answer, text) = request(Method::DELETE, session, "application/sdp", String::new()).await?;
    let ended = answer.status().is_success();
    ended.then_some(()).ok_or_else(|| io::Error::other(format!("{}: {text}", answer.status())))
}

async fn request(
    method: Method,
    to: &Uri,
    content_type: &str,
    body: String,
) -> io::Result<(Response<()>, String)> {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::builder().method(method).uri(to).header(CONTENT_TYPE, content_type);
    let request = request.body(Full::new(Bytes::from(body))).map_err(io::Error::other)?;
    let (head, body) = client.request(request).await.map_err(io::Error::other)?.into_parts();
    let text = body.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok((Response::from_parts(head, ()), String::from_utf8_lossy(&text).into_owned()))
}

/// A `Location` may be a path only.
fn absolute(endpoint: &Uri, location: &str) -> io::Result<Uri> {
    let location: Uri = location.parse().map_err(io::Error::other)?;
    let mut parts = location.into_parts();
    parts.scheme = parts.scheme.or_else(|| endpoint.scheme().cloned());
    parts.authority = parts.authority.or_else(|| endpoint.authority().cloned());
    Uri::from_parts(parts).map_err(io::Error::other)
}

/// The address of this machine that talks to the endpoint's host.
async fn local_address(endpoint: &Uri) -> io::Result<IpAddr> {
    let host = endpoint.host().ok_or_else(|| io::Error::other("the address has no host"))?;
    let host = host.trim_matches(['[', ']']);
    let mut found = tokio::net::lookup_host((host, endpoint.port_u16().unwrap_or(80))).await?;
    let to: SocketAddr = found.next().ok_or_else(|| io::Error::other("the host has no address"))?;
    let any: IpAddr = if to.is_ipv4() { [0; 4].into() } else { [0_u16; 8].into() };
    let socket = tokio::net::UdpSocket::bind((any, 0)).await?;
    socket.connect(to).await?;
    Ok(socket.local_addr()?.ip())
}
