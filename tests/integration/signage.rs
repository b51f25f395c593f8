//! The signage over HTTP, against the real program: players without a login, the dashboard, and what both agree on.

mod messages;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::program::{Answer, PATIENCE, Program};
use crate::uploads::{MP4, upload, video};

const CONFIG: &str =
    "[web]\nwebrtc_port = 0\n[device]\ntime_zone = 'Europe/Berlin'\n[test]\nenabled = true\n[[screen]]\n";

/// A TV that opened the page.
struct Tv {
    id: i64,
    key: String,
    code: String,
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&answer.body)))
}

/// What is sent, and must be answered so.
async fn send(program: &Program, method: &str, path: &str, content: Value, status: u16) -> Value {
    let answer = program.send(method, path, &[], &content.to_string()).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status, status, "{method} {path}: {text}");
    if answer.body.is_empty() { Value::Null } else { body(&answer) }
}

async fn hello(program: &Program, key: Option<&str>) -> Tv {
    let said = json!({"key": key, "browser": "Chrome 53 on webOS", "width": 1920, "height": 1080});
    let welcome = send(program, "POST", "/api/screens/hello", said, 200).await;
    let text = |name: &str| welcome[name].as_str().expect("a text").to_owned();
    Tv { id: welcome["id"].as_i64().expect("an id"), key: text("key"), code: text("code") }
}

async fn playlist_of(program: &Program, tv: &Tv) -> Value {
    program.json(&format!("/api/playlist?screen={}", tv.key)).await
}

/// A playlist of the test picture, and its id.
async fn live_playlist(program: &Program, name: &str) -> i64 {
    let items = json!([{"kind": "live", "source": "test", "duration_ms": 5000}]);
    let made = send(program, "POST", "/api/playlists", json!({"name": name, "items": items}), 201).await;
    made["id"].as_i64().expect("an id")
}

/// The stream of events of a screen, from its first event on.
struct Events {
    stream: BufReader<TcpStream>,
}

impl Events {
    async fn listen(program: &Program, tv: &Tv) -> Self {
        let stream = TcpStream::connect(program.address).await.expect("connected");
        let mut stream = BufReader::new(stream);
        let head = format!("GET /api/screens/events?screen={} HTTP/1.1\r\nHost: box\r\n\r\n", tv.key);
        stream.get_mut().write_all(head.as_bytes()).await.expect("sent");
        Self { stream }
    }

    /// The next event's name and data.
    async fn next(&mut self) -> (String, Value) {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.stream.read_line(&mut line)).await.expect("in time");
            assert!(read.expect("read") > 0, "the stream has ended");
            if let Some(event) = line.trim_end().strip_prefix("event: ") {
                name = event.to_owned();
            } else if let Some(data) = line.trim_end().strip_prefix("data: ") {
                return (name, serde_json::from_str(data).expect("JSON"));
            }
        }
    }
}

