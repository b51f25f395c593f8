//! What is shown at once and over everything: a text, a playlist, or both.

use super::Wrong;
use super::window::Target;

/// Two lines that can be read from 5 m.
pub const TEXT_CHARS_MAX: usize = 300;
/// A week; what is longer belongs into the schedule.
const MINUTES_MAX: u32 = 7 * 24 * 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Never given twice.
    pub id: i64,
    pub shown: Shown,
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// `None`: until it is taken back.
    pub until_ms: Option<i64>,
}

/// What a message shows, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub text: Option<String>,
    pub playlist: Option<i64>,
    pub target: Target,
}

/// A message that is kept, to be shown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Never given twice.
    pub id: i64,
    pub name: String,
    pub shown: Shown,
    /// `None`: until it is taken back.
    pub minutes: Option<u32>,
}

impl Shown {
    pub fn check(&self) -> Result<(), Wrong> {
        let text = self.text.as_deref();
        if text.is_some_and(|text| text.is_empty() || text.chars().count() > TEXT_CHARS_MAX) {
            return Err(Wrong::new("text", "1 to 300 characters"));
        }
        if text.is_none() && self.playlist.is_none() {
            return Err(Wrong::new("text", "given, or a playlist"));
        }
        self.target.check()
    }
}

/// How long a message is shown.
pub fn check_minutes(minutes: Option<u32>) -> Result<(), Wrong> {
    match minutes {
        Some(1..=MINUTES_MAX) | None => Ok(()),
        Some(_) => Err(Wrong::new("minutes", "1 to 10080, or null")),
    }
}

impl Message {
    /// On all screens until it is taken back.
    pub fn of_text(text: String, from_ms: i64) -> Self {
        let shown = Shown { text: Some(text), playlist: None, target: Target::of(None, None) };
        Self { id: 0, shown, from_ms, until_ms: None }
    }

    pub fn is_over(&self, now_ms: i64) -> bool {
        self.until_ms.is_some_and(|until| until <= now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_or_shows_something_to_somebody() {
        let message =
            Message { until_ms: Some(2000), ..Message::of_text("Closing in 10 minutes".to_owned(), 1000) };
        assert!(!message.is_over(1999) && message.is_over(2000));
        let shown = message.shown;
        assert_eq!(shown.check(), Ok(()));
        let what = |shown: Shown| shown.check().err().map(|wrong| wrong.what);
        assert_eq!(what(Shown { text: None, ..shown.clone() }), Some("text"));
        assert_eq!(what(Shown { text: None, playlist: Some(1), ..shown.clone() }), None);
        assert_eq!(what(Shown { text: Some("x".repeat(301)), ..shown.clone() }), Some("text"));
        let on = |screens, groups| Shown { target: Target::of(screens, groups), ..shown.clone() };
        assert_eq!(what(on(Some(Vec::new()), Some(vec![3]))), None);
        assert_eq!(what(on(Some(Vec::new()), None)), Some("screens"));
        assert_eq!(what(on(None, Some(Vec::new()))), Some("screens"));
    }

    #[test]
    fn a_message_is_shown_for_a_week_at_most() {
        assert_eq!(check_minutes(None), Ok(()));
        assert_eq!(check_minutes(Some(10_080)), Ok(()));
        for wrong in [0, 10_081, u32::MAX] {
            assert_eq!(check_minutes(Some(wrong)).map_err(|wrong| wrong.what), Err("minutes"));
        }
    }
}
