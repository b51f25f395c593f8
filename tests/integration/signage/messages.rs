//! The message over everything: on screens and groups, and from templates.

use super::*;

#[tokio::test]
async fn a_message_is_over_everything_at_once_and_gone_again() {
    let program = Program::start(CONFIG);
    let (tv, other) = (hello(&program, None).await, hello(&program, None).await);
    let list = live_playlist(&program, "Alarm").await;
    let mut events = Events::listen(&program, &tv).await;
    events.next().await;
    let message = json!({"text": "Please leave", "playlist": list, "screens": [tv.id], "minutes": 5});
    let put = send(&program, "PUT", "/api/message", message, 200).await;
    assert_eq!((&put["text"], &put["screens"]), (&json!("Please leave"), &json!([tv.id])));
    assert_eq!(events.next().await.0, "playlist");
    let answer = playlist_of(&program, &tv).await;
    assert_eq!(answer["message"]["text"], "Please leave");
    let until = answer["message"]["until_ms"].as_i64().expect("it ends");
    let on = |answer: &Value, at: i64| {
        let segments = answer["segments"].as_array().expect("a list").clone();
        let segment =
            segments.into_iter().find(|one| at < one["until_ms"].as_i64().expect("ms")).expect("no gap");
        answer["programs"][segment["program"].as_u64().expect("an index") as usize]["name"].clone()
    };
    assert_eq!((on(&answer, until - 1), on(&answer, until)), (json!("Alarm"), json!("")));
    assert_eq!(playlist_of(&program, &other).await["message"], Value::Null);
    assert_eq!(program.json("/api/message").await["playlist"], list);
    let used = program.send("DELETE", &format!("/api/playlists/{list}"), &[], "").await;
    assert_eq!(used.status, 409, "it is on the screens");

    send(&program, "DELETE", "/api/message", Value::Null, 204).await;
    assert_eq!(events.next().await.0, "playlist");
    let answer = playlist_of(&program, &tv).await;
    assert_eq!((&answer["message"], &answer["programs"][0]["state"]), (&Value::Null, &json!("splash")));
    assert_eq!(program.get("/api/message").await.body, "null");
    for wrong in [
        json!({}),
        json!({"text": ""}),
        json!({"text": "x", "minutes": 0}),
        json!({"text": "x", "screens": [99]}),
        json!({"text": "x", "groups": [99]}),
        json!({"text": "x", "screens": [], "groups": []}),
        json!({"text": "x", "template": 1}),
        json!({"template": 1, "minutes": 5}),
    ] {
        send(&program, "PUT", "/api/message", wrong, 400).await;
    }
    send(&program, "PUT", "/api/message", json!({"template": 1}), 404).await;
}

#[tokio::test]
async fn a_message_for_a_group_reaches_whoever_is_in_it_and_is_kept_as_a_template() {
    let mut program = Program::start(CONFIG);
    let (tv, other) = (hello(&program, None).await, hello(&program, None).await);
    let group = send(&program, "POST", "/api/groups", json!({"name": "Hall", "screens": [tv.id]}), 201).await;
    let group = group["id"].as_i64().expect("an id");
    let template = json!({"name": " Fire ", "text": "Out!", "groups": [group], "minutes": 5});
    let made = send(&program, "POST", "/api/message/templates", template, 201).await;
    let id = made["id"].as_i64().expect("an id");
    let kept = json!({
        "id": id, "name": "Fire", "text": "Out!", "playlist": null, "screens": [], "groups": [group], "minutes": 5,
    });
    assert_eq!(made, kept);
    program.kill_and_start_again();
    assert_eq!(program.json("/api/message/templates").await, json!({"templates": [kept]}), "it is kept");

    let shown = send(&program, "PUT", "/api/message", json!({"template": id}), 200).await;
    assert_eq!((&shown["screens"], &shown["groups"]), (&json!([]), &json!([group])));
    assert!(shown["until"].is_string(), "{shown}");
    let text = async |tv: &Tv| playlist_of(&program, tv).await["message"]["text"].clone();
    assert_eq!((text(&tv).await, text(&other).await), (json!("Out!"), Value::Null));
    let moved = json!({"screens": [other.id]});
    send(&program, "PATCH", &format!("/api/groups/{group}"), moved, 200).await;
    assert_eq!((text(&tv).await, text(&other).await), (Value::Null, json!("Out!")), "who is in it now");

    let path = format!("/api/message/templates/{id}");
    let calm = json!({"name": "Calm", "text": "All clear"});
    let changed = send(&program, "PUT", &path, calm, 200).await;
    assert_eq!((&changed["screens"], &changed["groups"]), (&Value::Null, &Value::Null));
    assert_eq!(program.json("/api/message").await["text"], "Out!", "what is shown is left alone");
    for wrong in [json!({"name": "", "text": "x"}), json!({"name": "x"}), json!({"text": "x"})] {
        send(&program, "PUT", &path, wrong.clone(), 400).await;
        send(&program, "POST", "/api/message/templates", wrong, 400).await;
    }
    send(&program, "DELETE", &format!("/api/groups/{group}"), Value::Null, 204).await;
    assert_eq!(program.get("/api/message").await.body, "null", "it was for this group alone");
    send(&program, "DELETE", &path, Value::Null, 204).await;
    send(&program, "DELETE", &path, Value::Null, 404).await;
}
