//! What players are answered: programs, segments, the message. Written when it is compiled, not when it is asked for.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

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
    let near = plan.programs.iter().take(plan.near_programs());
    let programs: Vec<Bytes> = near.map(|program| (RENDER.program)(program)).collect();
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
    later: Option<Later<'a>>,
}

/// What begins in a day or later, in short: the same playlist again and again.
#[derive(Serialize)]
struct Later<'a> {
    programs: Vec<LaterProgram<'a>>,
    /// Those that no earlier program has.
    items: Vec<Item<'a>>,
    /// Programs are counted on from those of the next day.
    segments: Vec<Segment>,
}

#[derive(Serialize)]
struct LaterProgram<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// Places in all items of the next day's programs, one program after the other, and behind them [`Later::items`].
    order: Vec<usize>,
}

#[derive(Serialize)]
struct Program<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    items: Vec<Item<'a>>,
    skipped: Vec<Skipped<'a>>,
}

/// All of a program but its items.
#[derive(Serialize)]
struct Head<'a> {
    playlist: Option<i64>,
    name: &'a str,
    state: &'static str,
    epoch_ms: i64,
    total_ms: u64,
    in_step: bool,
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
        let (near, later) = plan.near_and_later();
        let text = |text: &'a program::Text| Text { id: text.id, text: &text.text, until_ms: text.until_ms };
        Self {
            segments: near.iter().map(Segment::of).collect(),
            message: plan.message.as_ref().map(text),
            later: (!later.is_empty()).then(|| Later::of(plan, later)),
        }
    }
}

impl Segment {
    const fn of(segment: &program::Segment) -> Self {
        let program::Segment { from_ms, until_ms, program, .. } = *segment;
        Self { from_ms, until_ms, program }
    }
}

impl<'a> Later<'a> {
    fn of(plan: &'a program::Plan, segments: &[program::Segment]) -> Self {
        let (near, later) = plan.programs.split_at(plan.near_programs());
        let mut places: HashMap<*const program::Item, usize> = HashMap::new();
        let near = near.iter().flat_map(|program| &program.items);
        let mut count = 0;
        for item in near {
            places.entry(Arc::as_ptr(item)).or_insert(count);
            count += 1;
        }
        let mut items = Vec::new();
        let mut place = |item: &'a Arc<program::Item>| {
            *places.entry(Arc::as_ptr(item)).or_insert_with(|| {
                items.push(Item::of(item));
                count + items.len() - 1
            })
        };
        let program = |program: &'a Arc<program::Program>| LaterProgram {
            head: Head::of(program),
            order: program.items.iter().map(&mut place).collect(),
        };
        let programs = later.iter().map(program).collect();
        Self { programs, items, segments: segments.iter().map(Segment::of).collect() }
    }
}

impl<'a> Program<'a> {
    fn of(program: &'a program::Program) -> Self {
        let skipped =
            |skipped: &'a program::Skipped| Skipped { name: &skipped.name, reason: skipped.reason.code() };
        Self {
            head: Head::of(program),
            items: program.items.iter().map(|item| Item::of(item)).collect(),
            skipped: program.skipped.iter().map(skipped).collect(),
        }
    }
}

impl<'a> Head<'a> {
    fn of(program: &'a program::Program) -> Self {
        Self {
            playlist: program.playlist,
            name: &program.name,
            state: program.show.name(),
            epoch_ms: program.epoch_ms,
            total_ms: program.total_ms,
            in_step: program.in_step,
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
            ..program::Plan::empty()
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
            "message": {"id": 4, "text": "Out", "until_ms": null},
            "later": null
        });
        assert_eq!(serde_json::from_slice::<Value>(&text).expect("JSON"), expected);
        let live = serde_json::to_value(Item::of(&item(None))).expect("JSON");
        assert_eq!((&live["src"], &live["kind"]), (&Value::Null, &json!("live")));
    }

    #[test]
    fn what_begins_later_is_written_in_short() {
        let of = |epoch_ms: i64, items: &[&Arc<program::Item>]| {
            Arc::new(program::Program {
                playlist: Some(3),
                name: "Menu".to_owned(),
                show: Show::Play,
                epoch_ms,
                total_ms: 2000,
                in_step: false,
                items: items.iter().map(|item| Arc::clone(item)).collect(),
                skipped: Vec::new(),
            })
        };
        let [one, two, new] =
            [1, 2, 3].map(|number| Arc::new(program::Item { name: format!("{number}"), ..item(None) }));
        let segment = |from_ms, program| program::Segment {
            from_ms,
            until_ms: from_ms + 10,
            program,
            window: None,
            is_message: false,
        };
        let plan = program::Plan {
            programs: vec![of(0, &[&one, &two]), of(20, &[&two, &new, &one])],
            segments: vec![segment(0, 0), segment(10, 1), segment(20, 0)],
            near_until_ms: 10,
            ..program::Plan::empty()
        };
        let written: Value = serde_json::from_slice(&to_json(&Plan::of(&plan))).expect("JSON");
        assert_eq!(written["segments"], json!([{"from_ms": 0, "until_ms": 10, "program": 0}]));
        let expected = json!([{
            "playlist": 3, "name": "Menu", "state": "play", "epoch_ms": 20, "total_ms": 2000, "in_step": false,
            "order": [1, 2, 0]
        }]);
        assert_eq!(written["later"]["programs"], expected);
        assert_eq!(written["later"]["items"][0]["name"], "3");
        let expected = json!([
            {"from_ms": 10, "until_ms": 20, "program": 1}, {"from_ms": 20, "until_ms": 30, "program": 0}
        ]);
        assert_eq!(written["later"]["segments"], expected);
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
