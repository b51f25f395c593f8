//! Import, check, backup and restore: the real program on the command line and over HTTP.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::program::Program;

const CONFIG: &str = "[web]\nwebrtc_port = 0\n";
/// The smallest pictures there are; what is in them does not matter here.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(crate) fn marquee(command: &str, data: &Path, more: &[&Path]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_marquee"));
    program.arg(command).arg("--data").arg(data).args(more).output().expect("it runs")
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// A folder of the old server: three pictures, two of the same content, and what it knew of them.
pub(crate) fn old_server() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("clips")).expect("as prepared");
    fs::write(folder.path().join("one.png"), [PNG, b"one"].concat()).expect("as prepared");
    fs::write(folder.path().join("clips/two.png"), [PNG, b"two"].concat()).expect("as prepared");
    fs::write(folder.path().join("again.png"), [PNG, b"one"].concat()).expect("as prepared");
    fs::write(folder.path().join("broken.png"), b"no picture").expect("as prepared");
    fs::write(folder.path().join("ratings.json"), r#"{"two.png": 4, "gone.png": 5}"#).expect("as prepared");
    fs::write(folder.path().join("tags.json"), r#"{"clips/two.png": ["holiday"]}"#).expect("as prepared");
    fs::write(folder.path().join("favorites.json"), r#"["two"]"#).expect("as prepared");
    folder
}

async fn assets(program: &Program) -> Vec<Value> {
    let answer = program.send("GET", "/api/assets?order=name", &[], "").await;
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    body["assets"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn the_old_servers_folder_is_taken_once_with_what_it_knew() {
    let (old, data) = (old_server(), tempfile::tempdir().expect("as prepared"));
    let first = text(&marquee("import", &data.path().join("data"), &[old.path()]));
    assert!(first.contains("2 taken, 1 there already, 1 refused"), "{first}");
    assert!(first.contains("gone.png") && first.contains("broken.png"), "{first}");
    let second = text(&marquee("import", &data.path().join("data"), &[old.path()]));
    assert!(second.contains("0 taken, 3 there already, 1 refused"), "{second}");
    let program = Program::start_in(CONFIG, data);
    let assets = assets(&program).await;
    assert_eq!(assets.len(), 2);
    let two = assets.iter().find(|asset| asset["name"] == "two").expect("two");
    assert_eq!((&two["rating"], &two["favorite"]), (&4.into(), &true.into()));
    assert_eq!(two["tags"], serde_json::json!(["holiday"]));
    let busy = text(&marquee("import", &program.data(), &[old.path()]));
    assert!(busy.contains("another Marquee works with the library"), "{busy}");
}

#[tokio::test]
async fn a_second_import_adds_what_could_not_be_read_before_and_brings_nothing_back() {
    let (old, folder) = (old_server(), tempfile::tempdir().expect("as prepared"));
    let data = folder.path().join("data");
    fs::write(old.path().join("ratings.json"), r#"{"two.png": 4, "one.png": "#).expect("as prepared");
    fs::write(old.path().join("film.avi"), "RIFF").expect("as prepared");
    std::os::unix::fs::symlink("one.png", old.path().join("link.png")).expect("as prepared");
    fs::create_dir(old.path().join("thumbnails")).expect("as prepared");
    fs::write(old.path().join("thumbnails/small.png"), PNG).expect("as prepared");
    let first = marquee("import", &data, &[old.path()]);
    assert_eq!(first.status.code(), Some(2), "{}", text(&first));
    for told in [
        "ratings.json: EOF",
        "film.avi: ",
        "link.png: it is a link",
        "thumbnails: ",
        "2 taken",
        "2 refused, 2 left out",
    ] {
        assert!(text(&first).contains(told), "{told} in {}", text(&first));
    }
    let mut program = Program::start_in(CONFIG, folder);
    let ids = assets(&program).await;
    let id = |name: &str| ids.iter().find(|asset| asset["name"] == name).expect("there")["id"].clone();
    let thrown = serde_json::json!({ "ids": [id("again")] }).to_string();
    assert_eq!(program.send("POST", "/api/assets/bin", &[], &thrown).await.status, 200);
    program.kill();

    fs::write(old.path().join("ratings.json"), r#"{"two.png": 4, "one.png": 5}"#).expect("as prepared");
    let second = text(&marquee("import", &data, &[old.path()]));
    assert!(
        second.contains("0 taken, 3 there already") && second.contains("more known of them now"),
        "{second}"
    );
    let third = text(&marquee("import", &data, &[old.path()]));
    assert!(!third.contains("more known of them now"), "{third}");
    program.kill_and_start_again();
    let left = assets(&program).await;
    assert_eq!(left.len(), 1, "what was thrown away stays in the bin");
    assert_eq!((&left[0]["name"], &left[0]["rating"]), (&"two".into(), &4.into()));
}

#[tokio::test]
async fn subtitles_beside_a_video_come_with_it_once() {
    let (old, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(old.path().join("film.mp4"), b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom").unwrap();
    let subtitles = "1\n00:00:01,000 --> 00:00:02,000\nGood evening\n";
    fs::write(old.path().join("film.en.srt"), subtitles).unwrap();
    fs::write(old.path().join("stray.srt"), subtitles).unwrap();
    for _ in 0..2 {
        let told = text(&marquee("import", &data.path().join("data"), &[old.path()]));
        assert!(told.contains("1 subtitles went to their videos"), "{told}");
        assert!(told.contains("stray.srt: subtitles of no video here"), "{told}");
    }
    let program = Program::start_in(CONFIG, data);
    let id = assets(&program).await[0]["id"].clone();
    let answer = program.send("GET", &format!("/api/assets/{id}"), &[], "").await;
    let film: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let found = film["subtitles"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{film}");
    assert_eq!(found[0]["language"], "en");
    let vtt = program.send("GET", found[0]["url"].as_str().expect("a text"), &[], "").await;
    assert!(String::from_utf8_lossy(&vtt.body).contains("Good evening"));
}

#[tokio::test]
async fn a_backup_of_a_running_box_is_everything_and_a_damaged_one_replaces_nothing() {
    let (old, data) = (old_server(), tempfile::tempdir().expect("as prepared"));
    marquee("import", &data.path().join("data"), &[old.path()]);
    let program = Program::start_in(CONFIG, data);
    let tar = program.send("GET", "/api/backup", &[], "").await;
    assert_eq!(tar.status, 200);
    let elsewhere = tempfile::tempdir().expect("as prepared");
    let file = elsewhere.path().join("backup.tar");
    let told = text(&marquee("backup", &program.data(), &[&file]));
    assert!(told.contains(&format!("{} bytes", fs::metadata(&file).expect("as prepared").len())), "{told}");
    drop(program);
    let listed = Command::new("tar").arg("tf").arg(&file).output().expect("as prepared");
    assert!(text(&listed).contains("library.db") && text(&listed).contains("files/"), "{}", text(&listed));

    let whole = fs::read(&file).expect("as prepared");
    fs::write(elsewhere.path().join("cut.tar"), &whole[..whole.len() / 2]).expect("as prepared");
    let cut = marquee("restore", elsewhere.path(), &[&elsewhere.path().join("cut.tar")]);
    assert!(!cut.status.success() && text(&cut).contains("no backup of Marquee"), "{}", text(&cut));
    let restored = text(&marquee("restore", elsewhere.path(), &[&file]));
    assert!(restored.contains("2 assets, 2 files"), "{restored}");
    let checked = marquee("check-library", elsewhere.path(), &[]);
    assert!(checked.status.success() && text(&checked).contains("all is well"), "{}", text(&checked));

    let program = Program::start_with(CONFIG, |_| {});
    assert_eq!(assets(&program).await.len(), 0);
    let refused = program.send_bytes("POST", "/api/restore", &[], whole[..whole.len() - 2048].to_vec()).await;
    assert_eq!(refused.status, 400, "{}", String::from_utf8_lossy(&refused.body));
    assert_eq!(assets(&program).await.len(), 0);
    let restored = program.send_bytes("POST", "/api/restore", &[], tar.body.clone()).await;
    assert_eq!(restored.status, 200, "{}", String::from_utf8_lossy(&restored.body));
    assert_eq!(assets(&program).await.len(), 2);
}

#[tokio::test]
async fn what_is_lost_is_found_and_mended_on_request() {
    let (old, data) = (old_server(), tempfile::tempdir().expect("as prepared"));
    marquee("import", &data.path().join("data"), &[old.path()]);
    let files = files(&data.path().join("data/library/files"));
    fs::remove_file(&files[0]).expect("as prepared");
    fs::write(&files[1], b"rubbish").expect("as prepared");
    let orphan = files[1].with_file_name(format!("{}.png", "a".repeat(64)));
    fs::write(&orphan, b"nobody's").expect("as prepared");
    let young = files[1].with_file_name(format!("{}.png", "b".repeat(64)));
    fs::write(&young, b"of what broke off").expect("as prepared");
    // Older than anything that may still be under way.
    let before = SystemTime::now() - Duration::from_secs(7200);
    File::options()
        .write(true)
        .open(&orphan)
        .expect("as prepared")
        .set_modified(before)
        .expect("as prepared");
    let found = marquee("check-library", &data.path().join("data"), &[]);
    assert_eq!(found.status.code(), Some(2));
    let told = text(&found);
    assert!(
        told.contains("is missing") && told.contains("is damaged") && told.contains("is not known"),
        "{told}"
    );
    assert!(told.contains("1 files left over") && told.contains("3 findings"), "{told}");
    assert!(marquee("check-library", &data.path().join("data"), &[Path::new("--repair")]).status.success());
    assert!(!orphan.exists() && !young.exists());
    let again = marquee("check-library", &data.path().join("data"), &[]);
    assert!(again.status.success() && text(&again).contains("0 assets, 0 files"), "{}", text(&again));
}

/// One bit that flipped costs no name, no tags and no rating; a lost file whose copy plays costs nothing.
#[tokio::test]
async fn what_can_still_be_shown_stays_in_the_library() {
    let (old, folder) = (old_server(), tempfile::tempdir().expect("a folder"));
    let data = folder.path().join("data");
    marquee("import", &data, &[old.path()]);
    let database = rusqlite::Connection::open(data.join("library/library.db")).expect("opened");
    let path = |hash: &[u8]| {
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        data.join("library/files").join(&hash[..2]).join(format!("{hash}.png"))
    };
    let hash = |name: &str| -> Vec<u8> {
        let sql = "SELECT hash FROM assets WHERE name = ?";
        database.query_row(sql, [name], |row| row.get(0)).expect("there")
    };
    // As if one of them were a copy made from the other: what it is made of does not matter to the check.
    let copy = [PNG, b"a copy"].concat();
    let copied = blake3::hash(&copy);
    fs::write(path(copied.as_bytes()), &copy).expect("written");
    let sql = "INSERT INTO files (hash, ext, bytes, added) VALUES (?, 'png', ?, 0)";
    database.execute(sql, (copied.as_bytes(), copy.len() as i64)).expect("done");
    let sql = "UPDATE assets SET converted = ? WHERE name = 'again'";
    database.execute(sql, [copied.as_bytes()]).expect("done");
    fs::remove_file(path(&hash("again"))).expect("removed");
    let flipped = path(&hash("two"));
    let mut content = fs::read(&flipped).expect("read");
    *content.last_mut().expect("some") ^= 1;
    fs::write(&flipped, content).expect("written");
    drop(database);

    let told = text(&marquee("check-library", &data, &[Path::new("--repair")]));
    assert!(told.contains("of \"again\" is missing: the copy made from it took its place"), "{told}");
    assert!(told.contains("of \"two\" is damaged: is kept as it was found"), "{told}");
    let again = text(&marquee("check-library", &data, &[]));
    assert!(again.contains("2 assets, 2 files") && again.contains("all is well"), "{again}");
    let program = Program::start_in(CONFIG, folder);
    let assets = assets(&program).await;
    let two = assets.iter().find(|asset| asset["name"] == "two").expect("two");
    assert_eq!((&two["rating"], &two["tags"]), (&4.into(), &serde_json::json!(["holiday"])));
    let one = assets.iter().find(|asset| asset["name"] == "again").expect("again");
    let one = program.json(&format!("/api/assets/{}", one["id"])).await;
    let shown = program.get(one["original"]["url"].as_str().expect("an address")).await;
    assert_eq!(shown.body, copy);
}

/// What the database says of a file can be wrong, too; and a copy may be an asset of its own.
#[test]
fn a_repair_takes_no_file_away_that_is_right() {
    let (old, folder) = (old_server(), tempfile::tempdir().expect("a folder"));
    let data = folder.path().join("data");
    marquee("import", &data, &[old.path()]);
    let before = files(&data.join("library/files"));
    let database = rusqlite::Connection::open(data.join("library/library.db")).expect("opened");
    database.execute("UPDATE files SET bytes = bytes + 1", []).expect("done");
    let told = text(&marquee("check-library", &data, &[Path::new("--repair")]));
    assert!(told.contains("2 findings"), "{told}");
    assert_eq!(files(&data.join("library/files")), before);
    let again = text(&marquee("check-library", &data, &[]));
    assert!(again.contains("2 assets, 2 files") && again.contains("all is well"), "{again}");

    let sql =
        "UPDATE assets SET converted = (SELECT hash FROM assets WHERE name = 'two') WHERE name = 'again'";
    database.execute(sql, []).expect("done");
    let sql = "SELECT lower(hex(hash)) FROM assets WHERE name = 'again'";
    let hash: String = database.query_row(sql, [], |row| row.get(0)).expect("there");
    drop(database);
    fs::remove_file(data.join("library/files").join(&hash[..2]).join(format!("{hash}.png")))
        .expect("removed");
    let told = text(&marquee("check-library", &data, &[Path::new("--repair")]));
    assert!(told.contains("of \"again\" is missing: nothing of it is left"), "{told}");
    let again = text(&marquee("check-library", &data, &[]));
    assert!(again.contains("1 assets, 1 files") && again.contains("all is well"), "{again}");
}

fn files(shelves: &Path) -> Vec<std::path::PathBuf> {
    let folders = fs::read_dir(shelves).expect("as prepared").map(|entry| entry.expect("as prepared").path());
    folders
        .flat_map(|folder| {
            fs::read_dir(folder).expect("as prepared").map(|entry| entry.expect("as prepared").path())
        })
        .collect()
}
