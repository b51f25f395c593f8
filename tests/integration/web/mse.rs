//! MSE viewers: what goes over their WebSocket, and whether others can play it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::StreamExt;
use marquee::config;
use marquee::hub::{Source, ViewerKind};
use marquee::media::{Frame, H264Params, MediaTime, Params};
use marquee::pipeline;
use marquee::source::Running;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Fed, PATIENCE, Server, fed};

type Socket = WebSocketStream<TcpStream>;

pub(super) async fn watch(server: &Server, id: &str) -> Socket {
    let stream = TcpStream::connect(server.address).await.expect("connected");
    let (socket, _) = client_async(format!("ws://box/live/{id}/mse"), stream).await.expect("upgraded");
    socket
}

async fn message(socket: &mut Socket) -> Message {
    loop {
        let message = timeout(PATIENCE, socket.next()).await.expect("in time").expect("not closed");
        match message.expect("no error") {
            Message::Ping(_) | Message::Pong(_) => {}
            message => return message,
        }
    }
}

async fn text(socket: &mut Socket) -> serde_json::Value {
    loop {
        if let Message::Text(text) = message(socket).await {
            return serde_json::from_str(&text).expect("JSON");
        }
    }
}

async fn binary(socket: &mut Socket) -> Bytes {
    match message(socket).await {
        Message::Binary(data) => data,
        other => panic!("{other:?}"),
    }
}

pub(super) fn params(width: u32) -> Arc<Params> {
    Arc::new(Params::H264(H264Params {
        sps: Bytes::from_static(&[0x67, 0x42, 0xe0, 0x1f, 0xda]),
        pps: Bytes::from_static(&[0x68, 0xce, 0x3c, 0x80]),
        width,
        height: 720,
    }))
}

/// A frame of that size which nobody can decode.
pub(super) fn frame(millis: u64, key: bool, bytes: usize, params: &Arc<Params>) -> Frame {
    let mut data = BytesMut::new();
    data.put_u32(u32::try_from(bytes).expect("small"));
    data.put_bytes(if key { 0x65 } else { 0x41 }, bytes);
    let time = MediaTime::from_millis(millis);
    Frame { time, decode_time: time, key, data: data.freeze(), params: Arc::clone(params) }
}

pub(super) async fn watched(source: &Source) {
    let mut demand = source.video.demand().watch();
    let waited = timeout(PATIENCE, demand.wait_for(|count| *count > 0)).await;
    drop(waited.expect("in time").expect("the source lives"));
}

