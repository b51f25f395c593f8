//! The rules of this repository, as tests: each message says where, and what to do instead.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use layers::IMPORTS;

#[path = "tidy/layers.rs"]
mod layers;

/// Names that only one place of `src` may use: the rest stays free of what they stand for.
const OWNED: &[(&str, &str, &str)] = &[
    ("gstreamer", "src/pipeline/", "hand a value of media or a handle of pipeline over"),
    ("gstreamer_app", "src/pipeline/", "hand a value of media or a handle of pipeline over"),
    ("gstreamer_video", "src/pipeline/", "hand a value of media or a handle of pipeline over"),
    ("gstreamer_pbutils", "src/pipeline/", "hand a value of media or a handle of pipeline over"),
    ("hayro", "src/child/", "only the child reads what strangers made"),
    ("landlock", "src/child/", "only the child is confined"),
    ("seccompiler", "src/child/", "only the child is confined"),
    ("drm", "src/output/hdmi/", "hand a port or a display over"),
    ("drm_ffi", "src/output/hdmi/", "hand a port or a display over"),
    ("str0m", "src/rtc/", "use the handle of rtc"),
    ("Serialize", "src/web/wire", "write a type in web::wire and convert into it"),
    ("rusqlite", "src/library/", "use the handle of library"),
    ("rppal", "src/device/", "use the trait of device"),
    ("anyhow", "nowhere", "write an enum with thiserror that names operation and object"),
];

/// `media` and `hub` are values and memory: what waits for the outside world belongs above them.
const IO: &[&str] = &["std::fs", "std::net", "std::process", "std::thread", "tokio::net", "tokio::process"];

/// A file that is longer is two things.
const LINES_MAX: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files under version control or about to be, by their path from the root.
fn files() -> Vec<String> {
    let listing = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(listing.status.success(), "git ls-files failed");
    let listing = String::from_utf8(listing.stdout).expect("paths are UTF-8");
    listing.lines().filter(|path| root().join(path).is_file()).map(str::to_owned).collect()
}

/// The text of a file; `None` if it is binary.
fn text(path: &str) -> Option<String> {
    let bytes = fs::read(root().join(path)).expect("a listed file can be read");
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Rust files of `src` without their tests, comments and texts.
fn code() -> Vec<(String, String)> {
    let sources = files().into_iter().filter(|path| path.starts_with("src/") && path.ends_with(".rs"));
    let sources = sources.filter(|path| !path.ends_with("/tests.rs") && !path.contains("/tests/"));
    let code = |path: String| {
        let text = text(&path).expect("Rust is UTF-8");
        let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
        let code = strip(&text[..end]);
        (path, code)
    };
    sources.map(code).collect()
}

/// The code with comments left out and texts emptied; line breaks stay.
fn strip(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with('"') {
            text_len(rest, '"')
        } else if let Some(raw) = rest.strip_prefix("r\"") {
            raw.find('"').map_or(rest.len(), |end| end + 3)
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            text_len(rest, '\'')
        } else {
            kept.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        kept.extend(rest[..len].chars().filter(|char| *char == '\n'));
        rest = &rest[len..];
    }
    kept
}

/// Length of a literal with its two quotes.
fn text_len(literal: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in literal.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return at + char.len_utf8(),
            _ => {}
        }
    }
    literal.len()
}

/// Whole words of the code, and the number of the line each stands on.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().flat_map(|(index, line)| {
        let words = line.split(|char: char| !char.is_alphanumeric() && char != '_');
        words.filter(|word| !word.is_empty()).map(move |word| (index + 1, word))
    })
}

/// The parts of `src` that the code imports, with lines: `crate::hub::Track`, `use crate::{hub, media::Frame}`.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::").map(|(at, head)| (at, &code[at + head.len()..])) {
        let line = code[..at].matches('\n').count() + 1;
        match path.strip_prefix('{') {
            Some(group) => found.extend(heads(group).into_iter().map(|head| (line, head))),
            None => found.extend(words(path).next().map(|(_, head)| (line, head.to_owned()))),
        }
    }
    found
}

/// First words of the outermost entries of a group, which begins behind its bracket.
fn heads(group: &str) -> Vec<String> {
    let mut depth = 1;
    let mut outermost = String::new();
    for char in group.chars() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 1 => outermost.push(char),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    outermost.split(',').filter_map(|entry| words(entry).next().map(|(_, head)| head.to_owned())).collect()
}

/// `media` of `src/media/frame.rs`; `app` of `src/app.rs`.
fn part(path: &str) -> &str {
    let path = path.strip_prefix("src/").expect("a file of src");
    path.split('/').next().expect("a name").trim_end_matches(".rs")
}

/// Fails with all findings at once, if there are any.
fn report(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}\n", findings.join("\n  "));
}

