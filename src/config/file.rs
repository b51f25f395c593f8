//! The file as it was typed: its bytes, its lines, and the problems found in them.

use std::cell::RefCell;
use std::path::Path;

use toml::de::DeTable;

use super::problem::{LoadError, Problem};

/// A file by hand has a few kilobytes; this bounds what a mistaken path can cost.
const FILE_BYTES_MAX: u64 = 256 << 10;

/// Reads the text. Errors: not there, too large, not UTF-8.
pub(super) fn read(path: &Path) -> Result<String, LoadError> {
    let file = path.display().to_string();
    let failed = |line, message: String, allowed: String| {
        LoadError::new(vec![Problem { file: file.clone(), line, key: String::new(), message, allowed }])
    };
    let bytes =
        read_bounded(path).map_err(|error| failed(None, format!("can't be read: {error}"), String::new()))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(failed(None, "is too large".into(), format!("at most {} KiB", FILE_BYTES_MAX >> 10)));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(failed(None, "is UTF-16 text".into(), "UTF-8; choose it when saving the file".into()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        failed(Some(line), "is not UTF-8 text".into(), "UTF-8; choose it when saving the file".into())
    })
}

/// One byte more than allowed tells that it is too large, whatever its length was said to be.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The problems found so far, and the lines to find them by.
pub(super) struct Document {
    file: String,
    /// Offset of each line's first byte.
    line_starts: Vec<usize>,
    problems: RefCell<Vec<Problem>>,
}

impl Document {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(starts).collect();
        Self { file: file.to_owned(), line_starts, problems: RefCell::default() }
    }

    /// Parses the text. Errors: everything that is not TOML, one problem for each line.
    pub(super) fn parse<'t>(&self, text: &'t str) -> Result<DeTable<'t>, LoadError> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(table.into_inner());
        }
        let mut problems: Vec<Problem> =
            errors.iter().map(|error| self.syntax_problem(text, error)).collect();
        // What follows on the same line is mostly the parser finding its way back.
        problems.sort_by_key(|problem| problem.line);
        problems.dedup_by_key(|problem| problem.line);
        Err(LoadError::new(problems))
    }

    fn syntax_problem(&self, text: &str, error: &toml::de::Error) -> Problem {
        let line = error.span().map(|span| self.line(span.start));
        let found = error.message().trim_end_matches(", expected nothing");
        let message = format!("is not TOML: {found}");
        // By far the most frequent mistake, which the parser takes for a bad number or date.
        let typed = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or("");
        let value = found.starts_with("invalid ") || found.starts_with("string values");
        let bare = value && !found.contains("boolean") && !typed.contains(['"', '\'']);
        let allowed = if bare { "texts in quotes, such as name = \"value\"" } else { "" };
        Problem { file: self.file.clone(), line, key: String::new(), message, allowed: allowed.to_owned() }
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    pub(super) fn note(&self, line: usize, key: String, message: String, allowed: String) {
        let problem = Problem { file: self.file.clone(), line: Some(line), key, message, allowed };
        self.problems.borrow_mut().push(problem);
    }

    /// What was built, unless anything was wrong.
    pub(super) fn finish<T>(self, built: T) -> Result<T, LoadError> {
        let problems = self.problems.into_inner();
        if problems.is_empty() { Ok(built) } else { Err(LoadError::new(problems)) }
    }
}
