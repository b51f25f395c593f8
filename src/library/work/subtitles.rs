//! Subtitles as text: read from SubRip (.srt) or WebVTT, written as WebVTT, which browsers show. Pure, but for
//! [`read_file`].
//!
//! What is written is made from cues alone, whatever stood around them: no styles, no regions, no notes.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::path::Path;

/// A film of three hours has some 200 KB.
pub const BYTES_MAX: usize = 4 << 20;
const CUES_MAX: usize = 50_000;
/// Of one cue: more than any screen holds.
const CUE_CHARS_MAX: usize = 2000;
/// `99:59:59.999`.
const TIME_MS_MAX: u64 = 100 * 3600 * 1000 - 1;
/// Tags that both kinds have; all others are left out.
const TAGS: [&str; 6] = ["<b>", "</b>", "<i>", "</i>", "<u>", "</u>"];

/// What is shown from when to when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    pub start_ms: u64,
    pub end_ms: u64,
    /// As WebVTT has it: escaped, with [`TAGS`], no empty lines.
    pub text: String,
}

impl Cue {
    /// `None` if it shows nothing. `markup`: text with tags and with `&amp;` and its like; else every sign stands for
    /// itself.
    pub fn new(start_ms: u64, end_ms: u64, text: &str, markup: bool) -> Option<Self> {
        // First: what they stand between belongs together once they are gone.
        let text: String = text.chars().filter(|char| *char == '\n' || !char.is_control()).collect();
        let text = if markup { from_markup(&text) } else { escape(&text) };
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = lines.join("\n");
        let shown = !text.is_empty() && start_ms < end_ms && start_ms <= TIME_MS_MAX;
        shown.then_some(Self { start_ms, end_ms: end_ms.min(TIME_MS_MAX), text })
    }
}

/// By its name.
pub fn is_subtitles(file_name: &str) -> bool {
    let ext = file_name.rsplit_once('.').map_or("", |(_, ext)| ext);
    ["srt", "vtt"].iter().any(|known| ext.eq_ignore_ascii_case(known))
}

/// Reads a file of either kind.
pub fn read_file(path: &Path) -> io::Result<Vec<Cue>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "subtitles of more than 4 MiB"));
    }
    Ok(read(&decode(&bytes)))
}

/// UTF-8, UTF-16 if it says so, else Windows-1252, which is what old files are.
pub(in crate::library) fn decode(bytes: &[u8]) -> String {
    let wide = |pair: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|two| pair([two[0], two[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => bytes.iter().map(|byte| from_windows_1252(*byte)).collect(),
        },
    }
}

fn from_windows_1252(byte: u8) -> char {
    /// 0x80 to 0x9f, where it differs from Latin-1; unassigned ones are left as they are.
    const DIFFERENT: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => DIFFERENT[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Cues of SubRip or WebVTT: both are blocks of lines with a line of times in each.
pub fn read(text: &str) -> Vec<Cue> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut cues = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((start, end)) = times(line) else { continue };
        let mut shown = String::new();
        while let Some(line) = lines.next_if(|line| !line.trim().is_empty() && times(line).is_none()) {
            // The number of the next cue, where the empty line before it is missing.
            if lines.peek().is_some_and(|next| times(next).is_some()) && line.trim().parse::<u32>().is_ok() {
                break;
            }
            shown.push_str(line);
            shown.push('\n');
        }
        cues.extend(Cue::new(start, end, &shown, true));
        if cues.len() == CUES_MAX {
            break;
        }
    }
    cues.sort_by_key(|cue| cue.start_ms);
    cues
}

/// `00:01:02,345 --> 00:01:04,000`, with more behind it or not.
fn times(line: &str) -> Option<(u64, u64)> {
    let (start, rest) = line.split_once("-->")?;
    Some((time(start.trim())?, time(rest.split_whitespace().next()?)?))
}

/// `1:02:03,456`, `02:03.456`.
fn time(text: &str) -> Option<u64> {
    let (whole, millis) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let digits = |text: &str| -> Option<u64> {
        let fits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse().ok()).flatten()
    };
    let mut parts = whole.rsplit(':').map(digits);
    let (seconds, minutes) = (parts.next()??, parts.next()??);
    let hours = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() || seconds > 59 || minutes > 59 {
        return None;
    }
    // `,5` is half a second, `,50` too.
    let millis = digits(millis)? * [1000, 100, 10, 1, 0][millis.len().min(4)];
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
}

/// The whole file.
pub fn write_vtt(cues: &[Cue]) -> String {
    let mut vtt = "WEBVTT\n".to_owned();
    for cue in cues {
        let (start, end) = (shown(cue.start_ms), shown(cue.end_ms));
        write!(vtt, "\n{start} --> {end}\n{}\n", cue.text).expect("a String takes everything");
    }
    vtt
}

