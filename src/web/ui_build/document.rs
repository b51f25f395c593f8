//! A document of the pages (`app.html`) in each language, with its one style sheet and its one script.

use super::{Fault, LANGUAGES, Site, join, squeeze};

/// How a document names what it needs: one on a line, each as it is written here.
const STYLE: (&str, &str) = ("<link rel=\"stylesheet\" href=\"/ui/", "\">");
const MODULE: (&str, &str) = ("<script type=\"module\" src=\"/ui/", "\"></script>");
const CLASSIC: (&str, &str) = ("<script src=\"/ui/", "\"></script>");
const LANGUAGE: &str = "<html lang=\"en\"";

/// Adds `app.css`, `app.en.js`, `app.en.html` and the same in the other languages.
pub(super) fn add(site: &mut Site<'_>, path: &str) -> Result<(), Fault> {
    let document = site.text(path)?.to_owned();
    let name = path.trim_end_matches(".html");
    if !document.contains(LANGUAGE) {
        return Err(Fault::new(path, format!("it does not begin with {LANGUAGE}")));
    }
    add_style(site, &document, name)?;
    for classic in named(&document, CLASSIC)
        .filter(|classic| !site.built.iter().any(|file| file.name == *classic))
        .collect::<Vec<_>>()
    {
        let script = squeeze::script(site.text(classic)?);
        site.add(classic, script.into_bytes());
    }
    for language in LANGUAGES {
        for entry in named(&document, MODULE) {
            let script = with_addresses(site, &join::join(site.sources, entry, language)?, '\'', entry)?;
            site.add(&format!("{name}.{language}.js"), script.into_bytes());
        }
        let written = written(site, &document, name, language, path)?;
        site.add(&format!("{name}.{language}.html"), written.into_bytes());
    }
    Ok(())
}

/// Puts what is named one after the other: later ones have the last word, as before.
fn add_style(site: &mut Site<'_>, document: &str, name: &str) -> Result<(), Fault> {
    let mut style = String::new();
    for part in named(document, STYLE) {
        style.push_str(&squeeze::style(site.text(part)?));
    }
    site.add(&format!("{name}.css"), style.into_bytes());
    Ok(())
}

/// The document in one language, naming what was made of what it named.
fn written(site: &Site<'_>, document: &str, name: &str, language: &str, path: &str) -> Result<String, Fault> {
    let mut written = String::new();
    let mut styled = false;
    for line in document.lines() {
        if inner(line, STYLE).is_some() {
            if !styled {
                written.push_str(&format!("{}{name}.css{}\n", STYLE.0, STYLE.1));
            }
            styled = true;
        } else if inner(line, MODULE).is_some() {
            let script = format!("{name}.{language}.js");
            // Ahead of what the head asks for besides: it is the largest, and everything waits for it.
            let preload = format!("<link rel=\"modulepreload\" href=\"/ui/{script}\">\n");
            let at = written.find("<link ").unwrap_or(written.len());
            written.insert_str(at, &preload);
            written.push_str(&format!("{}{script}{}\n", MODULE.0, MODULE.1));
        } else {
            written.push_str(line.trim_start());
            written.push('\n');
        }
    }
    let written = written.replacen(LANGUAGE, &format!("<html lang=\"{language}\""), 1);
    with_addresses(site, &written, '"', path)
}

/// With each `/ui/…` between these quotes by the name that changes with its content.
fn with_addresses(site: &Site<'_>, text: &str, quote: char, path: &str) -> Result<String, Fault> {
    let begin = format!("{quote}/ui/");
    let mut pieces = text.split(&begin);
    let mut with = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(quote).unwrap_or((piece, ""));
        let address =
            site.address(name).ok_or_else(|| Fault::new(path, format!("there is no /ui/{name}")))?;
        with.push_str(&format!("{quote}{address}{quote}{rest}"));
    }
    Ok(with)
}

/// What lines of this kind name, in their order.
fn named<'a>(document: &'a str, kind: (&'static str, &'static str)) -> impl Iterator<Item = &'a str> {
    document.lines().filter_map(move |line| inner(line, kind))
}

fn inner<'a>(line: &'a str, kind: (&str, &str)) -> Option<&'a str> {
    line.trim().strip_prefix(kind.0)?.strip_suffix(kind.1)
}
