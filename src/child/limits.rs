//! What the child takes from itself first: priority, memory, time, size of files.

use rustix::process::{Resource, Rlimit, nice, setrlimit};

/// Open files: GStreamer needs some 30.
const FILES_MAX: u64 = 128;
/// The lowest priority. The kernel derives the priority of reading and writing from it, too: the lowest of
/// "best effort" (7).
pub(super) const NICE_WORK: i32 = 19;
/// Live pictures are what everything else waits for.
pub(super) const NICE_LIVE: i32 = 0;
/// What is on a TV stands behind live pictures alone.
pub(super) const NICE_SCREEN: i32 = 5;
/// The kernel's scale ends there: if memory runs out, this process goes first, not the one that serves the TVs.
const OOM_SCORE: &str = "1000";

/// How much the child may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) nice: i32,
    pub(super) memory_bytes: u64,
    /// `None`: as long as it runs.
    pub(super) cpu_s: Option<u64>,
    pub(super) file_bytes: u64,
}

/// None of them is needed to do the work, and some systems refuse some: what fails is told on standard error.
pub(super) fn take(limits: Limits) {
    let told = |what: &str, done: Result<(), String>| {
        if let Err(error) = done {
            log::warn!("{what}: {error}");
        }
    };
    told("priority", nice(limits.nice).map(drop).map_err(|error| error.to_string()));
    let score = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    told("order of ending processes", score.map_err(|error| error.to_string()));
    for (name, resource, limit) in [
        ("memory", Resource::As, limits.memory_bytes),
        ("processor time", Resource::Cpu, limits.cpu_s.unwrap_or(u64::MAX)),
        ("size of files", Resource::Fsize, limits.file_bytes),
        ("open files", Resource::Nofile, FILES_MAX),
        // A dump would hold what was read, and fill the disk.
        ("core dumps", Resource::Core, 0),
    ] {
        let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
        told(name, setrlimit(resource, limit).map_err(|error| error.to_string()));
    }
}
