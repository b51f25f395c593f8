//! Clients that are broken, slow, greedy or gone: a clear answer or a closed connection, and nobody else notices.

use std::sync::Arc;
use std::time::Duration;

use marquee::hub::ViewerKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::mse::{frame, params, watched};
use super::{Fed, PATIENCE, Server, fed};
use crate::own_process::in_own_process;

const HANDSHAKE: &str = "GET /live/door/mse\nConnection: Upgrade\nUpgrade: websocket\n\
    Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/// That a well-behaved client is still served.
async fn others_are_served(server: &Server) {
    assert_eq!(server.ask("GET /health").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_trickles_in_is_cut_off() {
    let server = Server::start(vec![fed("door").source()]).await;
    let mut head = server.connect().await;
    head.raw(b"GET / HTTP/1.1\r\nHost: box\r\n").await;
    let mut body = server.connect().await;
    let begun = "POST /live/door/whep HTTP/1.1\r\nHost: box\r\nContent-Type: application/sdp\r\n\
        Content-Length: 1000\r\n\r\nv=0\r\n";
    body.raw(begun.as_bytes()).await;
    let mut silent = server.connect().await;
    let drip = async {
        loop {
            head.raw(b"X: y\r\n").await;
            others_are_served(&server).await;
            sleep(Duration::from_millis(500)).await;
        }
    };
    let late = tokio::select! {
        () = drip => unreachable!("it drips on"),
        late = body.reply(false) => late,
    };
    late.problem(408);
    head.rest().await;
    silent.rest().await;
    others_are_served(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused() {
    let server = Server::start(vec![fed("door").source()]).await;
    let sdp = "POST /live/door/whep\nContent-Type: application/sdp";
    // Announced: refused without waiting for it.
    server.ask(&format!("{sdp}\nContent-Length: 1000000000")).await.problem(413);
    server.ask_with(sdp, &vec![b'a'; 70_000]).await.problem(413);
    let mut chunked = server.connect().await;
    chunked.send(&format!("{sdp}\nTransfer-Encoding: chunked"), b"").await;
    for _ in 0..20 {
        chunked.raw(b"1000\r\n").await;
        chunked.raw(&[b'a'; 0x1000]).await;
        chunked.raw(b"\r\n").await;
    }
    chunked.reply(false).await.problem(413);
    let header = format!("GET /\nX: {}", "y".repeat(20_000));
    assert_eq!(server.ask(&header).await.status, 431);
    let headers = format!("GET /{}", "\nX: y".repeat(100));
    assert_eq!(server.ask(&headers).await.status, 431);
    let mut line = server.connect().await;
    line.raw(format!("GET /{} HTTP/1.1\r\nHost: box\r\n\r\n", "a".repeat(100_000)).as_bytes()).await;
    line.rest().await;
    others_are_served(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_answered_or_closed() {
    let server = Server::start(vec![fed("door").source()]).await;
    let mut noise = 1_u32;
    let mut random = |len: usize| -> Vec<u8> {
        let next = |_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        };
        (0..len).map(next).collect()
    };
    for len in [1, 16, 300, 5_000, 100_000] {
        let mut connection = server.connect().await;
        connection.raw(&random(len)).await;
        connection.stream.get_mut().shutdown().await.ok();
        connection.rest().await;
    }
    // A WebSocket that speaks nonsense, and one that says far too much.
    let unmasked = [0x82, 0x05, 1, 2, 3, 4, 5].to_vec();
    let huge = [&[0x82, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0, 1, 2, 3, 4][..], &random(10_000)].concat();
    for message in [random(500), unmasked, huge] {
        let mut socket = server.connect().await;
        socket.send(HANDSHAKE, b"").await;
        assert_eq!(socket.head().await.status, 101);
        socket.raw(&message).await;
        socket.rest().await;
    }
    others_are_served(&server).await;
    server.stop().await;
}

/// Connections that one address may have, as `limits.rs` has it.
const PER_ADDRESS: usize = 256;

#[tokio::test(flavor = "multi_thread")]
async fn one_address_can_not_take_all_connections() {
    let server = Server::start(vec![fed("door").source()]).await;
    let mut held = Vec::new();
    let refused = loop {
        let mut connection = server.connect().await;
        connection.send("GET /health", b"").await;
        let reply = connection.reply(false).await;
        if reply.status != 200 {
            break reply;
        }
        held.push(connection);
        assert!(held.len() <= PER_ADDRESS, "no limit");
    };
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("2")));
    assert_eq!(held.len(), PER_ADDRESS, "enough for a site behind one router");
    drop(held);
    let room = async {
        while server.ask("GET /health").await.status != 200 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, room).await.expect("there is room again");
    server.stop().await;
}

/// Feeds frames for as long as it is polled, 5 MB/s.
async fn feed(door: &mut Fed) {
    let params = params(1280);
    for number in 0.. {
        door.video.push(frame(number * 20, number % 50 == 0, 100_000, &params));
        sleep(Duration::from_millis(20)).await;
    }
}

async fn nobody_watches(source: &marquee::hub::Source) {
    while source.viewers.count(ViewerKind::Mse) > 0 {
        sleep(Duration::from_millis(50)).await;
    }
}

/// Two rings of 24 MiB: the track's and the muxer's.
const RINGS_BYTES: u64 = 2 * (24 << 20);
/// Of threads, sockets and the allocator, of which each thread has an arena that keeps what was let go of: less than a
/// third ring would be with what keeps it (69 MiB in all were seen on a busy machine).
const BESIDE_BYTES: u64 = 24 << 20;

#[test]
fn a_viewer_that_never_reads_is_closed_and_takes_no_memory() {
    in_own_process(
        concat!(module_path!(), "::a_viewer_that_never_reads_is_closed_and_takes_no_memory"),
        never_reads(),
    );
}

async fn never_reads() {
    let mut door = fed("door");
    let source = door.source();
    let server = Server::start(vec![door.source()]).await;
    let mut stuck = server.connect().await;
    stuck.send(HANDSHAKE, b"").await;
    watched(&source).await;
    let before = memory("VmRSS:");
    tokio::select! {
        () = feed(&mut door) => unreachable!("it feeds on"),
        waited = timeout(PATIENCE, nobody_watches(&source)) => waited.expect("it is closed"),
    }
    // The most of all times: afterwards much of it is free again.
    let grown = memory("VmHWM:").saturating_sub(before);
    assert!(grown < RINGS_BYTES + BESIDE_BYTES, "{} MiB", grown >> 20);
    // Else nothing was held back for it.
    assert!(grown > RINGS_BYTES / 2, "{} MiB", grown >> 20);
    others_are_served(&server).await;
    drop(stuck);
    server.stop().await;
}

/// Of this process, in bytes.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_takes_everything_and_answers_nothing_is_closed_slow() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let mut socket = server.connect().await;
    socket.send(HANDSHAKE, b"").await;
    watched(&door.source).await;
    // Reads at the level of TCP only: pings arrive and nobody answers them.
    socket.rest().await;
    timeout(PATIENCE, nobody_watches(&door.source)).await.expect("it is not counted any more");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mjpeg_viewer_that_never_reads_is_closed() {
    let door = fed("door");
    let source = door.source();
    let server = Server::start(vec![door.source()]).await;
    let mut stuck = server.connect().await;
    stuck.send("GET /live/door/mjpeg", b"").await;
    let pictures = async {
        let file: &'static [u8] = Box::leak(vec![7; 1 << 20].into_boxed_slice());
        loop {
            door.show(file, false);
            sleep(Duration::from_millis(20)).await;
        }
    };
    let closed = async {
        while source.viewers.count(ViewerKind::Mjpeg) == 0 {
            sleep(Duration::from_millis(20)).await;
        }
        while source.viewers.count(ViewerKind::Mjpeg) > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = pictures => unreachable!("they go on"),
        waited = timeout(PATIENCE, closed) => waited.expect("it is closed"),
    }
    drop(stuck);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_waits_for_nobody_for_long() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let mut stuck = server.connect().await;
    stuck.send(HANDSHAKE, b"").await;
    assert_eq!(stuck.head().await.status, 101);
    let mut idle = server.connect().await;
    idle.send("GET /health", b"").await;
    idle.reply(false).await;
    let mut half = TcpStream::connect(server.address).await.expect("connected");
    half.write_all(b"GET / HT").await.expect("sent");
    let waits = Arc::clone(&door.source);
    server.stop().await;
    assert_eq!(waits.viewers.count(ViewerKind::Mse), 0);
    assert!(matches!(half.read(&mut [0; 16]).await, Ok(0) | Err(_)));
}

/// RFC 9112, section 3.2: a proxy in front may have seen another address than the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host() {
    let server = Server::start(vec![fed("door").source()]).await;
    for (hosts, status) in [("Host: box\r\n", 200), ("", 400), ("Host: box\r\nHost: other\r\n", 400)] {
        let mut connection = server.connect().await;
        connection.raw(format!("GET /api/time HTTP/1.1\r\n{hosts}\r\n").as_bytes()).await;
        let reply = connection.reply(false).await;
        assert_eq!(reply.status, status, "{hosts:?}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
    let mut older = server.connect().await;
    older.raw(b"GET /api/time HTTP/1.0\r\n\r\n").await;
    assert_eq!(older.reply(false).await.status, 200, "HTTP/1.0 knows no host");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_events_of_one_address_leave_room_for_others() {
    let server = Server::start(vec![fed("door").source()]).await;
    let mut held = Vec::new();
    for _ in 0..128 {
        let mut stream = server.connect().await;
        stream.send("GET /api/events", b"").await;
        assert_eq!(stream.head().await.status, 200);
        held.push(stream);
    }
    server.ask("GET /api/events").await.problem(503);
    others_are_served(&server).await;
    // One that goes makes room.
    drop(held.pop());
    let again = async {
        loop {
            let mut stream = server.connect().await;
            stream.send("GET /api/events", b"").await;
            if stream.head().await.status == 200 {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, again).await.expect("there is room again");
    server.stop().await;
}
