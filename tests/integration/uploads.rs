//! Uploads by tus against the real program: kills, thieves of a turn, full disks, garbage.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::program::{Answer, PATIENCE, Program};

/// Nothing but the library.
pub(crate) const CONFIG: &str = "[web]\nwebrtc_port = 0\n[test]\nenabled = false\n";
pub(crate) const VERSION: (&str, &str) = ("tus-resumable", "1.0.0");
pub(crate) const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");

/// In base64: `a.mp4`, `a.svg`.
pub(crate) const MP4: &str = "filename YS5tcDQ=";
pub(crate) const SVG: &str = "filename YS5zdmc=";

/// Looks like a video for as far as uploads look; each seed another one.
pub(crate) fn video(len: usize, seed: u32) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x20ftypisom".to_vec();
    let mut state = 2 * seed + 1;
    while bytes.len() < len {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes.truncate(len);
    bytes
}

async fn create(program: &Program, bytes: usize, metadata: &str) -> Answer {
    let length = bytes.to_string();
    let headers = [VERSION, ("upload-length", &length), ("upload-metadata", metadata)];
    program.send("POST", "/api/uploads", &headers, "").await
}

async fn begin(program: &Program, bytes: usize, metadata: &str) -> String {
    let created = create(program, bytes, metadata).await;
    assert_eq!(created.status, 201, "{}", String::from_utf8_lossy(&created.body));
    assert_eq!(created.header("upload-offset"), "0");
    created.header("location").to_owned()
}

async fn patch(program: &Program, upload: &str, offset: usize, bytes: Vec<u8>) -> Answer {
    let offset = offset.to_string();
    program.send_bytes("PATCH", upload, &[VERSION, BYTES, ("upload-offset", &offset)], bytes).await
}

async fn head(program: &Program, upload: &str) -> Answer {
    program.send("HEAD", upload, &[VERSION], "").await
}

/// Uploads a file in one go; the address of its bytes.
pub(crate) async fn upload(program: &Program, metadata: &str, bytes: Vec<u8>) -> String {
    let length = bytes.len().to_string();
    let headers = [VERSION, BYTES, ("upload-length", &length), ("upload-metadata", metadata)];
    let created = program.send_bytes("POST", "/api/uploads", &headers, bytes).await;
    assert_eq!(created.status, 201, "{}", String::from_utf8_lossy(&created.body));
    original(program, &created).await
}

/// The address of the bytes of what an answer says the upload became.
async fn original(program: &Program, whole: &Answer) -> String {
    let asset = program.json(&format!("/api/assets/{}", whole.header("marquee-asset"))).await;
    asset["original"]["url"].as_str().expect("an address").to_owned()
}

/// Begins a PATCH and sends this much of it; the connection stays open.
async fn send_part(program: &Program, upload: &str, offset: usize, of: usize, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(program.address).await.expect("connected");
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: box\r\nTus-Resumable: 1.0.0\r\nContent-Type: {}\r\n\
         Upload-Offset: {offset}\r\nContent-Length: {of}\r\n\r\n",
        BYTES.1
    );
    stream.write_all(head.as_bytes()).await.expect("written");
    stream.write_all(bytes).await.expect("written");
    stream
}

