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
        let message = self.world.message.iter().filter_map(|message| message.playlist);
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
