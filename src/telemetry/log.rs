//! The logger: lines on stderr, and the last of them in a ring for the panel.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::SystemTime;

use log::{Level, LevelFilter, Log, Metadata, Record};

pub use super::ring::Line;
use super::ring::{Escaped, Ring};

static RING: Mutex<Ring> = Mutex::new(Ring::new());
static LOGGER: OnceLock<Logger> = OnceLock::new();

/// Our own modules; libraries are heard from `warn` on, unless everything is asked for.
const OWN_TARGET: &str = env!("CARGO_PKG_NAME");

/// Starts logging. Only the first call counts.
pub fn start(level: LevelFilter) {
    let logger = LOGGER.get_or_init(|| Logger { level, style: Style::of_stderr() });
    if log::set_logger(logger).is_ok() {
        log::set_max_level(level);
    }
}

/// The newest `count` lines, the oldest of them first.
pub fn recent(count: usize) -> Vec<Line> {
    ring().recent(count)
}

/// How many lines since the start are no longer held.
pub fn lost() -> u64 {
    ring().lost()
}

fn ring() -> MutexGuard<'static, Ring> {
    RING.lock().expect("no holder of this lock can panic")
}

struct Logger {
    level: LevelFilter,
    style: Style,
}

/// How lines look on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// With the priority in front that journald reads (sd-daemon(3)), and without the time, which it adds itself.
    Journal,
    Plain,
    Coloured,
}

impl Style {
    fn of_stderr() -> Self {
        let journal = std::env::var("JOURNAL_STREAM").ok();
        // Inherited by a child whose stderr goes elsewhere, the variable means nothing: it names the file.
        let stderr =
            std::fs::metadata("/proc/self/fd/2").ok().map(|file| format!("{}:{}", file.dev(), file.ino()));
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if journal.is_some() && journal == stderr {
            Self::Journal
        } else if std::io::stderr().is_terminal() && !no_colour {
            Self::Coloured
        } else {
            Self::Plain
        }
    }

    fn line(self, time: SystemTime, record: &Record<'_>) -> String {
        let (level, target) = (record.level(), record.target());
        let mut line = match self {
            Self::Journal => format!("<{}>{target}: ", priority(level)),
            Self::Plain => format!("{} {level:<5} {target}: ", timestamp(time)),
            Self::Coloured => {
                format!(
                    "\x1b[2m{}\x1b[0m {}{level:<5}\x1b[0m \x1b[2m{target}:\x1b[0m ",
                    timestamp(time),
                    colour(level)
                )
            }
        };
        // A `Display` that fails says no more; what it said until then is worth printing.
        let _ = Escaped(&mut line).write_fmt(*record.args());
        line.push('\n');
        line
    }
}

/// UTC with milliseconds: lines of several boxes can be put side by side.
fn timestamp(time: SystemTime) -> String {
    match jiff::Timestamp::try_from(time) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => "-".to_owned(),
    }
}

/// Of syslog.
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::Error => "\x1b[31m",
        Level::Warn => "\x1b[33m",
        Level::Info => "\x1b[32m",
        Level::Debug | Level::Trace => "\x1b[36m",
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let own = metadata.target().split("::").next() == Some(OWN_TARGET);
        let level = if own || self.level == LevelFilter::Trace {
            self.level
        } else {
            self.level.min(LevelFilter::Warn)
        };
        metadata.level() <= level
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let time = SystemTime::now();
        let line = Line::new(time, record.level(), record.target(), record.args());
        ring().push(line);
        // In one call and outside the lock: a stalled terminal must not stall the panel. With stderr closed the ring
        // is what is left.
        let _ = std::io::stderr().write_all(self.style.line(time, record).as_bytes());
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(style: Style, expected: &str) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_250);
        let record = Record::builder()
            .level(Level::Warn)
            .target("marquee::source")
            .args(format_args!("door: lost\n<3>forged"))
            .build();
        assert_eq!(style.line(time, &record), expected);
    }

    #[test]
    fn one_line_for_each_style() {
        check(Style::Journal, "<4>marquee::source: door: lost\\n<3>forged\n");
        check(Style::Plain, "2026-01-01T00:00:00.250Z WARN  marquee::source: door: lost\\n<3>forged\n");
        check(
            Style::Coloured,
            "\x1b[2m2026-01-01T00:00:00.250Z\x1b[0m \x1b[33mWARN \x1b[0m \x1b[2mmarquee::source:\x1b[0m \
             door: lost\\n<3>forged\n",
        );
    }

    #[test]
    fn libraries_are_heard_from_warn_on() {
        let heard = |level, target: &str, at| {
            let logger = Logger { level, style: Style::Plain };
            logger.enabled(&Metadata::builder().level(at).target(target).build())
        };
        assert!(heard(LevelFilter::Info, "marquee::app", Level::Info));
        assert!(!heard(LevelFilter::Info, "marquee::app", Level::Debug));
        assert!(!heard(LevelFilter::Debug, "notify::inotify", Level::Info));
        assert!(heard(LevelFilter::Info, "notify::inotify", Level::Warn));
        assert!(!heard(LevelFilter::Error, "notify::inotify", Level::Warn));
        assert!(heard(LevelFilter::Trace, "notify::inotify", Level::Trace));
        assert!(!heard(LevelFilter::Info, "marquee_other", Level::Info));
    }
}
