//! Screens and the schedule on a box that takes long to work out what plays.

use marquee::library::Library;
use serde_json::{Value, json};

use super::{Reply, Server};

async fn ask(server: &Server, head: &str, content: Value) -> Reply {
    server.ask_with(&format!("{head}\nContent-Type: application/json"), content.to_string().as_bytes()).await
}

async fn made(server: &Server, path: &str, content: Value) -> Value {
    let reply = ask(server, &format!("POST {path}"), content).await;
    assert!(
        [200, 201].contains(&reply.status),
        "{path}: {} {}",
        reply.status,
        String::from_utf8_lossy(&reply.body)
    );
    serde_json::from_slice(&reply.body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_answered_before_it_is_worked_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = Library::open(folder.path()).expect("a new one");
    let server = Server::start_with(Vec::new(), Ok(library)).await;

    let tv =
        made(&server, "/api/screens/hello", json!({ "browser": "TV", "width": 1920, "height": 1080 })).await;
    let key = tv["key"].as_str().expect("its key");
    let again = made(&server, "/api/screens/hello", json!({ "key": key, "browser": "TV" })).await;
    assert_eq!(again, tv, "the same TV, not another one");
    let playlist = server.ask(&format!("GET /api/playlist?screen={key}")).await;
    assert_eq!(playlist.status, 503, "it is known, and what it plays is not yet");
    assert!(playlist.header("retry-after").is_some());
    let id = tv["id"].as_i64().expect("its id");
    let renamed = ask(&server, &format!("PATCH /api/screens/{id}"), json!({ "name": "Door" })).await;
    assert_eq!(renamed.status, 200, "{}", String::from_utf8_lossy(&renamed.body));

    let group = made(&server, "/api/groups", json!({ "name": "Bar", "screens": [id] })).await;
    assert_eq!((&group["name"], &group["screens"]), (&json!("Bar"), &json!([id])));
    let window = made(&server, "/api/windows", json!({ "groups": [group["id"]], "from": "22:00" })).await;
    assert_eq!((&window["from"], &window["groups"]), (&json!("22:00"), &json!([group["id"]])));
    let message = ask(&server, "PUT /api/message", json!({ "text": "Closed", "playlist": null })).await;
    let message: Value = serde_json::from_slice(&message.body).expect("JSON");
    assert_eq!(message["text"], "Closed");
    server.stop().await;
}
