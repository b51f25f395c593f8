//! The web server in this process, with sources that a test feeds by hand: requests as bytes on a socket.

mod api;
mod hostile;
mod mse;
mod origins;
mod pictures;
mod signage;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use jiff::tz::TimeZone;
use marquee::access::{self, Access};
use marquee::device::Condition;
use marquee::hub::{Registry, Source, SourceKind, TrackWriter};
use marquee::library::work::Work;
use marquee::library::{Library, NoLibrary};
use marquee::media::{MediaTime, Picture, PictureData, State};
use marquee::output::jpeg::Snapshots;
use marquee::output::mse::Mse;
use marquee::output::whep::Whep;
use marquee::pipeline;
use marquee::rtc::{Keeper, Settings};
use marquee::signage::{self as screens, Signage};
use marquee::telemetry::Routes;
use marquee::telemetry::health::Heartbeats;
use marquee::trouble::Troubles;
use marquee::web::{Parts, RENDER, Reopening, Services, Site, Stored, server};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Far above what anything here takes, for a machine under load: waiting ends with the level, not with this.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a shutdown may take before connections are cut.
const DRAIN: Duration = Duration::from_secs(3);

struct Server {
    address: SocketAddr,
    sources: Registry,
    heartbeats: Heartbeats,
    rtc: Keeper,
    stop: watch::Sender<bool>,
    site: watch::Sender<Site>,
    condition: watch::Sender<Condition>,
    troubles: watch::Sender<Troubles>,
    serving: JoinHandle<()>,
    /// Held: it tells of no other library.
    _stored: watch::Sender<Result<Stored, NoLibrary>>,
}

impl Server {
    async fn start(sources: Vec<Arc<Source>>) -> Self {
        Self::start_with(sources, Err(NoLibrary::NoFolder)).await
    }

    /// With a library there are screens, too; nobody compiles what they play after the start.
    async fn start_with(sources: Vec<Arc<Source>>, library: Result<Library, NoLibrary>) -> Self {
        pipeline::clock::init().expect("GStreamer is installed");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let registry = Registry::default();
        registry.replace(sources);
        let bind = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let rtc = Keeper::start(Settings { port: 0, addresses: Vec::new(), bind });
        assert_eq!(rtc.engine().missing(), None);
        let heartbeats = Heartbeats::new(Instant::now());
        let (site, site_watch) = watch::channel(Site { name: "box".to_owned(), ..Site::default() });
        let (troubles, troubles_watch) = watch::channel(Troubles::default());
        let (condition, condition_watch) = watch::channel(Condition::default());
        let stored = match library {
            Ok(library) => {
                let settings = screens::Settings { zone: TimeZone::UTC, ports: Vec::new() };
                let signage = Signage::new(library.clone(), registry.clone(), settings, RENDER);
                signage.begin().await;
                Ok(Stored { work: Work::new(library.clone()), library, signage })
            }
            Err(why) => Err(why),
        };
        let (stored, stored_watch) = watch::channel(stored);
        let services = Services::new(Parts {
            access: Arc::new(Access::open(None, access::Settings::default()).expect("nothing to read")),
            stored: stored_watch,
            reopening: Reopening { data: None, opened: mpsc::channel(1).0 },
            sources: registry.clone(),
            whep: Whep::new(rtc.engine()),
            mse: Mse::default(),
            snapshots: Snapshots::default(),
            heartbeats: heartbeats.clone(),
            routes: Routes::default(),
            site: site_watch,
            screens: watch::channel(Vec::new()).1,
            condition: condition_watch,
            troubles: troubles_watch,
            started: SystemTime::now(),
        });
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(server::serve(listener, services, stopping, DRAIN));
        Self {
            address,
            sources: registry,
            heartbeats,
            rtc,
            stop,
            site,
            condition,
            troubles,
            serving,
            _stored: stored,
        }
    }

    async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).await.expect("connected");
        Connection { stream: BufReader::new(stream) }
    }

    /// One request on a connection of its own. `head` is the request line without the version, then headers.
    async fn ask(&self, head: &str) -> Reply {
        self.ask_with(head, b"").await
    }

    async fn ask_with(&self, head: &str, body: &[u8]) -> Reply {
        let mut connection = self.connect().await;
        connection.send(head, body).await;
        connection.reply(head.starts_with("HEAD ")).await
    }

    /// Stops it and waits for its end.
    async fn stop(self) {
        self.stop.send_replace(true);
        timeout(PATIENCE, self.serving).await.expect("the server ends").expect("without a panic");
        self.rtc.shutdown().await;
    }
}

struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    async fn send(&mut self, head: &str, body: &[u8]) {
        let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
        let headers = headers.replace('\n', "\r\n");
        let gap = if headers.is_empty() { "" } else { "\r\n" };
        let length = match body.len() {
            0 => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        let text = format!("{line} HTTP/1.1\r\nHost: box\r\n{length}{headers}{gap}\r\n");
        self.raw(text.as_bytes()).await;
        self.raw(body).await;
    }

    async fn raw(&mut self, bytes: &[u8]) {
        // A server that has had enough may close while it is still being sent to.
        let _ = self.stream.get_mut().write_all(bytes).await;
    }

    /// Reads a whole answer.
    async fn reply(&mut self, is_head: bool) -> Reply {
        let mut reply = self.head().await;
        let length = reply.header("content-length").map(|text| text.parse::<usize>().expect("a number"));
        if !is_head && let Some(length) = length {
            let mut body = vec![0; length];
            timeout(PATIENCE, self.stream.read_exact(&mut body)).await.expect("in time").expect("complete");
            reply.body = body;
        }
        reply
    }

    /// Reads the head of an answer only.
    async fn head(&mut self) -> Reply {
        let status = self.line().await;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut headers = Vec::new();
        loop {
            let line = self.line().await;
            match line.split_once(": ") {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
                None => break,
            }
        }
        Reply { status: status.expect("a status line"), headers, body: Vec::new() }
    }

    /// A line without its end; empty at the end of the stream too.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        timeout(PATIENCE, self.stream.read_line(&mut line)).await.expect("in time").expect("a line");
        line.trim_end().to_owned()
    }

    /// Everything up to the end of the stream, however it comes.
    async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("the server closes");
        rest
    }

    /// Lines until one is found that begins so; what is behind it.
    async fn line_with(&mut self, beginning: &str) -> String {
        loop {
            if let Some(rest) = self.line().await.strip_prefix(beginning) {
                return rest.to_owned();
            }
        }
    }
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// That it is a problem of this status; its JSON.
    fn problem(&self, status: u16) -> serde_json::Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let json = self.json();
        assert_eq!(json["status"], status);
        json
    }
}

/// A source fed by hand.
struct Fed {
    source: Arc<Source>,
    video: TrackWriter,
    audio: TrackWriter,
}

fn fed(id: &str) -> Fed {
    let (source, [video, audio]) = Source::create(id, &format!("The {id}"), SourceKind::Camera, State::Live);
    Fed { source: Arc::new(source), video, audio }
}

impl Fed {
    fn source(&self) -> Arc<Source> {
        Arc::clone(&self.source)
    }

    /// A picture that is a file already, of whatever content.
    fn show(&self, file: &'static [u8], slate: bool) {
        let data = PictureData::Jpeg(Bytes::from_static(file));
        let picture = Picture { time: MediaTime::default(), width: 64, height: 64, slate, data };
        self.source.pictures.set(picture);
    }
}
