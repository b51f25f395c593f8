//! A disk that fails its library: a damaged database, a folder that can't be written, no room. Live pictures go on, what
//! is asked of the library gets a clear answer, and nothing is overwritten.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::process::Command;

use serde_json::{Value, json};

use crate::care::{marquee, old_server, text};
use crate::own_process::{Mount, in_own_mounts};
use crate::program::{Answer, Program};
use crate::uploads::{BYTES, MP4, VERSION, upload, video};

/// With a source, to see that it goes on.
const CONFIG: &str = "[web]\nwebrtc_port = 0\n";
const PAGE_BYTES: u64 = 4096;
/// What the library leaves free is 256 MiB; the rest is for uploads.
const TMPFS: &str = "size=300m,mode=0755";
const FILE_BYTES: usize = 8 << 20;
const PART_BYTES: usize = 64 << 10;

/// A data folder with a library of two slides.
fn filled() -> tempfile::TempDir {
    let (old, folder) = (old_server(), tempfile::tempdir().expect("a folder"));
    let taken = marquee("import", &folder.path().join("data"), &[old.path()]);
    assert!(text(&taken).contains("2 taken"), "{}", text(&taken));
    folder
}

fn is_problem(answer: &Answer, status: u16, words: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, "application/problem+json"),
        "{body}"
    );
    let problem: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(words)), "{problem}");
}

async fn live_goes_on(program: &Program) {
    // Waits for the source, which rests until somebody asks for its pictures.
    let picture = program.get("/live/test/frame.jpg").await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/jpeg"));
}