#[test]
fn imports_go_downward() {
    let mut findings = Vec::new();
    let parts: BTreeSet<&str> = IMPORTS.iter().map(|(part, _)| *part).collect();
    for (path, code) in code() {
        let own = part(&path);
        if matches!(own, "main" | "lib") {
            continue;
        }
        let Some((_, allowed)) = IMPORTS.iter().find(|(part, _)| *part == own) else {
            findings.push(format!(
                "{path}: add `{own}` to IMPORTS in tests/tidy/layers.rs, with what it may import"
            ));
            continue;
        };
        for (line, import) in imports(&code) {
            if parts.contains(import.as_str()) && import != own && !allowed.contains(&import.as_str()) {
                findings.push(format!(
                    "{path}:{line}: {own} must not import {import}; hand the value over as an argument, or move what \
                     both need further down"
                ));
            }
        }
        if code.contains("super::super::") {
            findings.push(format!("{path}: write `crate::…` instead of `super::super::…`"));
        }
    }
    report("imports go downward only", &findings);
}

#[test]
fn each_library_is_named_in_one_place() {
    let mut findings = Vec::new();
    for (path, code) in code() {
        for (line, word) in words(&code) {
            if let Some((_, owner, instead)) =
                OWNED.iter().find(|(name, owner, _)| *name == word && !path.starts_with(owner))
            {
                findings.push(format!("{path}:{line}: {word} belongs into {owner}; {instead}"));
            }
        }
    }
    report("only its owner names a library", &findings);
}

#[test]
fn media_and_hub_do_no_io() {
    let mut findings = Vec::new();
    for (path, code) in code().into_iter().filter(|(path, _)| matches!(part(path), "media" | "hub")) {
        for name in IO.iter().filter(|name| code.contains(*name)) {
            findings.push(format!(
                "{path}: {name} is I/O; do it in source, output or app and hand the outcome over"
            ));
        }
    }
    report("media and hub do no I/O", &findings);
}

#[test]
fn nothing_panics_by_habit() {
    let mut findings = Vec::new();
    for (path, code) in code() {
        for (index, line) in code.lines().enumerate() {
            for habit in [".unwrap()", "todo!(", "unimplemented!(", "dbg!("]
                .iter()
                .filter(|habit| line.contains(*habit))
            {
                findings.push(format!(
                    "{path}:{}: {habit} — return an error, or write expect(\"why it holds\")",
                    index + 1
                ));
            }
        }
    }
    report("no unwrap and no unfinished code outside tests", &findings);
}

#[test]
fn nothing_is_unfinished_by_its_own_words() {
    // In two pieces, so that this file is not found.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let mut findings = Vec::new();
    for path in files() {
        for (index, line) in text(&path).unwrap_or_default().lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(*word)) {
                findings.push(format!("{path}:{}: {word} — do it, or open an issue", index + 1));
            }
        }
    }
    report("what is unfinished is an issue, not a comment", &findings);
}

#[test]
fn files_are_short() {
    let kinds = [".rs", ".js", ".css", ".html", ".py", ".sh"];
    let counted =
        |path: &String| kinds.iter().any(|kind| path.ends_with(kind)) || path.starts_with("scripts/");
    let mut findings = Vec::new();
    for path in files().into_iter().filter(counted) {
        let lines = text(&path).unwrap_or_default().lines().count();
        if lines > LINES_MAX {
            findings.push(format!(
                "{path}: {lines} lines; more than {LINES_MAX} are two things: give each its file"
            ));
        }
    }
    report("files are short", &findings);
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut findings = Vec::new();
    for path in files().into_iter().filter(|path| path.starts_with("src/") && path.ends_with(".rs")) {
        let text = text(&path).expect("Rust is UTF-8");
        if path != "src/main.rs" && !text.starts_with("//!") {
            findings.push(format!("{path}: begin with a line `//! …`: what belongs here"));
        }
    }
    report("every file says what it is for", &findings);
}

#[test]
fn the_architecture_names_every_part() {
    let architecture = text("src/ARCHITECTURE.md").expect("text");
    let named =
        |part: &str| architecture.contains(&format!("`{part}")) || architecture.contains(&format!("{part}/"));
    let parts: BTreeSet<String> = code().iter().map(|(path, _)| part(path).to_owned()).collect();
    let missing = parts.into_iter().filter(|part| !matches!(part.as_str(), "main" | "lib") && !named(part));
    let findings: Vec<String> =
        missing.map(|part| format!("src/ARCHITECTURE.md: say what `{part}` is for")).collect();
    report("the code map is complete", &findings);
}

#[test]
fn every_setting_is_documented() {
    let (readme, sample) = (text("README.md").expect("text"), text("image/marquee.toml").expect("text"));
    let mut findings = Vec::new();
    for (header, keys) in marquee::config::SECTIONS {
        let sample_header = header.replace("NAME", "");
        if !readme.contains(&format!("`{header}`")) {
            findings.push(format!("README.md: the section `{header}` is missing in the table of settings"));
        }
        let begin = sample.find(&format!("\n#{}", sample_header.trim_end_matches(']')));
        let section = begin.map_or("", |begin| &sample[begin + 1..]);
        let section = section.split("\n#[").next().unwrap_or_default();
        for key in *keys {
            if !readme.contains(&format!("`{key}`")) {
                findings.push(format!(
                    "README.md: the key `{key}` of {header} is missing in the table of settings"
                ));
            }
            if !section.lines().any(|line| line.starts_with(&format!("#{key} = "))) {
                findings.push(format!(
                    "image/marquee.toml: add a line `#{key} = DEFAULT` to {header}, and what it means"
                ));
            }
        }
    }
    report("every setting is documented", &findings);
}

