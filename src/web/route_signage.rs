//! The addresses of what screens play: half of the table of `route`. Pure.

use hyper::Method;

use super::route::{GET, GET_PATCH, GET_POST, PATCH_DELETE, POST, PUT};

/// What a request asks for. Ids are of what the name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignageRoute {
    /// One of the dashboard's pages.
    Page,
    /// The player on a TV, and the code that leads a phone to this box.
    TvPage,
    TvCode,
    /// What players ask and say.
    Hello,
    Playlist,
    Time,
    PlayerEvents,
    Report,
    RecordPlays,
    /// A player sends the screenshot of this number.
    TakeShot {
        id: i64,
    },
    /// What the dashboard asks and changes.
    Screens,
    /// What all screens show while nothing is scheduled.
    EditScreens,
    EditScreen {
        id: i64,
    },
    RemoveScreen {
        id: i64,
    },
    Identify {
        id: i64,
    },
    Reload {
        id: i64,
    },
    AskForShot {
        id: i64,
    },
    Shot {
        id: i64,
    },
    ProgramAt {
        id: i64,
    },
    Groups,
    AddGroup,
    EditGroup {
        id: i64,
    },
    RemoveGroup {
        id: i64,
    },
    Playlists,
    AddPlaylist,
    OnePlaylist {
        id: i64,
    },
    /// As a screen plays it.
    AddItems {
        id: i64,
    },
    Preview {
        id: i64,
    },
    PutPlaylist {
        id: i64,
    },
    RemovePlaylist {
        id: i64,
    },
    Windows,
    AddWindow,
    EditWindow {
        id: i64,
    },
    RemoveWindow {
        id: i64,
    },
    Week,
    Message,
    PutMessage,
    ClearMessage,
    /// Messages that are kept to be shown again.
    Templates,
    AddTemplate,
    PutTemplate {
        id: i64,
    },
    RemoveTemplate {
        id: i64,
    },
    Plays,
    PlaysCsv,
}

/// An address, whatever is done with it.
#[derive(Clone, Copy, Debug)]
pub(super) enum SignageAddress {
    Page,
    TvPage,
    TvCode,
    Hello,
    Playlist,
    Time,
    PlayerEvents,
    Report,
    RecordPlays,
    TakeShot,
    Screens,
    Screen,
    Identify,
    Reload,
    AskForShot,
    Shot,
    ProgramAt,
    Groups,
    Group,
    Playlists,
    OnePlaylist,
    Items,
    Preview,
    Windows,
    Window,
    Week,
    Message,
    Templates,
    Template,
    Plays,
    PlaysCsv,
}

const PUT_DELETE: &str = "PUT, DELETE, OPTIONS";
const GET_PUT_DELETE: &str = "GET, HEAD, PUT, DELETE, OPTIONS";

/// Every address, and what it takes.
pub(super) const ADDRESSES: &[(&str, &str, SignageAddress)] = &[
    ("/screens", GET, SignageAddress::Page),
    ("/playlists", GET, SignageAddress::Page),
    ("/playlists/{id}", GET, SignageAddress::Page),
    ("/schedule", GET, SignageAddress::Page),
    ("/tv", GET, SignageAddress::TvPage),
    ("/tv/code.svg", GET, SignageAddress::TvCode),
    ("/api/screens/hello", POST, SignageAddress::Hello),
    ("/api/playlist", GET, SignageAddress::Playlist),
    ("/api/time", GET, SignageAddress::Time),
    ("/api/screens/events", GET, SignageAddress::PlayerEvents),
    ("/api/screens/report", POST, SignageAddress::Report),
    ("/api/screens/plays", POST, SignageAddress::RecordPlays),
    ("/api/screens/screenshot/{id}", PUT, SignageAddress::TakeShot),
    ("/api/screens", GET_PATCH, SignageAddress::Screens),
    ("/api/screens/{id}", PATCH_DELETE, SignageAddress::Screen),
    ("/api/screens/{id}/identify", POST, SignageAddress::Identify),
    ("/api/screens/{id}/reload", POST, SignageAddress::Reload),
    ("/api/screens/{id}/screenshot", POST, SignageAddress::AskForShot),
    ("/api/screens/{id}/screenshot.jpg", GET, SignageAddress::Shot),
    ("/api/screens/{id}/program", GET, SignageAddress::ProgramAt),
    ("/api/groups", GET_POST, SignageAddress::Groups),
    ("/api/groups/{id}", PATCH_DELETE, SignageAddress::Group),
    ("/api/playlists", GET_POST, SignageAddress::Playlists),
    ("/api/playlists/{id}", GET_PUT_DELETE, SignageAddress::OnePlaylist),
    ("/api/playlists/{id}/items", POST, SignageAddress::Items),
    ("/api/playlists/{id}/preview", GET, SignageAddress::Preview),
    ("/api/windows", GET_POST, SignageAddress::Windows),
    ("/api/windows/{id}", PATCH_DELETE, SignageAddress::Window),
    ("/api/week", GET, SignageAddress::Week),
    ("/api/message", GET_PUT_DELETE, SignageAddress::Message),
    ("/api/message/templates", GET_POST, SignageAddress::Templates),
    ("/api/message/templates/{id}", PUT_DELETE, SignageAddress::Template),
    ("/api/plays", GET, SignageAddress::Plays),
    ("/api/plays.csv", GET, SignageAddress::PlaysCsv),
];

