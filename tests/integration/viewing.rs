//! Who may look at a private source, and for how long: the real program with its login.

use futures_util::StreamExt;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use crate::program::{Answer, PATIENCE, Program};
use crate::viewers::Socket;
use crate::whep_client::{Habits, Viewer};

const WEB: &str = "[web]\nwebrtc_port = 0\nadmin_password = \"open sesame\"\n";
const TEST: &str = "[test]\nenabled = true\nsize = \"320x180\"\nfps = 10\n";

fn private() -> String {
    format!("{WEB}{TEST}private = true\n")
}

/// What somebody shows to be let in.
type Shown<'s> = [(&'s str, &'s str)];

/// The cookie that an answer sets, as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    set.split(';').next().expect("a pair").to_owned()
}

async fn admin(program: &Program) -> String {
    let body = json!({ "password": "open sesame" }).to_string();
    cookie(&program.send("POST", "/api/session", &[], &body).await)
}

async fn made(program: &Program, path: &str, admin: &str, body: Value) -> Value {
    let answer = program.send("POST", path, &[("cookie", admin)], &body.to_string()).await;
    assert!(matches!(answer.status, 200 | 201), "{path}: {}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).expect("JSON")
}

async fn token(program: &Program, admin: &str, right: &str) -> (String, String) {
    let token = made(program, "/api/tokens", admin, json!({ "name": "robot", "right": right })).await;
    let text = |name: &str| token[name].as_str().expect("text").to_owned();
    (format!("Bearer {}", text("token")), format!("/api/tokens/{}", text("id")))
}

/// The answer to an offer, and the viewer that made it.
async fn offer(program: &Program, shown: &Shown<'_>) -> (Answer, Viewer) {
    let (viewer, offer) = Viewer::new([127, 0, 0, 1].into(), Habits::default()).await.expect("a socket");
    let headers: Vec<_> =
        [("content-type", "application/sdp")].into_iter().chain(shown.iter().copied()).collect();
    (program.send("POST", "/live/test/whep", &headers, &offer).await, viewer)
}

async fn socket(program: &Program, shown: &Shown<'_>) -> Result<Socket, u16> {
    let url = format!("ws://{}/live/test/mse", program.address);
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in shown {
        let name: hyper::header::HeaderName = name.parse().expect("a name");
        request.headers_mut().insert(name, value.parse().expect("a value"));
    }
    let stream = TcpStream::connect(program.address).await.expect("connected");
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(SocketError::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// What each way to the pictures answers.
async fn statuses(program: &Program, shown: &Shown<'_>) -> [u16; 4] {
    let frame = program.send("GET", "/live/test/frame.jpg", shown, "").await;
    let mjpeg = program.send("HEAD", "/live/test/mjpeg", shown, "").await;
    let mse = socket(program, shown).await.map_or_else(|status| status, |_| 101);
    let (whep, _) = offer(program, shown).await;
    if whep.status != 201 {
        assert_eq!(whep.header("content-type"), "application/problem+json");
    }
    [frame.status, mjpeg.status, mse, whep.status]
}

const SEEN: [u16; 4] = [200, 200, 101, 201];

/// Whether pictures go on within a while, or end.
async fn goes_on(stream: &mut Incoming) -> bool {
    let next = tokio::time::timeout(PATIENCE, stream.frame()).await.expect("a picture or the end");
    next.is_some_and(|frame| frame.is_ok())
}

/// Reads on until the other side closes it, with this code.
async fn closed(socket: &mut Socket) -> CloseCode {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a message or the end");
        if let Message::Close(frame) = message.expect("it says goodbye").expect("well formed") {
            return frame.expect("with a code").code;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_source_is_for_those_who_log_in_or_show_a_link_or_a_token() {
    let program = Program::start_guarded(&private(), |_| {});
    assert_eq!(statuses(&program, &[]).await, [401; 4]);
    let refused = program.send("GET", "/live/test/frame.jpg", &[], "").await;
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    assert!(String::from_utf8_lossy(&refused.body).contains("private"), "in words");
    let page = program.send("GET", "/live/test", &[("accept", "text/html")], "").await;
    assert_eq!(page.status, 200, "the page loads, and says what is needed");
    let typed = program.send("GET", "/live/test/frame.jpg", &[("accept", "text/html")], "").await;
    assert_eq!((typed.status, typed.header("location")), (303, "/login?to=%2Flive%2Ftest%2Fframe.jpg"));

    let admin = admin(&program).await;
    assert_eq!(statuses(&program, &[("cookie", &admin)]).await, SEEN);
    let (bearer, _) = token(&program, &admin, "view").await;
    assert_eq!(statuses(&program, &[("authorization", &bearer)]).await, SEEN);
    let (bell, _) = token(&program, &admin, "message").await;
    assert_eq!(statuses(&program, &[("authorization", &bell)]).await, [403; 4]);
    let link = made(&program, "/api/links", &admin, json!({ "name": "guests" })).await;
    let entered = program.send("GET", link["path"].as_str().expect("a path"), &[], "").await;
    assert!(entered.header("set-cookie").contains("Max-Age=34560000"), "it may be a TV's");
    let guest = cookie(&entered);
    assert_eq!(statuses(&program, &[("cookie", &guest)]).await, SEEN);
    // A wrong token is no token, whatever cookies there are.
    let wrong = [("authorization", "Bearer nothing"), ("cookie", &admin)];
    assert_eq!(statuses(&program, &wrong).await, [401; 4]);
    let source = program.send("GET", "/api/sources/test", &[("cookie", &admin)], "").await;
    let source: Value = serde_json::from_slice(&source.body).expect("JSON");
    assert_eq!(source["private"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn cameras_are_private_unless_it_is_said_and_an_open_box_shows_everything() {
    let cameras = "[[camera]]\nid = \"door\"\nurl = \"rtsp://127.0.0.1:1/\"\n\
                   [[camera]]\nid = \"sea\"\nurl = \"rtsp://127.0.0.1:1/\"\nprivate = false\n";
    let config = format!("{WEB}{TEST}{cameras}");
    let program = Program::start_guarded(&config, |_| {});
    for (source, private) in [("door", true), ("sea", false), ("test", false)] {
        let answer = program.get(&format!("/live/{source}/frame.jpg")).await;
        assert_eq!(answer.status == 401, private, "{source}: {}", answer.status);
    }
    drop(program);
    let open = Program::start(&config);
    assert_ne!(open.get("/live/door/frame.jpg").await.status, 401);
    let rebound = open.send("GET", "/live/door/frame.jpg", &[("host", "evil.example")], "").await;
    assert_eq!(rebound.status, 421, "by a name of somebody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_end_with_what_let_them_in() {
    let program = Program::start_guarded(&private(), |_| {});
    let admin = admin(&program).await;
    let admins = [("cookie", admin.as_str())];
    let (bearer, path) = token(&program, &admin, "view").await;
    let robot = [("authorization", bearer.as_str())];
    let (answer, mut whep) = offer(&program, &robot).await;
    whep.accept(std::str::from_utf8(&answer.body).expect("text")).expect("an answer");
    let seen = whep.watch(PATIENCE, |received| received.video.frames > 0).await.expect("a socket");
    assert!(seen, "{:?}", whep.received);
    let mut mse = socket(&program, &robot).await.expect("let in");
    let mut mjpeg = program.open("/live/test/mjpeg", &robot).await;
    let mut others = program.open("/live/test/mjpeg", &admins).await;
    assert!(goes_on(&mut mjpeg).await && goes_on(&mut others).await);

    assert_eq!(program.send("DELETE", &path, &admins, "").await.status, 204);
    while goes_on(&mut mjpeg).await {}
    assert_eq!(closed(&mut mse).await, CloseCode::Policy);
    whep.watch(PATIENCE, |received| received.closed).await.expect("a socket");
    assert!(whep.received.closed, "{:?}", whep.received);
    assert!(goes_on(&mut others).await, "nobody else's");

    assert_eq!(program.send("DELETE", "/api/session", &admins, "").await.status, 204);
    while goes_on(&mut others).await {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_becomes_private_ends_who_may_not_look_and_is_not_started_anew() {
    let program = Program::start_guarded(&format!("{WEB}{TEST}"), |_| {});
    let admin = admin(&program).await;
    let admins = [("cookie", admin.as_str())];
    let (mut theirs, mut ours) =
        (program.open("/live/test/mjpeg", &[]).await, program.open("/live/test/mjpeg", &admins).await);
    assert!(goes_on(&mut theirs).await && goes_on(&mut ours).await);
    std::fs::write(program.config_file(), private()).expect("written");
    while goes_on(&mut theirs).await {}
    assert!(goes_on(&mut ours).await, "its pictures go on");
    let source = program.send("GET", "/api/sources/test", &admins, "").await;
    let source: Value = serde_json::from_slice(&source.body).expect("JSON");
    assert_eq!((&source["private"], &source["counters"]["attempts"]), (&json!(true), &json!(1)));
}

/// A TV that opened the page: its key, and the cookie that it has from then on.
async fn tv(program: &Program) -> (i64, String, String) {
    let said = json!({ "browser": "TV", "width": 1920, "height": 1080 }).to_string();
    let welcome = program.send("POST", "/api/screens/hello", &[], &said).await;
    let cookie = cookie(&welcome);
    let welcome: Value = serde_json::from_slice(&welcome.body).expect("JSON");
    let key = welcome["key"].as_str().expect("its key").to_owned();
    assert_eq!(cookie, format!("marquee_screen={key}"));
    (welcome["id"].as_i64().expect("an id"), key, cookie)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tv_sees_what_it_plays_for_as_long_as_it_plays_it() {
    let program = Program::start_guarded(&private(), |_| {});
    let admin = admin(&program).await;
    let ((id, key, cookie), (_, _, other)) = (tv(&program).await, tv(&program).await);
    let shown = [("cookie", cookie.as_str())];
    assert_eq!(statuses(&program, &shown).await, [401; 4], "nothing is scheduled for it");

    let items = json!([{ "kind": "live", "source": "test", "duration_ms": 5000 }]);
    let list = made(&program, "/api/playlists", &admin, json!({ "name": "Yard", "items": items })).await;
    let window = json!({ "playlist": list["id"], "screens": [id] });
    let window = made(&program, "/api/windows", &admin, window).await;
    assert_eq!(statuses(&program, &shown).await, SEEN);
    assert_eq!(statuses(&program, &[("cookie", &other)]).await, [401; 4], "that of another TV");
    assert_eq!(statuses(&program, &[("cookie", "marquee_screen=0123456789abcdef")]).await, [401; 4]);
    // A TV that lost its cookie, or began without the box, has it with the next answer.
    let path = format!("/api/playlist?screen={key}");
    assert_eq!(self::cookie(&program.get(&path).await), cookie);
    assert_eq!(program.send("GET", &path, &shown, "").await.header("set-cookie"), "");
    // To whatever else it asks, the TV is nobody.
    assert_eq!(program.send("GET", "/api/sources", &shown, "").await.status, 401);

    let mut mjpeg = program.open("/live/test/mjpeg", &shown).await;
    let mut mse = socket(&program, &shown).await.expect("let in");
    assert!(goes_on(&mut mjpeg).await);
    let window = format!("/api/windows/{}", window["id"]);
    assert_eq!(program.send("DELETE", &window, &[("cookie", &admin)], "").await.status, 204);
    while goes_on(&mut mjpeg).await {}
    assert_eq!(closed(&mut mse).await, CloseCode::Policy);
    assert_eq!(statuses(&program, &shown).await, [401; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_from_anywhere_see_no_private_source_by_the_login_of_who_looks_at_them() {
    let config = format!("{WEB}origins = [\"*\", \"https://intranet.example\"]\n{TEST}private = true\n");
    let program = Program::start_guarded(&config, |_| {});
    let admin = admin(&program).await;
    let (bearer, _) = token(&program, &admin, "view").await;
    let (any, named) = (("origin", "https://other.example"), ("origin", "https://intranet.example"));
    assert_eq!(statuses(&program, &[("cookie", &admin), any]).await, [401; 4]);
    assert_eq!(statuses(&program, &[("authorization", &bearer), any]).await, SEEN);
    assert_eq!(statuses(&program, &[("cookie", &admin), named]).await, SEEN);
    let mut mse = socket(&program, &[("authorization", &bearer), any]).await.expect("let in");
    std::fs::write(program.config_file(), private()).expect("written");
    assert_eq!(closed(&mut mse).await, CloseCode::Policy, "it is named no more");
}
