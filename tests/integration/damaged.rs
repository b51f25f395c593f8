//! A library whose database is damaged, and the ways on that need no shell: a backup, what can be rescued, an empty start.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::care::{marquee, old_server, text};
use crate::program::Program;

const CONFIG: &str = "[web]\nwebrtc_port = 0\n";
/// Where nothing of it can be read, and where its tables can be.
const DESTROYED: (u64, u64) = (0, 8192);

/// A program with two slides, whose database was damaged while it was off.
async fn damaged((from, to): (u64, u64)) -> (Program, Vec<u8>) {
    let (old, folder) = (old_server(), tempfile::tempdir().expect("a folder"));
    marquee("import", &folder.path().join("data"), &[old.path()]);
    let mut program = Program::start_in(CONFIG, folder);
    let backup = program.get("/api/backup").await.body;
    program.kill();
    damage(&program.data(), from, to);
    program.kill_and_start_again();
    let library = program.json("/api/library").await;
    assert_eq!((&library["ok"], &library["damaged"]), (&json!(false), &json!(true)), "{library}");
    (program, backup.to_vec())
}

fn damage(data: &Path, from: u64, to: u64) {
    let file = File::options().write(true).open(data.join("library/library.db")).expect("as prepared");
    let bytes: Vec<u8> = (from..to).map(|at| (at * 7 % 251) as u8).collect();
    file.write_all_at(&bytes, from).expect("as prepared");
    // What was written last may stand in the log beside it.
    let _ = std::fs::remove_file(data.join("library/library.db-wal"));
}

async fn names(program: &Program) -> Vec<String> {
    let listing = program.json("/api/assets").await;
    let assets = listing["assets"].as_array().expect("a list");
    let mut names: Vec<String> =
        assets.iter().map(|asset| asset["name"].as_str().expect("a name").to_owned()).collect();
    names.sort();
    names
}

async fn post(program: &Program, path: &str, body: &[u8]) -> (u16, Value) {
    let answer = program.send_bytes("POST", path, &[], body.to_vec()).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

/// All that stands on a library is there again, without a restart.
async fn is_used(program: &Program) {
    let hello = br#"{"browser": "Chrome 87", "width": 1920, "height": 1080}"#;
    let (status, screen) = post(program, "/api/screens/hello", hello).await;
    assert_eq!(status, 200, "{screen}");
    let playlist = format!("/api/playlist?screen={}", screen["key"].as_str().expect("a key"));
    assert_eq!(program.get(&playlist).await.status, 200);
    assert_eq!(program.get("/health").await.status, 200);
}

#[tokio::test]
async fn what_can_be_read_is_rescued_while_everything_else_goes_on() {
    let (program, _) = damaged((8 * 4096, 9 * 4096)).await;
    assert_eq!(post(&program, "/api/screens/hello", b"{}").await.0, 503);
    let (status, rescued) = post(&program, "/api/library/rescue", b"").await;
    assert_eq!((status, &rescued["assets"]), (200, &json!(2)), "{rescued}");
    is_used(&program).await;
    let library = program.json("/api/library").await;
    assert_eq!(
        (&library["ok"], &library["set_aside"][0]),
        (&json!(true), &rescued["set_aside"]),
        "{library}"
    );
    let (again, told) = post(&program, "/api/library/rescue", b"").await;
    assert_eq!(again, 409, "{told}");
    assert_eq!(program.send("DELETE", "/api/library/set-aside", &[], "").await.status, 204);
    assert_eq!(program.json("/api/library").await["set_aside"], json!([]));
}

#[tokio::test]
async fn a_backup_is_restored_over_a_destroyed_database() {
    let (program, backup) = damaged(DESTROYED).await;
    assert_eq!(post(&program, "/api/restore", b"no backup").await.0, 400);
    assert_eq!(program.json("/api/library").await["damaged"], true, "nothing was replaced");
    let (status, restored) = post(&program, "/api/restore", &backup).await;
    assert_eq!((status, &restored["assets"]), (200, &json!(2)), "{restored}");
    assert_eq!(names(&program).await.len(), 2);
    is_used(&program).await;
}

#[tokio::test]
async fn an_empty_library_is_begun_if_that_is_wanted() {
    let (program, _) = damaged(DESTROYED).await;
    let (status, begun) = post(&program, "/api/library/start-empty", b"").await;
    assert_eq!((status, &begun["assets"]), (200, &json!(0)), "{begun}");
    is_used(&program).await;
    assert_eq!(names(&program).await.len(), 0);
    assert!(program.data().join("library").join(begun["set_aside"].as_str().expect("a name")).exists());
}

#[tokio::test]
async fn the_commands_mend_it_too() {
    let (old, folder) = (old_server(), tempfile::tempdir().expect("a folder"));
    let data = folder.path().join("data");
    let tar = folder.path().join("all.tar");
    marquee("import", &data, &[old.path()]);
    marquee("backup", &data, &[&tar]);
    damage(&data, DESTROYED.0, DESTROYED.1);
    let looked = text(&marquee("check-library", &data, &[]));
    assert!(looked.contains("damaged") && looked.contains("rescue"), "{looked}");
    let repaired = text(&marquee("check-library", &data, &[Path::new("--repair")]));
    assert!(
        repaired.contains("2 assets were rescued") && repaired.contains("library.db.damaged-"),
        "{repaired}"
    );
    assert!(text(&marquee("check-library", &data, &[])).contains("all is well"));
    damage(&data, DESTROYED.0, DESTROYED.1);
    let restored = text(&marquee("restore", &data, &[&tar]));
    assert!(restored.contains("2 assets"), "{restored}");
    assert!(text(&marquee("check-library", &data, &[])).contains("all is well"));
}
