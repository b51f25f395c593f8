//! What players are answered: programs, segments, the message. Written when it is compiled, not when it is asked for.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::wire::to_json;
use crate::library::signage::{Play, Screen};
use crate::program;
use crate::signage::{Playing, Render, Report};

/// How the answers of `GET /api/playlist` are written: `{"screen":{…},`, then the programs, then the plan's other members.
pub const RENDER: Render = Render {
    screen: |screen, group| {
        let Screen { id, name, code, .. } = screen;
        let screen = to_json(&PlayerScreen { id: *id, name, code, group });
        [&b"{\"screen\":"[..], &screen, b","].concat().into()
    },
    program: |program| to_json(&Program::of(program)),
    plan: |plan, programs| {
        let rest = to_json(&Plan::of(plan));
        let programs = programs.join(&b","[..]);
        // Without the bracket that opens it.
        [&b"\"programs\":["[..], &programs, b"],", &rest[1..]].concat().into()
    },
};

/// The same for no screen: a playlist that somebody wants to see.
pub(super) fn preview(plan: &program::Plan) -> Bytes {
    let name = plan.programs.first().map_or("", |program| &program.name);
    let screen = to_json(&PlayerScreen { id: 0, name, code: "", group: None });
    let programs: Vec<Bytes> = plan.programs.iter().map(|program| (RENDER.program)(program)).collect();
    [&b"{\"screen\":"[..], &screen, b",", &(RENDER.plan)(plan, &programs)].concat().into()
}

#[derive(Serialize)]
struct PlayerScreen<'a> {
    id: i64,
    name: &'a str,
    code: &'a str,
    group: Option<&'a str>,
}

#[derive(Serialize)]
struct Plan<'a> {
    segments: Vec<Segment>,
    message: Option<Text<'a>>,
}

#[derive(Serialize)]
struct Program<'a> {
    playlist: Option<i64>,
    name: &'a str,
    state: &'static str,
    epoch_ms: i64,
    total_ms: u64,
    in_step: bool,
    items: Vec<Item<'a>>,
    skipped: Vec<Skipped<'a>>,
}

#[derive(Serialize)]
struct Segment {
    from_ms: i64,
    until_ms: i64,
    program: usize,
}

#[derive(Serialize)]
struct Text<'a> {
    id: i64,
    text: &'a str,
    until_ms: Option<i64>,
}

/// Also in what is on at a moment.
#[derive(Serialize)]
pub(super) struct Item<'a> {
    key: &'a str,
    kind: &'static str,
    name: &'a str,
    asset: Option<i64>,
    page: Option<u32>,
    source: Option<&'a str>,
    src: Option<String>,
    #[serde(rename = "type")]
    media_type: Option<&'static str>,
    bytes: Option<u64>,
    duration_ms: u64,
    from_ms: u64,
    fit: &'static str,
    sound: bool,
    transition: &'static str,
    until_no_signal: bool,
}

#[derive(Serialize)]
struct Skipped<'a> {
    name: &'a str,
    reason: &'static str,
}

impl<'a> Plan<'a> {
    fn of(plan: &'a program::Plan) -> Self {
        let segment = |segment: &program::Segment| {
            let program::Segment { from_ms, until_ms, program, .. } = *segment;
            Segment { from_ms, until_ms, program }
        };
        let text = |text: &'a program::Text| Text { id: text.id, text: &text.text, until_ms: text.until_ms };
        Self {
            segments: plan.segments.iter().map(segment).collect(),
            message: plan.message.as_ref().map(text),
        }
    }
}

impl<'a> Program<'a> {
    fn of(program: &'a program::Program) -> Self {
        let skipped =
            |skipped: &'a program::Skipped| Skipped { name: &skipped.name, reason: skipped.reason.code() };
        Self {
            playlist: program.playlist,
            name: &program.name,
            state: program.show.name(),
            epoch_ms: program.epoch_ms,
            total_ms: program.total_ms,
            in_step: program.in_step,
            items: program.items.iter().map(|item| Item::of(item)).collect(),
            skipped: program.skipped.iter().map(skipped).collect(),
        }
    }
}

