//! Pages, API, events, WHEP over HTTP: what a well-behaved client sees.

use std::time::{Duration, Instant, SystemTime};

use marquee::device::{Board, Data, DataState, Limit};
use marquee::hub::{Status, ViewerKind};
use marquee::media::{Cause, Loss, State};
use marquee::trouble::{Disk, Kind, Subject, Trouble, Troubles};
use tokio::time::timeout;

use super::{PATIENCE, Server, fed};

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_their_files_are_served() {
    let server = Server::start(vec![fed("door").source()]).await;
    for path in ["/", "/live/door"] {
        let page = server.ask(&format!("GET {path}\nAccept: text/html")).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    }
    let style = server.ask("GET /ui/app.css").await;
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(style.header("cache-control"), Some("no-cache"));
    let etag = style.header("etag").expect("an ETag").to_owned();
    let again = server.ask(&format!("GET /ui/app.css\nIf-None-Match: {etag}")).await;
    assert_eq!((again.status, again.header("etag"), again.body.len()), (304, Some(etag.as_str()), 0));
    let part = server.ask("GET /ui/app.css\nRange: bytes=0-9").await;
    assert_eq!((part.status, part.body.len()), (200, style.body.len()), "ranges may be ignored");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_names_is_kept_for_ever_and_compressed() {
    let server = Server::start(vec![fed("door").source()]).await;
    let page = server.ask("GET /\nAccept: text/html").await;
    let named: Vec<&str> = page.text().split('"').filter(|part| part.starts_with("/ui/")).collect();
    assert!(
        named.iter().any(|path| path.ends_with(".css")) && named.iter().any(|path| path.ends_with(".js"))
    );
    for path in named {
        let plain = server.ask(&format!("GET {path}")).await;
        assert_eq!(plain.status, 200, "{path}");
        assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")));
        if plain.body.len() < 1001 {
            continue;
        }
        let mut tags = vec![plain.header("etag").map(str::to_owned)];
        for (accepted, encoding) in [("gzip, deflate", "gzip"), ("gzip, deflate, br, zstd", "br")] {
            let packed = server.ask(&format!("GET {path}\nAccept-Encoding: {accepted}")).await;
            assert_eq!(packed.header("content-encoding"), Some(encoding), "{path}");
            assert!(packed.body.len() < plain.body.len() * 3 / 4, "{path}: {}", packed.body.len());
            tags.push(packed.header("etag").map(str::to_owned));
        }
        assert!(tags.iter().all(Option::is_some) && tags[0] != tags[1] && tags[1] != tags[2], "{tags:?}");
    }
    // A page from before an update finds what is there now, and keeps nothing of it.
    let old = server.ask("GET /ui/app.000000000000.css").await;
    assert_eq!((old.status, old.header("cache-control")), (200, Some("no-cache")));
    assert_eq!(server.ask("GET /ui/app.0000.css").await.status, 404);
    let description = server.ask("GET /api/openapi.json\nAccept-Encoding: gzip").await;
    let forms = (description.header("content-type"), description.header("content-encoding"));
    assert_eq!(forms, (Some("application/json"), Some("gzip")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_sent_in_the_language_of_who_asks() {
    let server = Server::start(vec![fed("door").source()]).await;
    let check = async |headers: &str, language: &str| {
        let page = server.ask(&format!("GET /live/door\nAccept: text/html{headers}")).await;
        assert_eq!(page.header("vary"), Some("accept-encoding, accept-language, cookie"));
        let text = page.text();
        assert!(text.contains(&format!("<html lang=\"{language}\"")), "{headers}: {text}");
        assert!(text.contains(&format!("/ui/player.{language}.")), "{headers}: {text}");
    };
    check("", "en").await;
    check("\nAccept-Language: fr, de-AT;q=0.8, en;q=0.5", "de").await;
    check("\nAccept-Language: de\nCookie: marquee_language=en", "en").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_get_without_a_body() {
    let camera = fed("door");
    let _wanted = camera.source.pictures.want();
    camera.show(b"file", false);
    let server = Server::start(vec![camera.source()]).await;
    for path in ["/", "/ui/app.en.js", "/api/status", "/api/sources", "/health", "/live/door/frame.jpg"] {
        let get = server.ask(&format!("GET {path}")).await;
        let mut connection = server.connect().await;
        connection.send(&format!("HEAD {path}"), b"").await;
        let head = connection.reply(true).await;
        assert_eq!((head.status, head.header("content-type")), (200, get.header("content-type")), "{path}");
        // Nothing follows but the answer to the next request.
        connection.send("GET /nowhere", b"").await;
        assert_eq!(connection.reply(false).await.status, 404, "{path}");
    }
    for path in ["/api/events", "/live/door/mjpeg"] {
        let mut connection = server.connect().await;
        connection.send(&format!("HEAD {path}"), b"").await;
        assert_eq!(connection.reply(true).await.status, 200);
        connection.send("GET /health", b"").await;
        assert_eq!(connection.reply(false).await.status, 200, "a stream is not begun for HEAD {path}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_things_are_problems_for_programs_and_pages_for_people() {
    let server = Server::start(vec![fed("door").source()]).await;
    for path in
        ["/nowhere", "/live/nobody", "/live/nobody/frame.jpg", "/api/sources/nobody", "/ui/../wire.rs"]
    {
        server.ask(&format!("GET {path}")).await.problem(404);
    }
    let problem = server.ask("GET /api/sources/nobody").await.problem(404);
    assert_eq!(problem["source"], "nobody");
    let page = server.ask("GET /live/%3Cscript%3E\nAccept: text/html,*/*;q=0.8").await;
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    let german = server.ask("GET /nowhere\nAccept: text/html\nAccept-Language: de-AT, en;q=0.5").await;
    assert!(german.text().contains("<h1>Nicht gefunden</h1>") && german.text().contains("Alle Live-Bilder"));
    assert_eq!((german.status, german.text().contains("{")), (404, false), "every gap is filled");
    assert!(page.text().contains("&lt;script&gt;") && !page.text().contains("<script>"));
    let refused = server.ask("DELETE /api/status").await;
    assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
    assert_eq!(refused.problem(405)["allowed"], "GET, HEAD, OPTIONS");
    for lines in ["0", "1001", "-1", "+1", "x", "", "99999999999999999999"] {
        let problem = server.ask(&format!("GET /api/logs?lines={lines}")).await.problem(400);
        assert_eq!(problem["parameter"], "lines", "{lines}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_sources_logs_health_and_metrics_tell_how_it_is() {
    let (door, yard) = (fed("door"), fed("yard"));
    let loss = Loss::new(Cause::NotAnswering, "no route to host");
    yard.source.status.send_replace(Status::new(State::Lost(loss)));
    let server = Server::start(vec![door.source(), yard.source()]).await;
    let _viewer = door.source.viewers.enter(ViewerKind::Whep);

    let status = server.ask("GET /api/status").await.json();
    assert_eq!((&status["name"], &status["time_zone"]), (&"box".into(), &"UTC".into()));
    assert_eq!(status["sources"], serde_json::json!({"total": 2, "live": 1, "lost": 1, "idle": 0}));
    assert_eq!(status["viewers"]["whep"], 1);
    assert_eq!(status["webrtc"]["port"], serde_json::json!(server.rtc.engine().port()));
    assert_eq!(status["health"], serde_json::json!({"ok": true, "problems": []}));
    assert_eq!(
        status["config"],
        serde_json::json!({"file": null, "ok": true, "errors": [], "errors_de": []})
    );
    assert!(status["process"]["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 0));
    let mistake = marquee::config::Problem {
        file: "marquee.toml".to_owned(),
        line: Some(3),
        key: "device.nmae".to_owned(),
        message: "unknown key, did you mean `name`?".to_owned(),
        allowed: String::new(),
    };
    server.site.send_modify(|site| site.config_errors = vec![mistake]);
    let config = &server.ask("GET /api/status").await.json()["config"];
    assert_eq!(config["ok"], false);
    assert_eq!(config["errors"][0], "marquee.toml:3: device.nmae: unknown key, did you mean `name`?");
    let german = "marquee.toml:3: device.nmae: unbekannter Schlüssel, gemeint ist wohl `name`";
    assert_eq!(config["errors_de"][0], german);

    let sources = server.ask("GET /api/sources").await.json();
    let cause = &sources["sources"][1]["cause"];
    assert_eq!((&cause["code"], &cause["detail"]), (&"not_answering".into(), &"no route to host".into()));
    assert_eq!(server.ask("GET /api/sources/yard").await.json()["state"], "lost");
    assert!(server.ask("GET /api/logs?lines=1000").await.json()["lines"].is_array());

    assert_eq!(server.ask("GET /health").await.json(), serde_json::json!({"ok": true}));
    drop(server.heartbeats.register("engine", Duration::from_secs(1), Instant::now()));
    let ill = server.ask("GET /health").await;
    let expected = serde_json::json!({"ok": false, "problems": [{"part": "engine", "problem": "has ended"}]});
    assert_eq!((ill.status, ill.json()), (503, expected));

    let metrics = server.ask("GET /metrics").await;
    let line = "marquee_http_requests_total{route=\"/api/sources/{source}\",status=\"2xx\"} 1";
    assert!(metrics.text().contains(line), "{}", metrics.text());
    assert!(metrics.header("content-type").is_some_and(|kind| kind.starts_with("text/plain; version=0.0.4")));
    let open = server.ask("GET /metrics\nAccept: application/openmetrics-text; version=1.0.0").await;
    assert!(open.header("content-type").is_some_and(|kind| kind.starts_with("application/openmetrics-text")));
    assert!(open.text().ends_with("# EOF\n"));
    assert!(metrics.text().contains("\n# TYPE marquee_http_requests_total counter\n"), "{}", metrics.text());
    let connections = metrics.text().lines().find_map(|line| line.strip_prefix("marquee_http_connections "));
    // This one, and those before it until the server has seen that they are closed.
    assert!(
        connections.is_some_and(|count| count.parse::<f64>().expect("a number") >= 1.0),
        "{connections:?}"
    );
    let events = server.ask("HEAD /api/events").await;
    assert_eq!(events.header("x-accel-buffering"), Some("no"), "a proxy would keep it back");
    assert_eq!(events.header("cache-control"), Some("no-store, no-transform"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn board_and_data_partition_are_told_and_their_troubles_are_no_reason_to_start_anew() {
    let server = Server::start(Vec::new()).await;
    let status = server.ask("GET /api/status").await.json();
    let silent = serde_json::json!({
        "model": null, "temperature_c": null, "under_voltage": null, "throttled": null
    });
    assert_eq!((&status["board"], &status["data"]), (&silent, &serde_json::Value::Null));

    server.condition.send_modify(|condition| {
        condition.board = Board {
            model: Some("Raspberry Pi 4 Model B Rev 1.5".to_owned()),
            temperature_c: Some(81.234),
            under_voltage: Some(true),
            throttled: Some(vec![Limit::SoftTemperature]),
        };
        condition.hot = true;
        condition.data = Some(Data { state: DataState::Remade, text: "It is gone.".to_owned() });
    });
    let status = server.ask("GET /api/status").await.json();
    let board = serde_json::json!({
        "model": "Raspberry Pi 4 Model B Rev 1.5",
        "temperature_c": 81.2,
        "under_voltage": true,
        "throttled": ["soft_temperature_limit"]
    });
    assert_eq!(status["board"], board);
    assert_eq!(status["data"], serde_json::json!({"state": "remade", "text": "It is gone."}));
    let parts: Vec<_> = status["health"]["problems"].as_array().expect("a list").iter().collect();
    let parts: Vec<_> = parts.iter().map(|problem| problem["part"].as_str().expect("text")).collect();
    assert_eq!(
        (&status["health"]["ok"], parts),
        (&false.into(), vec!["power supply", "heat", "data partition"])
    );
    // Starting anew cools nothing.
    assert_eq!(server.ask("GET /health").await.status, 200);
    let metrics = server.ask("GET /metrics").await;
    for line in ["marquee_board_temperature_celsius 81.234", "marquee_board_under_voltage 1.0"] {
        assert!(metrics.text().lines().any(|found| found == line), "{}", metrics.text());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_for_people_is_listed_and_pushed() {
    let server = Server::start(Vec::new()).await;
    let mut events = server.connect().await;
    events.send("GET /api/events", b"").await;
    events.line_with("event: problems").await;
    let none = serde_json::json!({"problems": [], "problems_total": 0});
    let told = |line: String| -> serde_json::Value {
        serde_json::from_str(line.strip_prefix("data: ").unwrap_or(&line)).expect("JSON")
    };
    assert_eq!(told(events.line_with("data: ").await), none);

    let trouble = |kind, subject, cause, disk| Trouble {
        kind,
        subject,
        cause,
        detail: "as it said".to_owned(),
        disk,
        since: SystemTime::UNIX_EPOCH,
    };
    let door = Subject { id: "door".to_owned(), name: "Front door".to_owned() };
    let listed = [
        trouble(Kind::DiskLow, None, None, Some(Disk { free_bytes: 900_000_000, reserve_bytes: 256 << 20 })),
        trouble(Kind::SourceLost, Some(door), Some(Cause::NotAnswering), None),
    ];
    server.troubles.send_replace(Troubles { listed: listed.into(), total: 7 });
    let since = "1970-01-01T00:00:00.000+00:00";
    let expected = serde_json::json!([
        {
            "code": "disk_low", "subject": null, "cause": null, "detail": "as it said",
            "free_bytes": 900_000_000, "kept_bytes": 268_435_456, "since": since, "page": "/bin",
        },
        {
            "code": "source_lost", "subject": {"kind": "source", "id": "door", "name": "Front door"},
            "cause": "not_answering", "detail": "as it said", "free_bytes": null, "kept_bytes": null, "since": since,
            "page": "/#source-door",
        },
    ]);
    events.line_with("event: problems").await;
    assert_eq!(told(events.line_with("data: ").await)["problems"], expected);
    let status = server.ask("GET /api/status").await.json();
    assert_eq!((&status["problems"], &status["problems_total"]), (&expected, &7.into()));
    assert_eq!(status["health"]["ok"], true, "the program itself is well");
    assert_eq!(server.ask("GET /health").await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_pages_may_restart_a_source_and_others_may_not() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let cross = "POST /api/sources/door/restart\nOrigin: http://evil.example\nSec-Fetch-Site: cross-site";
    server.ask(cross).await.problem(403);
    let restarted = door.source.restart.notified();
    tokio::pin!(restarted);
    assert!(timeout(Duration::ZERO, restarted.as_mut()).await.is_err());
    let own = "POST /api/sources/door/restart\nOrigin: http://box\nSec-Fetch-Site: same-origin";
    let answer = server.ask(own).await;
    assert_eq!((answer.status, &answer.json()["id"]), (202, &"door".into()));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    timeout(PATIENCE, restarted).await.expect("the source is told");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_at_once_on_changes_and_end_with_a_word() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let mut events = server.connect().await;
    events.send("GET /api/events", b"").await;
    assert_eq!(events.head().await.header("content-type"), Some("text/event-stream"));
    let viewers = |data: String| {
        let json: serde_json::Value = serde_json::from_str(&data).expect("JSON");
        json["sources"][0]["viewers"]["total"].as_u64().expect("a number")
    };
    events.line_with("event: sources").await;
    assert_eq!(viewers(events.line_with("data: ").await), 0);
    let _viewer = door.source.viewers.enter(ViewerKind::Mse);
    while viewers(events.line_with("data: ").await) == 0 {}
    server.stop.send_replace(true);
    events.line_with("event: end").await;
    events.rest().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whep_refuses_what_it_can_not_use() {
    let server = Server::start(vec![fed("door").source()]).await;
    let sdp = "POST /live/door/whep\nContent-Type: application/sdp";
    server.ask_with(sdp, b"this is no SDP").await.problem(400);
    server.ask_with(sdp, &[0xff, 0xfe]).await.problem(400);
    server.ask_with("POST /live/nobody/whep\nContent-Type: application/sdp", b"v=0").await.problem(404);
    let wrong = server.ask_with("POST /live/door/whep\nContent-Type: text/plain", b"v=0").await;
    assert_eq!(wrong.header("accept-post"), Some("application/sdp"));
    wrong.problem(415);
    server.ask("DELETE /live/door/whep/00000000000000000000000000000000").await.problem(404);
    server.ask("DELETE /live/door/whep/x").await.problem(404);
    let patch = "PATCH /live/door/whep/x\nContent-Type: application/trickle-ice-sdpfrag";
    server.ask_with(patch, b"a=end-of-candidates\r\n").await.problem(404);
    server.stop().await;
}

/// Who asks, and by which name, is what a proxy in front of the box says, if it is one that the configuration names.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_believed_if_it_is_trusted() {
    let server = Server::start(vec![fed("door").source()]).await;
    let asked = "GET /tv/code.svg\nX-Forwarded-Proto: https\nX-Forwarded-Host: tv.local\nX-Forwarded-For: 203.0.113.7";
    let (here, stranger) = (server.ask("GET /tv/code.svg").await, server.ask(asked).await);
    server.site.send_modify(|site| site.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")]);
    let trusted = server.ask(asked).await;
    for answer in [&here, &stranger, &trusted] {
        assert_eq!(answer.status, 200);
    }
    // Three codes: http and ours, https and ours, https and the proxy's name.
    assert!(here.body != stranger.body && stranger.body != trusted.body && here.body != trusted.body);
    // Its own page, asked for by the name that the browser knows, may change things.
    let own = "POST /api/sources/door/restart\nOrigin: https://tv.local\nX-Forwarded-Host: tv.local";
    assert_eq!(server.ask(own).await.status, 202);
    server.site.send_modify(|site| site.trusted_proxies.clear());
    assert_eq!(server.ask(own).await.status, 403);
}

/// With the base path and without it: a proxy may have taken it off. What is answered leads below it either way.
#[tokio::test(flavor = "multi_thread")]
async fn below_a_base_path_all_is_where_the_pages_say() {
    let server = Server::start(vec![fed("door").source()]).await;
    let base = |path: &str| marquee::config::BasePath::parse(path).expect("a path");
    server.site.send_modify(|site| site.base_path = base("/signs"));
    for below in ["", "/signs"] {
        let page = server.ask(&format!("GET {below}/live/door\nAccept: text/html")).await;
        let page = String::from_utf8(page.body).expect("text");
        assert!(page.contains(" data-base=\"/signs\""), "{page}");
        let values = page.split("=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let addresses: Vec<&str> =
            values.filter(|value| value.starts_with('/') && *value != "/signs").collect();
        assert!(
            addresses.len() > 2 && addresses.iter().all(|address| address.starts_with("/signs/ui/")),
            "{page}"
        );
        let script = addresses.iter().find(|address| address.ends_with(".js"));
        assert_eq!(server.ask(&format!("GET {}", script.expect("one"))).await.status, 200);
        assert_eq!(server.ask(&format!("GET {below}/api/sources/door")).await.status, 200);
        let made = server.ask(&format!("POST {below}/api/links\nContent-Type: application/json")).await;
        assert_ne!(made.status, 404);
        let lost = server.ask(&format!("GET {below}/nothing\nAccept: text/html")).await;
        assert_eq!(lost.status, 404);
        assert!(String::from_utf8_lossy(&lost.body).contains("href=\"/signs/\""));
        let description = server.ask(&format!("GET {below}/api/openapi.json")).await.json();
        assert_eq!(description["servers"][0]["url"], "/signs/");
    }
    assert_eq!(server.ask("GET /signs").await.status, 200);
    server.ask("GET /signsx/api/status").await.problem(404);
    // A trusted proxy knows better.
    let named = "GET /live/door\nX-Forwarded-Prefix: /tv-wall";
    let says = |answer: Vec<u8>| String::from_utf8_lossy(&answer).contains("data-base=\"/tv-wall\"");
    assert!(!says(server.ask(named).await.body), "a stranger says it");
    server.site.send_modify(|site| site.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")]);
    assert!(says(server.ask(named).await.body));
    server.stop().await;
}
