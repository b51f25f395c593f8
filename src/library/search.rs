//! Finding by a text: each of its words anywhere in a name or in the tags, in any script.
//!
//! The index holds pairs of neighbouring letters, since not every script has words that a tokenizer could tell, and since
//! people type the middle of a word: a text is a phrase of pairs. Letters are written as numbers, so that FTS5, which
//! knows no pictographs, takes them all. A word that is found nowhere is taken for mistyped.

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::error::Error;
use super::fold::folded;

/// Words of a search that are looked at.
const WORDS_MAX: usize = 16;
/// The newest matches of a search that are sorted; who has more types another letter.
const MATCHES_MAX: usize = 2000;
/// Shorter words are close to too many others.
const MISTYPED_CHARS_MIN: usize = 4;
/// The newest assets that are looked at for a mistyped word: 10,000 comparisons take some 10 ms.
const CANDIDATES_MAX: usize = 10_000;

/// How many of a search's matches are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Matches {
    /// [`MATCHES_MAX`]: for a page.
    Newest,
    All,
}

/// What a search asks of each asset.
pub(super) struct Search {
    /// All of them, with the values that they name in their order.
    pub(super) conditions: Vec<String>,
    pub(super) values: Vec<Value>,
    /// A word was found nowhere: what is found is spelt like it.
    pub(super) similar: bool,
}

/// `None`: the text has no words.
pub(super) fn search(connection: &Connection, text: &str, matches: Matches) -> Result<Option<Search>, Error> {
    let text = folded(text);
    let mut search = Search { conditions: Vec::new(), values: Vec::new(), similar: false };
    let mut phrases = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()).take(WORDS_MAX) {
        let phrase = phrase(word);
        let mut found = connection.prepare_cached("SELECT 1 FROM search WHERE search MATCH ? LIMIT 1")?;
        if word.chars().count() < MISTYPED_CHARS_MIN || found.exists([&phrase])? {
            phrases.push(phrase);
            continue;
        }
        search.similar = true;
        search.conditions.push("id IN (SELECT value FROM json_each(?))".to_owned());
        search.values.push(format!("{:?}", like(connection, word)?).into());
    }
    if !phrases.is_empty() {
        let newest = format!(" ORDER BY rowid DESC LIMIT {MATCHES_MAX}");
        let most = if matches == Matches::Newest { &newest } else { "" };
        search.conditions.push(format!("id IN (SELECT rowid FROM search WHERE search MATCH ?{most})"));
        search.values.push(phrases.join(" ").into());
    }
    Ok((!search.conditions.is_empty()).then_some(search))
}

/// Brings the index of an asset up to date.
pub(super) fn index(connection: &Connection, id: i64) -> Result<(), Error> {
    let mut named = connection.prepare_cached(&format!("SELECT name, {TAGS} FROM assets a WHERE id = ?"))?;
    let (name, tags): (String, Option<String>) =
        named.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO search (rowid, name, tags) VALUES (?, ?, ?)")?
        .execute(params![id, pairs(&name), pairs(&tags.unwrap_or_default())])?;
    Ok(())
}

const TAGS: &str =
    "(SELECT group_concat(name, ' ') FROM asset_tags JOIN tags ON tags.id = tag WHERE asset = a.id)";

/// The newest assets with a word that begins almost like this: with one letter more, less, another, or two changed over.
fn like(connection: &Connection, word: &str) -> Result<Vec<i64>, Error> {
    let letters: Vec<char> = word.chars().collect();
    let middle = letters.len() / 2;
    // One mistake leaves one half as it is, unless it is just where they meet.
    let mut turned = letters.clone();
    turned.swap(middle - 1, middle);
    let parts =
        [&letters[..middle], &letters[middle..], &turned].map(|part| phrase(&String::from_iter(part)));
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, name, {TAGS} FROM assets a WHERE id IN
            (SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT {CANDIDATES_MAX})
         ORDER BY id DESC"
    ))?;
    let mut rows = statement.query([parts.join(" OR ")])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, tags): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        let text = folded(&format!("{name} {}", tags.unwrap_or_default()));
        if found.len() < MATCHES_MAX && text.split(' ').any(|other| begins_like(other, &letters)) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// The text's pairs of letters, each word's last letter with none behind it.
fn pairs(text: &str) -> String {
    let mut pairs = String::new();
    for word in folded(text).split(' ') {
        let mut letters = word.chars().peekable();
        while let Some(letter) = letters.next() {
            write_letter(&mut pairs, letter as u32);
            write_letter(&mut pairs, letters.peek().map_or(0, |next| *next as u32));
            pairs.push(' ');
        }
    }
    pairs
}

/// A word, which is not empty, as FTS5 is asked for it. Of a single letter: each pair that begins with it.
fn phrase(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut phrase = "\"".to_owned();
    for pair in letters.windows(2) {
        write_letter(&mut phrase, pair[0] as u32);
        write_letter(&mut phrase, pair[1] as u32);
        phrase.push(' ');
    }
    if let [letter] = letters[..] {
        write_letter(&mut phrase, letter as u32);
        return phrase + "\"*";
    }
    phrase + "\""
}

/// Four digits to the base of 36, which are enough for every letter of Unicode (36^4 > 0x10ffff).
fn write_letter(to: &mut String, letter: u32) {
    for place in [36 * 36 * 36, 36 * 36, 36, 1] {
        to.extend(char::from_digit(letter / place % 36, 36));
    }
}

/// Whether a beginning of `word` becomes `typed` by no more than one letter more, less, another, or two changed over
/// (optimal string alignment distance).
fn begins_like(word: &str, typed: &[char]) -> bool {
    let word: Vec<char> = word.chars().take(typed.len() + 1).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (at, letter) in typed.iter().enumerate() {
        let mut next = vec![at + 1];
        for (place, other) in word.iter().enumerate() {
            let mut least =
                (row[place] + usize::from(letter != other)).min(row[place + 1] + 1).min(next[place] + 1);
            if at > 0 && place > 0 && *letter == word[place - 1] && typed[at - 1] == *other {
                least = least.min(before[place - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.into_iter().any(|distance| distance <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mistake_is_forgiven_and_two_are_not() {
        let check = |word: &str, typed: &str| begins_like(word, &typed.chars().collect::<Vec<_>>());
        for (word, typed) in [
            ("summer", "summer"),
            ("summer", "sumer"),
            ("summer", "sommer"),
            ("summer", "usmmer"),
            ("summer", "summmer"),
            ("summertime", "sumemr"),
            ("sum", "summ"),
        ] {
            assert!(check(word, typed), "{typed} for {word}");
        }
        for (word, typed) in [("summer", "somer"), ("winter", "summer"), ("", "four"), ("midsummer", "sumer")]
        {
            assert!(!check(word, typed), "{typed} for {word}");
        }
    }

    #[test]
    fn a_word_is_a_phrase_of_its_pairs() {
        assert_eq!(pairs("ab c"), "002p002q 002q0000 002r0000 ");
        assert_eq!(phrase("ab"), "\"002p002q \"");
        assert_eq!(phrase("a"), "\"002p\"*");
        assert_eq!(pairs("\u{10ffff}").len(), 9);
    }
}
