//! Fewer bytes: without comments and indents, and compressed.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// How long is spent on making files small.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(dead_code, reason = "the build script has use for the one, a debug build for the other")]
pub(crate) enum Effort {
    /// While somebody writes pages: a tenth of a second for all of them.
    Quick,
    /// Once, for everybody who ever looks: seconds.
    Best,
}

/// Below this an answer is one packet either way.
const PLAIN_BYTES_MAX: usize = 1000;

/// A script without comments of its own lines, notes for the type checker, and indents. The pages' scripts have no text
/// over several lines, in which an indent would count (`join` refuses one).
pub(super) fn script(text: &str) -> String {
    without(text, "/**", true)
}

pub(super) fn style(text: &str) -> String {
    without(text, "/*", false)
}

/// Line by line without what stands between `open` and the end of a comment, and without lines that are a comment or nothing.
fn without(text: &str, open: &str, slashes: bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let mut line = line.trim().to_owned();
        loop {
            if inside {
                let Some(end) = line.find("*/") else {
                    line.clear();
                    break;
                };
                line.replace_range(..end + 2, "");
                inside = false;
            }
            let Some(begin) = line.find(open) else { break };
            match line[begin..].find("*/") {
                Some(length) => line.replace_range(begin..begin + length + 2, ""),
                None => {
                    line.truncate(begin);
                    inside = true;
                    break;
                }
            }
        }
        let line = line.trim();
        if line.is_empty() || slashes && line.starts_with("//") {
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// By gzip and by Brotli, if it is worth it.
pub(super) fn compressed(name: &str, plain: &[u8], effort: Effort) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let packed = [".png", ".woff2"].iter().any(|ending| name.ends_with(ending));
    if packed || plain.len() <= PLAIN_BYTES_MAX {
        return (None, None);
    }
    let smaller = |data: Option<Vec<u8>>| data.filter(|data| data.len() < plain.len());
    (smaller(gzip(plain, effort)), smaller(brotli(plain, effort)))
}

fn gzip(plain: &[u8], effort: Effort) -> Option<Vec<u8>> {
    let level = if effort == Effort::Best { Compression::best() } else { Compression::fast() };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

fn brotli(plain: &[u8], effort: Effort) -> Option<Vec<u8>> {
    let quality = if effort == Effort::Best { 11 } else { 2 };
    let how = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &plain[..], &mut packed, &how).ok()?;
    Some(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_code_stays() {
        let check = |text: &str, expected: &str| assert_eq!(script(text), expected);
        check("// a\nlet b = 1; // c\n\n  let d;\n", "let b = 1; // c\nlet d;\n");
        check("/** @type {A} */ (b).c();\n", "(b).c();\n");
        check("x(/** @type {A} */ (y), /** @type {B} */ (z));", "x( (y),  (z));\n");
        check("/**\n * a\n * b\n */\nlet c;", "let c;\n");
        check(
            "let a = 'video/*,image/*';\nlet b = 'http://x';",
            "let a = 'video/*,image/*';\nlet b = 'http://x';\n",
        );
        assert_eq!(style("/* a */\n.b { /* c\n d */ e: f; }\n"), ".b {\ne: f; }\n");
    }

    #[test]
    fn only_what_gets_smaller_is_compressed() {
        let text = "a line of text that comes again\n".repeat(100);
        let (gzip, brotli) = compressed("a.js", text.as_bytes(), Effort::Quick);
        assert!(gzip.is_some_and(|data| data.len() < 200) && brotli.is_some_and(|data| data.len() < 200));
        assert_eq!(compressed("a.js", b"short", Effort::Best), (None, None));
        assert_eq!(compressed("a.png", text.as_bytes(), Effort::Quick), (None, None));
    }
}
