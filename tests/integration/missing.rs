//! Parts that can't start: everything else goes on, who looks is told, and they come back by themselves or by an admin.

use std::fs::File;
use std::net::{Ipv6Addr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{Answer, PATIENCE, Program};
use crate::uploads::upload;

const CONFIG: &str = "[web]\nwebrtc_port = 0\n";

async fn live_goes_on(program: &Program) {
    let picture = program.get("/live/test/frame.jpg").await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/jpeg"));
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// A folder whose logins nobody can read.
fn with_damaged_logins() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("data")).expect("made");
    std::fs::write(logins(folder.path()), "password = \u{0}\u{0}").expect("written");
    folder
}

fn logins(folder: &Path) -> std::path::PathBuf {
    folder.join("data/access.toml")
}

/// The code that the log shows.
fn code_in(log: &Path) -> String {
    let log = std::fs::read_to_string(log).expect("there");
    let (_, code) = log.split_once("with the code ").unwrap_or_else(|| panic!("no code in {log}"));
    code.split_whitespace().next().expect("eight digits").to_owned()
}

#[tokio::test]
async fn damaged_logins_let_nobody_in_and_end_nothing() {
    let folder = with_damaged_logins();
    let log = folder.path().join("log");
    let data = logins(folder.path());
    let program = Program::start_guarded_in(CONFIG, folder, |command| {
        command.stderr(File::create(&log).expect("made"));
    });
    live_goes_on(&program).await;
    assert_eq!(program.get("/api/status").await.status, 401);
    let session = program.json("/api/session").await;
    assert_eq!(session["state"], "setup", "{session}");
    assert!(session["damaged"].is_string(), "{session}");
    let password = json!({ "password": "as it was" }).to_string();
    let refused = program.send("POST", "/api/session", &[], &password).await;
    assert_eq!(refused.status, 503);
    assert!(body(&refused)["detail"].as_str().expect("words").contains("the code"), "{}", body(&refused));
    let guessed = json!({ "code": "0", "password": "long enough" }).to_string();
    assert_eq!(program.send("POST", "/api/setup", &[], &guessed).await.status, 401);

    let known = json!({ "code": code_in(&log), "password": "long enough" }).to_string();
    let answer = program.send("POST", "/api/setup", &[], &known).await;
    assert_eq!(answer.status, 204);
    let cookie = answer.header("set-cookie").split(';').next().expect("a pair").to_owned();
    assert_eq!(program.send("GET", "/api/status", &[("cookie", &cookie)], "").await.status, 200);
    assert_eq!(program.json("/api/session").await["state"], "login");
    let aside = std::fs::read_to_string(data.with_extension("toml.damaged")).expect("kept");
    assert_eq!(aside, "password = \u{0}\u{0}");
}

#[tokio::test]
async fn damaged_logins_are_nothing_to_a_box_without_a_login() {
    let program = Program::start_in(CONFIG, with_damaged_logins());
    live_goes_on(&program).await;
    assert_eq!(program.get("/api/status").await.status, 200);
}

/// Waits until `/health` is as wanted.
async fn until_health(program: &Program, wanted: impl Fn(&Value) -> bool) {
    let level = async {
        while !wanted(&body(&program.get("/health").await)) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, level).await.expect("it comes");
}

#[tokio::test]
async fn a_port_that_somebody_else_has_costs_webrtc_alone_and_only_as_long() {
    let other = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).expect("a free port");
    let port = other.local_addr().expect("bound").port();
    let program = Program::start(&format!("[web]\nwebrtc_port = {port}\n"));
    live_goes_on(&program).await;
    until_health(&program, |health| health["problems"][0]["part"] == "webrtc").await;
    let status = program.json("/api/status").await;
    assert_eq!(status["webrtc"]["port"], Value::Null);
    let why = status["webrtc"]["problem"].as_str().expect("words").to_owned();
    assert!(why.contains(&port.to_string()) && why.contains("in use"), "{why}");
    let sdp = [("content-type", "application/sdp")];
    let offered = program.send("POST", "/live/test/whep", &sdp, "v=0\r\n").await;
    assert_eq!(offered.status, 503, "{}", body(&offered));

    drop(other);
    until_health(&program, |health| health["ok"] == true).await;
    assert_eq!(program.json("/api/status").await["webrtc"]["port"], port);
}

#[tokio::test]
async fn a_data_folder_that_vanishes_is_told() {
    let program = Program::start(CONFIG);
    until_health(&program, |health| health["ok"] == true).await;
    std::fs::rename(program.data(), program.data().with_extension("away")).expect("moved");
    until_health(&program, |health| health["problems"][0]["part"] == "library").await;
    live_goes_on(&program).await;
    std::fs::rename(program.data().with_extension("away"), program.data()).expect("moved");
    until_health(&program, |health| health["ok"] == true).await;
}

#[tokio::test]
async fn a_second_program_on_one_data_folder_says_so_and_ends() {
    let first = Program::start(CONFIG);
    let mut second = Command::new(env!("CARGO_BIN_EXE_marquee"));
    second.args(["run", "--open", "--listen", "127.0.0.1:0", "--config"]).arg(first.config_file());
    let ended = second.arg("--data").arg(first.data()).output().expect("it runs");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("another Marquee works with the library"), "{said}");
    live_goes_on(&first).await;
}

