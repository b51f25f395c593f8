//! `GET /live/{source}/mse`: fragmented MP4 over a WebSocket (RFC 6455).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{HeaderMap, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use crate::hub::Source;
use crate::output::mse::{Event, Mse, Viewer};
use crate::web::answer::Call;
use crate::web::body::{self, Body};
use crate::web::connection::stopped;
use crate::web::limits::{
    SOCKET_MESSAGE_BYTES_MAX, SOCKET_PING_EVERY, SOCKET_SILENCE_MAX, SOCKET_WRITE_BYTES_MAX,
};
use crate::web::problem::Problem;
use crate::web::viewing::Permit;
use crate::web::wire::{self, MseMessage};

/// How long a goodbye may take on a connection that still works.
const GOODBYE_TIME_MAX: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(crate) fn get(mut call: Call, id: &str) -> Result<Response<Body>, Problem> {
    let source = call.source(id)?;
    let accept = handshake(call.headers())?;
    let upgrade = hyper::upgrade::on(&mut call.request);
    let (mse, stopping) = (call.services.mse.clone(), call.stopping.clone());
    call.client.go_on_with(serve(upgrade, mse, source, stopping, Permit::of(&call, id)));
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// Checks the opening handshake (section 4.2.1); returns the answer to its key.
fn handshake(headers: &HeaderMap) -> Result<HeaderValue, Problem> {
    let lists = |name, word: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
    };
    let upgrade_needed = |detail: &str| {
        Problem::new(StatusCode::UPGRADE_REQUIRED, detail)
            .with_header(UPGRADE, HeaderValue::from_static("websocket"))
            .with_header(CONNECTION, HeaderValue::from_static("upgrade"))
            .with_header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
    };
    if !lists(CONNECTION, "upgrade") || !lists(UPGRADE, "websocket") {
        return Err(upgrade_needed("This address speaks WebSocket."));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(upgrade_needed("This address speaks version 13 of WebSocket."));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == KEY_LEN);
    let key = key.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing."))?;
    let accept = derive_accept_key(key.as_bytes());
    Ok(HeaderValue::try_from(accept).expect("Base64 is visible ASCII"))
}

/// 16 bytes in Base64.
const KEY_LEN: usize = 24;

async fn serve(
    upgrade: OnUpgrade,
    mse: Mse,
    source: Arc<Source>,
    stopping: watch::Receiver<bool>,
    permit: Permit,
) {
    let Ok(upgraded) = upgrade.await else { return };
    let config = WebSocketConfig::default()
        .read_buffer_size(SOCKET_MESSAGE_BYTES_MAX)
        .max_message_size(Some(SOCKET_MESSAGE_BYTES_MAX))
        .max_frame_size(Some(SOCKET_MESSAGE_BYTES_MAX))
        // Each message goes out at once; the next is not read from the track before it has.
        .write_buffer_size(0)
        .max_write_buffer_size(SOCKET_WRITE_BYTES_MAX);
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let mut session = Session { socket, viewer: mse.join(&source), stopping, heard: Instant::now() };
    match session.run(permit).await {
        Ok(code) => session.say_goodbye(code).await,
        Err(error) => log::debug!("{}: an MSE viewer is gone: {error}", source.id),
    }
}

/// One viewer's WebSocket.
struct Session {
    socket: Socket,
    viewer: Viewer,
    stopping: watch::Receiver<bool>,
    /// When the viewer last said anything.
    heard: Instant,
}

impl Session {
    /// Sends what there is until either side ends; returns the code to say goodbye with.
    async fn run(&mut self, permit: Permit) -> Result<CloseCode, SocketError> {
        let mut ping = interval_at(Instant::now() + SOCKET_PING_EVERY, SOCKET_PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = self.stopping.clone();
        let ended = permit.ended();
        tokio::pin!(ended);
        loop {
            tokio::select! {
                event = self.viewer.next() => {
                    let is_end = event == Event::End;
                    // A client that takes nothing must not hold up the end.
                    tokio::select! {
                        sent = send(&mut self.socket, event) => sent?,
                        () = &mut ended => return Ok(CloseCode::Policy),
                        () = stopped(&mut stopping) => return Ok(CloseCode::Away),
                    }
                    if is_end {
                        return Ok(CloseCode::Normal);
                    }
                }
                message = self.socket.next() => match message {
                    // Pings are answered, and a goodbye returned, by the library.
                    Some(Ok(_)) => self.heard = Instant::now(),
                    Some(Err(SocketError::Capacity(_))) => return Ok(CloseCode::Size),
                    Some(Err(error)) => return Err(error),
                    None => return Err(SocketError::ConnectionClosed),
                },
                _ = ping.tick() => {
                    if self.heard.elapsed() > SOCKET_SILENCE_MAX {
                        return Err(SocketError::Io(std::io::ErrorKind::TimedOut.into()));
                    }
                    self.socket.send(Message::Ping(Bytes::new())).await?;
                }
                () = &mut ended => return Ok(CloseCode::Policy),
                () = stopped(&mut stopping) => return Ok(CloseCode::Away),
            }
        }
    }

    /// Tells the viewer that this is the end, and gives it a moment to answer.
    async fn say_goodbye(&mut self, code: CloseCode) {
        let goodbye = async {
            if code == CloseCode::Away {
                send(&mut self.socket, Event::End).await?;
            }
            self.socket.close(Some(CloseFrame { code, reason: "".into() })).await?;
            while self.socket.next().await.is_some_and(|message| message.is_ok()) {}
            Ok::<_, SocketError>(())
        };
        // Nothing to be done for one that does not hear it.
        let _ = timeout(GOODBYE_TIME_MAX, goodbye).await;
    }
}

async fn send(socket: &mut Socket, event: Event) -> Result<(), SocketError> {
    let text = |message: &MseMessage<'_>| {
        let json = String::from_utf8(wire::to_json(message).into()).expect("JSON is UTF-8");
        Message::text(json)
    };
    match event {
        Event::Init(params) => {
            socket.feed(text(&MseMessage::Init { mime: &params.mime })).await?;
            socket.send(Message::Binary(params.init)).await
        }
        Event::Fragment(fragment) => socket.send(Message::Binary(fragment)).await,
        Event::Skipped(frames) => socket.send(text(&MseMessage::Skipped { frames })).await,
        Event::End => socket.send(text(&MseMessage::End)).await,
    }
}
