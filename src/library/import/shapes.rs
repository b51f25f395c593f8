//! The shapes in which versions of the old server and its users wrote the same thing. Pure.

use serde_json::Value;

/// Lists within a file that has more in it.
const WITHIN: [&str; 4] = ["videos", "files", "data", "items"];
/// What an entry of a list calls its file.
const NAMES: [&str; 6] = ["file", "filename", "name", "path", "video", "id"];

/// What is said about which name; and what is odd, in words. `within`: as the list may be called inside the file.
pub(super) fn entries(
    value: &Value,
    within: &str,
    is_file: impl Fn(&str) -> bool,
) -> (Vec<(String, Value)>, Vec<String>) {
    let (mut entries, mut odd) = (Vec::new(), Vec::new());
    match value {
        Value::Object(object) => {
            let list = object.iter().find(|(key, value)| {
                let named = key.eq_ignore_ascii_case(within) || WITHIN.contains(&key.as_str());
                named && (value.is_object() || value.is_array()) && !is_file(key)
            });
            match list {
                Some((_, list)) => return self::entries(list, within, is_file),
                None if is_inverted(value, &is_file) => inverted(value, &mut entries, &mut odd),
                None => entries.extend(object.iter().map(|(name, value)| (name.clone(), value.clone()))),
            }
        }
        Value::Array(list) => {
            for entry in list {
                match named(entry) {
                    Some(entry) => entries.push(entry),
                    None => odd.push(format!("{entry} names no file")),
                }
            }
        }
        _ => odd.push("it has another shape than the old server wrote".to_owned()),
    }
    (entries, odd)
}

/// An entry of a list: a name alone, a name and a value, or an object that has both.
fn named(entry: &Value) -> Option<(String, Value)> {
    match entry {
        Value::String(name) => Some((name.clone(), Value::Bool(true))),
        Value::Array(pair) => match &pair[..] {
            [Value::String(name), value] => Some((name.clone(), value.clone())),
            _ => None,
        },
        Value::Object(object) => {
            let name = NAMES.iter().find_map(|key| object.get(*key)?.as_str())?;
            Some((name.to_owned(), entry.clone()))
        }
        _ => None,
    }
}

/// Whether it lists files by tag, not tags by file: its keys are no files, and something in its lists is.
fn is_inverted(value: &Value, is_file: &impl Fn(&str) -> bool) -> bool {
    let Some(object) = value.as_object() else { return false };
    let lists = || object.values().filter_map(Value::as_array);
    let mut listed = lists().flatten().filter_map(Value::as_str);
    object.values().all(Value::is_array) && !object.keys().any(|key| is_file(key)) && listed.any(is_file)
}

fn inverted(value: &Value, entries: &mut Vec<(String, Value)>, odd: &mut Vec<String>) {
    for (tag, files) in value.as_object().into_iter().flatten() {
        for file in files.as_array().into_iter().flatten() {
            match file.as_str() {
                Some(file) => entries.push((file.to_owned(), Value::Array(vec![Value::from(tag.as_str())]))),
                None => odd.push(format!("{tag}: {file} names no file")),
            }
        }
    }
}

/// A number, also as text, or in an object under one of these keys.
pub(super) fn number(value: &Value, keys: &[&str]) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Value::Object(object) => number(keys.iter().find_map(|key| object.get(*key))?, &[]),
        _ => None,
    }
}

pub(super) fn truth(value: &Value, keys: &[&str]) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" | "" => Some(false),
            _ => None,
        },
        // One that is in the list without a word is meant.
        Value::Object(object) => match keys.iter().find_map(|key| object.get(*key)) {
            Some(value) => truth(value, &[]),
            None => Some(true),
        },
        _ => None,
    }
}

/// Texts, in a list or between commas; and what of the list is none, in words.
pub(super) fn texts(value: &Value, keys: &[&str]) -> Option<(Vec<String>, Vec<String>)> {
    match value {
        Value::Array(list) => {
            let texts = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let odd = list
                .iter()
                .filter(|value| !value.is_string())
                .map(|value| format!("{value}, which is no text"));
            Some((texts, odd.collect()))
        }
        Value::String(text) => {
            let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
            Some((texts.map(str::to_owned).collect(), Vec::new()))
        }
        Value::Object(object) => texts(keys.iter().find_map(|key| object.get(*key))?, &[]),
        _ => None,
    }
}
