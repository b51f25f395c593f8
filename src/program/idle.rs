//! What a screen shows while nothing is scheduled.

/// A choice for one screen, or for all that have none of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Idle {
    /// The box's name and address: who sets up a screen needs them.
    #[default]
    Splash,
    /// Black; the TV may be switched off.
    Dark,
    Playlist(i64),
    /// One picture, document or video, over and over.
    Asset(i64),
}

impl Idle {
    /// As it is kept and as the API has it: what is shown, and of which id.
    pub const fn parts(self) -> (&'static str, Option<i64>) {
        match self {
            Self::Splash => ("splash", None),
            Self::Dark => ("dark", None),
            Self::Playlist(id) => ("playlist", Some(id)),
            Self::Asset(id) => ("asset", Some(id)),
        }
    }

    /// `None`: nothing is called so, or the id is missing or one too many.
    pub fn of(show: &str, id: Option<i64>) -> Option<Self> {
        Some(match (show, id) {
            ("splash", None) => Self::Splash,
            ("dark", None) => Self::Dark,
            ("playlist", Some(id)) if id > 0 => Self::Playlist(id),
            ("asset", Some(id)) if id > 0 => Self::Asset(id),
            _ => return None,
        })
    }

    /// The id of the playlist that plays: that of an asset alone is the asset's, negative, which no other has.
    pub const fn playlist(self) -> Option<i64> {
        match self {
            Self::Splash | Self::Dark => None,
            Self::Playlist(id) => Some(id),
            Self::Asset(id) => Some(-id),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::program::{
        Asset, Compiled, Compiler, Days, Entry, File, Media, Page, Place, Playlist, SLIDE_MS, Shelf, Show,
        Target, Transition, What, Window, World,
    };

    /// A playlist from 9 to 10, and what is asked for otherwise; of what is on at 8 and at 9.
    fn check(idle: Idle, own: Option<Idle>, otherwise: (Show, &str), above: (Show, &str)) {
        const HOUR_MS: i64 = 3600 * 1000;
        let file = File { name: "a.png".to_owned(), media_type: "image/png", bytes: 1 };
        let media = Ok(Media::Slide { pages: vec![Page { number: 1, file }] });
        let mut shelf = Shelf::default();
        shelf.assets.insert(7, Asset { name: "Poster".to_owned(), media });
        let playlist = |id: i64, asset: i64| {
            let entries = vec![Entry::of(What::Asset { id: asset, pages: None })];
            let (name, transition) = (format!("P{id}"), Transition::Cut);
            (id, Playlist { id, name, shuffle: false, transition, slide_ms: SLIDE_MS, entries })
        };
        // Of 2 and of asset 9 nothing can be played.
        let playlists = [playlist(1, 7), playlist(2, 99), playlist(-7, 7), playlist(-9, 9)].into();
        let window = Window {
            id: 1,
            playlist: Some(if above.0 == Show::Play && above.1 == "P1" { 1 } else { 2 }),
            target: Target { everywhere: true, ..Target::default() },
            days: Days::ALL,
            from: 9 * 60,
            until: 10 * 60,
            first: None,
            last: None,
            priority: 0,
        };
        let world =
            World { zone: TimeZone::UTC, playlists, shelf, windows: vec![window], message: None, idle };
        let before = Compiled::default();
        let mut compiler = Compiler::new(&world, (0, 24 * HOUR_MS), 0, &before);
        let plan = compiler.plan(Place { screen: 1, group: None, idle: own });
        let at = |hour: i64| {
            let now = plan.at(hour * HOUR_MS).unwrap();
            (now.program.show, now.program.name.as_str(), now.program.playlist.is_some_and(|id| id < 0))
        };
        assert_eq!(at(8), (otherwise.0, otherwise.1, false), "{idle:?} {own:?}");
        assert_eq!(at(9), (above.0, above.1, false), "{idle:?} {own:?}");
    }

    #[test]
    fn each_screen_shows_its_own_choice_or_that_of_all_while_nothing_is_scheduled() {
        let scheduled = (Show::Play, "P1");
        check(Idle::Splash, None, (Show::Splash, ""), scheduled);
        check(Idle::Dark, None, (Show::Standby, ""), scheduled);
        check(Idle::Dark, Some(Idle::Splash), (Show::Splash, ""), scheduled);
        check(Idle::Splash, Some(Idle::Playlist(1)), (Show::Play, "P1"), scheduled);
        check(Idle::Asset(7), None, (Show::Play, "P-7"), scheduled);
    }

    #[test]
    fn what_can_not_be_played_leaves_the_screen_dark() {
        check(Idle::Asset(9), None, (Show::Standby, ""), (Show::Play, "P1"));
        check(Idle::Playlist(2), None, (Show::Standby, ""), (Show::Standby, ""));
        check(Idle::Playlist(5), None, (Show::Standby, ""), (Show::Standby, ""));
        // Who shows how to set up the box is told what can't be played, too.
        check(Idle::Splash, None, (Show::Splash, ""), (Show::Splash, "P2"));
        check(Idle::Playlist(1), None, (Show::Play, "P1"), (Show::Play, "P1"));
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_else() {
        for idle in [Idle::Splash, Idle::Dark, Idle::Playlist(3), Idle::Asset(4)] {
            let (show, id) = idle.parts();
            assert_eq!(Idle::of(show, id), Some(idle));
        }
        for (show, id) in [("splash", Some(1)), ("playlist", None), ("asset", Some(-4)), ("black", None)] {
            assert_eq!(Idle::of(show, id), None, "{show} {id:?}");
        }
    }
}