#[tokio::test]
async fn a_tv_becomes_a_screen_and_stays_the_same_one() {
    let mut program = Program::start(CONFIG);
    let tv = hello(&program, None).await;
    assert!(tv.key.len() == 32 && tv.code.len() == 4, "{} {}", tv.key, tv.code);
    let again = hello(&program, Some(&tv.key)).await;
    assert_eq!((again.id, &again.key, &again.code), (tv.id, &tv.key, &tv.code));
    let other = hello(&program, Some("0123456789abcdef")).await;
    assert!(other.id != tv.id && other.key != tv.key, "an unknown key is no key");
    let answer = playlist_of(&program, &tv).await;
    assert_eq!(answer["screen"], json!({"id": tv.id, "name": "TV 1", "code": tv.code, "group": null}));
    assert_eq!(answer["programs"][0]["state"], "splash");

    program.kill_and_start_again();
    assert_eq!(hello(&program, Some(&tv.key)).await.id, tv.id);
    let screens = program.json("/api/screens").await["screens"].clone();
    let shown =
        screens.as_array().expect("a list").iter().find(|screen| screen["id"] == tv.id).expect("there");
    assert_eq!(
        (&shown["kind"], &shown["active"], &shown["browser"]),
        (&json!("web"), &json!(true), &json!("Chrome 53 on webOS"))
    );
    assert_eq!((&shown["width"], &shown["address"]), (&json!(1920), &json!("127.0.0.1")));
    assert!(!screens.to_string().contains(&tv.key), "keys are secrets");
    let port = screens.as_array().expect("a list").iter().find(|screen| screen["kind"] == "hdmi");
    assert_eq!(port.expect("[[screen]]")["connector"], "hdmi-1");
    let status = program.json("/api/status").await;
    assert_eq!(status["web_screens"], json!({"total": 2, "active": 1}));
    let metrics = String::from_utf8(program.get("/metrics").await.body.to_vec()).expect("text");
    assert!(metrics.contains("\nmarquee_screens_active 1.0\n"), "{metrics}");

    assert_eq!(program.send("DELETE", &format!("/api/screens/{}", tv.id), &[], "").await.status, 204);
    assert_eq!(program.get(&format!("/api/playlist?screen={}", tv.key)).await.status, 404);
    assert_eq!(program.get("/api/playlist").await.status, 400);
}

#[tokio::test]
async fn the_playlist_is_answered_by_etag_and_a_change_is_told_at_once() {
    let program = Program::start(CONFIG);
    let (tv, other) = (hello(&program, None).await, hello(&program, None).await);
    let path = format!("/api/playlist?screen={}", tv.key);
    let first = program.get(&path).await;
    assert_eq!((first.status, first.header("cache-control")), (200, "private, max-age=5"));
    assert_eq!(first.header("content-length"), first.body.len().to_string());
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"'), "strong: {etag}");
    let same = program.send("GET", &path, &[("if-none-match", &etag)], "").await;
    assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, etag.as_str()));

    let mut events = Events::listen(&program, &tv).await;
    assert_eq!(events.next().await, ("playlist".to_owned(), json!({"etag": etag})));
    let list = live_playlist(&program, "Lobby").await;
    let window = json!({"playlist": list, "screens": [tv.id]});
    send(&program, "POST", "/api/windows", window, 201).await;
    let (name, data) = events.next().await;
    assert_eq!(name, "playlist");
    let changed = program.send("GET", &path, &[("if-none-match", &etag)], "").await;
    assert_eq!((changed.status, changed.header("etag")), (200, data["etag"].as_str().expect("a text")));
    let answer = body(&changed);
    let program_now =
        &answer["programs"][answer["segments"][0]["program"].as_u64().expect("an index") as usize];
    assert_eq!((&program_now["name"], &program_now["total_ms"]), (&json!("Lobby"), &json!(5000)));
    assert_eq!(
        (&program_now["items"][0]["key"], &program_now["items"][0]["kind"]),
        (&json!("s:test"), &json!("live"))
    );
    let segments = answer["segments"].as_array().expect("a list");
    let span = segments[segments.len() - 1]["until_ms"].as_i64().expect("ms")
        - segments[0]["from_ms"].as_i64().expect("ms");
    assert!(span >= 24 * 3600 * 1000, "a day ahead: {span}");
    let untouched = playlist_of(&program, &other).await;
    assert_eq!(untouched["programs"][0]["state"], "splash", "the window is not its");

    // In a group: in step, and told so.
    let group = json!({"name": "Ground floor", "screens": [tv.id, other.id]});
    send(&program, "POST", "/api/groups", group, 201).await;
    events.next().await;
    let answer = playlist_of(&program, &tv).await;
    assert_eq!(
        (&answer["screen"]["group"], &answer["programs"][0]["in_step"]),
        (&json!("Ground floor"), &json!(true))
    );
    program.signal("TERM");
    assert!(program.ended().await.success(), "a listener holds nothing up");
}

