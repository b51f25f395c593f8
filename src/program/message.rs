//! What is shown at once and over everything: a text, a playlist, or both.

use super::Wrong;

/// Two lines that can be read from 5 m.
pub const TEXT_CHARS_MAX: usize = 300;
/// A week; what is longer belongs into the schedule.
pub const MINUTES_MAX: u32 = 7 * 24 * 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Never given twice.
    pub id: i64,
    pub text: Option<String>,
    pub playlist: Option<i64>,
    /// `None`: all.
    pub screens: Option<Vec<i64>>,
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// `None`: until it is taken back.
    pub until_ms: Option<i64>,
}

impl Message {
    pub fn check(&self) -> Result<(), Wrong> {
        let text = self.text.as_deref();
        if text.is_some_and(|text| text.is_empty() || text.chars().count() > TEXT_CHARS_MAX) {
            return Err(Wrong::new("text", "1 to 300 characters"));
        }
        if text.is_none() && self.playlist.is_none() {
            return Err(Wrong::new("text", "given, or a playlist"));
        }
        if self
            .screens
            .as_ref()
            .is_some_and(|screens| screens.is_empty() || screens.len() > super::TARGETS_MAX)
        {
            return Err(Wrong::new("screens", "1 to 500 ids of screens, or null for all"));
        }
        Ok(())
    }

    /// Whether it is for this screen, at some time.
    pub(super) fn is_for(&self, screen: i64) -> bool {
        self.screens.as_ref().is_none_or(|screens| screens.contains(&screen))
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
        let message = Message {
            id: 1,
            text: Some("Closing in 10 minutes".to_owned()),
            playlist: None,
            screens: None,
            from_ms: 1000,
            until_ms: Some(2000),
        };
        assert_eq!(message.check(), Ok(()));
        assert!(!message.is_over(1999) && message.is_over(2000) && message.is_for(7));
        let what = |message: Message| message.check().err().map(|wrong| wrong.what);
        assert_eq!(what(Message { text: None, ..message.clone() }), Some("text"));
        assert_eq!(what(Message { text: None, playlist: Some(1), ..message.clone() }), None);
        assert_eq!(what(Message { text: Some("x".repeat(301)), ..message.clone() }), Some("text"));
        let some = Message { screens: Some(vec![3]), ..message.clone() };
        assert!(some.is_for(3) && !some.is_for(7));
        assert_eq!(what(Message { screens: Some(Vec::new()), ..message }), Some("screens"));
    }
}
