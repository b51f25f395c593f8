//! `/api/plays`, `/api/plays.csv`: proof of play.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::Day;
use crate::library::Library;
use crate::library::signage::{Cursor, PLAYS_PAGE_MAX, PlayQuery, PlayRow};
use crate::signage::State;
use crate::watched::Latest;
use crate::web::answer::Call;
use crate::web::api::json;
use crate::web::body::{self, Body};
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_signage::{self as wire, time_ms};

const LIMIT_DEFAULT: usize = 100;
const COLUMNS: &str = "screen,screen_id,name,kind,item,playlist,playlist_id,from,until,seconds,whole\r\n";

pub(super) async fn list(call: &Call) -> Result<Response<Body>, Problem> {
    let limit =
        call.number("limit", 1..=PLAYS_PAGE_MAX, "a whole number from 1 to 1000")?.unwrap_or(LIMIT_DEFAULT);
    // One more, to know whether there is another page.
    let asked = (limit + 1).min(PLAYS_PAGE_MAX);
    let after = call.parameter("after").map(|text| read_cursor(&text)).transpose()?;
    let query = PlayQuery { after, limit: asked, newest_first: true, ..query(call)? };
    let zone = super::state(&call.services.signage()?)?.world.zone.clone();
    let mut rows = call.services.library()?.plays(query).await?;
    let more = rows.len() > limit || limit == PLAYS_PAGE_MAX && rows.len() == limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| format!("{}~{}", last.play.from_ms, last.id));
    let plays = rows.into_iter().map(|row| wire::OnePlay::new(row, &zone)).collect();
    Ok(json(StatusCode::OK, to_json(&wire::Plays { plays, next })))
}

/// All of them, oldest first, read while they are sent: millions take no memory.
pub(super) fn csv(call: &Call) -> Result<Response<Body>, Problem> {
    let export = Export {
        library: call.services.library()?,
        state: super::state(&call.services.signage()?)?,
        query: Some(PlayQuery { newest_first: false, limit: PLAYS_PAGE_MAX, ..query(call)? }),
        begun: false,
    };
    let export = Export { query: export.query.filter(|_| !call.is_head()), ..export };
    let pages = stream::unfold(export, |mut export| async {
        let text = export.next().await?;
        Some((text, export))
    });
    let mut response = Response::new(body::stream(pages));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"plays.csv\""));
    Ok(response)
}

/// What the parameters ask for.
fn query(call: &Call) -> Result<PlayQuery, Problem> {
    let zone = call.services.site.with(|site| site.time_zone.clone());
    let from_ms = super::moment(call, "from", &zone, Day::Begin)?;
    // Whoever says "until Friday" means to have Friday.
    let until_ms = super::moment(call, "until", &zone, Day::End)?;
    let screen = call
        .parameter("screen")
        .map(|id| id.parse().map_err(|_| Problem::bad_parameter("screen", "the id of a screen")));
    Ok(PlayQuery {
        from_ms: from_ms.unwrap_or(0),
        until_ms: until_ms.unwrap_or(i64::MAX),
        screen: screen.transpose()?,
        newest_first: true,
        after: None,
        limit: LIMIT_DEFAULT,
    })
}

fn read_cursor(text: &str) -> Result<Cursor, Problem> {
    let read = text
        .split_once('~')
        .and_then(|(from_ms, id)| Some(Cursor { from_ms: from_ms.parse().ok()?, id: id.parse().ok()? }));
    read.ok_or_else(|| Problem::bad_parameter("after", "the `next` of the page before"))
}

struct Export {
    library: Library,
    state: Arc<State>,
    /// `None`: that was all.
    query: Option<PlayQuery>,
    begun: bool,
}

impl Export {
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some(Bytes::from_static(COLUMNS.as_bytes()));
        }
        let query = self.query.take()?;
        let rows = match self.library.plays(query.clone()).await {
            Ok(rows) => rows,
            Err(error) => {
                // The file ends early; an error can't be told any more.
                log::error!("plays can't be read: {error}");
                return None;
            }
        };
        let last = rows.last()?;
        let after = Some(Cursor { from_ms: last.play.from_ms, id: last.id });
        self.query = (rows.len() >= query.limit).then_some(PlayQuery { after, ..query });
        let mut text = String::new();
        rows.iter().for_each(|row| self.line(&mut text, row));
        Some(text.into())
    }

    fn line(&self, text: &mut String, row: &PlayRow) {
        let (zone, play) = (&self.state.world.zone, &row.play);
        let playlist = play.playlist.and_then(|id| self.state.world.playlists.get(&id));
        let kind = if play.source.is_some() { "live" } else { "asset" };
        let item = play.source.clone().or_else(|| play.asset.map(|asset| asset.to_string()));
        let seconds = (play.until_ms - play.from_ms) as f64 / 1000.0;
        let written = write!(
            text,
            "{},{},{},{kind},{},{},{},{},{},{seconds:.1},{}\r\n",
            cell(&row.screen_name),
            row.screen,
            cell(&play.name),
            cell(&item.unwrap_or_default()),
            cell(playlist.map_or("", |playlist| &playlist.name)),
            play.playlist.map(|id| id.to_string()).unwrap_or_default(),
            time_ms(play.from_ms, zone),
            time_ms(play.until_ms, zone),
            play.whole
        );
        written.expect("texts take everything");
    }
}

/// A text between commas (RFC 4180). What a spreadsheet would take for a formula is made a text: names come from TVs,
/// which are not to run anything on somebody's desk.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_run_nothing() {
        let expected = [
            ("Bar", "Bar"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("=1+1", "'=1+1"),
            ("@x,y", "\"'@x,y\""),
        ];
        for (text, quoted) in expected {
            assert_eq!(cell(text), quoted);
        }
    }

    #[test]
    fn where_a_page_ended_is_read_back() {
        assert_eq!(read_cursor("-5~7").map_err(|_| ()), Ok(Cursor { from_ms: -5, id: 7 }));
        for text in ["", "5", "5~", "~5", "5~x"] {
            assert!(read_cursor(text).is_err(), "{text}");
        }
    }
}
