//! The whole program under garbage from every side at once: clear answers, bounded memory, nobody else disturbed.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::program::{PATIENCE, Program};
use crate::viewers::{more_by_whep, watch_mse, watch_whep};

/// What one bad guest after another may cost, far below what a leak of even a few frames each would.
const GROWTH_MAX: u64 = 64 << 20;

/// Bytes that are the same in each run and look like nothing.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..len).map(next).collect()
}

async fn raw(program: &Program, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(program.address).await.expect("connected");
    // It may be closed while still being written to: that is an answer, too.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = read.expect("it is answered or closed");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_from_every_side_disturbs_no_viewer_slow() {
    let program = Program::start("[web]\nwebrtc_port = 0\n[test]\nsize = \"640x360\"\n");
    let (mut good, _) = watch_whep(&program, "test").await;
    more_by_whep(&mut good, 10).await;
    let port = program.json("/api/status").await["webrtc"]["port"].as_u64().expect("a port");
    let before = program.memory();

    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    for round in 0..2_000 {
        let datagram = noise(round, 1 + (round as usize * 37) % 1400);
        socket.send_to(&datagram, ("127.0.0.1", port as u16)).await.expect("sent");
    }
    for round in 0..50 {
        let sdp = String::from_utf8_lossy(&noise(round, 2_000)).into_owned();
        let sdp = format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n{sdp}");
        let headers = [("content-type", "application/sdp")];
        let answer = program.send("POST", "/live/test/whep", &headers, &sdp).await;
        assert!((400..500).contains(&answer.status), "{}", answer.status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let head = "POST /live/test/whep HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n";
    let large = format!("{head}Content-Length: 1000000000\r\n\r\n");
    assert!(raw(&program, large.as_bytes()).await.starts_with("HTTP/1.1 413"));
    raw(&program, &noise(7, 100_000)).await;

    // Some never read what they asked for, some never finish asking, some vanish without a word.
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.push(watch_mse(&program, "test").await);
    }
    let mut half_open = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(program.address).await.expect("connected");
        stream.write_all(b"GET /api/sta").await.expect("written");
        half_open.push(stream);
        drop(watch_whep(&program, "test").await);
    }
    more_by_whep(&mut good, 150).await;

    assert_eq!((good.received.video.lost(), good.received.audio.lost()), (0, 0));
    let growth = program.memory().saturating_sub(before);
    assert!(growth < GROWTH_MAX, "memory grew by {growth} bytes");
    let health = program.get("/health").await;
    assert_eq!(health.status, 200, "{}", String::from_utf8_lossy(&health.body));
    drop(half_open);
    drop(idle);
    // Those who vanished are noticed and let go; the good one stays.
    program.until("test", |source| source["viewers"]["whep"] == 1 && source["viewers"]["mse"] == 0).await;
    more_by_whep(&mut good, 10).await;
    let logs = program.get("/api/logs?lines=1000").await;
    assert!(!String::from_utf8_lossy(&logs.body).contains("panic"), "no panic");
    program.signal("TERM");
    let ended = tokio::time::timeout(Duration::from_secs(60), program.ended()).await.expect("it ends");
    assert_eq!(ended.code(), Some(0));
}
