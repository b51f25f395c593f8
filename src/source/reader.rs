//! The child that reads one camera (`child::camera`), for one attempt: a camera that makes GStreamer fail, hang or grow ends
//! that process, and the next attempt has another.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::process::{Child, ChildStdin};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::pipeline::Ended;
use crate::pipeline::capture::Sink;
use crate::pipeline::carry::{self, Said};
use crate::pipeline::order::Order;
use crate::process::{self, Folder, command};

/// A picture goes through in a few pieces, not in fifty: the largest that anybody may have.
const PIPE_BYTES: usize = 1 << 20;
/// For saying farewell to the camera, which frees the place that it keeps for a viewer.
const FAREWELL_MAX: Duration = Duration::from_millis(1500);

/// Dropping it ends its child.
pub struct Reader {
    child: Child,
    /// Its end is what the child ends by.
    order: Option<ChildStdin>,
    asks: Option<oneshot::Receiver<()>>,
    ended: oneshot::Receiver<Ended>,
    _scratch: Folder,
}

impl Reader {
    /// `program`: this program, as a child starts it. `name`: of the source, for the log. Must be called on a runtime.
    pub(super) fn start(program: &Path, name: &str, order: &Order, to: &Arc<dyn Sink>) -> io::Result<Self> {
        let scratch = process::scratch("camera")?;
        let mut command = command(program, scratch.path());
        command.arg("camera").arg("--scratch").arg(scratch.path()).current_dir(scratch.path());
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?.into_owned_fd()?;
        // A hint: a smaller pipe does, too.
        let _ = rustix::pipe::fcntl_setpipe_size(&out, PIPE_BYTES);
        let stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?.into_owned_fd()?;
        let mut stdin = File::from(stdin);
        order.write(&mut stdin)?;
        let stdin = ChildStdin::from_std(OwnedFd::from(stdin).into())?;
        let ((end, ended), (asking, asks)) = (oneshot::channel(), oneshot::channel());
        let (to, name) = (Arc::clone(to), name.to_owned());
        thread::Builder::new().name("camera".to_owned()).spawn(move || {
            let mut asking = Some(asking);
            let over = carry::receive(File::from(out), &to, |said| match said {
                Said::Asks => drop(asking.take().map(|asking| asking.send(()))),
                Said::Note(note) => log::warn!("{name}: {note}"),
            });
            // Whoever started it may have gone.
            let _ = end.send(over);
        })?;
        Ok(Self { child, order: Some(stdin), asks: Some(asks), ended, _scratch: scratch })
    }

    /// Told once it begins to ask the camera. `None` if somebody else waits for that.
    pub(super) const fn asks(&mut self) -> Option<oneshot::Receiver<()>> {
        self.asks.take()
    }

    /// Cancel-safe.
    pub(super) async fn ended(&mut self) -> Ended {
        match (&mut self.ended).await {
            Ok(ended) => ended,
            Err(_) => Ended::Failed("the process that reads the camera ended".to_owned()),
        }
    }

    pub(super) async fn stop(mut self) {
        self.order = None;
        if timeout(FAREWELL_MAX, self.child.wait()).await.is_err() {
            log::debug!("a camera does not let go of its reader, which is ended");
            if let Err(error) = self.child.kill().await {
                log::warn!("the process that reads a camera can't be ended: {error}");
            }
        }
    }
}
