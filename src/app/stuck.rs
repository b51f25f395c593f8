//! What each thread waits for, told where systemd ends a program whose watchdog was not fed (SIGABRT, systemd.service(5)): a
//! program that was stuck and runs again can't be asked any more.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use signal_hook::consts::SIGABRT;

/// More than the program has with all its sources; the first ones are the oldest.
const THREADS_MAX: usize = 200;

/// Tells it on standard error, past the log, which may be what is stuck; then ends as the signal does.
pub(super) fn tell_and_end() {
    let mut text = format!("<3>ended by SIGABRT, as a program that is stuck. Its threads:\n{}", threads());
    while !text.is_empty() {
        match rustix::io::write(rustix::stdio::stderr(), text.as_bytes()) {
            Ok(written) if written > 0 => drop(text.drain(..text.floor_char_boundary(written))),
            _ => break,
        }
    }
    // It fails for signals that have no default.
    let _ = signal_hook::low_level::emulate_default_handler(SIGABRT);
}

/// A line for each: its name, its state (proc_pid_stat(5)), where in the kernel it waits, and in which call (proc_pid_syscall(5)).
fn threads() -> String {
    let mut text = String::new();
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for thread in threads.take(THREADS_MAX) {
        let path = thread.path();
        let stat = read(&path, "stat");
        let state = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).unwrap_or("?");
        let (name, place, call) = (read(&path, "comm"), read(&path, "wchan"), read(&path, "syscall"));
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "<3>thread {name}: {state} in {place}, call {call}");
    }
    text
}

fn read(thread: &Path, file: &str) -> String {
    fs::read_to_string(thread.join(file)).map_or_else(|_| "?".to_owned(), |text| text.trim_end().to_owned())
}