#[tokio::test]
async fn plays_sent_twice_are_counted_once_and_survive_a_kill() {
    let mut program = Program::start(CONFIG);
    let tv = hello(&program, None).await;
    upload(&program, MP4, video(1000, 1)).await;
    send(&program, "PATCH", "/api/assets/1", json!({"name": "=Clip, \"1\""}), 200).await;
    let items = json!([{"kind": "asset", "asset": 1}]);
    send(&program, "POST", "/api/playlists", json!({"name": "All", "items": items}), 201).await;
    send(&program, "POST", "/api/windows", json!({"playlist": 1, "everywhere": true}), 201).await;
    let play = |number: i64| {
        let from_ms = 1_795_000_000_000 + number * 10_000;
        json!({"number": number, "item": "a1", "playlist": 1, "asset": 1, "source": null, "name": "=Clip, \"1\"",
            "from_ms": from_ms, "until_ms": from_ms + 9500, "whole": number != 2})
    };
    // Nobody logs in to say what was shown: only what is arranged for the screen counts, by the name that the box knows.
    let mut made_up = play(0);
    (made_up["item"], made_up["asset"]) = (json!("a7"), json!(7));
    let mut renamed = play(1);
    (renamed["name"], renamed["item"]) = (json!("x".repeat(5000)), json!("a1t0-5"));
    let lies = json!({"key": tv.key, "player": "lies", "plays": [made_up, renamed]});
    assert_eq!(send(&program, "POST", "/api/screens/plays", lies, 200).await, json!({"through": 1}));
    assert_eq!(program.json("/api/plays").await["plays"], json!([]));
    let report = |numbers: std::ops::Range<i64>| json!({"key": tv.key, "player": "5f", "plays": numbers.map(play).collect::<Vec<_>>()});
    assert_eq!(send(&program, "POST", "/api/screens/plays", report(0..3), 200).await, json!({"through": 2}));
    program.kill_and_start_again();
    assert_eq!(send(&program, "POST", "/api/screens/plays", report(0..5), 200).await, json!({"through": 4}));
    let page = program.json("/api/plays?limit=3").await;
    let names = |page: &Value| page["plays"].as_array().expect("a list").len();
    assert_eq!((names(&page), &page["plays"][0]["screen_name"]), (3, &json!("TV 1")));
    let next = page["next"].as_str().expect("there is more").to_owned();
    let rest = program.json(&format!("/api/plays?limit=3&after={next}")).await;
    assert_eq!((names(&rest), &rest["next"]), (2, &Value::Null));

    let csv = program.get(&format!("/api/plays.csv?from=2026-11-18&until=2026-11-18&screen={}", tv.id)).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    let text = String::from_utf8(csv.body.to_vec()).expect("text");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 7, "{text}");
    let expected = format!(
        "TV 1,{},\"'=Clip, \"\"1\"\"\",asset,1,All,1,2026-11-18T12:06:40.000+01:00,2026-11-18T12:06:49.500+01:00,9.5,true",
        tv.id
    );
    assert_eq!(lines[1], expected);
    assert!(lines[3].ends_with(",false"), "{text}");
    let none = program.get("/api/plays.csv?until=2026-11-17").await;
    assert_eq!(String::from_utf8_lossy(&none.body).lines().count(), 1, "the heading");
    send(&program, "POST", "/api/screens/plays", json!({"key": "x", "player": "5f", "plays": []}), 404).await;
    let many: Vec<Value> = (0..501).map(play).collect();
    send(&program, "POST", "/api/screens/plays", json!({"key": tv.key, "player": "5f", "plays": many}), 400)
        .await;
}

