//! What of the facts is wrong.

use std::time::SystemTime;

use super::{
    DISK_LOW_BYTES, Disk, Facts, File, Kind, LibraryTrouble, LostData, MissingWebRtc, Screen, Source, Subject,
};
use crate::media::{Cause, State};

/// What is wrong at a moment.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) subject: Option<Subject>,
    pub(super) cause: Option<Cause>,
    pub(super) detail: String,
    pub(super) disk: Option<Disk>,
    /// Since when, where that is known.
    pub(super) since: Option<SystemTime>,
    /// It is not wrong by itself, but not over either if it was.
    pub(super) goes_on: bool,
}

impl Found {
    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            subject: None,
            cause: None,
            detail: String::new(),
            disk: None,
            since: None,
            goes_on: false,
        }
    }

    fn of(kind: Kind, id: &impl ToString, name: &str) -> Self {
        Self { subject: Some(Subject { id: id.to_string(), name: name.to_owned() }), ..Self::new(kind) }
    }
}

/// Everything that is wrong, the worst first.
pub(super) fn find(facts: &Facts) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let stuck = |(part, problem): &(String, String)| Found {
        detail: problem.clone(),
        ..Found::of(Kind::PartStuck, part, part)
    };
    found.extend(facts.stuck.iter().map(stuck));
    found.extend(facts.under_voltage.then(|| Found::new(Kind::PowerSupply)));
    found.extend(facts.hot.then(|| Found::new(Kind::Heat)));
    found.extend(facts.data.as_ref().map(|LostData { in_memory, text }| Found {
        detail: text.clone(),
        ..Found::new(if *in_memory { Kind::DataInMemory } else { Kind::DataRemade })
    }));
    found.extend(
        facts
            .library
            .as_ref()
            .map(|LibraryTrouble { kind, detail }| Found { detail: detail.clone(), ..Found::new(*kind) }),
    );
    found.extend(facts.disk.and_then(full));
    found.extend(
        facts
            .mistakes
            .first()
            .map(|first| Found { detail: first.clone(), ..Found::new(Kind::SettingsWrong) }),
    );
    found.extend(facts.clock_unset.then(|| Found::new(Kind::ClockUnset)));
    found.extend(facts.webrtc.as_ref().map(|MissingWebRtc { port_is_busy, why }| Found {
        detail: why.clone(),
        ..Found::new(if *port_is_busy { Kind::WebRtcPortBusy } else { Kind::WebRtcMissing })
    }));
    found.extend(facts.screens.iter().filter_map(off));
    found.extend(facts.sources.iter().filter_map(lost));
    found.extend(facts.sources.iter().filter_map(far));
    let empty = facts.empty_playlists.iter().map(|(id, name)| Found::of(Kind::PlaylistEmpty, id, name));
    found.extend(empty);
    found.extend(facts.screens.iter().filter_map(leaves_out));
    found.extend(facts.files.iter().map(failed));
    found
}

fn full(disk: Disk) -> Option<Found> {
    let kind = match disk.free_bytes {
        free if free < disk.reserve_bytes => Kind::DiskFull,
        free if free < DISK_LOW_BYTES => Kind::DiskLow,
        _ => return None,
    };
    Some(Found { disk: Some(disk), ..Found::new(kind) })
}

/// A screen that nobody expects anything of may be off.
fn off(screen: &Screen) -> Option<Found> {
    let missed = screen.is_known && screen.is_awaited && !screen.is_on;
    missed.then(|| Found { since: screen.seen, ..Found::of(Kind::ScreenOff, &screen.id, &screen.name) })
}

fn leaves_out(screen: &Screen) -> Option<Found> {
    let problem = screen.leaves_out.as_ref().filter(|_| screen.is_known && screen.is_on)?;
    Some(Found { detail: problem.clone(), ..Found::of(Kind::ScreenLeavesOut, &screen.id, &screen.name) })
}

fn lost(source: &Source) -> Option<Found> {
    let found = Found { since: Some(source.since), ..Found::of(Kind::SourceLost, &source.id, &source.name) };
    match &source.state {
        _ if !source.is_configured => None,
        State::Lost(loss) => Some(Found { cause: Some(loss.cause), detail: loss.detail.clone(), ..found }),
        // Somebody pressed "Try now": the outage is over when there is a picture.
        State::Starting => Some(Found { goes_on: true, ..found }),
        State::Live | State::Idle => None,
    }
}

fn far(source: &Source) -> Option<Found> {
    let apart = source.key_frames_too_far.filter(|_| source.state == State::Live)?;
    let detail = format!("a key frame every {} s", apart.as_secs());
    Some(Found { detail, ..Found::of(Kind::KeyFramesFar, &source.id, &source.name) })
}

fn failed(file: &File) -> Found {
    Found {
        since: Some(file.since),
        detail: file.problem.clone(),
        ..Found::of(Kind::FileFailed, &file.asset, &file.name)
    }
}
