//! The JSON types of what the dashboard sees and changes of screens, the schedule, the message and plays.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};

use super::wire::rfc_3339;
use super::wire_program::Item;
use crate::draw;
use crate::library::signage::PlayRow;
use crate::program::{self, Shown, Target, Window};

#[derive(Serialize)]
pub(super) struct Screens {
    pub screens: Vec<Screen>,
    pub idle: Idle,
}

/// What is shown while nothing is scheduled.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Idle {
    /// `splash`, `dark`, `playlist` or `asset`.
    pub show: String,
    /// Of the playlist or the asset.
    pub id: Option<i64>,
}

impl From<program::Idle> for Idle {
    fn from(idle: program::Idle) -> Self {
        let (show, id) = idle.parts();
        Self { show: show.to_owned(), id }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditScreens {
    pub idle: Idle,
}

#[derive(Serialize)]
pub(super) struct EditedScreens {
    pub idle: Idle,
}

#[derive(Serialize)]
pub(super) struct Screen {
    pub id: i64,
    pub name: String,
    pub code: String,
    /// `web` or `hdmi`.
    pub kind: &'static str,
    pub connector: Option<String>,
    pub group: Option<i64>,
    /// Null: what all screens show.
    pub idle: Option<Idle>,
    pub active: bool,
    pub last_seen: Option<String>,
    /// Since when the item is on.
    pub since: Option<String>,
    pub playing: Option<String>,
    /// Null while it is not active.
    pub state: Option<&'static str>,
    pub browser: Option<String>,
    pub width: u32,
    pub height: u32,
    pub dropped_frames: u64,
    pub offset_ms: Option<i64>,
    /// How late what it showed was at most, since its report before.
    pub late_ms: Option<i64>,
    /// What it leaves out, since it can't play it.
    pub problem: Option<String>,
    pub address: Option<String>,
    pub screenshot: Option<String>,
    /// When the screen was asked for it.
    pub screenshot_at: Option<String>,
    /// What the TV at an HDMI port says it is: `on` or `standby`; null if it does not say.
    pub power: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditScreen {
    pub name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub group: Option<Option<i64>>,
    /// Null: what all screens show.
    #[serde(default, deserialize_with = "given")]
    pub idle: Option<Option<Idle>>,
}

/// Where null is not the same as nothing.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

#[derive(Serialize)]
pub(super) struct Asked {
    pub id: u64,
}

#[derive(Serialize)]
pub(super) struct Groups {
    pub groups: Vec<Group>,
}

#[derive(Serialize)]
pub(super) struct Group {
    pub id: i64,
    pub name: String,
    pub screens: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditGroup {
    pub name: Option<String>,
    pub screens: Option<Vec<i64>>,
}

#[derive(Serialize)]
pub(super) struct Windows {
    pub windows: Vec<OneWindow>,
}

#[derive(Serialize)]
pub(super) struct OneWindow {
    id: i64,
    playlist: Option<i64>,
    screens: Vec<i64>,
    groups: Vec<i64>,
    everywhere: bool,
    days: Vec<&'static str>,
    from: String,
    until: String,
    first: Option<String>,
    last: Option<String>,
    priority: u8,
}

impl From<&Window> for OneWindow {
    fn from(window: &Window) -> Self {
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        Self {
            id: window.id,
            playlist: window.playlist,
            screens: window.target.screens.clone(),
            groups: window.target.groups.clone(),
            everywhere: window.target.everywhere,
            days: window.days.names(),
            from: time(window.from),
            until: time(window.until),
            first: window.first.map(|date| date.to_string()),
            last: window.last.map(|date| date.to_string()),
            priority: window.priority,
        }
    }
}

/// A change of a window, or a new one. What is not given stays as it is.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditWindow {
    #[serde(default, rename = "id")]
    _id: serde::de::IgnoredAny,
    #[serde(default, deserialize_with = "given")]
    pub playlist: Option<Option<i64>>,
    pub screens: Option<Vec<i64>>,
    pub groups: Option<Vec<i64>>,
    pub everywhere: Option<bool>,
    pub days: Option<Vec<String>>,
    pub from: Option<String>,
    pub until: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub first: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub last: Option<Option<String>>,
    pub priority: Option<u8>,
}

#[derive(Serialize)]
pub(super) struct ProgramAt<'a> {
    pub at: String,
    pub state: &'static str,
    pub playlist: Option<i64>,
    pub name: &'a str,
    pub window: Option<i64>,
    pub item: Option<Item<'a>>,
    pub position_ms: Option<u64>,
    pub until: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Week<'a> {
    pub segments: Vec<WeekSegment<'a>>,
}

#[derive(Serialize)]
pub(super) struct WeekSegment<'a> {
    pub from: String,
    pub until: String,
    pub window: Option<i64>,
    pub playlist: Option<i64>,
    /// The playlist's; empty for standby and nothing.
    pub name: &'a str,
}

#[derive(Serialize)]
pub(super) struct Message {
    id: i64,
    text: Option<String>,
    /// Of the text, those that a TV at the box's ports can't show.
    letters_missing: String,
    playlist: Option<i64>,
    /// Both null: all screens.
    screens: Option<Vec<i64>>,
    groups: Option<Vec<i64>>,
    from: String,
    until: Option<String>,
}

impl Message {
    pub(super) fn new(message: program::Message, zone: &TimeZone) -> Self {
        let Shown { text, playlist, target } = message.shown;
        let (screens, groups) = narrowed(target);
        Self {
            id: message.id,
            letters_missing: draw::letters_missing(text.as_deref().unwrap_or_default()),
            text,
            playlist,
            screens,
            groups,
            from: time_ms(message.from_ms, zone),
            until: message.until_ms.map(|until| time_ms(until, zone)),
        }
    }
}

/// Screens and groups; nulls for all screens.
fn narrowed(target: Target) -> (Option<Vec<i64>>, Option<Vec<i64>>) {
    let Target { everywhere, screens, groups } = target;
    ((!everywhere).then_some(screens), (!everywhere).then_some(groups))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutMessage {
    /// Shown as it was kept; nothing else is given then.
    pub template: Option<i64>,
    pub text: Option<String>,
    pub playlist: Option<i64>,
    pub screens: Option<Vec<i64>>,
    pub groups: Option<Vec<i64>>,
    pub minutes: Option<u32>,
}

impl PutMessage {
    pub(super) const fn is_template_alone(&self) -> bool {
        let what = self.text.is_none() && self.playlist.is_none() && self.minutes.is_none();
        what && self.screens.is_none() && self.groups.is_none()
    }
}

#[derive(Serialize)]
pub(super) struct Templates {
    pub templates: Vec<Template>,
}

#[derive(Serialize)]
pub(super) struct Template {
    id: i64,
    name: String,
    text: Option<String>,
    playlist: Option<i64>,
    /// Both null: all screens.
    screens: Option<Vec<i64>>,
    groups: Option<Vec<i64>>,
    minutes: Option<u32>,
}

impl From<program::Template> for Template {
    fn from(template: program::Template) -> Self {
        let program::Template { id, name, shown, minutes } = template;
        let (screens, groups) = narrowed(shown.target);
        Self { id, name, text: shown.text, playlist: shown.playlist, screens, groups, minutes }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutTemplate {
    pub name: String,
    pub text: Option<String>,
    pub playlist: Option<i64>,
    pub screens: Option<Vec<i64>>,
    pub groups: Option<Vec<i64>>,
    pub minutes: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Plays {
    pub plays: Vec<OnePlay>,
    /// For `after`; null on the last page.
    pub next: Option<String>,
}

#[derive(Serialize)]
pub(super) struct OnePlay {
    screen: i64,
    screen_name: String,
    item: String,
    playlist: Option<i64>,
    asset: Option<i64>,
    source: Option<String>,
    name: String,
    from: String,
    until: String,
    whole: bool,
}

impl OnePlay {
    pub(super) fn new(row: PlayRow, zone: &TimeZone) -> Self {
        let PlayRow { id: _, screen, screen_name, play } = row;
        Self {
            screen,
            screen_name,
            item: play.item,
            playlist: play.playlist,
            asset: play.asset,
            source: play.source,
            name: play.name,
            from: time_ms(play.from_ms, zone),
            until: time_ms(play.until_ms, zone),
            whole: play.whole,
        }
    }
}

/// What of screens and the schedule is to be asked for again.
#[derive(Serialize)]
pub(super) struct Changed {
    pub generation: u64,
}

/// Milliseconds since 1970 as RFC 3339.
pub(super) fn time_ms(ms: i64, zone: &TimeZone) -> String {
    let since = Duration::from_millis(ms.max(0).cast_unsigned());
    // Beyond what the system's clock can hold is beyond what RFC 3339 can.
    rfc_3339(SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH), zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_not_nothing() {
        let group = |text: &str| serde_json::from_str::<EditScreen>(text).expect("right").group;
        assert_eq!(
            (group("{}"), group("{\"group\":null}"), group("{\"group\":3}")),
            (None, Some(None), Some(Some(3)))
        );
    }

    #[test]
    fn times_beyond_all_clocks_do_no_harm() {
        assert_eq!(time_ms(1500, &TimeZone::UTC), "1970-01-01T00:00:01.500+00:00");
        for ms in [i64::MIN, -1, i64::MAX] {
            assert_eq!(time_ms(ms, &TimeZone::UTC), "1970-01-01T00:00:00.000+00:00");
        }
    }
}
