//! One child: started, listened to, and ended, by itself or by us.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdout};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::errand::Errand;
use super::line::{LINE_BYTES_MAX, Line};
use super::plan::Limits;
use super::problem::Failure;
use crate::process::command;

/// What a child may say in all, progress apart: pages are the most there is of anything.
const LINES_MAX: usize = 1000;
/// The end of its standard error, for the log.
const STDERR_BYTES_MAX: usize = 4096;
/// For that to arrive once the child is gone.
const STDERR_TIME_MAX: Duration = Duration::from_secs(1);

/// How a child ended.
#[derive(Debug)]
pub(super) enum End {
    /// It did its work and said so. The lines, without progress.
    Done(Vec<Line>),
    Failed {
        failure: Failure,
        detail: String,
    },
    /// We ended it since we were told to.
    Ended,
}

/// A child that waited for a processor gets that time on top of its limit, up to so many times the limit, so that its
/// turn ends some day; and once it is this much more, or the waiting would be looked at all the time.
const WAITED_TIMES_MAX: u32 = 9;
const WAITED_STEP: Duration = Duration::from_secs(1);

/// Sends a child on an errand and waits for its end; `stop` ends it early. `on_progress` is called now and then.
pub(super) async fn run(
    program: &Path,
    errand: &Errand,
    limits: &Limits,
    stop: impl Future<Output = ()>,
    on_progress: impl FnMut(f32),
) -> End {
    let mut child = match start(program, errand) {
        Ok(child) => child,
        Err(error) => {
            let detail = format!("{}: {error}", program.display());
            return End::Failed { failure: Failure::NotStarted, detail };
        }
    };
    let stderr = child.stderr.take().expect("it is piped");
    let stderr = tokio::spawn(last_bytes(stderr));
    let end = attend(&mut child, limits, stop, on_progress).await;
    kill(&mut child).await;
    tell(errand, &end, stderr).await;
    end
}

fn start(program: &Path, errand: &Errand) -> io::Result<Child> {
    let mut command = command(program, &errand.scratch);
    command.arg("work").args(errand.arguments()).current_dir(&errand.output).stderr(Stdio::piped()).spawn()
}

/// Listens until the child has ended, or has to.
async fn attend(
    child: &mut Child,
    limits: &Limits,
    stop: impl Future<Output = ()>,
    mut on_progress: impl FnMut(f32),
) -> End {
    let mut lines = Lines::new(child.stdout.take().expect("it is piped"));
    let mut deadline = Instant::now() + limits.time;
    let mut silence = Instant::now() + limits.silence;
    let mut granted = Duration::ZERO;
    let mut said = Vec::new();
    let mut stop = std::pin::pin!(stop);
    let failed = |failure| End::Failed { failure, detail: String::new() };
    loop {
        let line = tokio::select! {
            () = &mut stop => return End::Ended,
            () = sleep_until(deadline.min(silence)) => {
                let waited = child.id().map_or(Duration::ZERO, waited_for_processor);
                if waited > granted + WAITED_STEP && granted < limits.time * WAITED_TIMES_MAX {
                    deadline += waited - granted;
                    silence += waited - granted;
                    granted = waited;
                    continue;
                }
                let limit = if deadline <= silence { limits.time } else { limits.silence };
                let detail = format!("more than {}", shown(limit));
                return End::Failed { failure: Failure::TooSlow, detail };
            }
            line = lines.next() => line,
        };
        match line {
            Ok(Some(Line::Progress(progress))) => {
                silence = Instant::now() + limits.silence;
                on_progress(progress);
            }
            Ok(Some(Line::Sandbox(text))) => log::debug!("library: a child is confined by {text}"),
            Ok(Some(line)) => {
                silence = Instant::now() + limits.silence;
                said.push(line);
                if said.len() > LINES_MAX {
                    return failed(Failure::Garbled);
                }
            }
            Ok(None) => break,
            Err(Garbled) => return failed(Failure::Garbled),
        }
    }
    // It closed its output: that is its end, or will be.
    let status = tokio::select! {
        () = &mut stop => return End::Ended,
        () = sleep_until(deadline.min(silence)) => return failed(Failure::TooSlow),
        status = child.wait() => status,
    };
    match status {
        Ok(status) => judge(status, said),
        Err(_) => failed(Failure::Crashed),
    }
}