#[test]
fn every_refusal_of_the_api_has_german_words() {
    let german = text("src/web/ui/texts.refusals.de.js").expect("text");
    let mut codes = BTreeSet::new();
    for (path, code) in code().iter().filter(|(path, _)| path.starts_with("src/web/")) {
        // The texts of codes are stripped from `code`: here they are what counts.
        let whole = text(path).expect("text");
        codes.extend(
            whole.split(".coded(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned),
        );
        for table in
            ["fn code_of(", "fn code(error: &UploadError)"].into_iter().filter(|table| code.contains(table))
        {
            let table =
                whole.split(table).nth(1).and_then(|rest| rest.split("\n}\n").next()).expect("a function");
            codes.extend(
                table.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned),
            );
        }
    }
    assert!(codes.len() > 30, "they are found: {codes:?}");
    let known = |code: &str| german.contains(&format!("\n  {code}: "));
    // What no page can be told: a page that is called wrongly is a fault of ours, and room is told by its figures.
    let not_for_pages = ["method_not_allowed", "no_room", "refused"];
    let missing = codes.iter().filter(|code| !known(code) && !not_for_pages.contains(&code.as_str()));
    let findings: Vec<String> =
        missing.map(|code| format!("src/web/ui/texts.refusals.de.js: add words for `{code}`")).collect();
    report("refusals of the API are told in German, too", &findings);
}

#[test]
fn the_encoders_of_the_configuration_are_those_of_the_pipeline() {
    let pipeline = text("src/pipeline/encoders.rs").expect("text");
    let known: Vec<&str> =
        pipeline.split("element: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(
        known,
        marquee::config::ENCODERS,
        "change ENCODERS in src/config/profile.rs, image/marquee.toml and the README to what src/pipeline/encoders.rs has"
    );
}

/// What people run, which is written for bash. What runs inside a box is for its own sh, has nobody to explain itself to,
/// and must not be started here: it formats partitions.
fn scripts() -> Vec<(PathBuf, String, String)> {
    let text_of = |path: String| Some((root().join(&path), text(&path)?, path));
    let shell = |text: &str| text.lines().next() == Some("#!/usr/bin/env bash");
    let found = files().into_iter().filter_map(text_of).filter(|(_, text, _)| shell(text));
    found.map(|(file, text, path)| (file, path, text)).collect()
}

#[test]
fn every_script_is_strict_and_explains_itself() {
    let mut findings = Vec::new();
    for (file, path, text) in scripts() {
        if !text.contains("\nset -euo pipefail\n") {
            findings.push(format!("{path}: add `set -euo pipefail`"));
        }
        let help = Command::new(&file).arg("--help").output();
        let explained = help.is_ok_and(|help| help.status.success() && help.stdout.starts_with(b"Usage:"));
        if !explained {
            findings
                .push(format!("{path}: `{path} --help` must print `Usage: …` and end with 0 (chmod +x?)"));
        }
    }
    report("every script is strict and explains itself", &findings);
}

#[test]
fn no_path_or_mirror_of_one_machine_is_tracked() {
    // In two pieces, so that this file is not found.
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/tmp/", "mq")];
    let mut findings = Vec::new();
    for file in files() {
        for (index, line) in text(&file).unwrap_or_default().lines().enumerate() {
            // A folder of ours may be called the same below another.
            let begins = |at: usize| !line[..at].ends_with(|before: char| before.is_alphanumeric());
            let stands = |path: &&&str| line.match_indices(**path).any(|(at, _)| begins(at));
            for path in paths.iter().filter(stands) {
                findings.push(format!("{file}:{}: {path}… is a path of one machine; derive it", index + 1));
            }
        }
    }
    for file in files().into_iter().filter(|file| file.ends_with("package-lock.json")) {
        if text(&file).unwrap_or_default().contains("\"resolved\"") {
            findings.push(format!(
                "{file}: names a mirror; write it with `omit-lockfile-registry-resolved=true`"
            ));
        }
    }
    report("no path or mirror of one machine is tracked", &findings);
}

#[test]
fn the_rules_see_what_they_should() {
    let code = "use crate::{hub::{Track, media}, web};\n// crate::app\nlet x = \"crate::cmd\"; crate::rtc::go('\"');\n";
    let found: Vec<_> =
        imports(&strip(code)).into_iter().map(|(line, part)| format!("{line} {part}")).collect();
    assert_eq!(found, ["1 hub", "1 web", "3 rtc"]);
    assert_eq!(strip("a r#\"\"x\"# b \"\\\"\" c '\\'' d"), "a  b  c  d");
}
