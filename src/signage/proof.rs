//! What a screen says that it showed, held against what is arranged for it: nobody logs in to say so. Pure.

use super::State;
use crate::library::signage::{Play, Screen};
use crate::program::{Entry, Media, Playlist, What};

impl State {
    /// The plays of a screen as the box knows them: with the names of the library and the sources where it is arranged that
    /// this screen shows them. The others have none, and count only if they were known before.
    pub fn proven(&self, screen: &Screen, plays: Vec<Play>) -> Vec<(Play, bool)> {
        let playlists: Vec<&Playlist> = self.playlists_of(screen).collect();
        let proven = plays.into_iter().map(|play| match self.name_of(&playlists, &play) {
            Some(name) => (Play { name: name.to_owned(), ..play }, true),
            None => (play, false),
        });
        proven.collect()
    }

    /// All that a window, the message, or nothing scheduled has for it, whenever.
    fn playlists_of<'a>(&'a self, screen: &'a Screen) -> impl Iterator<Item = &'a Playlist> {
        let windows = self.world.windows.iter();
        let windows = windows.filter(|window| window.target.includes(screen.id, screen.group));
        let message = self.world.message.iter().filter_map(|message| message.shown.playlist);
        let idle = screen.idle.unwrap_or(self.world.idle).playlist();
        let ids = windows.filter_map(|window| window.playlist).chain(message).chain(idle);
        ids.filter_map(|id| self.world.playlists.get(&id))
    }

    fn name_of<'a>(&'a self, playlists: &[&'a Playlist], play: &Play) -> Option<&'a str> {
        // That of a single asset is none to a player.
        let named = |playlist: &Playlist| Some(playlist.id).filter(|id| *id > 0) == play.playlist;
        let playlist = playlists.iter().find(|playlist| named(playlist))?;
        playlist.entries.iter().find_map(|entry| self.name_in(entry, play))
    }

    /// If this entry of a playlist may have shown it.
    fn name_in<'a>(&'a self, entry: &'a Entry, play: &Play) -> Option<&'a str> {
        let shelf = &self.world.shelf;
        if let What::Live(source) = &entry.what {
            let shown = play.source.as_ref() == Some(source) && play.item == format!("s:{source}");
            return shown.then(|| shelf.sources.get(source).map_or(source.as_str(), |source| &source.name));
        }
        let id = play.asset?;
        let named = match &entry.what {
            What::Asset { id: named, .. } => *named == id,
            What::Tag(tag) => shelf.tags.get(tag).is_some_and(|ids| ids.contains(&id)),
            What::Live(_) => false,
        };
        let asset = shelf.assets.get(&id).filter(|_| named)?;
        let part = play.item.strip_prefix(&format!("a{id}"))?;
        let fits = match &asset.media {
            _ if part.is_empty() => true,
            Ok(Media::Slide { pages }) => pages.iter().any(|page| part == format!("p{}", page.number)),
            Ok(Media::Video { duration_ms, .. }) => {
                let until_ms = entry.until_ms.unwrap_or(*duration_ms).min(*duration_ms);
                part == format!("t{}-{until_ms}", entry.from_ms.unwrap_or(0))
            }
            Err(_) => false,
        };
        fits.then_some(asset.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Asset, File, Idle, Page, SLIDE_MS, Transition};

    fn screen(idle: Option<Idle>) -> Screen {
        Screen {
            id: 1,
            key: None,
            connector: None,
            code: "K7QX".to_owned(),
            name: "TV".to_owned(),
            group: None,
            idle,
            browser: String::new(),
            width: 0,
            height: 0,
            address: String::new(),
            seen: 0,
        }
    }

    fn playlist(id: i64) -> Playlist {
        Playlist {
            id,
            name: "Idle".to_owned(),
            shuffle: false,
            transition: Transition::Cut,
            slide_ms: SLIDE_MS,
            entries: vec![Entry::of(What::Asset { id: 7, pages: None })],
        }
    }

    #[test]
    fn what_is_shown_while_nothing_is_scheduled_is_proven() {
        let mut state = State::default();
        let file = File { name: "a.png".to_owned(), media_type: "image/png", bytes: 1 };
        let media = Ok(Media::Slide { pages: vec![Page { number: 1, file }] });
        state.world.shelf.assets.insert(7, Asset { name: "Poster".to_owned(), media });
        state.world.playlists = [3, -7].map(|id| (id, playlist(id))).into();
        let proven = |state: &State, idle, playlist| {
            let play = Play {
                number: 1,
                item: "a7".to_owned(),
                name: "anything".to_owned(),
                playlist,
                asset: Some(7),
                source: None,
                from_ms: 0,
                until_ms: 1,
                whole: true,
            };
            let (play, proven) = state.proven(&screen(idle), vec![play]).remove(0);
            proven.then_some(play.name)
        };
        let poster = Some("Poster".to_owned());
        assert_eq!(proven(&state, None, None), None, "the splash is no file");
        assert_eq!(proven(&state, Some(Idle::Asset(7)), None), poster);
        assert_eq!(proven(&state, Some(Idle::Playlist(3)), Some(3)), poster);
        assert_eq!(proven(&state, Some(Idle::Playlist(3)), None), None);
        state.world.idle = Idle::Playlist(3);
        assert_eq!(proven(&state, None, Some(3)), poster, "what is chosen for all");
        assert_eq!(proven(&state, Some(Idle::Dark), Some(3)), None);
    }
}