/// How long all threads of a process together have waited for a processor. Children run with the lowest priority: on a box
/// that is busy with its screens most of the time that goes by is not theirs. Together, since a decoder's threads wait for
/// each other in turn, each of them for a processor; one that hangs waits for none.
fn waited_for_processor(pid: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let waited = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        waited_in(&text)
    });
    waited.sum()
}

/// The second number of `/proc/PID/schedstat` (the kernel's sched-stats.rst): nanoseconds spent on the run queue.
fn waited_in(schedstat: &str) -> Option<Duration> {
    schedstat.split_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

/// What came of a child that ended by itself.
fn judge(status: ExitStatus, mut said: Vec<Line>) -> End {
    let failed = |failure, detail: &str| End::Failed { failure, detail: detail.to_owned() };
    let signal = status.signal().and_then(Signal::from_named_raw);
    match (signal, said.pop()) {
        (Some(Signal::XCPU), _) => failed(Failure::TooSlow, "too much processor time"),
        (Some(Signal::XFSZ), _) => failed(Failure::TooLarge, "its result grew too large"),
        // Not by us: the kernel, for want of memory.
        (Some(Signal::KILL), _) => failed(Failure::Memory, ""),
        (None, Some(Line::Done)) if status.success() => End::Done(said),
        (None, Some(Line::Failed { failure, detail })) => End::Failed { failure, detail },
        (None, _) if status.success() => failed(Failure::Garbled, ""),
        _ => failed(Failure::Crashed, &status.to_string()),
    }
}

/// Whatever is left of it ends now; by its group, in case it made others.
async fn kill(child: &mut Child) {
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    if let Some(pid) = pid {
        // Gone already is as good.
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = child.wait().await;
    }
}

/// The log keeps what the child said at its end, if that was no good one.
async fn tell(errand: &Errand, end: &End, stderr: JoinHandle<Vec<u8>>) {
    // At once, unless something it started survives it and holds on to the pipe.
    let stderr =
        tokio::time::timeout(STDERR_TIME_MAX, stderr).await.ok().and_then(Result::ok).unwrap_or_default();
    let End::Failed { failure, detail } = end else { return };
    let input = errand.input.file_name().unwrap_or_default().to_string_lossy();
    log::warn!("library: {} of {input} failed: {} {detail}", errand.step.name(), failure.name());
    for line in String::from_utf8_lossy(&stderr).lines() {
        let printable: String = line.chars().filter(|char| !char.is_control()).collect();
        log::debug!("library: {input}: {printable}");
    }
}

/// Reads to the end and keeps the last bytes.
async fn last_bytes(mut from: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..count]);
        if kept.len() > STDERR_BYTES_MAX {
            kept.drain(..kept.len() - STDERR_BYTES_MAX);
        }
    }
    kept
}

/// Lines of bounded length.
struct Lines {
    from: ChildStdout,
    buffer: Vec<u8>,
}

struct Garbled;

impl Lines {
    fn new(from: ChildStdout) -> Self {
        Self { from, buffer: Vec::new() }
    }

