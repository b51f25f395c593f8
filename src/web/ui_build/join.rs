//! The modules that a page needs as one script, each in a scope of its own, behind what it needs itself.
//!
//! Modules are written in few forms, and nothing else is taken: `import { a, b as c } from './x.js';`,
//! `import * as x from './x.js';`, and in front of a declaration `export`. What is exported is never written again (`export let`),
//! so that a copy is as good as a binding.

use std::collections::BTreeMap;

use super::{Fault, LANGUAGES, Sources, squeeze, text};

/// The modules reached from `entry`. Those of another language are left out: what they export is undefined.
pub(super) fn join(sources: &Sources, entry: &str, language: &str) -> Result<String, Fault> {
    let mut joined =
        Joined { sources, language, places: BTreeMap::new(), open: Vec::new(), script: String::new() };
    joined.add(entry, true)?;
    Ok(joined.script)
}

struct Joined<'a> {
    sources: &'a Sources,
    language: &'a str,
    /// The name of the object with what a module exports, by its path.
    places: BTreeMap<String, String>,
    /// Modules that wait for what they need.
    open: Vec<String>,
    script: String,
}

impl Joined<'_> {
    /// Adds a module behind all that it needs, unless it is there.
    fn add(&mut self, path: &str, entry: bool) -> Result<(), Fault> {
        if self.places.contains_key(path) {
            return Ok(());
        }
        if is_foreign(path, self.language) {
            self.places.insert(path.to_owned(), "{}".to_owned());
            return Ok(());
        }
        if self.open.iter().any(|open| open == path) {
            return Err(Fault::new(path, format!("it needs itself, by way of {}", self.open.join(", "))));
        }
        self.open.push(path.to_owned());
        let module = Module::read(path, text(self.sources, path)?)?;
        for (_, needed) in &module.imports {
            self.add(needed, false)?;
        }
        self.open.pop();
        self.write(path, &module, entry);
        Ok(())
    }

    fn write(&mut self, path: &str, module: &Module, entry: bool) {
        let place = format!("$m{}", self.places.len());
        self.script.push_str(&format!("// {path}\n"));
        // What is waited for in the first one is waited for by nobody else: it is the last.
        self.script.push_str(&if entry { "{\n".to_owned() } else { format!("const {place} = (() => {{\n") });
        for (names, needed) in &module.imports {
            let from = self.places.get(needed).map_or("{}", String::as_str);
            self.script.push_str(&format!("const {names} = {from};\n"));
        }
        self.script.push_str(&module.body);
        self.script.push_str(&match entry {
            true => "}\n".to_owned(),
            false => format!("return {{ {} }};\n}})();\n", module.exports.join(", ")),
        });
        self.places.insert(path.to_owned(), place);
    }
}

/// `texts.de.js` for who reads English.
fn is_foreign(path: &str, language: &str) -> bool {
    let others = LANGUAGES.iter().filter(|other| **other != language);
    others.into_iter().any(|other| path.ends_with(&format!(".{other}.js")))
}

struct Module {
    /// What to declare, such as `{ a, b: c }` or `x`, and the path of the module it is of.
    imports: Vec<(String, String)>,
    exports: Vec<String>,
    /// All else.
    body: String,
}

impl Module {
    fn read(path: &str, text: &str) -> Result<Self, Fault> {
        let mut module = Self { imports: Vec::new(), exports: Vec::new(), body: String::new() };
        let script = squeeze::script(text);
        let mut lines = script.lines();
        while let Some(line) = lines.next() {
            if line.matches('`').count() % 2 == 1 {
                return Err(Fault::new(path, format!("a text over several lines: {line}")));
            }
            if line.starts_with("import ") {
                let mut statement = line.to_owned();
                while !statement.contains(';') {
                    let more =
                        lines.next().ok_or_else(|| Fault::new(path, format!("it ends in {statement}")))?;
                    statement.push_str(more);
                }
                module.imports.push(import(path, &statement)?);
            } else if let Some(declaration) = line.strip_prefix("export ") {
                module.export(path, declaration)?;
            } else if line.contains("import(") {
                return Err(Fault::new(
                    path,
                    format!("there is one script, and nothing to load later: {line}"),
                ));
            } else {
                module.body.push_str(line);
                module.body.push('\n');
            }
        }
        Ok(module)
    }

