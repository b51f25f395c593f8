//! The last lines of the log, in memory of a fixed size: a box that runs for years writes no log files.

use std::fmt::{self, Write};
use std::time::SystemTime;

use heapless::{Deque, String};
use log::Level;

/// Enough for a page of the panel and what led to a fault.
const LINES_MAX: usize = 512;
/// A line of text; longer ones are cut.
const TEXT_BYTES_MAX: usize = 240;
/// A module path.
const TARGET_BYTES_MAX: usize = 48;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub time: SystemTime,
    pub level: Level,
    /// The module that wrote it, such as `marquee::source::camera`.
    pub target: String<TARGET_BYTES_MAX>,
    /// On one line; ends in `…` if it was cut.
    pub text: String<TEXT_BYTES_MAX>,
}

impl Line {
    pub(super) fn new(time: SystemTime, level: Level, target: &str, text: &fmt::Arguments<'_>) -> Self {
        Self { time, level, target: fitted(&format_args!("{target}")), text: fitted(text) }
    }
}

/// The newest lines, the oldest first.
pub(super) struct Ring {
    lines: Deque<Line, LINES_MAX>,
    /// Lines that had to make room.
    lost: u64,
}

impl Ring {
    pub(super) const fn new() -> Self {
        Self { lines: Deque::new(), lost: 0 }
    }

    pub(super) fn push(&mut self, line: Line) {
        if self.lines.is_full() {
            self.lines.pop_front();
            self.lost += 1;
        }
        self.lines.push_back(line).expect("there is room: it was just made");
    }

    /// The newest `count` lines, the oldest of them first.
    pub(super) fn recent(&self, count: usize) -> Vec<Line> {
        self.lines.iter().skip(self.lines.len().saturating_sub(count)).cloned().collect()
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }
}

/// The text, escaped and cut at a character so that it fits.
fn fitted<const BYTES: usize>(text: &fmt::Arguments<'_>) -> String<BYTES> {
    let mut cut = Cut::<BYTES> { text: String::new(), full: false };
    // An error means no more than that the rest is cut off.
    let _ = Escaped(&mut cut).write_fmt(*text);
    cut.text
}

/// Takes what fits and keeps room for the mark.
struct Cut<const BYTES: usize> {
    text: String<BYTES>,
    full: bool,
}

impl<const BYTES: usize> Write for Cut<BYTES> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|char| self.write_char(char))
    }

    fn write_char(&mut self, char: char) -> fmt::Result {
        const MARK: char = '…';
        if self.full || self.text.len() + char.len_utf8() + MARK.len_utf8() > BYTES {
            if !std::mem::replace(&mut self.full, true) {
                self.text.push(MARK).map_err(|_| fmt::Error)?;
            }
            return Err(fmt::Error);
        }
        self.text.push(char).map_err(|_| fmt::Error)
    }
}

/// Writes with control characters escaped: a camera that calls itself "x\n12:00 ERROR …" must not forge a line, nor
/// one with direction marks turn it around.
pub(super) struct Escaped<'a, W>(pub &'a mut W);

impl<W: Write> Write for Escaped<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain_from = 0;
        for (at, char) in text.char_indices().filter(|(_, char)| is_deceiving(*char)) {
            self.0.write_str(&text[plain_from..at])?;
            write!(self.0, "{}", char.escape_default())?;
            plain_from = at + char.len_utf8();
        }
        self.0.write_str(&text[plain_from..])
    }
}

fn is_deceiving(char: char) -> bool {
    let line_or_direction =
        matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || line_or_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::new(SystemTime::UNIX_EPOCH, Level::Info, "test", &format_args!("{text}"))
    }

    #[test]
    fn a_text_cannot_forge_a_line_or_turn_it_around() {
        assert_eq!(line("cam\r\n<3>ERROR\x1b[2J\u{202e}x\tä").text, r"cam\r\n<3>ERROR\u{1b}[2J\u{202e}x\tä");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_and_marked() {
        assert_eq!(line(&"x".repeat(237)).text, "x".repeat(237).as_str());
        for length in 238..300 {
            let text = line(&"x".repeat(length)).text;
            assert_eq!(text, format!("{}…", "x".repeat(237)).as_str());
        }
        let text = line(&"ü".repeat(200)).text;
        assert_eq!(text, format!("{}…", "ü".repeat(118)).as_str());
        assert_eq!(
            Line::new(SystemTime::UNIX_EPOCH, Level::Info, &"t".repeat(90), &format_args!("")).target.len(),
            48
        );
    }

    #[test]
    fn the_oldest_lines_make_room_and_are_counted() {
        let mut ring = Ring::new();
        for number in 0..LINES_MAX + 3 {
            ring.push(line(&number.to_string()));
        }
        assert_eq!(ring.lost(), 3);
        assert_eq!(ring.recent(usize::MAX).len(), LINES_MAX);
        assert_eq!(ring.recent(usize::MAX)[0].text, "3");
        let newest: Vec<_> = ring.recent(2).into_iter().map(|line| line.text).collect();
        assert_eq!(newest, ["513", "514"]);
        assert!(ring.recent(0).is_empty());
    }
}
