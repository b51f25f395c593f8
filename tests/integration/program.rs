//! The real program on a free port with a folder of its own, and a plain HTTP client.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{HeaderMap, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tempfile::TempDir;

/// Far above what anything here takes, for a machine under load: waiting ends with the level, not with this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    folder: TempDir,
    client: Client<HttpConnector, Full<Bytes>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Program {
    /// Starts it with this configuration and waits until it says where its pages are.
    pub(crate) fn start(config: &str) -> Self {
        Self::start_with(config, |_| {})
    }

    /// Likewise, with more arguments or another environment.
    pub(crate) fn start_with(config: &str, more: impl FnOnce(&mut Command)) -> Self {
        Self::start_guarded(config, |command| more(command.arg("--open")))
    }

    /// Likewise, with the login that everybody has who does not switch it off.
    pub(crate) fn start_guarded(config: &str, more: impl FnOnce(&mut Command)) -> Self {
        Self::launch(config, tempfile::tempdir().expect("a folder"), more)
    }

    /// Likewise, in a folder where `data` has something in it already.
    pub(crate) fn start_guarded_in(config: &str, folder: TempDir, more: impl FnOnce(&mut Command)) -> Self {
        Self::launch(config, folder, more)
    }

    /// Without a login, in a folder where `data` has something in it already.
    pub(crate) fn start_in(config: &str, folder: TempDir) -> Self {
        Self::launch(config, folder, |command| {
            command.arg("--open");
        })
    }

    fn launch(config: &str, folder: TempDir, more: impl FnOnce(&mut Command)) -> Self {
        std::fs::write(folder.path().join("marquee.toml"), config).expect("written");
        let (child, address) = spawn(folder.path(), more);
        Self { child, address, folder, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Kills it as it stands.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was not waited for");
        self.child.wait().expect("it ends");
    }

    /// Sends it a signal, such as `ABRT`; returns how it ended.
    pub(crate) fn end_by(&mut self, signal: &str) -> ExitStatus {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
        self.child.wait().expect("it ends")
    }

    /// Kills it as it stands, and starts it with what it left behind.
    pub(crate) fn kill_and_start_again(&mut self) {
        self.kill();
        (self.child, self.address) = spawn(self.folder.path(), |command| {
            command.arg("--open");
        });
    }

    /// Starts it with its login, after it was killed.
    pub(crate) fn start_guarded_again(&mut self) {
        (self.child, self.address) = spawn(self.folder.path(), |_| {});
    }

    /// Where everything is that survives a restart.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Files and sockets that it has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs").count()
    }

    /// Whether it has this file open.
    pub(crate) fn has_open(&self, file: &Path) -> bool {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs");
        open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()).any(|target| target == file)
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.path().join("marquee.toml")
    }

    /// Asks for what has no end by itself: its body, as it comes.
    pub(crate) async fn open(&self, path: &str, headers: &[(&str, &str)]) -> Incoming {
        let mut request = Request::builder().uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::default()).expect("a request");
        let answer = self.client.request(request).await.expect("it answers");
        assert_eq!(answer.status(), 200, "{path}");
        answer.into_body()
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send_bytes(method, path, headers, body.to_owned()).await
    }

    pub(crate) async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.attempt(method, path, headers, body).await.expect("it answers")
    }

    /// Likewise, for those who expect its end: `None` if there was no whole answer.
    pub(crate) async fn attempt(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Option<Answer> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let answer = tokio::time::timeout(PATIENCE, self.client.request(request)).await;
        let (head, body) = answer.expect("it answers in time").ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).expect("JSON")
    }

    pub(crate) async fn source(&self, id: &str) -> Value {
        self.json(&format!("/api/sources/{id}")).await
    }

    /// Waits until a source is as wanted.
    pub(crate) async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let source = self.source(id).await;
                if wanted(&source) {
                    return source;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(source) => source,
            Err(_) => panic!("{id} never was as wanted: {}", self.source(id).await),
        }
    }

    pub(crate) async fn until_live(&self, id: &str) -> Value {
        self.until(id, |source| source["state"] == "live").await
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        self.figure("VmRSS:")
    }

    /// Likewise, without files: what it took for itself.
    pub(crate) fn own_memory(&self) -> u64 {
        self.figure("RssAnon:")
    }

    fn figure(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux tells");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for its end; a program that hangs fails the test by the runner's own limit.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        tokio::task::spawn_blocking(move || self.child.wait().expect("it ends")).await.expect("joined")
    }
}

/// What somebody found at an address.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Page {
    /// `None`: nobody answers there.
    pub(crate) async fn get(url: &str) -> Option<Self> {
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        // As a browser asks, which is led to the login where there is one.
        let request = Request::builder().uri(url).header("accept", "text/html, */*");
        let request = request.body(Full::default()).expect("a request");
        let answer = tokio::time::timeout(PATIENCE, client.request(request)).await.expect("in time").ok()?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        Some(Self { status, body })
    }
}

/// Starts it in this folder and waits until it says where its pages are.
fn spawn(folder: &Path, more: impl FnOnce(&mut Command)) -> (Child, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marquee"));
    more(command.args(["run"]));
    let mut child = command
        .args(["--listen", "127.0.0.1:0", "--config"])
        .arg(folder.join("marquee.toml"))
        .arg("--data")
        .arg(folder.join("data"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it speaks");
    let address =
        line.trim().rsplit_once("http://").and_then(|(_, rest)| rest.trim_end_matches('/').parse().ok());
    let address = address.unwrap_or_else(|| panic!("the program said {line:?}"));
    (child, address)
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Already gone after `ended`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