#[tokio::test]
async fn what_plays_at_any_moment_is_told_by_the_code_of_the_players() {
    let program = Program::start(CONFIG);
    let tv = hello(&program, None).await;
    let list = live_playlist(&program, "Night").await;
    // Across midnight, on the night on which clocks go back in Berlin.
    let window = json!({"playlist": list, "everywhere": true, "days": ["sat"], "from": "22:00", "until": "06:00", "priority": 1});
    let night = send(&program, "POST", "/api/windows", window, 201).await["id"].clone();
    let standby = json!({"playlist": null, "screens": [tv.id], "from": "01:00", "until": "03:00", "days": ["sun"], "priority": 2});
    let off = send(&program, "POST", "/api/windows", standby, 201).await["id"].clone();
    let at = async |time: &str| {
        let answer = program.json(&format!("/api/screens/{}/program?at={time}", tv.id)).await;
        (answer["state"].clone(), answer["window"].clone(), answer["until"].clone())
    };
    let time = |text: &str| json!(text);
    assert_eq!(
        at("2027-10-30T21:59:59%2B02:00").await,
        (json!("splash"), Value::Null, time("2027-10-30T22:00:00.000+02:00"))
    );
    assert_eq!(
        at("2027-10-30T22:00:00%2B02:00").await,
        (json!("play"), night.clone(), time("2027-10-31T01:00:00.000+02:00"))
    );
    // Three hours, of which one is there twice; a plus that was not encoded is understood.
    assert_eq!(
        at("2027-10-31T02:30:00+02:00").await,
        (json!("standby"), off.clone(), time("2027-10-31T03:00:00.000+01:00"))
    );
    assert_eq!(at("2027-10-31T02:30:00+01:00").await.1, off);
    assert_eq!(
        at("2027-10-31T03:00:00+01:00").await,
        (json!("play"), night.clone(), time("2027-10-31T06:00:00.000+01:00"))
    );
    let now = program.json(&format!("/api/screens/{}/program?at=2027-10-30T22:00:07+02:00", tv.id)).await;
    assert_eq!(
        (&now["item"]["key"], &now["position_ms"], &now["name"]),
        (&json!("s:test"), &json!(2000), &json!("Night"))
    );
    for wrong in ["yesterday", "2027-13-01T00:00:00Z", "9999-01-01T00:00:00Z"] {
        assert_eq!(
            program.get(&format!("/api/screens/{}/program?at={wrong}", tv.id)).await.status,
            400,
            "{wrong}"
        );
    }
    let week = program.json(&format!("/api/week?screen={}&from=2027-10-25", tv.id)).await;
    let segments = week["segments"].as_array().expect("a list");
    let windows: Vec<_> = segments.iter().map(|segment| segment["window"].clone()).collect();
    assert_eq!(windows, [Value::Null, night.clone(), off, night, Value::Null]);
    assert_eq!(segments[0]["from"], "2027-10-25T00:00:00.000+02:00");
    assert_eq!(segments[4]["until"], "2027-11-01T00:00:00.000+01:00");
    assert_eq!((&segments[1]["name"], &segments[2]["playlist"]), (&json!("Night"), &Value::Null));
}

#[tokio::test]
async fn two_who_arrange_one_playlist_do_not_overwrite_each_other() {
    let program = Program::start(CONFIG);
    let id = live_playlist(&program, "Lobby").await;
    let path = format!("/api/playlists/{id}");
    let seen = program.get(&path).await;
    let etag = seen.header("etag").to_owned();
    let mut list = body(&seen);
    list["items"] = json!([{"kind": "tag", "tag": "shop"}, {"kind": "asset", "asset": 77}, {"kind": "live", "source": "gone"}]);
    list["shuffle"] = json!(true);
    let put = program.send("PUT", &path, &[("if-match", &etag)], &list.to_string()).await;
    assert_eq!(put.status, 200, "{}", String::from_utf8_lossy(&put.body));
    let problems = json!([{"item": 0, "reason": "no_tag"}, {"item": 1, "reason": "gone"}, {"item": 2, "reason": "no_source"}]);
    assert_eq!((&body(&put)["problems"], &body(&put)["total_ms"]), (&problems, &json!(0)));
    assert_ne!(put.header("etag"), etag);
    let late = program.send("PUT", &path, &[("if-match", &etag)], &list.to_string()).await;
    assert_eq!((late.status, late.header("content-type")), (412, "application/problem+json"));
    assert_eq!(program.json(&path).await["items"][1]["asset"], 77);
    assert_eq!(program.json("/api/playlists").await["playlists"][0]["id"], id);
    for wrong in [
        json!({"items": []}),
        json!({"name": "x", "items": [{"kind": "asset"}]}),
        json!({"name": "x", "slide_ms": 5}),
    ] {
        assert_eq!(program.send("PUT", &path, &[], &wrong.to_string()).await.status, 400, "{wrong}");
    }
    send(&program, "DELETE", &path, Value::Null, 204).await;
    assert_eq!(program.get(&path).await.status, 404);
}