fn shown(ms: u64) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Text in which every sign stands for itself.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for char in text.chars().take(CUE_CHARS_MAX) {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            // Also so that no `-->` can stand in it.
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Known tags stay, others go; what only looks like a tag is text. `{\an8}` and its like of SubRip go, too.
fn from_markup(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '{', '&']) {
        push(&mut kept, &rest[..at]);
        rest = &rest[at..];
        let len = if rest.starts_with("{\\") {
            rest.find('}').map_or(1, |end| end + 1)
        } else if let Some(entity) = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity)) {
            push(&mut kept, entity.1);
            entity.0.len()
        } else if let Some(tag) = tag(rest) {
            if let Some(known) = TAGS.iter().find(|known| known.eq_ignore_ascii_case(tag)) {
                kept.push_str(known);
            }
            tag.len()
        } else {
            push(&mut kept, &rest[..1]);
            1
        };
        rest = &rest[len..];
    }
    push(&mut kept, rest);
    if kept.chars().count() > CUE_CHARS_MAX { String::new() } else { kept }
}

/// A brace before a backslash, where what stood between them is gone, would be read as the begin of a tag.
fn push(kept: &mut String, text: &str) {
    while text.starts_with('\\') && kept.ends_with('{') {
        kept.pop();
    }
    kept.push_str(&escape(text));
}

const ENTITIES: [(&str, &str); 7] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&nbsp;", "\u{a0}"),
];

/// The tag at the beginning, such as `</font>` or `<00:01.000>`; `None` if it only looks like one, as in `a < b`.
fn tag(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('<')?;
    let first = inside.strip_prefix('/').unwrap_or(inside).chars().next()?;
    let end = inside.find(['>', '<', '\n'])?;
    (first.is_ascii_alphanumeric() && inside.as_bytes()[end] == b'>').then(|| &text[..end + 2])
}

/// The text of an event of Advanced SubStation Alpha, as Matroska has it: eight fields, then the text.
pub fn from_ass(event: &str) -> String {
    let text = event.splitn(9, ',').nth(8).unwrap_or_default();
    let mut kept = String::new();
    let mut inside = false;
    for char in text.chars() {
        match char {
            '{' => inside = true,
            '}' if inside => inside = false,
            _ if inside => {}
            other => kept.push(other),
        }
    }
    kept.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u{a0}")
}

/// A language's code as BCP 47 has it, from what stands in files: `en`, `pt-BR`, `ger`. `None` if it is none.
pub fn language(code: &str) -> Option<String> {
    let mut parts = code.split(['-', '_']);
    let first = parts.next()?.to_ascii_lowercase();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !(2..=3).contains(&first.len())
        || !first.bytes().all(|byte| byte.is_ascii_lowercase())
        || first == "und"
    {
        return None;
    }
    let rest: Vec<&str> = parts.collect();
    if rest.len() > 2 || rest.iter().any(|part| !(2..=8).contains(&part.len()) || !letters(part)) {
        return None;
    }
    // Containers have codes of three letters; browsers know some only by two (ISO 639-2 to 639-1).
    const SHORT: [(&str, &str); 20] = [
        ("eng", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("fre", "fr"),
        ("fra", "fr"),
        ("spa", "es"),
        ("ita", "it"),
        ("por", "pt"),
        ("dut", "nl"),
        ("nld", "nl"),
        ("pol", "pl"),
        ("rus", "ru"),
        ("jpn", "ja"),
        ("chi", "zh"),
        ("zho", "zh"),
        ("tur", "tr"),
        ("swe", "sv"),
        ("dan", "da"),
        ("cze", "cs"),
        ("ces", "cs"),
    ];
    let first = SHORT.iter().find(|(long, _)| *long == first).map_or(first.as_str(), |(_, short)| short);
    Some(std::iter::once(first).chain(rest).collect::<Vec<_>>().join("-"))
}

/// The name of the video that a file of subtitles belongs to, without its ending, and its language:
/// `Film.pt-BR.srt` → `Film`, `pt-BR`. The name itself comes first: a film may be called `Amélie.fr`.
pub fn names(file_name: &str) -> Vec<(String, String)> {
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let Some((stem, _)) = base.rsplit_once('.') else { return Vec::new() };
    let mut names = vec![(stem.to_owned(), String::new())];
    let mut rest = stem;
    // `Film.en.forced.srt`
    for _ in 0..2 {
        let Some((shorter, word)) = rest.rsplit_once('.') else { break };
        let kind = ["forced", "sdh", "cc", "default"].iter().any(|kind| word.eq_ignore_ascii_case(kind));
        match language(word) {
            Some(language) => {
                names.push((shorter.to_owned(), language));
                break;
            }
            None if kind => rest = shorter,
            None => break,
        }
    }
    names
}

#[cfg(test)]
mod tests;
