//! One table of the file: hands its values out and notes whatever is wrong with them.
//!
//! A single walk over the sections finds every problem of the file; deserialising with serde would end at the first.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::Document;
use super::problem::{nearest, quoted};

/// Every getter answers `None` for a key that is absent *or* wrong; what is wrong is noted.
pub(super) struct Section<'d> {
    document: &'d Document,
    /// Such as `camera[2]`; empty for the file as a whole.
    path: String,
    /// Of its header; 1 for the file as a whole.
    line: usize,
    keys: &'static [&'static str],
    /// `None`: not in the file.
    table: Option<&'d DeTable<'d>>,
}

impl<'d> Section<'d> {
    /// `keys`: all that may stand in it; others are noted at once.
    fn new(
        document: &'d Document,
        path: String,
        line: usize,
        keys: &'static [&'static str],
        table: Option<&'d DeTable<'d>>,
    ) -> Self {
        let section = Self { document, path, line, keys, table };
        for key in table.into_iter().flat_map(|table| table.keys()) {
            if !keys.contains(&key.get_ref().as_ref()) {
                section.note_unknown(key);
            }
        }
        section
    }

    pub(super) fn root(
        document: &'d Document,
        keys: &'static [&'static str],
        table: &'d DeTable<'d>,
    ) -> Self {
        Self::new(document, String::new(), 1, keys, Some(table))
    }

    fn note_unknown(&self, key: &Spanned<Cow<'_, str>>) {
        let name = key.get_ref();
        let mut message = "unknown key".to_owned();
        if let Some(meant) = nearest(name, self.keys.iter().copied()) {
            message = format!("unknown key, did you mean `{meant}`?");
        }
        self.document.note(
            self.document.line(key.span().start),
            self.path_of(&shown_key(name)),
            message,
            self.keys.join(", "),
        );
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        debug_assert!(self.keys.contains(&key), "{key} is missing in the section's list of keys");
        self.table?.get(key)
    }

    /// The key's line, or the header's if it is absent.
    pub(super) fn line_of(&self, key: &str) -> usize {
        match self.table.and_then(|table| table.get_key_value(key)) {
            Some((key, _)) => self.document.line(key.span().start),
            None => self.line,
        }
    }

    /// Whether the key was typed at all, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    pub(super) fn note(&self, key: &str, message: impl Into<String>, allowed: impl Into<String>) {
        self.document.note(self.line_of(key), self.path_of(key), message.into(), allowed.into());
    }

    /// A text without control characters and of at most `chars_max` characters.
    pub(super) fn text(&self, key: &str, chars_max: usize) -> Option<&'d str> {
        let value = self.value(key)?;
        let allowed = format!("a text in quotes, at most {chars_max} characters");
        let DeValue::String(text) = value.get_ref() else {
            self.note(key, wrong_type(value.get_ref()), allowed);
            return None;
        };
        if text.chars().count() > chars_max {
            self.note(key, "is too long", allowed);
        } else if text.chars().any(char::is_control) {
            self.note(key, "holds a control character, such as a line break", allowed);
        } else {
            return Some(text);
        }
        None
    }

    /// A text that means something: `parse` answers what, or what is wrong with it.
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        /// Nothing of this kind is longer: addresses, sizes, names of devices.
        const CHARS_MAX: usize = 1024;
        if let Some(value) = self.value(key).map(Spanned::get_ref)
            && !value.is_str()
        {
            self.note(key, wrong_type(value), allowed);
            return None;
        }
        let text = self.text(key, CHARS_MAX)?;
        parse(text).map_err(|message| self.note(key, message, allowed)).ok()
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let allowed: Vec<String> = words.iter().map(|(word, _)| quoted(word)).collect();
        self.parsed(key, &allowed.join(" or "), |text| {
            let meant = words.iter().find(|(word, _)| *word == text);
            meant.map(|(_, value)| *value).ok_or_else(|| format!("is {}", quoted(text)))
        })
    }

    pub(super) fn number(&self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.value(key)?.get_ref();
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(integer) = value else {
            self.note(key, wrong_type(value), allowed);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        let fits = number.filter(|number| range.contains(number));
        if fits.is_none() {
            // A number of thousands of digits is TOML, too.
            let typed = if integer.as_str().len() > 20 { "this".to_owned() } else { integer.to_string() };
            self.note(key, format!("{typed} is out of range"), allowed);
        }
        fits
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.value(key)?.get_ref();
        if value.as_bool().is_none() {
            self.note(key, wrong_type(value), "true or false, without quotes");
        }
        value.as_bool()
    }

    /// A list of texts, each parsed; `count_max` bounds it.
    pub(super) fn list<T>(
        &self,
        key: &str,
        count_max: usize,
        allowed: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let value = self.value(key)?.get_ref();
        let Some(items) = value.as_array() else {
            self.note(key, wrong_type(value), format!("a list such as [\"…\"] of {allowed}"));
            return None;
        };
        if items.len() > count_max {
            self.note(key, "has too many entries", format!("at most {count_max}"));
            return None;
        }
        let parsed = items.iter().enumerate().filter_map(|(index, item)| {
            let outcome = item.get_ref().as_str().map_or_else(|| Err(wrong_type(item.get_ref())), &parse);
            outcome.map_err(|message| self.note_item(key, index, item, message, allowed)).ok()
        });
        Some(parsed.collect())
    }

    fn note_item(
        &self,
        key: &str,
        index: usize,
        item: &Spanned<DeValue<'_>>,
        message: String,
        allowed: &str,
    ) {
        let line = self.document.line(item.span().start);
        self.document.note(
            line,
            format!("{}[{}]", self.path_of(key), index + 1),
            message,
            allowed.to_owned(),
        );
    }

    /// The table `[key]`; one without keys if it is absent.
    pub(super) fn section(&self, key: &str, keys: &'static [&'static str]) -> Section<'d> {
        let table = self.value(key).and_then(|value| {
            if !value.get_ref().is_table() {
                self.note(key, wrong_type(value.get_ref()), format!("a section [{key}]"));
            }
            value.get_ref().as_table()
        });
        Section::new(self.document, self.path_of(key), self.line_of(key), keys, table)
    }

    /// The tables `[[key]]`, at most `count_max` of them.
    pub(super) fn sections(
        &self,
        key: &str,
        keys: &'static [&'static str],
        count_max: usize,
    ) -> Vec<Section<'d>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.note(
                key,
                wrong_type(value.get_ref()),
                format!("sections [[{key}]], in two pairs of brackets"),
            );
            return Vec::new();
        };
        if items.len() > count_max {
            self.note(key, format!("there are {} of them", items.len()), format!("at most {count_max}"));
        }
        let sections = items.iter().take(count_max).enumerate().filter_map(|(index, item)| {
            let Some(table) = item.get_ref().as_table() else {
                self.note_item(key, index, item, wrong_type(item.get_ref()), &format!("a section [[{key}]]"));
                return None;
            };
            let line = self.document.line(item.span().start);
            let path = format!("{}[{}]", self.path_of(key), index + 1);
            Some(Section::new(self.document, path, line, keys, Some(table)))
        });
        sections.collect()
    }

    /// The tables `[key.NAME]` with their names.
    pub(super) fn named_sections(
        &self,
        key: &str,
        keys: &'static [&'static str],
        count_max: usize,
    ) -> Vec<(&'d str, Section<'d>)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.note(key, wrong_type(value.get_ref()), format!("sections [{key}.NAME]"));
            return Vec::new();
        };
        if table.len() > count_max {
            self.note(key, format!("there are {} of them", table.len()), format!("at most {count_max}"));
        }
        let sections = table.iter().take(count_max).filter_map(|(name, value)| {
            let path = format!("{}.{}", self.path_of(key), shown_key(name.get_ref()));
            let line = self.document.line(name.span().start);
            let Some(table) = value.get_ref().as_table() else {
                let allowed = format!("a section [{path}]");
                self.document.note(line, path, wrong_type(value.get_ref()), allowed);
                return None;
            };
            Some((name.get_ref().as_ref(), Section::new(self.document, path, line, keys, Some(table))))
        });
        sections.collect()
    }

    /// Notes something about the section itself.
    pub(super) fn note_self(&self, message: impl Into<String>, allowed: impl Into<String>) {
        self.document.note(self.line, self.path.clone(), message.into(), allowed.into());
    }
}

/// A bare key as it is, any other in quotes.
fn shown_key(name: &str) -> String {
    let bare = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-');
    if bare && !name.is_empty() && name.len() <= 64 { name.to_owned() } else { quoted(name) }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a decimal point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

fn wrong_type(value: &DeValue<'_>) -> String {
    format!("is {}", kind(value))
}