impl<'a> Item<'a> {
    pub(super) fn of(item: &'a program::Item) -> Self {
        let file = item.file.as_ref();
        Self {
            key: &item.key,
            kind: item.kind.name(),
            name: &item.name,
            asset: item.asset,
            page: item.page,
            source: item.source.as_deref(),
            src: file.map(|file| format!("/media/{}", file.name)),
            media_type: file.map(|file| file.media_type),
            bytes: file.map(|file| file.bytes),
            duration_ms: item.duration_ms,
            from_ms: item.from_ms,
            fit: item.fit.name(),
            sound: item.sound,
            transition: item.transition.name(),
            until_no_signal: item.until_no_signal,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Hello {
    pub key: Option<String>,
    #[serde(default)]
    pub browser: String,
    #[serde(default)]
    pub width: u32,
    #[serde(default)]
    pub height: u32,
}

#[derive(Serialize)]
pub(super) struct Welcome<'a> {
    pub id: i64,
    pub key: &'a str,
    pub code: &'a str,
    pub name: &'a str,
}

#[derive(Serialize)]
pub(super) struct Time {
    pub now_ms: i64,
}

#[derive(Deserialize)]
pub(super) struct PlayerReport {
    pub key: String,
    pub item: Option<String>,
    pub name: Option<String>,
    pub since_ms: Option<i64>,
    #[serde(default)]
    pub dropped_frames: u64,
    pub offset_ms: Option<i64>,
    pub late_ms: Option<i64>,
    pub problem: Option<String>,
    pub state: String,
}

impl PlayerReport {
    /// `None`: there is no such state.
    pub(super) fn report(self) -> Option<Report> {
        let Self { key: _, item, name, since_ms, dropped_frames, offset_ms, late_ms, problem, state } = self;
        let state = Playing::named(&state)?;
        Some(Report { item, name, since_ms, dropped_frames, offset_ms, late_ms, problem, state })
    }
}

#[derive(Deserialize)]
pub(super) struct Plays {
    pub key: String,
    pub player: String,
    pub plays: Vec<PlayerPlay>,
}

#[derive(Deserialize)]
pub(super) struct PlayerPlay {
    number: i64,
    item: String,
    playlist: Option<i64>,
    asset: Option<i64>,
    source: Option<String>,
    name: String,
    from_ms: i64,
    until_ms: i64,
    whole: bool,
}

impl From<PlayerPlay> for Play {
    fn from(play: PlayerPlay) -> Self {
        let PlayerPlay { number, item, playlist, asset, source, name, from_ms, until_ms, whole } = play;
        Self { number, item, name, playlist, asset, source, from_ms, until_ms, whole }
    }
}

#[derive(Serialize)]
pub(super) struct Through {
    pub through: i64,
}

/// What a player is told by its stream of events.
pub(super) enum Event<'a> {
    Playlist { etag: &'a str },
    Identify { until_ms: i64 },
    Reload,
    Screenshot { id: u64 },
}

impl Event<'_> {
    /// As server-sent events have it.
    pub(super) fn text(&self) -> Bytes {
        #[derive(Serialize)]
        struct Etag<'a> {
            etag: &'a str,
        }
        let mut text = String::new();
        let written = match self {
            Self::Playlist { etag } => {
                let etag = to_json(&Etag { etag });
                write!(text, "event: playlist\ndata: {}\n\n", String::from_utf8_lossy(&etag))
            }
            Self::Identify { until_ms } => {
                write!(text, "event: identify\ndata: {{\"until_ms\":{until_ms}}}\n\n")
            }
            Self::Reload => write!(text, "event: reload\ndata: {{}}\n\n"),
            Self::Screenshot { id } => write!(text, "event: screenshot\ndata: {{\"id\":{id}}}\n\n"),
        };
        written.expect("texts take everything");
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::program::{File, Fit, Kind, Reason, Show, Transition};

    fn item(file: Option<File>) -> program::Item {
        program::Item {
            key: "a1".to_owned(),
            kind: if file.is_some() { Kind::Video } else { Kind::Live },
            name: "Clip \"1\"".to_owned(),
            asset: Some(1),
            page: None,
            source: None,
            file,
            duration_ms: 2000,
            from_ms: 5,
            fit: Fit::Cover,
            sound: true,
            transition: Transition::Fade,
            until_no_signal: false,
        }
    }

    #[test]
    fn an_answer_is_one_piece_of_json_whose_shape_players_know() {
        let file = File { name: "ab.mp4".to_owned(), media_type: "video/mp4", bytes: 9 };
        let program = program::Program {
            playlist: Some(3),
            name: "Menu".to_owned(),
            show: Show::Play,
            epoch_ms: -5,
            total_ms: 2000,
            in_step: true,
            items: vec![Arc::new(item(Some(file)))],
            skipped: vec![program::Skipped { entry: 1, name: "x".to_owned(), reason: Reason::InBin }],
        };
        let plan = program::Plan {
            programs: vec![Arc::new(program)],
            segments: vec![program::Segment {
                from_ms: 1,
                until_ms: 2,
                program: 0,
                window: Some(7),
                is_message: false,
            }],
            message: Some(program::Text { id: 4, text: "Out".to_owned(), until_ms: None }),
            passed_over: Vec::new(),
        };
        let screen = Screen {
            id: 2,
            key: None,
            connector: None,
            code: "K7QX".to_owned(),
            name: "TV".to_owned(),
            group: Some(1),
            idle: None,
            browser: String::new(),
            width: 0,
            height: 0,
            address: String::new(),
            seen: 0,
        };
        let programs = [(RENDER.program)(&plan.programs[0])];
        let text = [(RENDER.screen)(&screen, Some("Bar")), (RENDER.plan)(&plan, &programs)].concat();
        let expected = json!({
            "screen": {"id": 2, "name": "TV", "code": "K7QX", "group": "Bar"},
            "programs": [{
                "playlist": 3, "name": "Menu", "state": "play", "epoch_ms": -5, "total_ms": 2000, "in_step": true,
                "items": [{
                    "key": "a1", "kind": "video", "name": "Clip \"1\"", "asset": 1, "page": null, "source": null,
                    "src": "/media/ab.mp4", "type": "video/mp4", "bytes": 9, "duration_ms": 2000, "from_ms": 5,
                    "fit": "cover", "sound": true, "transition": "fade", "until_no_signal": false
                }],
                "skipped": [{"name": "x", "reason": "bin"}]
            }],
            "segments": [{"from_ms": 1, "until_ms": 2, "program": 0}],
            "message": {"id": 4, "text": "Out", "until_ms": null}
        });
        assert_eq!(serde_json::from_slice::<Value>(&text).expect("JSON"), expected);
        let live = serde_json::to_value(Item::of(&item(None))).expect("JSON");
        assert_eq!((&live["src"], &live["kind"]), (&Value::Null, &json!("live")));
    }

    #[test]
    fn events_are_one_line_each() {
        let text = |event: Event<'_>| String::from_utf8(event.text().into()).expect("text");
        let etag = "\"a\"";
        assert_eq!(text(Event::Playlist { etag }), "event: playlist\ndata: {\"etag\":\"\\\"a\\\"\"}\n\n");
        assert_eq!(text(Event::Identify { until_ms: 7 }), "event: identify\ndata: {\"until_ms\":7}\n\n");
        assert_eq!(text(Event::Screenshot { id: 8 }), "event: screenshot\ndata: {\"id\":8}\n\n");
        assert_eq!(text(Event::Reload), "event: reload\ndata: {}\n\n");
    }
}
