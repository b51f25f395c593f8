//! What is wrong with a configuration file, and where.

use std::fmt;

use super::Language;
use super::german;

/// More than a person mends in one go; the rest is only counted.
const PROBLEMS_SHOWN_MAX: usize = 100;

/// One thing that is wrong. Never holds a password or a camera's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// Counted from 1; `None` if it concerns the file as a whole.
    pub line: Option<usize>,
    /// Such as `camera[2].url`, entries counted from 1; empty if no key is at fault.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What would be right; may be empty.
    pub allowed: String,
}

/// Everything that is wrong with a file, in the order of its lines. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    pub problems: Vec<Problem>,
    /// Problems beyond those listed.
    pub more: usize,
}

impl LoadError {
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.line);
        let more = problems.len().saturating_sub(PROBLEMS_SHOWN_MAX);
        problems.truncate(PROBLEMS_SHOWN_MAX);
        Self { problems, more }
    }
}

impl Problem {
    /// As one line in that language.
    pub fn text(&self, language: Language) -> String {
        match language {
            Language::English => self.to_string(),
            Language::German => german::line(self),
        }
    }

    /// Where it is: `marquee.toml:3: camera[2].url:`.
    pub(super) fn place(&self) -> String {
        let line = self.line.map_or_else(String::new, |line| format!("{line}:"));
        let key = if self.key.is_empty() { String::new() } else { format!(" {}:", self.key) };
        format!("{}:{line}{key}", self.file)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.place(), self.message)?;
        if !self.allowed.is_empty() {
            write!(out, "; allowed: {}", self.allowed)?;
        }
        Ok(())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            problem.fmt(out)?;
        }
        if self.more > 0 {
            write!(out, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

/// Text from the file as it may stand in a message: in quotes, on one line, of a bounded length.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 40;
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// The candidate that was probably meant: the nearest, if it is near.
pub(super) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Of 1.0 for equal; below this two words share little more than letters.
    const SIMILARITY_MIN: f64 = 0.8;
    /// No name in the file is longer; comparing costs the product of both lengths.
    const TYPED_BYTES_MAX: usize = 64;
    if typed.len() > TYPED_BYTES_MAX {
        return None;
    }
    let typed = typed.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&typed, &candidate.to_lowercase()), candidate))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_recognised_and_strangers_are_not() {
        let keys = ["transport", "url", "user", "password", "profile"];
        assert_eq!(nearest("transprt", keys), Some("transport"));
        assert_eq!(nearest("usr", keys), Some("user"));
        assert_eq!(nearest("Password", keys), Some("password"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn quoted_text_stays_on_one_line() {
        assert_eq!(quoted("a\nb\u{1b}"), r#""a\nb\u{1b}""#);
        assert_eq!(quoted(&"x".repeat(50)), format!("\"{}…\"", "x".repeat(40)));
    }

    #[test]
    fn a_flood_of_problems_is_cut_and_counted() {
        let problem = |line| Problem {
            file: "m.toml".into(),
            line: Some(line),
            key: "x".into(),
            message: "unknown key".into(),
            allowed: String::new(),
        };
        let error = LoadError::new((1..=250).rev().map(problem).collect());
        let text = error.to_string();
        assert!(text.starts_with("m.toml:1: x: unknown key\nm.toml:2:"), "{text}");
        assert!(text.ends_with("m.toml:100: x: unknown key\nand 150 more"), "{text}");
    }
}
