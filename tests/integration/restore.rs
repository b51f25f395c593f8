//! Backups that are not what they should be, and the logins that come with one: nothing of a wrong one is taken.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::care::{marquee, old_server, text};
use crate::program::{Answer, Program};

const CONFIG: &str = "[web]\nwebrtc_port = 0\n";

/// A program with a library of two slides.
fn filled() -> Program {
    let (old, folder) = (old_server(), tempfile::tempdir().expect("a folder"));
    marquee("import", &folder.path().join("data"), &[old.path()]);
    Program::start_in(CONFIG, folder)
}

async fn count(program: &Program) -> usize {
    program.json("/api/assets").await["assets"].as_array().expect("a list").len()
}

/// The parts of a backup, by name.
fn parts(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(tar);
    let entries = archive.entries().expect("a tar").map(|entry| {
        let mut entry = entry.expect("whole");
        let name = entry.path().expect("a name").to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("whole");
        (name, content)
    });
    entries.collect()
}

fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in parts {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &content[..]).expect("in memory");
    }
    tar.into_inner().expect("in memory")
}

/// The same backup with another database.
fn with_database(tar: &[u8], change: impl FnOnce(&Path)) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("library.db");
    let mut parts = parts(tar);
    let database = parts.iter_mut().find(|(name, _)| name == "library.db").expect("there");
    fs::write(&path, &database.1).expect("written");
    change(&path);
    database.1 = fs::read(&path).expect("read");
    packed(&parts)
}

fn run(path: &Path, sql: &str) {
    let connection = Connection::open(path).expect("opened");
    connection.execute_batch(sql).expect("done");
    connection.close().expect("closed");
}

#[tokio::test]
async fn what_is_no_backup_of_ours_replaces_nothing() {
    let program = filled();
    let tar = program.get("/api/backup").await.body;
    let logins = |text: &[u8]| {
        let mut parts = parts(&tar);
        parts.retain(|(name, _)| name != "access.toml");
        parts.push(("access.toml".to_owned(), text.to_vec()));
        packed(&parts)
    };
    let trigger = "CREATE TRIGGER bad AFTER UPDATE ON assets BEGIN DELETE FROM assets; END";
    let wrong = [
        ("garbage for logins", logins(b"\0\0\0")),
        ("logins of another kind", logins(b"password = 7")),
        ("a password that is no hash", logins(b"password = \"as it is\"")),
        ("logins without end", logins(&vec![b'#'; 300 << 10])),
        ("a trigger", with_database(&tar, |path| run(path, trigger))),
        ("a view", with_database(&tar, |path| run(path, "CREATE VIEW v AS SELECT 1"))),
        ("a table more", with_database(&tar, |path| run(path, "CREATE TABLE t (a)"))),
        ("a table less", with_database(&tar, |path| run(path, "DROP TABLE plays"))),
        (
            "another program's",
            with_database(&tar, |path| {
                fs::remove_file(path).expect("removed");
                run(path, "CREATE TABLE t (a)");
            }),
        ),
        (
            "an empty one",
            with_database(&tar, |path| {
                fs::remove_file(path).expect("removed");
                run(path, "VACUUM");
            }),
        ),
        (
            "files that lead out of the library",
            with_database(&tar, |path| {
                run(path, "UPDATE files SET ext = '../../../access.toml'");
            }),
        ),
        (
            "rows that refer to nothing",
            with_database(&tar, |path| {
                run(path, "PRAGMA foreign_keys = OFF; INSERT INTO asset_tags VALUES (999, 999)");
            }),
        ),
    ];
    for (what, tar) in wrong {
        let answer = program.send_bytes("POST", "/api/restore", &[], tar).await;
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 400, "{what}: {said}");
        assert!(said.contains("no backup of Marquee"), "{what}: {said}");
        assert_eq!(count(&program).await, 2, "{what}");
    }
    assert!(!program.data().join("access.toml").exists());
    let restored = program.send_bytes("POST", "/api/restore", &[], with_database(&tar, |_| {})).await;
    assert_eq!(restored.status, 200, "{}", String::from_utf8_lossy(&restored.body));
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().expect("a pair").to_owned()
}

#[tokio::test]
async fn the_logins_of_a_backup_are_in_force_at_once_and_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let mut program = Program::start_guarded_in(CONFIG, folder, |command| {
        command.stderr(fs::File::create(&log).expect("made"));
    });
    let said = fs::read_to_string(&log).expect("there");
    let code = said.split_once("use the code ").expect("a code").1[..8].to_owned();
    let first = json!({ "code": code, "password": "the first one" }).to_string();
    let admin = cookie(&program.send("POST", "/api/setup", &[], &first).await);
    let with = [("cookie", admin.as_str())];
    let tar = program.send("GET", "/api/backup", &with, "").await.body;
    let change = json!({ "old": "the first one", "new": "the second one" }).to_string();
    let admin = cookie(&program.send("PUT", "/api/password", &with, &change).await);

    let with = [("cookie", admin.as_str())];
    let restored = program.send_bytes("POST", "/api/restore", &with, tar).await;
    assert_eq!(restored.status, 200, "{}", String::from_utf8_lossy(&restored.body));
    for _ in 0..2 {
        for (password, status) in [("the second one", 401), ("the first one", 204)] {
            let body = json!({ "password": password }).to_string();
            assert_eq!(program.send("POST", "/api/session", &[], &body).await.status, status, "{password}");
        }
        program.kill();
        program.start_guarded_again();
    }
    let mode = fs::metadata(program.data().join("access.toml")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn on_the_command_line_a_backup_is_nobody_elses_and_wrong_logins_are_refused() {
    let (old, folder) = (old_server(), tempfile::tempdir().expect("a folder"));
    let data = folder.path().join("data");
    marquee("import", &data, &[old.path()]);
    let file = folder.path().join("backup.tar");
    marquee("backup", &data, &[&file]);
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    let mut parts = parts(&fs::read(&file).expect("read"));
    parts.push(("access.toml".to_owned(), b"password = 7".to_vec()));
    fs::write(&file, packed(&parts)).expect("written");
    let elsewhere = folder.path().join("elsewhere");
    let refused = marquee("restore", &elsewhere, &[&file]);
    assert!(!refused.status.success(), "{}", text(&refused));
    assert!(text(&refused).contains("who may log in can't be read"), "{}", text(&refused));
    assert!(!elsewhere.join("access.toml").exists());
}