/// `id`: of the address; 0 where it has none. `None`: the address takes other methods.
pub(super) fn take(address: SignageAddress, method: &Method, id: i64) -> Option<SignageRoute> {
    use SignageAddress as Address;
    use SignageRoute as Route;
    let get = method == Method::GET || method == Method::HEAD;
    let (post, put) = (method == Method::POST, method == Method::PUT);
    let (patch, delete) = (method == Method::PATCH, method == Method::DELETE);
    Some(match address {
        Address::Page if get => Route::Page,
        Address::TvPage if get => Route::TvPage,
        Address::TvCode if get => Route::TvCode,
        Address::Hello if post => Route::Hello,
        Address::Playlist if get => Route::Playlist,
        Address::Time if get => Route::Time,
        Address::PlayerEvents if get => Route::PlayerEvents,
        Address::Report if post => Route::Report,
        Address::RecordPlays if post => Route::RecordPlays,
        Address::TakeShot if put => Route::TakeShot { id },
        Address::Screens if get => Route::Screens,
        Address::Screens if patch => Route::EditScreens,
        Address::Screen if patch => Route::EditScreen { id },
        Address::Screen if delete => Route::RemoveScreen { id },
        Address::Identify if post => Route::Identify { id },
        Address::Reload if post => Route::Reload { id },
        Address::AskForShot if post => Route::AskForShot { id },
        Address::Shot if get => Route::Shot { id },
        Address::ProgramAt if get => Route::ProgramAt { id },
        Address::Groups if get => Route::Groups,
        Address::Groups if post => Route::AddGroup,
        Address::Group if patch => Route::EditGroup { id },
        Address::Group if delete => Route::RemoveGroup { id },
        Address::Playlists if get => Route::Playlists,
        Address::Playlists if post => Route::AddPlaylist,
        Address::OnePlaylist if get => Route::OnePlaylist { id },
        Address::OnePlaylist if put => Route::PutPlaylist { id },
        Address::OnePlaylist if delete => Route::RemovePlaylist { id },
        Address::Items if post => Route::AddItems { id },
        Address::Preview if get => Route::Preview { id },
        Address::Windows if get => Route::Windows,
        Address::Windows if post => Route::AddWindow,
        Address::Window if patch => Route::EditWindow { id },
        Address::Window if delete => Route::RemoveWindow { id },
        Address::Week if get => Route::Week,
        Address::Message if get => Route::Message,
        Address::Message if put => Route::PutMessage,
        Address::Message if delete => Route::ClearMessage,
        Address::Templates if get => Route::Templates,
        Address::Templates if post => Route::AddTemplate,
        Address::Template if put => Route::PutTemplate { id },
        Address::Template if delete => Route::RemoveTemplate { id },
        Address::Plays if get => Route::Plays,
        Address::PlaysCsv if get => Route::PlaysCsv,
        _ => return None,
    })
}