#[tokio::test]
async fn screens_do_what_they_are_asked_to_and_say_what_is_on() {
    let program = Program::start(CONFIG);
    let tv = hello(&program, None).await;
    let path = format!("/api/screens/{}", tv.id);
    let changed = send(&program, "PATCH", &path, json!({"name": "Entrance"}), 200).await;
    assert_eq!(changed["name"], "Entrance");
    send(&program, "PATCH", &path, json!({"group": 99}), 404).await;
    let mut events = Events::listen(&program, &tv).await;
    events.next().await;
    send(&program, "POST", &format!("{path}/identify"), Value::Null, 202).await;
    let (name, data) = events.next().await;
    assert!(name == "identify" && data["until_ms"].as_i64() > Some(1_700_000_000_000), "{name} {data}");
    send(&program, "POST", &format!("{path}/reload"), Value::Null, 202).await;
    assert_eq!(events.next().await, ("reload".to_owned(), json!({})));

    let asked = send(&program, "POST", &format!("{path}/screenshot"), Value::Null, 202).await;
    assert_eq!(events.next().await, ("screenshot".to_owned(), asked.clone()));
    let to = format!("/api/screens/screenshot/{}?screen={}", asked["id"], tv.key);
    let jpeg = [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3].repeat(20);
    assert_eq!(program.send_bytes("PUT", &to, &[], b"<svg/>".to_vec()).await.status, 415);
    assert_eq!(program.get(&format!("{path}/screenshot.jpg")).await.status, 404);
    assert_eq!(
        program.send_bytes("PUT", &to, &[("content-type", "image/jpeg")], jpeg.clone()).await.status,
        204
    );
    assert_eq!(program.send_bytes("PUT", &to, &[], jpeg.clone()).await.status, 404, "once");

    let report = json!({"key": tv.key, "item": "a1", "name": "Clip", "since_ms": 4_000_000_000_000_i64,
        "dropped_frames": 3, "offset_ms": -12, "late_ms": 340, "state": "play"});
    send(&program, "POST", "/api/screens/report", report.clone(), 204).await;
    let screens = program.json("/api/screens").await;
    let shown = screens["screens"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|screen| screen["id"] == tv.id)
        .expect("there");
    assert_eq!(
        (&shown["playing"], &shown["state"], &shown["dropped_frames"]),
        (&json!("Clip"), &json!("play"), &json!(3))
    );
    assert_eq!(
        (&shown["offset_ms"], &shown["late_ms"], &shown["since"]),
        (&json!(-12), &json!(340), &Value::Null),
        "that moment is still to come"
    );
    let picture = program.get(shown["screenshot"].as_str().expect("its address")).await;
    assert_eq!(
        (picture.status, picture.header("content-type"), picture.body.to_vec()),
        (200, "image/jpeg", jpeg)
    );
    let mut wrong = report;
    wrong["state"] = json!("asleep");
    send(&program, "POST", "/api/screens/report", wrong, 400).await;
    let answer = program.json("/api/time").await;
    assert!(answer["now_ms"].as_i64() > Some(1_700_000_000_000));
}