    /// The next line that is one of ours; libraries may print others. Cancel-safe.
    async fn next(&mut self) -> Result<Option<Line>, Garbled> {
        loop {
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line = std::str::from_utf8(&line[..end]).ok().and_then(Line::read);
                if line.is_some() {
                    return Ok(line);
                }
            }
            if self.buffer.len() > LINE_BYTES_MAX {
                return Err(Garbled);
            }
            let mut chunk = [0; LINE_BYTES_MAX];
            match self.from.read(&mut chunk).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

fn shown(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Step;

    /// A shell script in the child's place.
    async fn end(script: &str, limits: Limits, stop: impl Future<Output = ()>) -> (End, Vec<f32>) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        // Written by another process: a file that this one still has open for writing (a test beside may have forked
        // meanwhile) can't be run.
        let mut write = std::process::Command::new("cp");
        let source = folder.path().join("source");
        std::fs::write(&source, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&source, std::fs::Permissions::from_mode(0o700)).unwrap();
        assert!(write.args([&source, &program]).status().unwrap().success());
        let errand = Errand {
            step: Step::Probe,
            input: folder.path().join("input"),
            ext: "mp4".to_owned(),
            output: folder.path().to_owned(),
            scratch: folder.path().to_owned(),
            memory_bytes: 0,
            cpu_s: 0,
            file_bytes: 0,
            width: 0,
            height: 0,
            rotation: 0,
            duration_ms: 0,
            sound: false,
            conversion: None,
        };
        let mut progress = Vec::new();
        let end = run(&program, &errand, &limits, stop, |part| progress.push(part)).await;
        (end, progress)
    }

    fn limits(time_ms: u64) -> Limits {
        let time = Duration::from_millis(time_ms);
        Limits { time, silence: time, memory_bytes: 0, cpu: time, file_bytes: 0 }
    }

    async fn failure(script: &str, time_ms: u64) -> Failure {
        match end(script, limits(time_ms), std::future::pending()).await.0 {
            End::Failed { failure, .. } => failure,
            other => panic!("{script}: {other:?}"),
        }
    }

    const LONG: u64 = 60_000;

    #[test]
    fn waiting_for_a_processor_is_read_from_the_kernel() {
        assert_eq!(waited_in("17125 4000000000 3\n"), Some(Duration::from_secs(4)));
        for text in ["", "17125", "17125 x 3"] {
            assert_eq!(waited_in(text), None, "{text:?}");
        }
        // Ours: it has waited at least once.
        assert!(waited_for_processor(std::process::id()) > Duration::ZERO);
        assert_eq!(waited_for_processor(u32::MAX), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_it_says_is_heard_and_noise_is_not() {
        let script = "echo noise; printf 'progress\\t0.5\\npreview\\t3\\n'; printf '\\377\\n'; echo done";
        let (end, progress) = end(script, limits(LONG), std::future::pending()).await;
        assert!(matches!(end, End::Done(lines) if lines == [Line::Preview { frames: 3 }]));
        assert_eq!(progress, [0.5]);
    }

    #[tokio::test]
    async fn each_bad_end_is_told_apart() {
        assert_eq!(
            failure("printf 'failed\\tno_picture\\tsound only\\n'; exit 1", LONG).await,
            Failure::NoPicture
        );
        assert_eq!(failure("exit 0", LONG).await, Failure::Garbled);
        assert_eq!(failure("exit 101", LONG).await, Failure::Crashed);
        assert_eq!(failure("echo done; exit 1", LONG).await, Failure::Crashed);
        assert_eq!(failure("kill -SEGV $$", LONG).await, Failure::Crashed);
        assert_eq!(failure("kill -KILL $$", LONG).await, Failure::Memory);
        assert_eq!(failure("kill -XCPU $$", LONG).await, Failure::TooSlow);
        assert_eq!(failure("kill -XFSZ $$", LONG).await, Failure::TooLarge);
    }

    #[tokio::test]
    async fn one_that_never_ends_or_never_stops_talking_is_ended() {
        assert_eq!(failure("sleep 1000 & sleep 1000", 300).await, Failure::TooSlow);
        assert_eq!(failure("exec >&-; sleep 1000", 300).await, Failure::TooSlow);
        assert_eq!(failure("while :; do printf x; done", LONG).await, Failure::Garbled);
        assert_eq!(failure("while :; do printf 'preview\\t1\\n'; done", LONG).await, Failure::Garbled);
        let (end, _) = end("sleep 1000", limits(LONG), async {}).await;
        assert!(matches!(end, End::Ended));
    }
}
