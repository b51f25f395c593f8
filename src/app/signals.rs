//! The signals that end the program, and who sent them: a program that ends with 0 and nobody knows why can't be mended.

use std::io;

use signal_hook::consts::{SIGABRT, SIGINT, SIGTERM};
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::exfiltrator::origin::Origin;
use signal_hook::iterator::{Handle, SignalsInfo};
use tokio::sync::mpsc;

use super::stuck;

/// The first ends the program, the second ends it at once; more say nothing new.
const WAITING_MAX: usize = 2;

/// SIGINT and SIGTERM. SIGABRT, by which systemd ends a program that is stuck, is told and obeyed.
pub(super) struct Signals {
    told: mpsc::Receiver<String>,
    handle: Handle,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let mut signals = SignalsInfo::<WithOrigin>::new([SIGINT, SIGTERM, SIGABRT])?;
        let handle = signals.handle();
        let (tell, told) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for origin in signals.forever() {
                if origin.signal == SIGABRT {
                    stuck::tell_and_end();
                }
                let _ = tell.try_send(in_words(&origin));
            }
        })?;
        Ok(Self { told, handle })
    }

    /// Returns at each signal: which it is, and who sent it. Cancel-safe.
    pub(super) async fn received(&mut self) -> String {
        match self.told.recv().await {
            Some(told) => told,
            // The thread ends with `self`.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn in_words(origin: &Origin) -> String {
    let signal = if origin.signal == SIGINT { "SIGINT" } else { "SIGTERM" };
    match &origin.process {
        // What is gone already, or hidden from us, has no name.
        Some(process) => match std::fs::read_to_string(format!("/proc/{}/comm", process.pid)) {
            Ok(name) => format!("{signal} from process {} ({})", process.pid, name.trim_end()),
            Err(_) => format!("{signal} from process {}", process.pid),
        },
        None => format!("{signal} from the system"),
    }
}