#[tokio::test(flavor = "multi_thread")]
async fn others_can_play_what_is_sent() {
    pipeline::clock::init().expect("GStreamer is installed");
    let test = config::Config::default().test.expect("the defaults have a test picture");
    let running = Running::test(&test);
    let server = Server::start(vec![Arc::clone(&running.source)]).await;
    let mut socket = watch(&server, &running.source.id).await;
    let init = text(&mut socket).await;
    assert_eq!(init["type"], "init");
    let mime = init["mime"].as_str().expect("a type");
    assert!(mime.starts_with("video/mp4; codecs=\"avc1.42") && mime.ends_with(", opus\""), "{mime}");
    let mut file = binary(&mut socket).await.to_vec();
    const PICTURES: usize = 60;
    let mut pictures = 0;
    while pictures < PICTURES {
        let fragment = binary(&mut socket).await;
        assert_eq!(&fragment[4..8], b"moof");
        // `tfhd`, then the number of the track.
        let tfhd = fragment.windows(4).position(|kind| kind == b"tfhd").expect("a track");
        pictures += usize::from(fragment[tfhd + 11] == 1);
        file.extend_from_slice(&fragment);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("live.mp4");
    std::fs::write(&path, file).expect("written");
    assert_eq!(decoded(&path, "video_0", "avdec_h264"), PICTURES);
    assert!(decoded(&path, "audio_0", "opusdec") >= 50, "a second of sound at least");
    assert_eq!(running.source.viewers.count(ViewerKind::Mse), 1);
    drop(socket);
    server.stop().await;
    running.stop().await;
}

/// How many buffers GStreamer's own demuxer and decoder make of a track.
fn decoded(path: &Path, pad: &str, decoder: &str) -> usize {
    let output = Command::new("gst-launch-1.0")
        .args(["-v", "filesrc"])
        .arg(format!("location={}", path.display()))
        .args(["!", "qtdemux", "name=demux", &format!("demux.{pad}"), "!", "queue", "!", decoder, "!"])
        .args(["identity", "silent=false", "!", "fakesink"])
        .output()
        .expect("gst-launch-1.0 runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.matches("identity0: last-message = chain").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_viewers_share_one_muxer_and_new_parameters_are_announced() {
    let mut door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let (mut first, mut second) = (watch(&server, "door").await, watch(&server, "door").await);
    watched(&door.source).await;
    let (small, large) = (params(640), params(1280));
    for (millis, params) in [(0, &small), (40, &large)] {
        door.video.push(frame(millis, true, 100, params));
    }
    for socket in [&mut first, &mut second] {
        for _ in 0..2 {
            let init = text(socket).await;
            assert_eq!(init["mime"], "video/mp4; codecs=\"avc1.42e01f\"");
            assert_eq!(&binary(socket).await[4..8], b"ftyp");
            assert_eq!(&binary(socket).await[4..8], b"moof");
        }
    }
    assert_eq!(door.source.video.demand().count(), 1, "one reader for all");
    assert_eq!(door.source.viewers.count(ViewerKind::Mse), 2);
    drop((first, second));
    let mut demand = door.source.video.demand().watch();
    let gone = timeout(PATIENCE, demand.wait_for(|count| *count == 0)).await;
    drop(gone.expect("the muxer ends with its viewers").expect("the source lives"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_that_comes_a_moment_after_the_first_picture_is_announced_with_it() {
    let mut door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let mut socket = watch(&server, "door").await;
    watched(&door.source).await;
    door.video.push(frame(0, true, 100, &params(640)));
    door.source.status.send_modify(|status| status.sound = true);
    assert_eq!(text(&mut socket).await["mime"], "video/mp4; codecs=\"avc1.42e01f, opus\"");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_shutdown_viewers_are_told() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let mut socket = watch(&server, "door").await;
    watched(&door.source).await;
    server.stop.send_replace(true);
    assert_eq!(text(&mut socket).await["type"], "end");
    assert!(
        matches!(message(&mut socket).await, Message::Close(Some(frame)) if u16::from(frame.code) == 1001)
    );
    while timeout(PATIENCE, socket.next()).await.expect("closed").is_some_and(|message| message.is_ok()) {}
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_taken_out_ends_its_viewers() {
    let Fed { source, video, audio } = fed("door");
    let server = Server::start(vec![Arc::clone(&source)]).await;
    let mut socket = watch(&server, "door").await;
    watched(&source).await;
    server.sources.replace(Vec::new());
    drop((video, audio));
    assert_eq!(text(&mut socket).await["type"], "end");
    assert!(matches!(message(&mut socket).await, Message::Close(_)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_viewer_is_skipped_to_the_newest_key_frame_and_told() {
    let mut door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let mut socket = watch(&server, "door").await;
    watched(&door.source).await;
    let params = params(1280);
    door.video.push(frame(0, true, 40_000, &params));
    assert_eq!(text(&mut socket).await["type"], "init");
    binary(&mut socket).await;
    // 60 s of 8 Mbit/s, all at once: more than a connection and the ring can hold. Whether the muxer keeps up with it or
    // misses some itself, the viewer is told.
    for number in 1..1500 {
        door.video.push(frame(number * 40, number % 50 == 0, 40_000, &params));
        if number % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let skipped = text(&mut socket).await;
    assert_eq!(skipped["type"], "skipped");
    assert!(skipped["frames"].as_u64().is_some_and(|frames| frames > 0));
    assert_eq!(&binary(&mut socket).await[4..8], b"moof");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_handshake_it_says_what_it_wants() {
    let server = Server::start(vec![fed("door").source()]).await;
    let plain = server.ask("GET /live/door/mse").await;
    assert_eq!(
        (plain.header("upgrade"), plain.header("sec-websocket-version")),
        (Some("websocket"), Some("13"))
    );
    plain.problem(426);
    let old = "GET /live/door/mse\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 8\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    server.ask(old).await.problem(426);
    let keyless = "GET /live/door/mse\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13";
    server.ask(keyless).await.problem(400);
    server.ask("GET /live/nobody/mse").await.problem(404);
    server.stop().await;
}
