//! Who may look at a live source.
//!
//! Pages from elsewhere that the configuration does not name open no stream: a WebSocket asks nobody's leave before it reads
//! (RFC 6455, section 10.2).

use hyper::StatusCode;

use super::answer::Call;
use super::origin::Page;
use super::problem::Problem;
use super::route::Route;

/// Refuses the streams of pages from elsewhere. Single pictures need no refusal: pages can't read what is not answered to
/// them.
pub(super) fn check_page(route: &Route, call: &Call) -> Result<(), Problem> {
    let is_stream = matches!(
        route,
        Route::Mse { .. } | Route::WhepOffer { .. } | Route::WhepPatch { .. } | Route::WhepDelete { .. }
    );
    if is_stream && call.page() == Page::Foreign {
        let detail = "Pages of other servers may show live pictures only if [web] origins in marquee.toml \
                      names their origin.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(())
}
