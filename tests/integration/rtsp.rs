//! A real RTSP server with test cameras, as a process of its own: killing it is a camera losing its power.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

pub(crate) struct RtspServer {
    child: Child,
    pub(crate) port: u16,
}

impl RtspServer {
    /// On a port of its choice. For `cameras` see `tests/support/rtsp_server.py`.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_at(0, arguments)
    }

    pub(crate) fn start_at(port: u16, arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/rtsp_server.py");
        // Debian's own Python: it has the bindings of GStreamer, others have not.
        let mut child = Command::new("/usr/bin/python3")
            .args([script, "--port", &port.to_string()])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/test installs python3 and its GStreamer bindings");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it speaks");
        let port = line.trim().strip_prefix("ready ").and_then(|port| port.parse().ok());
        Self { child, port: port.unwrap_or_else(|| panic!("the RTSP server said {line:?}")) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("rtsp://127.0.0.1:{}{path}", self.port)
    }

    /// The power cord is pulled: no farewell, no closing of streams by the program.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Connections stay, pictures stop.
    pub(crate) fn stall(&self) {
        self.signal("USR1");
    }

    /// Pictures go on after a stall.
    pub(crate) fn go_on(&self) {
        self.signal("USR2");
    }

    /// Nothing is answered any more, while the kernel still accepts connections.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }
}

impl Drop for RtspServer {
    fn drop(&mut self) {
        // Already gone after `kill`: then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port nobody listens on, for a server that is not there yet.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}
