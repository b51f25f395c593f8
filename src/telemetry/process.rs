//! Figures of this process, from `/proc/self`.

use std::fs;
use std::io;
use std::time::Duration;

/// What the process uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Process {
    /// Resident memory.
    pub memory_bytes: u64,
    /// Processor time used since the start, user and system, all threads.
    pub cpu: Duration,
    pub threads: u64,
    pub open_files: u64,
}

/// Ticks of /proc times per second: fixed to 100 in Linux's user interface on every architecture we run on.
const TICKS_PER_S: u64 = 100;

/// Reads the figures. Errors: `/proc` is not there, or not as proc(5) has it.
pub fn read() -> io::Result<Process> {
    let status = fs::read_to_string("/proc/self/status")?;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The listing itself holds one open.
    let open_files = fs::read_dir("/proc/self/fd")?.count().saturating_sub(1) as u64;
    let unknown =
        |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("/proc/self has no {what}"));
    Ok(Process {
        memory_bytes: memory_bytes(&status).ok_or_else(|| unknown("VmRSS"))?,
        cpu: cpu(&stat).ok_or_else(|| unknown("processor times"))?,
        threads: field(&status, "Threads")
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| unknown("Threads"))?,
        open_files,
    })
}

/// The value of a line `name:  value` of `/proc/self/status`.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn memory_bytes(status: &str) -> Option<u64> {
    let kibibytes: u64 = field(status, "VmRSS")?.strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Fields 14 and 15 (utime, stime). The second is the program's name, which may hold spaces and brackets itself.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_ascii_whitespace().skip(14 - 3);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis(user.checked_add(system)?.checked_mul(1000 / TICKS_PER_S)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linux 6.1, shortened.
    const STATUS: &str =
        "Name:\tmarquee\nUmask:\t0022\nVmPeak:\t  812344 kB\nVmRSS:\t   91234 kB\nThreads:\t17\n";
    const STAT: &str =
        "4711 (a) b) R 1 4711 4711 0 -1 4194560 9321 0 12 0 1234 566 0 0 20 0 17 0 8912 831840256 22808";

    #[test]
    fn figures_are_found() {
        assert_eq!(memory_bytes(STATUS), Some(91_234 * 1024));
        assert_eq!(field(STATUS, "Threads"), Some("17"));
        assert_eq!(cpu(STAT), Some(Duration::from_secs(18)));
    }

    #[test]
    fn damaged_figures_are_none() {
        for text in ["", "VmRSS:", "VmRSS: 1", "VmRSS: -1 kB", "VmRSS: 99999999999999999999 kB"] {
            assert_eq!(memory_bytes(text), None, "{text}");
        }
        for len in 0..STAT.find("566").expect("there") {
            assert_eq!(cpu(&STAT[..len]), None, "{len}");
        }
    }

    #[test]
    fn this_process_has_figures() {
        let process = read().expect("Linux");
        assert!(process.memory_bytes > 0 && process.threads > 0 && process.open_files > 2, "{process:?}");
    }
}