fn configure(program: &Program, config: &str) {
    std::fs::write(program.config_file(), config).expect("written");
}

/// What `/api/status` lists, once it is as wanted.
async fn until_listed(program: &Program, wanted: &[(&str, &str)]) -> Value {
    listed_within(program, wanted, PATIENCE).await
}

async fn listed_within(program: &Program, wanted: &[(&str, &str)], patience: Duration) -> Value {
    let level = async {
        loop {
            let listed = program.json("/api/status").await["problems"].take();
            let of = |problem: &Value| {
                let id = problem["subject"]["id"].as_str().unwrap_or_default();
                (problem["code"].as_str().unwrap_or_default().to_owned(), id.to_owned())
            };
            let found: Vec<_> = listed.as_array().into_iter().flatten().map(of).collect();
            let same = found.iter().map(|(code, id)| (code.as_str(), id.as_str())).eq(wanted.iter().copied());
            if same {
                return listed;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(patience, level).await.expect("it is listed")
}

#[tokio::test]
async fn all_well_is_true_and_what_is_wrong_is_listed_with_the_way_to_mend_it() {
    let test = "[web]\nwebrtc_port = 0\n[test]\nenabled = true\n";
    let program = Program::start(test);
    until_listed(&program, &[]).await;
    assert_eq!(program.json("/api/status").await["problems_total"], 0);

    // A camera that is not there, beside one that nobody watches.
    let port = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).expect("free").local_addr().expect("bound").port();
    let cameras = format!(
        "{test}[[camera]]\nid = \"door\"\nname = \"Front door\"\nurl = \"rtsp://127.0.0.1:{port}/live\"\n"
    );
    configure(&program, &cameras);
    let listed = until_listed(&program, &[("source_lost", "door")]).await;
    let door = &listed[0];
    assert_eq!((&door["subject"]["name"], &door["page"]), (&"Front door".into(), &"/#source-door".into()));
    assert_eq!(door["cause"], program.json("/api/sources/door").await["cause"]["code"]);
    assert!(door["since"].is_string());
    let health = program.get("/health").await;
    assert_eq!((health.status, body(&health)), (200, json!({"ok": true})), "the program itself is well");

    configure(&program, &format!("{cameras}colour = \"red\"\n"));
    let wanted = [("settings_wrong", ""), ("source_lost", "door")];
    let listed = until_listed(&program, &wanted).await;
    assert!(listed[0]["detail"].as_str().is_some_and(|detail| detail.contains("colour")), "{listed}");
    assert_eq!(listed[1]["since"], door["since"], "the outage goes on");

    configure(&program, test);
    until_listed(&program, &[]).await;
}

#[tokio::test]
async fn a_file_that_can_not_be_played_is_listed_until_it_is_thrown_away() {
    let program = Program::start(CONFIG);
    let bytes = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2 and nothing else".to_vec();
    // broken.mp4
    upload(&program, "filename YnJva2VuLm1wNA==", bytes).await;
    let id = program.json("/api/assets").await["assets"][0]["id"].to_string();
    let listed = until_listed(&program, &[("file_failed", &id)]).await;
    let file = &listed[0];
    assert_eq!(
        (&file["subject"]["name"], &file["page"]),
        (&"broken".into(), &format!("/library/{id}").into())
    );
    let ids = json!({ "ids": [id.parse::<i64>().expect("a number")] }).to_string();
    let typed = [("content-type", "application/json")];
    assert_eq!(program.send("POST", "/api/assets/bin", &typed, &ids).await.status, 200);
    until_listed(&program, &[]).await;
}

/// What is sent, and was taken.
async fn sent(program: &Program, method: &str, path: &str, content: Value) -> Value {
    let answer = program.send(method, path, &[], &content.to_string()).await;
    assert!(answer.status < 300, "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
    body(&answer)
}

#[tokio::test]
async fn a_tv_that_is_off_while_something_is_scheduled_for_it_is_missed_slow() {
    let program = Program::start("[web]\nwebrtc_port = 0\n[test]\nenabled = true\n");
    let said = json!({"key": null, "browser": "Chrome 53 on webOS", "width": 1920, "height": 1080});
    // One is named, the other is a phone that somebody tried it with.
    let tv = sent(&program, "POST", "/api/screens/hello", said.clone()).await;
    sent(&program, "POST", "/api/screens/hello", said).await;
    let id = tv["id"].to_string();
    sent(&program, "PATCH", &format!("/api/screens/{id}"), json!({"name": "Bar"})).await;
    let items = json!([{"kind": "live", "source": "test", "duration_ms": 5000}]);
    let playlist = sent(&program, "POST", "/api/playlists", json!({"name": "Loop", "items": items})).await;
    let days = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let window = json!({"playlist": playlist["id"], "everywhere": true, "days": days, "from": "00:00", "until": "24:00"});
    let window = sent(&program, "POST", "/api/windows", window).await;
    let minutes = Duration::from_secs(240);
    let listed = listed_within(&program, &[("screen_off", &id)], minutes).await;
    assert_eq!(listed[0]["subject"]["name"], "Bar");
    let path = format!("/api/windows/{}", window["id"]);
    assert_eq!(program.send("DELETE", &path, &[], "").await.status, 204);
    until_listed(&program, &[]).await;
}