#[tokio::test]
async fn players_need_no_login_and_tokens_for_messages_do_nothing_else() {
    let program =
        Program::start_guarded("[web]\nwebrtc_port = 0\nadmin_password = \"open sesame\"\n", |_| {});
    let tv = hello(&program, None).await;
    assert_eq!(program.get(&format!("/api/playlist?screen={}", tv.key)).await.status, 200);
    assert_eq!(program.get("/tv").await.status, 200);
    for path in [
        "/api/screens",
        "/api/playlists",
        "/api/windows",
        "/api/plays.csv",
        "/api/message",
        "/api/week?screen=1",
    ] {
        assert_eq!(program.get(path).await.status, 401, "{path}");
    }
    let log_in =
        program.send("POST", "/api/session", &[], &json!({"password": "open sesame"}).to_string()).await;
    let cookie = log_in.header("set-cookie").split(';').next().expect("a pair").to_owned();
    let token = json!({"name": "fire alarm", "right": "message"}).to_string();
    let token = body(&program.send("POST", "/api/tokens", &[("cookie", &cookie)], &token).await);
    let bearer = format!("Bearer {}", token["token"].as_str().expect("a token"));
    let alarm = [("authorization", bearer.as_str())];
    let message = json!({"text": "Fire!"}).to_string();
    assert_eq!(program.send("PUT", "/api/message", &alarm, &message).await.status, 200);
    assert_eq!(playlist_of(&program, &tv).await["message"]["text"], "Fire!");
    assert_eq!(program.send("DELETE", "/api/message", &alarm, "").await.status, 204);
    let template = json!({"name": "Fire", "text": "Fire!"}).to_string();
    let made = program.send("POST", "/api/message/templates", &[("cookie", &cookie)], &template).await;
    assert_eq!(made.status, 201);
    let template = json!({"template": body(&made)["id"]}).to_string();
    assert_eq!(program.send("PUT", "/api/message", &alarm, &template).await.status, 200);
    for (method, path) in [
        ("GET", "/api/screens"),
        ("GET", "/api/status"),
        ("POST", "/api/windows"),
        ("POST", "/api/message/templates"),
        ("DELETE", "/api/message/templates/1"),
        ("DELETE", "/api/screens/1"),
    ] {
        assert_eq!(program.send(method, path, &alarm, "{}").await.status, 403, "{method} {path}");
    }
    let viewer = json!({"name": "viewer", "right": "view"}).to_string();
    let viewer = body(&program.send("POST", "/api/tokens", &[("cookie", &cookie)], &viewer).await);
    let bearer = format!("Bearer {}", viewer["token"].as_str().expect("a token"));
    let looks = [("authorization", bearer.as_str())];
    assert_eq!(program.send("GET", "/api/screens", &looks, "").await.status, 200);
    assert_eq!(program.send("PUT", "/api/message", &looks, &message).await.status, 403);
}

#[tokio::test]
async fn one_address_does_not_fill_the_box_with_screens_slow() {
    let program = Program::start(CONFIG);
    let said = json!({"browser": "x"});
    for _ in 0..60 {
        send(&program, "POST", "/api/screens/hello", said.clone(), 200).await;
    }
    let refused = program.send("POST", "/api/screens/hello", &[], &said.to_string()).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u32>().expect("seconds") <= 60);
}

#[tokio::test]
async fn what_people_did_meanwhile_is_told_to_the_dashboard() {
    let program = Program::start(CONFIG);
    let stream = TcpStream::connect(program.address).await.expect("connected");
    let mut events = Events { stream: BufReader::new(stream) };
    let head = b"GET /api/events HTTP/1.1\r\nHost: box\r\n\r\n";
    events.stream.get_mut().write_all(head).await.expect("sent");
    let mut next = async || loop {
        let (name, data) = events.next().await;
        if name == "screens" {
            return data["generation"].as_u64().expect("a number");
        }
    };
    let mut before = next().await;
    hello(&program, None).await;
    let tv = loop {
        let now = next().await;
        assert!(now > before);
        before = now;
        let screens = program.json("/api/screens").await["screens"].clone();
        if let Some(tv) = screens.as_array().expect("a list").iter().find(|screen| screen["kind"] == "web") {
            break tv.clone();
        }
    };
    send(&program, "PATCH", &format!("/api/screens/{}", tv["id"]), json!({"name": "Bar"}), 200).await;
    assert!(next().await > before);
}