    fn export(&mut self, path: &str, declaration: &str) -> Result<(), Fault> {
        // Of a module that has nothing but types.
        if declaration == "{};" {
            return Ok(());
        }
        let rest = ["async function ", "function ", "class ", "const "]
            .iter()
            .find_map(|kind| declaration.strip_prefix(kind));
        let name: String = rest
            .unwrap_or_default()
            .chars()
            .take_while(|char| char.is_alphanumeric() || *char == '_')
            .collect();
        if name.is_empty() {
            let what = format!(
                "`export {declaration}`: a function, a class or a constant is exported where it is declared"
            );
            return Err(Fault::new(path, what));
        }
        self.exports.push(name);
        self.body.push_str(declaration);
        self.body.push('\n');
        Ok(())
    }
}

/// What a statement declares, and of which module.
fn import(path: &str, statement: &str) -> Result<(String, String), Fault> {
    let fault = || Fault::new(path, format!("not one of the forms of an import: {statement}"));
    let (names, from) = statement.trim_start_matches("import ").split_once(" from ").ok_or_else(fault)?;
    let from = from.trim().strip_suffix(';').map(str::trim).ok_or_else(fault)?;
    let from = from.strip_prefix('\'').and_then(|from| from.strip_suffix('\'')).ok_or_else(fault)?;
    let names = names.trim();
    let names = match names.strip_prefix("* as ") {
        Some(name) => name.trim().to_owned(),
        None if names.starts_with('{') && names.ends_with('}') => names.replace(" as ", ": "),
        None => return Err(fault()),
    };
    Ok((names, resolved(path, from).ok_or_else(fault)?))
}

/// `../dom.js` as `live/tile.js` names it: `dom.js`.
fn resolved(path: &str, from: &str) -> Option<String> {
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    for part in from.split('/') {
        match part {
            "." => {}
            ".." => drop(folders.pop()?),
            part => folders.push(part),
        }
    }
    from.starts_with('.').then(|| folders.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::sources;
    use super::*;

    #[test]
    fn what_is_needed_comes_first_and_once() {
        let sources = sources(&[
            (
                "page.js",
                "import { a, b as c } from './x/a.js';\nimport * as d from './d.js';\nawait a(c, d);\n",
            ),
            (
                "x/a.js",
                "import {\n  e,\n} from '../d.js';\nexport function a() {\n  return e;\n}\nexport const b = 1;\n",
            ),
            ("d.js", "export const e = 2;\n"),
        ]);
        let script = join(&sources, "page.js", "en").unwrap_or_else(|fault| panic!("{fault}"));
        let expected = "// d.js\nconst $m0 = (() => {\nconst e = 2;\nreturn { e };\n})();\n\
            // x/a.js\nconst $m1 = (() => {\nconst {e,} = $m0;\nfunction a() {\nreturn e;\n}\nconst b = 1;\nreturn { a, b };\n})();\n\
            // page.js\n{\nconst { a, b: c } = $m1;\nconst d = $m0;\nawait a(c, d);\n}\n";
        assert_eq!(script, expected);
    }

    #[test]
    fn another_language_is_left_out() {
        let sources = sources(&[
            (
                "texts.js",
                "import { german } from './texts.de.js';\nimport { english } from './texts.en.js';\nuse(german || english);\n",
            ),
            ("texts.de.js", "export const german = 'Hallo';\n"),
            ("texts.en.js", "export const english = 'Hello';\n"),
        ]);
        let script = join(&sources, "texts.js", "en").unwrap_or_else(|fault| panic!("{fault}"));
        assert!(
            script.contains("Hello")
                && !script.contains("Hallo")
                && script.contains("const { german } = {};")
        );
    }

    #[test]
    fn what_can_not_be_joined_is_named() {
        let check = |text: &str, expected: &str| {
            let sources = sources(&[("a.js", text), ("b.js", "import { a } from './a.js';\n")]);
            let fault = join(&sources, "a.js", "en").err().map(|fault| fault.to_string());
            assert_eq!(fault.as_deref(), Some(expected), "{text}");
        };
        check("import { b } from './b.js';", "a.js: it needs itself, by way of a.js, b.js");
        check("import { c } from './c.js';", "c.js: there is no such file");
        check("import './b.js';", "a.js: not one of the forms of an import: import './b.js';");
        check(
            "import { c } from 'c.js';",
            "a.js: not one of the forms of an import: import { c } from 'c.js';",
        );
        check("import { c }", "a.js: it ends in import { c }");
        let let_ =
            "a.js: `export let c = 1;`: a function, a class or a constant is exported where it is declared";
        check("export let c = 1;", let_);
        check("const c = `d\n  e`;", "a.js: a text over several lines: const c = `d");
        check(
            "const c = () => import('./b.js');",
            "a.js: there is one script, and nothing to load later: const c = () => import('./b.js');",
        );
    }
}