/// Waits until this much of the only upload is acknowledged.
async fn until_kept(program: &Program, least: u64) {
    let waiting = async {
        while program.json("/api/uploads").await["uploads"][0]["offset"].as_u64() < Some(least) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it is kept");
}

/// Asks until the upload is there to be continued, at this place. Whoever sends may not have begun when one asks first.
async fn until_at(program: &Program, upload: &str, offset: usize) {
    let waiting = async {
        loop {
            let known = head(program, upload).await;
            if known.status == 200 && known.header("upload-offset") == offset.to_string() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it makes way");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_survives_kills_on_its_way() {
    let mut program = Program::start(CONFIG);
    let content = video(80 << 20, 1);
    let upload = begin(&program, content.len(), MP4).await;
    let mut at = 0;
    for _ in 0..2 {
        // Enough to be kept before the end, and something behind it that need not be.
        let sent = &content[at..at + (36 << 20)];
        let stream = send_part(&program, &upload, at, content.len() - at, sent).await;
        until_kept(&program, (at + (32 << 20)) as u64).await;
        program.kill_and_start_again();
        drop(stream);
        let known = head(&program, &upload).await;
        assert_eq!((known.status, known.header("upload-length")), (200, "83886080"));
        assert_eq!(known.header("upload-metadata"), MP4);
        let offset: usize = known.header("upload-offset").parse().expect("a number");
        assert!((at + (32 << 20)..=at + (36 << 20)).contains(&offset), "{offset}");
        at = offset;
    }
    let whole = patch(&program, &upload, at, content[at..].to_vec()).await;
    assert_eq!((whole.status, whole.header("upload-offset")), (204, "83886080"));
    let url = original(&program, &whole).await;
    assert!(url.contains(&blake3::hash(&content).to_string()), "{url}");
    assert!(program.get(&url).await.body == content);
    // Whoever missed the last answer asks again, before and after another kill.
    for _ in 0..2 {
        let known = head(&program, &upload).await;
        assert_eq!(known.header("marquee-asset"), whole.header("marquee-asset"));
        assert_eq!(known.header("upload-offset"), "83886080");
        program.kill_and_start_again();
    }
    assert!(program.get(&url).await.body == content);
    assert_eq!(program.json("/api/uploads").await["uploads"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_makes_way_and_a_living_one_does_not() {
    let program = Program::start(CONFIG);
    let content = video(3 << 20, 2);
    let upload = begin(&program, content.len(), MP4).await;
    // Silent, as after a cable was pulled: the other side never hears of it.
    let silent = send_part(&program, &upload, 0, content.len(), &content[..1 << 20]).await;
    until_at(&program, &upload, 1 << 20).await;

    let mut living = send_part(&program, &upload, 1 << 20, 2 << 20, &[]).await;
    let mut at = 1 << 20;
    let dripping = async {
        loop {
            living.write_all(&content[at..at + 100]).await.expect("written");
            at += 100;
            sleep(Duration::from_millis(20)).await;
        }
    };
    let refused = async {
        // As soon as it has begun.
        while head(&program, &upload).await.status != 423 {}
    };
    tokio::select! {
        never = dripping => never,
        refused = timeout(PATIENCE, refused) => refused.expect("it keeps its turn"),
    }
    // It ends in the middle, and what it sent is kept.
    drop(living);
    until_at(&program, &upload, at).await;
    let whole = patch(&program, &upload, at, content[at..].to_vec()).await;
    assert_eq!(whole.status, 204);
    assert!(program.get(&original(&program, &whole).await).await.body == content);
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_fit_is_refused_before_it_is_sent() {
    let program = Program::start(CONFIG);
    let free = program.json("/api/library").await["disk"]["free_bytes"].as_u64().expect("a number");
    let refused = create(&program, free as usize, MP4).await;
    assert_eq!(refused.status, 413);
    let problem: serde_json::Value = serde_json::from_slice(&refused.body).expect("JSON");
    assert_eq!(problem["needed_bytes"], free.to_string());
    let left: u64 = problem["free_bytes"].as_str().and_then(|text| text.parse().ok()).expect("a number");
    assert!(left < free, "{left} of {free}");
    assert_eq!(problem["kept_bytes"], (256_u64 << 20).to_string());
    let detail = problem["detail"].as_str().expect("text");
    assert!(detail.contains(&format!("room for {} MB: 269 MB", left.div_ceil(1_000_000))), "{problem}");
    assert_eq!(program.json("/api/uploads").await["uploads"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_content_is_refused_while_it_is_still_being_sent() {
    let program = Program::start(CONFIG);
    let upload = begin(&program, 64 << 20, MP4).await;
    let mut stream = send_part(&program, &upload, 0, 64 << 20, b"PK\x03\x04").await;
    stream.write_all(&vec![0; 2 << 20]).await.expect("written");
    let mut answer = vec![0; 12];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("at once").expect("an answer");
    assert_eq!(answer, b"HTTP/1.1 415");
    assert_eq!(head(&program, &upload).await.status, 404);
    let small = begin(&program, 5, SVG).await;
    let refused = patch(&program, &small, 0, b"hello".to_vec()).await;
    assert_eq!(refused.status, 415);
    assert!(String::from_utf8_lossy(&refused.body).contains("something unknown"));
    assert_eq!(program.json("/api/library").await["totals"]["videos"], 0);
    assert_eq!(
        std::fs::read_dir(program.data().join("library/incoming/uploads")).expect("it is there").count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_is_spoken_as_written() {
    let program = Program::start(CONFIG);
    let can = program.send("OPTIONS", "/api/uploads", &[], "").await;
    assert_eq!((can.status, can.header("tus-version")), (204, "1.0.0"));
    assert_eq!(can.header("tus-extension"), "creation,creation-with-upload,termination,checksum,expiration");
    assert_eq!((can.header("tus-checksum-algorithm"), can.header("tus-max-size")), ("sha1", "1099511627776"));

    let content = video(1000, 3);
    let upload = begin(&program, content.len(), MP4).await;
    let old = program.send("HEAD", &upload, &[("tus-resumable", "0.2.2")], "").await;
    assert_eq!((old.status, old.header("tus-version")), (412, "1.0.0"));
    let known = head(&program, &upload).await;
    assert_eq!((known.header("tus-resumable"), known.header("cache-control")), ("1.0.0", "no-store"));
    assert!(known.header("upload-expires").ends_with(" GMT"), "{}", known.header("upload-expires"));

    let send = async |sum: &str, bytes: &[u8]| {
        let headers = [VERSION, BYTES, ("upload-offset", "0"), ("upload-checksum", sum)];
        program.send_bytes("PATCH", &upload, &headers, bytes.to_vec()).await.status
    };
    let right = format!("sha1 {}", STANDARD.encode(Sha1::digest(&content[..600])));
    assert_eq!(send("md5 CY9rzUYh03PK3k6DJie09g==", &content[..4]).await, 400);
    assert_eq!(send(&right, &content[..599]).await, 460);
    assert_eq!(head(&program, &upload).await.header("upload-offset"), "0");
    assert_eq!(send(&right, &content[..600]).await, 204);
    assert_eq!(patch(&program, &upload, 0, content[..600].to_vec()).await.status, 409);
    assert_eq!(patch(&program, &upload, 600, vec![0; 401]).await.status, 413);
    assert_eq!(head(&program, &upload).await.header("upload-offset"), "600");

    // By POST, for those who have nothing else.
    let headers = [VERSION, BYTES, ("upload-offset", "600"), ("x-http-method-override", "PATCH")];
    let whole = program.send_bytes("POST", &upload, &headers, content[600..].to_vec()).await;
    assert_eq!((whole.status, whole.header("upload-offset")), (204, "1000"));
    assert!(!whole.header("marquee-asset").is_empty());

    let upload = begin(&program, 10, MP4).await;
    assert_eq!(program.json(&upload).await["file_name"], "a.mp4");
    assert_eq!(program.send("DELETE", &upload, &[VERSION], "").await.status, 204);
    for method in ["HEAD", "GET", "DELETE"] {
        assert_eq!(program.send(method, &upload, &[VERSION], "").await.status, 404, "{method}");
    }
    assert_eq!(patch(&program, &upload, 0, vec![]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_gets_a_clear_answer_and_leaves_nothing() {
    let program = Program::start(CONFIG);
    let post = async |headers: &[(&str, &str)]| {
        let headers = [&[VERSION], headers].concat();
        program.send("POST", "/api/uploads", &headers, "").await.status
    };
    let name = ("upload-metadata", MP4);
    for (headers, status) in [
        (&[][..], 400),
        (&[name][..], 400),
        (&[("upload-length", "5")][..], 400),
        (&[("upload-length", "-5"), name][..], 400),
        (&[("upload-length", "0"), name][..], 400),
        (&[("upload-length", "99999999999999999999999999"), name][..], 413),
        (&[("upload-length", "1099511627777"), name][..], 413),
        (&[("upload-length", "5"), ("upload-metadata", "filename ?")][..], 400),
        (&[("upload-defer-length", "1"), name][..], 400),
        (&[("upload-length", "5"), ("upload-concat", "partial"), name][..], 400),
        (&[("upload-length", "5"), name, ("sec-fetch-site", "cross-site")][..], 403),
        (&[("upload-length", "5"), name, ("origin", "http://evil.example")][..], 403),
    ] {
        assert_eq!(post(headers).await, status, "{headers:?}");
    }
    assert_eq!(program.send("POST", "/api/uploads", &[("upload-length", "5"), name], "").await.status, 412);
    for id in ["x", "..", "%2e%2e%2fx", &"0".repeat(32), &"A".repeat(32), "%00", "%ff"] {
        let path = format!("/api/uploads/{id}");
        for method in ["HEAD", "PATCH", "DELETE", "POST"] {
            let headers = [VERSION, BYTES, ("upload-offset", "0")];
            let status = program.send(method, &path, &headers, "x").await.status;
            assert!(matches!(status, 404 | 405), "{method} {path}: {status}");
        }
    }
    let upload = begin(&program, 5, MP4).await;
    for headers in [
        &[VERSION, ("upload-offset", "0")][..],
        &[VERSION, BYTES][..],
        &[VERSION, BYTES, ("upload-offset", "x")][..],
        &[VERSION, BYTES, ("upload-offset", "0"), ("upload-checksum", "sha1 x")][..],
        &[VERSION, BYTES, ("upload-offset", "1")][..],
        &[VERSION, BYTES, ("upload-offset", "99999999999999999999999")][..],
        &[VERSION, BYTES, ("upload-offset", "0"), ("x-http-method-override", "TRACE")][..],
    ] {
        let method = if headers.last().is_some_and(|last| last.1 == "TRACE") { "POST" } else { "PATCH" };
        let status = program.send(method, &upload, headers, "abc").await.status;
        assert!((400..500).contains(&status), "{headers:?}: {status}");
    }
    // More than was announced, without saying so before.
    let mut stream = TcpStream::connect(program.address).await.expect("connected");
    let chunked = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: box\r\nTus-Resumable: 1.0.0\r\nContent-Type: {}\r\nUpload-Offset: 0\r\n\
         Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n",
        BYTES.1
    );
    stream.write_all(chunked.as_bytes()).await.expect("written");
    let mut answer = vec![0; 12];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("at once").expect("an answer");
    assert_eq!(answer, b"HTTP/1.1 413");
    assert_eq!(head(&program, &upload).await.header("upload-offset"), "0");
    assert_eq!(program.json("/api/library").await["totals"]["videos"], 0);
}

/// In base64: `a.en.srt`, `b.srt`.
const SUBTITLES: &str = "filename YS5lbi5zcnQ=";
const SUBTITLES_OF_NOBODY: &str = "filename Yi5zcnQ=";
const CUE: &[u8] = b"1\n00:00:01,000 --> 00:00:02,000\nGood evening\n";

async fn languages(program: &Program, asset: &str) -> Vec<String> {
    let asset = program.json(&format!("/api/assets/{asset}")).await;
    let subtitles = asset["subtitles"].as_array().expect("a list");
    subtitles.iter().map(|one| one["language"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn subtitles_go_to_the_video_of_their_name_which_may_come_later() {
    let program = Program::start(CONFIG);
    let refused = create(&program, CUE.len(), SUBTITLES_OF_NOBODY).await;
    assert_eq!(refused.status, 422);
    assert!(String::from_utf8_lossy(&refused.body).contains("video has the name of these subtitles"));
    let large = create(&program, 5 << 20, SUBTITLES).await;
    assert_eq!(large.status, 400, "{}", String::from_utf8_lossy(&large.body));

    // The video is on its way: its subtitles are whole before it.
    let film = video(100_000, 1);
    let upload = begin(&program, film.len(), MP4).await;
    let early = begin(&program, CUE.len(), SUBTITLES).await;
    let whole = patch(&program, &early, 0, CUE.to_vec()).await;
    assert_eq!((whole.status, whole.header("marquee-asset")), (204, ""));
    let taken = patch(&program, &upload, 0, film.clone()).await;
    let asset = taken.header("marquee-asset").to_owned();
    timeout(PATIENCE, async {
        while languages(&program, &asset).await != ["en"] {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the subtitles came to their video");
    assert_eq!(head(&program, &early).await.header("marquee-asset"), asset);

    // Again, and some that are none.
    let again = begin(&program, CUE.len(), SUBTITLES).await;
    assert_eq!(patch(&program, &again, 0, CUE.to_vec()).await.header("marquee-asset"), asset);
    assert_eq!(languages(&program, &asset).await, ["en"]);
    let none = begin(&program, 7, SUBTITLES).await;
    let refused = patch(&program, &none, 0, b"nothing".to_vec()).await;
    assert_eq!(refused.status, 400);
    assert_eq!(head(&program, &none).await.status, 404);
}
