//! Pages of other servers: which may show and read live pictures.

use marquee::config::PageOrigin;

use super::{Reply, Server, fed};

const OFFER: &str = "POST /live/door/whep\nContent-Type: application/sdp";
const HANDSHAKE: &str = "GET /live/door/mse\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

fn one(origin: &str) -> PageOrigin {
    PageOrigin::One(origin.to_owned())
}

async fn start(origins: &[PageOrigin]) -> Server {
    let server = Server::start(vec![fed("door").source()]).await;
    server.site.send_modify(|site| site.origins = origins.to_vec());
    server
}

/// The status of an offer that nobody can use, and of the opening of a WebSocket.
async fn streams(server: &Server, headers: &str) -> (u16, u16) {
    let offer = server.ask_with(&format!("{OFFER}{headers}"), b"no SDP").await.status;
    let mut socket = server.connect().await;
    socket.send(&format!("{HANDSHAKE}{headers}"), b"").await;
    (offer, socket.head().await.status)
}

/// What an answer lets a page read, and whether with what the person's browser has.
fn shared(reply: &Reply) -> (Option<&str>, bool) {
    let mut varies = reply.headers.iter().filter(|(name, _)| name == "vary");
    assert!(varies.any(|(_, by)| by == "Origin"), "a cache must not hand it to others");
    let origin = reply.header("access-control-allow-origin");
    let exposed = reply.header("access-control-expose-headers");
    assert_eq!(exposed.is_some_and(|names| names.contains("Location")), origin.is_some());
    (origin, reply.header("access-control-allow-credentials").is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_word_in_the_configuration_only_our_own_pages_and_programs_get_streams() {
    let server = start(&[]).await;
    assert_eq!(streams(&server, "").await, (400, 101), "a program names no origin");
    assert_eq!(streams(&server, "\nOrigin: http://box").await, (400, 101));
    for origin in ["https://evil.example", "http://box:9090", "http://box.evil.example", "null"] {
        let headers = format!("\nOrigin: {origin}");
        assert_eq!(streams(&server, &headers).await, (403, 403), "{origin}");
        let refused = server.ask(&format!("{HANDSHAKE}{headers}")).await;
        assert_eq!(shared(&refused), (None, false), "{origin}");
        let detail = refused.problem(403)["detail"].to_string();
        assert!(detail.contains("[web] origins"), "{detail}");
        for method in ["PATCH", "DELETE"] {
            let session = format!("{method} /live/door/whep/00000000000000000000000000000000{headers}");
            server.ask(&session).await.problem(403);
        }
        // What is asked beforehand is answered, without leave.
        let preflight = format!("OPTIONS /live/door/whep{headers}\nAccess-Control-Request-Method: POST");
        let preflight = server.ask(&preflight).await;
        assert_eq!((preflight.status, shared(&preflight)), (204, (None, false)), "{origin}");
        assert_eq!(preflight.header("access-control-allow-methods"), None);
        // The player may stand in a page of others: it is our own that plays in it.
        let page = server.ask(&format!("GET /live/door{headers}")).await;
        assert_eq!((page.status, shared(&page)), (200, (None, false)), "{origin}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_named_may_show_and_read_them() {
    let server = start(&[one("https://intranet.example")]).await;
    let named = "\nOrigin: https://intranet.example";
    assert_eq!(streams(&server, named).await, (400, 101));
    let preflight = format!("OPTIONS /live/door/whep{named}\nAccess-Control-Request-Method: POST");
    let preflight = server.ask(&preflight).await;
    assert_eq!((preflight.status, shared(&preflight)), (204, (Some("https://intranet.example"), true)));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("POST, OPTIONS"));
    assert!(preflight.header("access-control-allow-headers").is_some_and(|names| names.contains("If-Match")));
    assert_eq!(preflight.header("accept-post"), Some("application/sdp"));
    let refused = server.ask_with(&format!("{OFFER}{named}"), b"no SDP").await;
    assert_eq!(shared(&refused), (Some("https://intranet.example"), true), "it may read why");
    assert_eq!(streams(&server, "\nOrigin: http://intranet.example").await, (403, 403));
    // Of the rest of the box it reads nothing.
    let api = server.ask(&format!("GET /api/sources{named}")).await;
    assert_eq!((api.status, api.header("access-control-allow-origin")), (200, None));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_page_is_an_explicit_choice_and_comes_without_credentials() {
    let server = start(&[PageOrigin::Any, one("https://intranet.example")]).await;
    for origin in ["https://other.example", "null"] {
        let headers = format!("\nOrigin: {origin}");
        assert_eq!(streams(&server, &headers).await, (400, 101), "{origin}");
        let refused = server.ask_with(&format!("{OFFER}{headers}"), b"no SDP").await;
        assert_eq!(shared(&refused), (Some("*"), false), "{origin}");
    }
    let named = server.ask_with(&format!("{OFFER}\nOrigin: https://intranet.example"), b"no SDP").await;
    assert_eq!(shared(&named), (Some("https://intranet.example"), true));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_our_own_pages_are_those_of_the_name_it_was_asked_for() {
    let server = start(&[]).await;
    let forwarded = "\nX-Forwarded-Host: tv.example\nX-Forwarded-Proto: https";
    let from = |origin: &str| format!("{forwarded}\nOrigin: {origin}");
    assert_eq!(streams(&server, &from("https://tv.example")).await, (403, 403), "a stranger says it");
    server.site.send_modify(|site| site.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")]);
    assert_eq!(streams(&server, &from("https://tv.example")).await, (400, 101));
    for foreign in ["http://tv.example", "https://box", "http://box", "https://tv.example:8443"] {
        assert_eq!(streams(&server, &from(foreign)).await, (403, 403), "{foreign}");
    }
    server.stop().await;
}
