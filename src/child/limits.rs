//! What the child takes from itself first: priority, memory, time, size of files.

use rustix::process::{Resource, Rlimit, nice, setrlimit};

use crate::library::work::Errand;

/// Open files: GStreamer needs some 30.
const FILES_MAX: u64 = 128;
/// The lowest priority. The kernel derives the priority of reading and writing from it, too: the lowest of
/// "best effort" (7).
const NICE: i32 = 19;
/// The kernel's scale ends there: if memory runs out, this process goes first, not the one that serves the TVs.
const OOM_SCORE: &str = "1000";

/// None of them is needed to do the work, and some systems refuse some: what fails is told on standard error.
pub(super) fn take(errand: &Errand) {
    let told = |what: &str, done: Result<(), String>| {
        if let Err(error) = done {
            log::warn!("{what}: {error}");
        }
    };
    told("priority", nice(NICE).map(drop).map_err(|error| error.to_string()));
    let score = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    told("order of ending processes", score.map_err(|error| error.to_string()));
    for (name, resource, limit) in [
        ("memory", Resource::As, errand.memory_bytes),
        ("processor time", Resource::Cpu, errand.cpu_s),
        ("size of files", Resource::Fsize, errand.file_bytes),
        ("open files", Resource::Nofile, FILES_MAX),
        // A dump would hold what was read, and fill the disk.
        ("core dumps", Resource::Core, 0),
    ] {
        let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
        told(name, setrlimit(resource, limit).map_err(|error| error.to_string()));
    }
}