/// Everything else works, and whoever asks for the library is told what is wrong with it.
async fn there_is_no_library(program: &Program, words: &str) {
    live_goes_on(program).await;
    let length = [VERSION, ("upload-length", "5"), ("upload-metadata", MP4)];
    for (method, path, headers, body) in [
        ("GET", "/api/assets", &[][..], ""),
        ("GET", "/api/tags", &[][..], ""),
        ("GET", "/api/backup", &[][..], ""),
        ("GET", "/api/uploads", &[][..], ""),
        ("PATCH", "/api/assets/1", &[][..], r#"{"rating": 3}"#),
        ("POST", "/api/uploads", &length[..], ""),
    ] {
        is_problem(&program.send(method, path, headers, body).await, 503, words);
    }
    let library = program.json("/api/library").await;
    assert_eq!(library["ok"], false);
    assert!(library["problem"].as_str().is_some_and(|problem| problem.contains(words)), "{library}");
}

#[tokio::test]
async fn a_damaged_database_is_told_and_left_as_it_is() {
    for (from, to) in [(0, PAGE_BYTES), (2 * PAGE_BYTES, 12 * PAGE_BYTES)] {
        let folder = filled();
        let path = folder.path().join("data/library/library.db");
        let file = File::options().write(true).open(&path).expect("as prepared");
        let bytes: Vec<u8> = (from..to).map(|at| (at * 7 % 251) as u8).collect();
        file.write_all_at(&bytes, from).expect("as prepared");
        let before = fs::read(&path).expect("as prepared");
        let program = Program::start_in(CONFIG, folder);
        there_is_no_library(&program, "damaged").await;
        assert!(fs::read(&path).expect("as prepared") == before, "the damaged file is evidence");
        let checked = text(&marquee("check-library", &program.data(), &[]));
        assert!(checked.contains("damaged"), "{checked}");
        assert!(fs::read(&path).expect("as prepared") == before, "nor does looking change it");
    }
}

#[test]
#[ignore = "needs namespaces"]
fn a_library_that_can_not_be_written_stops_nothing_else() {
    in_own_mounts(
        concat!(module_path!(), "::a_library_that_can_not_be_written_stops_nothing_else"),
        read_only(),
    );
}

async fn read_only() {
    let (filled, folder) = (filled(), tempfile::tempdir().expect("a folder"));
    let library = folder.path().join("data/library");
    let mount = Mount::tmpfs(&library, TMPFS);
    let copied =
        Command::new("cp").arg("-a").arg(filled.path().join("data/library/.")).arg(&library).status();
    assert!(copied.expect("cp runs").success());
    mount.remount("ro");
    let program = Program::start_in(CONFIG, folder);
    live_goes_on(&program).await;
    let library = program.json("/api/library").await;
    assert_eq!((&library["ok"], &library["read_only"]), (&json!(true), &json!(true)), "{library}");
    // All is there to be seen and played, and to be saved from a card that ends.
    let assets = program.json("/api/assets").await;
    let assets = assets["assets"].as_array().expect("a list");
    assert_eq!(assets.len(), 2);
    let original = program.json(&format!("/api/assets/{}", assets[0]["id"])).await;
    let original = original["original"]["url"].as_str().expect("an address").to_owned();
    assert_eq!(program.get(&original).await.status, 200);
    let backup = program.get("/api/backup").await;
    assert_eq!(backup.status, 200);
    // Nothing can be changed, and each attempt says why.
    let length = [VERSION, ("upload-length", "5"), ("upload-metadata", MP4)];
    for (method, path, headers, body) in [
        ("PATCH", "/api/assets/1", &[][..], r#"{"rating": 3}"#),
        ("POST", "/api/assets/bin", &[][..], r#"{"ids": [1]}"#),
        ("POST", "/api/playlists", &[][..], r#"{"name": "a"}"#),
        ("POST", "/api/screens/hello", &[][..], r#"{"browser": "x", "width": 1, "height": 1}"#),
        ("POST", "/api/uploads", &length[..], ""),
    ] {
        let answer = program.send(method, path, headers, body).await;
        is_problem(&answer, 503, "can't be written");
    }
    let health: Value = serde_json::from_slice(&program.get("/health").await.body).expect("JSON");
    assert!(health.to_string().contains("read-only"), "{health}");
    // First, so that the folder can be removed.
    drop(mount);
}

#[test]
#[ignore = "needs namespaces"]
fn a_full_disk_loses_nothing_and_goes_on_when_there_is_room() {
    in_own_mounts(
        concat!(module_path!(), "::a_full_disk_loses_nothing_and_goes_on_when_there_is_room"),
        full_disk(),
    );
}

async fn full_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("data/library");
    let mount = Mount::tmpfs(&library, TMPFS);
    let mut program = Program::start_in(CONFIG, folder);
    let first = upload(&program, MP4, video(1000, 1)).await;
    upload(&program, MP4, video(1000, 3)).await;
    let second = program.json("/api/assets?order=added&descending=true").await["assets"][0]["id"].clone();
    let content = video(FILE_BYTES, 2);
    let length = content.len().to_string();
    let headers = [VERSION, ("upload-length", &length), ("upload-metadata", MP4)];
    let created = program.send("POST", "/api/uploads", &headers, "").await;
    assert_eq!(created.status, 201, "{}", String::from_utf8_lossy(&created.body));
    let address = created.header("location").to_owned();

    // Somebody else takes all there is.
    let filler = library.join("filler");
    let mut zeros = File::create(&filler).expect("as prepared");
    assert!(std::io::copy(&mut std::io::repeat(0), &mut zeros).is_err(), "until it is full");
    // An open file would keep its room after it is removed.
    drop(zeros);
    let refused = program.send("POST", "/api/uploads", &headers, "").await;
    is_problem(&refused, 413, "room");
    let at_0 = [VERSION, BYTES, ("upload-offset", "0")];
    let part = content[..PART_BYTES].to_vec();
    is_problem(&program.send_bytes("PATCH", &address, &at_0, part).await, 507, "no room");
    let before = tags(&program).await;
    is_problem(&add_tag(&program, "one").await, 507, "no room");
    live_goes_on(&program).await;
    assert_eq!(tags(&program).await, before, "what was refused left no trace");
    assert!(program.get(&first).await.body == video(1000, 1));

    // What is thrown away makes room, on a disk without any.
    let ballast = library.join("ballast");
    assert!(ballast.exists(), "room is kept for that");
    let ids = json!({ "ids": [second] }).to_string();
    for what in ["bin", "purge"] {
        let answer = program.send("POST", &format!("/api/assets/{what}"), &[], &ids).await;
        assert_eq!(answer.status, 200, "{what}: {}", String::from_utf8_lossy(&answer.body));
    }
    assert!(!ballast.exists(), "it was needed");
    assert_eq!(program.json("/api/assets").await["assets"].as_array().expect("a list").len(), 1);

    fs::remove_file(&filler).expect("as prepared");
    assert_eq!(add_tag(&program, "after").await.status, 200);
    assert_eq!(tags(&program).await.len(), before.len() + 1);
    let known = program.send("HEAD", &address, &[VERSION], "").await;
    assert_eq!(known.status, 200);
    let offset: usize = known.header("upload-offset").parse().expect("a number");
    let headers = [VERSION, BYTES, ("upload-offset", known.header("upload-offset"))];
    let whole = program.send_bytes("PATCH", &address, &headers, content[offset..].to_vec()).await;
    assert_eq!(whole.status, 204, "{}", String::from_utf8_lossy(&whole.body));
    let asset = program.json(&format!("/api/assets/{}", whole.header("marquee-asset"))).await;
    assert!(program.get(asset["original"]["url"].as_str().expect("an address")).await.body == content);
    program.kill();
    let checked = marquee("check-library", &program.data(), &[]);
    assert!(checked.status.success(), "{}", text(&checked));
    drop(mount);
}

async fn add_tag(program: &Program, tag: &str) -> Answer {
    program.send("PATCH", "/api/assets/1", &[], &json!({ "add_tags": [tag] }).to_string()).await
}

async fn tags(program: &Program) -> Vec<String> {
    let asset = program.json("/api/assets/1").await;
    let tags = asset["tags"].as_array().expect("a list").iter();
    let mut tags: Vec<String> = tags.map(|tag| tag.as_str().expect("text").to_owned()).collect();
    tags.sort();
    tags
}
