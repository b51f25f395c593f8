//! Who gets in, and who does not: the real program with its login.

use http_body_util::BodyExt;
use serde_json::json;

use crate::program::{Answer, PATIENCE, Program};

const CONFIG: &str = "[web]\nwebrtc_port = 0\nadmin_password = \"open sesame\"\n";

fn start() -> Program {
    Program::start_guarded(CONFIG, |_| {})
}

/// The cookie that an answer sets, as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    let set = answer.headers.get("set-cookie").expect("a cookie").to_str().expect("text");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    set.split(';').next().expect("a pair").to_owned()
}

async fn log_in(program: &Program, password: &str) -> Answer {
    let body = json!({ "password": password }).to_string();
    program.send("POST", "/api/session", &[], &body).await
}

#[tokio::test]
async fn without_a_login_there_is_only_what_a_tv_needs() {
    let program = start();
    for path in
        ["/api/status", "/api/sources", "/api/assets", "/api/logs", "/api/tokens", "/metrics", "/api/events"]
    {
        let answer = program.send("GET", path, &[], "").await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer", "{path}");
    }
    for path in ["/health", "/live/test", "/login", "/api/session", "/ui/app.css"] {
        assert_eq!(program.send("GET", path, &[], "").await.status, 200, "{path}");
    }
    let page = program.send("GET", "/library?q=a%20b", &[("accept", "text/html")], "").await;
    assert_eq!(
        (page.status, page.headers["location"].to_str().expect("as prepared")),
        (303, "/login?to=%2Flibrary%3Fq%3Da%2520b")
    );
    assert_eq!(program.send("POST", "/api/sources/test/restart", &[], "").await.status, 401);
}

#[tokio::test]
async fn the_right_password_opens_and_logging_out_closes() {
    let program = start();
    assert_eq!(log_in(&program, "open sesam").await.status, 401);
    let answer = log_in(&program, "open sesame").await;
    assert_eq!(answer.status, 204);
    let cookie = cookie(&answer);
    let with = [("cookie", cookie.as_str())];
    assert_eq!(program.send("GET", "/api/status", &with, "").await.status, 200);
    let evil = [("cookie", cookie.as_str()), ("origin", "http://evil.example")];
    assert_eq!(program.send("POST", "/api/sources/test/restart", &evil, "").await.status, 403);
    assert_eq!(program.send("POST", "/api/sources/test/restart", &with, "").await.status, 202);
    let change = json!({ "old": "open sesame", "new": "something else" }).to_string();
    let fixed = program.send("PUT", "/api/password", &with, &change).await;
    assert_eq!(fixed.status, 409, "it stands in marquee.toml");
    assert_eq!(program.send("DELETE", "/api/session", &with, "").await.status, 204);
    assert_eq!(program.send("GET", "/api/status", &with, "").await.status, 401);
}

#[tokio::test]
async fn whoever_guesses_is_told_to_wait() {
    let program = start();
    for _ in 0..5 {
        assert_eq!(log_in(&program, "wrong guess").await.status, 401);
    }
    let answer = log_in(&program, "open sesame").await;
    assert_eq!(answer.status, 429);
    assert!(
        answer.headers["retry-after"].to_str().expect("as prepared").parse::<u32>().expect("as prepared")
            >= 1
    );
}

#[tokio::test]
async fn tokens_and_links_do_what_they_say_until_they_are_withdrawn() {
    let program = start();
    let cookie = cookie(&log_in(&program, "open sesame").await);
    let admin = [("cookie", cookie.as_str())];
    let body = json!({ "name": "robot", "right": "view" }).to_string();
    let token = program.send("POST", "/api/tokens", &admin, &body).await;
    assert_eq!(token.status, 201);
    let token: serde_json::Value = serde_json::from_slice(&token.body).expect("as prepared");
    let bearer = format!("Bearer {}", token["token"].as_str().expect("as prepared"));
    let robot = [("authorization", bearer.as_str())];
    assert_eq!(program.send("GET", "/api/status", &robot, "").await.status, 200);
    assert_eq!(program.send("POST", "/api/sources/test/restart", &robot, "").await.status, 403);
    let listed = program.send("GET", "/api/tokens", &admin, "").await;
    let listed = String::from_utf8(listed.body.to_vec()).expect("as prepared");
    assert!(
        listed.contains("robot") && !listed.contains(token["token"].as_str().expect("as prepared")),
        "{listed}"
    );

    let link = program.send("POST", "/api/links", &admin, &json!({ "name": "guests" }).to_string()).await;
    let link: serde_json::Value = serde_json::from_slice(&link.body).expect("as prepared");
    let entered = program.send("GET", link["path"].as_str().expect("as prepared"), &[], "").await;
    assert_eq!(entered.status, 303);
    let guest = self::cookie(&entered);
    let guest = [("cookie", guest.as_str())];
    assert_eq!(program.send("GET", "/api/sources", &guest, "").await.status, 200);
    assert_eq!(program.send("POST", "/api/assets/bin", &guest, r#"{"ids":[1]}"#).await.status, 403);
    for (path, id) in [("tokens", &token["id"]), ("links", &link["id"])] {
        let path = format!("/api/{path}/{}", id.as_str().expect("as prepared"));
        assert_eq!(program.send("DELETE", &path, &admin, "").await.status, 204);
    }
    assert_eq!(program.send("GET", "/api/status", &robot, "").await.status, 401);
    assert_eq!(program.send("GET", "/api/sources", &guest, "").await.status, 401);
}

#[tokio::test]
async fn an_open_box_answers_to_no_name_from_outside() {
    let program = Program::start("[web]\nwebrtc_port = 0\n");
    assert_eq!(program.send("GET", "/api/status", &[], "").await.status, 200);
    let rebound = program.send("GET", "/api/status", &[("host", "evil.example")], "").await;
    assert_eq!(rebound.status, 421);
}

/// Whether an event stream goes on within a while, or ends.
async fn goes_on(stream: &mut hyper::body::Incoming) -> bool {
    let next = tokio::time::timeout(PATIENCE, stream.frame()).await.expect("an event or the end");
    next.is_some_and(|frame| frame.is_ok())
}

#[tokio::test]
async fn what_is_open_ends_with_what_allowed_it() {
    let program = start();
    let admin = cookie(&log_in(&program, "open sesame").await);
    let admin = [("cookie", admin.as_str())];
    let body = json!({ "name": "wall", "right": "view" }).to_string();
    let token = program.send("POST", "/api/tokens", &admin, &body).await;
    let token: serde_json::Value = serde_json::from_slice(&token.body).expect("JSON");
    let bearer = format!("Bearer {}", token["token"].as_str().expect("a secret"));
    let mut events = program.open("/api/events", &[("authorization", &bearer)]).await;
    let mut admins = program.open("/api/events", &admin).await;
    assert!(goes_on(&mut events).await && goes_on(&mut admins).await);
    let path = format!("/api/tokens/{}", token["id"].as_str().expect("an id"));
    assert_eq!(program.send("DELETE", &path, &admin, "").await.status, 204);
    while goes_on(&mut events).await {}
    assert!(goes_on(&mut admins).await, "of the others none ends");

    // The password in the file is another one: whoever came by the one before is out.
    std::fs::write(program.config_file(), CONFIG.replace("open sesame", "close sesame")).expect("written");
    while goes_on(&mut admins).await {}
    assert_eq!(program.send("GET", "/api/status", &admin, "").await.status, 401);
    assert_eq!(log_in(&program, "close sesame").await.status, 204);
}
