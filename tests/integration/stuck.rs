//! A program that is stuck, as systemd's watchdog ends it.

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;

use crate::program::Program;

#[tokio::test]
async fn ended_by_the_watchdog_it_says_what_its_threads_wait_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let mut program = Program::start_with("[web]\nwebrtc_port = 0\n", |command| {
        command.stderr(File::create(&log).expect("made"));
    });
    let ended = program.end_by("ABRT");
    assert_eq!(ended.signal(), Some(6), "{ended}");
    let told = std::fs::read_to_string(&log).expect("kept");
    let threads: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("<3>thread ")).collect();
    assert!(told.contains("<3>ended by SIGABRT"), "{told}");
    // Whoever tells it runs; what the others do at that moment is chance.
    for name in ["signals: R in ", "webrtc: ", "tokio-rt-worker: "] {
        let is_told = |thread: &&str| thread.starts_with(name) && thread.contains(", call ");
        assert!(threads.iter().any(is_told), "{name}: {told}");
    }
}
