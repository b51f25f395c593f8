//! Files of the library over HTTP: ranges, and what happens to the files and their readers meanwhile.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use hyper::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::program::{PATIENCE, Program};
use crate::uploads::{CONFIG, MP4, SVG, upload, video};

/// Several pieces, and a bit.
const LEN: usize = (5 << 20) + 4321;

/// Where a file is on the disk.
fn stored(program: &Program, url: &str) -> PathBuf {
    let name = url.rsplit('/').next().expect("a name");
    program.data().join("library/files").join(&name[..2]).join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_with_what_caches_need() {
    let program = Program::start(CONFIG);
    let content = video(LEN, 1);
    let url = upload(&program, MP4, content.clone()).await;
    let tag = format!("\"{}\"", blake3::hash(&content));
    for method in [Method::GET, Method::HEAD] {
        let answer = program.send(method.as_str(), &url, &[], "").await;
        assert_eq!(answer.status, 200);
        for (name, value) in [
            ("content-type", "video/mp4"),
            ("content-length", &LEN.to_string()),
            ("etag", &tag),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("accept-ranges", "bytes"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(answer.header(name), value, "{method} {name}");
        }
        assert!(if method == Method::GET { answer.body == content } else { answer.body.is_empty() });
    }
    let known = program.send("GET", &url, &[("if-none-match", &tag)], "").await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, tag.as_str()));
    let other = program.send("GET", &url, &[("if-match", "\"other\"")], "").await;
    assert_eq!(other.status, 412);
    // On the HEAD of a range, the range is nothing.
    assert_eq!(program.send("HEAD", &url, &[("range", "bytes=0-1")], "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_are_what_they_say() {
    let program = Program::start(CONFIG);
    let content = video(LEN, 2);
    let url = upload(&program, MP4, content.clone()).await;
    let tag = format!("\"{}\"", blake3::hash(&content));
    for (range, first, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, LEN),
        ("bytes=-5", LEN - 5, LEN),
        ("bytes=1000-20000", 1000, 20_001),
        ("bytes=1048575-1048576", 1_048_575, 1_048_577),
        ("bytes=4000000-99999999", 4_000_000, LEN),
        ("bytes=100-199,150-300", 100, 301),
    ] {
        let answer = program.send("GET", &url, &[("range", range), ("if-range", &tag)], "").await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {first}-{}/{LEN}", end - 1));
        assert!(answer.body == content[first..end], "{range}: {} bytes", answer.body.len());
    }
    let weak = format!("W/{tag}");
    for condition in ["\"other\"", &weak, "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let answer = program.send("GET", &url, &[("range", "bytes=0-1"), ("if-range", condition)], "").await;
        assert_eq!((answer.status, answer.body.len()), (200, LEN), "{condition}");
    }
    let many = (0..17).map(|at| format!("{0}-{0}", at * 1000)).collect::<Vec<_>>().join(",");
    for range in ["bytes=99999999-", "bytes=-0", &format!("bytes={many}")] {
        let answer = program.send("GET", &url, &[("range", range)], "").await;
        assert_eq!(
            (answer.status, answer.header("content-range")),
            (416, &*format!("bytes */{LEN}")),
            "{range}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_ranges_come_as_parts() {
    let program = Program::start(CONFIG);
    let content = video(LEN, 3);
    let url = upload(&program, MP4, content.clone()).await;
    let ranges = [(3_000_000, 4_500_000), (0, 1), (50_000, 90_000), (LEN - 7, LEN)];
    let asked: Vec<_> = ranges.iter().map(|(first, end)| format!("{first}-{}", end - 1)).collect();
    let range = format!("bytes={}", asked.join(", "));
    let answer = program.send("GET", &url, &[("range", &range)], "").await;
    assert_eq!(answer.status, 206);
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    let boundary = answer.header("content-type").strip_prefix("multipart/byteranges; boundary=");
    let boundary = boundary.expect("a boundary").to_owned();
    let mut rest = &answer.body[..];
    for (first, end) in ranges {
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes {first}-{}/{LEN}\r\n\r\n",
            end - 1
        );
        rest = rest.strip_prefix(head.as_bytes()).expect("the head of a part");
        assert!(rest[..end - first] == content[first..end]);
        rest = &rest[end - first..];
    }
    assert_eq!(rest, format!("\r\n--{boundary}--\r\n").as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_browsers_would_run_is_only_to_be_kept() {
    let program = Program::start(CONFIG);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    let url = upload(&program, SVG, svg.clone()).await;
    let answer = program.get(&url).await;
    assert_eq!((answer.status, &answer.body[..]), (200, &svg[..]));
    for (name, value) in [
        ("content-type", "image/svg+xml"),
        ("content-disposition", "attachment"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_names_are_not_there() {
    let program = Program::start(CONFIG);
    let url = upload(&program, MP4, video(2000, 4)).await;
    let name = url.strip_prefix("/media/").expect("below media");
    let (hash, _) = name.split_once('.').expect("an ending");
    for name in [
        "",
        "x",
        "x.mp4",
        hash,
        &format!("{hash}."),
        &format!("{hash}.mov"),
        &format!("{hash}.exe"),
        &format!("{hash}.MP4"),
        &format!("{}.mp4", hash.to_uppercase()),
        &format!("{hash}.mp4%00"),
        &format!("{hash}.mp4/"),
        &format!("..%2f{name}"),
        "..%2f..%2flibrary.db",
        "%ff.mp4",
        &format!("{}.mp4", "0".repeat(64)),
    ] {
        assert_eq!(program.get(&format!("/media/{name}")).await.status, 404, "{name}");
    }
    assert_eq!(program.send("POST", &url, &[], "").await.status, 405);
    assert_eq!(program.get(&url).await.status, 200);
}

/// Pieces that are not in memory, and answers that wait behind one another on one connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_cold_file_comes_through_one_connection_in_order() {
    let program = Program::start(CONFIG);
    let content = video(LEN, 5);
    let url = upload(&program, MP4, content.clone()).await;
    let file = File::open(stored(&program, &url)).expect("it is there");
    file.sync_all().expect("on the disk");
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).expect("advice is taken");
    let mut stream = TcpStream::connect(program.address).await.expect("connected");
    let ranges = [(0, LEN), (2_000_000, 2_000_010), (1_000_000, LEN), (7, 30_000)];
    for (index, (first, end)) in ranges.iter().enumerate() {
        let close = if index + 1 == ranges.len() { "Connection: close\r\n" } else { "" };
        let request =
            format!("GET {url} HTTP/1.1\r\nHost: box\r\n{close}Range: bytes={first}-{}\r\n\r\n", end - 1);
        stream.write_all(request.as_bytes()).await.expect("written");
    }
    let mut received = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut received)).await.expect("in time").expect("to the end");
    let mut rest = &received[..];
    for (first, end) in ranges {
        let head = rest.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
        assert!(rest.starts_with(b"HTTP/1.1 206"), "{:?}", String::from_utf8_lossy(&rest[..head]));
        assert!(rest[head..head + end - first] == content[first..end]);
        rest = &rest[head + end - first..];
    }
    assert!(rest.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_vanish_and_files_that_shrink_harm_nobody() {
    let program = Program::start(CONFIG);
    let content = video(LEN, 6);
    let url = upload(&program, MP4, content.clone()).await;
    assert!(program.get(&url).await.body == content);
    let before = (program.open_files(), program.memory());
    let request = format!("GET {url} HTTP/1.1\r\nHost: box\r\n\r\n");
    let mut readers = Vec::new();
    for read in 0..100 {
        let mut stream = TcpStream::connect(program.address).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("written");
        stream.read_exact(&mut vec![0; read * 100]).await.expect("a beginning");
        readers.push(stream);
    }
    // A file of the library never shrinks, unless the disk is dying.
    let shrinking = upload(&program, MP4, video(LEN, 7)).await;
    let file = File::options().write(true).open(stored(&program, &shrinking)).expect("it is there");
    let mut stream = TcpStream::connect(program.address).await.expect("connected");
    stream.write_all(request.replace(&url, &shrinking).as_bytes()).await.expect("written");
    stream.read_exact(&mut [0; 100]).await.expect("a beginning");
    file.set_len(1 << 20).expect("cut");
    let mut rest = Vec::new();
    // Whether it is closed or reset: it does not end as if that were all.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it ends");
    assert!(rest.len() < LEN, "{}", rest.len());

    drop(readers);
    let gone = async {
        while program.open_files() > before.0 + 2 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("nothing stays open");
    assert!(program.memory() < before.1 + (32 << 20), "{} and {}", before.1, program.memory());
    assert!(program.get(&url).await.body == content);
}
