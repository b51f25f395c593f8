//! `GET /api/library`: the library at a glance; `POST /api/library/rescue` and `…/start-empty`: the ways on from a damaged
//! database, and `DELETE /api/library/set-aside`.

use std::path::PathBuf;

use hyper::{Response, StatusCode};
use tokio::task::spawn_blocking;

use super::{json, no_content};
use crate::library::{self, Anew, Library, NoLibrary};
use crate::watched::Latest;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_library as wire;
use crate::web::{Services, Stored};

pub(crate) async fn get(call: &Call) -> Result<Response<Body>, Problem> {
    Ok(json(StatusCode::OK, to_json(&read(&call.services).await?)))
}

pub(crate) async fn read(services: &Services) -> Result<wire::Library, Problem> {
    let bin_days = services.site.with(|site| site.bin_days);
    let Stored { library, work, .. } = match services.stored() {
        Ok(stored) => stored,
        Err(why) => return Ok(wire::Library::missing(why.to_string(), can_begin_anew(&why), bin_days)),
    };
    // Whatever is asked of it may be what is damaged.
    let totals = library.totals().await;
    if let Some(why) = library.damage() {
        return Ok(wire::Library::missing(library::Error::Damaged(why).to_string(), true, bin_days));
    }
    let generation = library.changes().latest();
    let totals = totals?.into();
    let disk = library.disk().ok();
    let disk = disk.map(|disk| wire::Disk {
        free_bytes: disk.free_bytes,
        total_bytes: disk.total_bytes,
        kept_bytes: library::UPLOAD_RESERVE_BYTES,
    });
    let work = wire::Work::from(work.status().latest());
    let set_aside = library.set_aside();
    let read_only = library.is_read_only();
    Ok(wire::Library {
        ok: true,
        problem: None,
        damaged: false,
        set_aside,
        read_only,
        totals,
        bin_days,
        disk,
        work,
        generation,
    })
}

/// Whether another database in the place of this one would help.
fn can_begin_anew(why: &NoLibrary) -> bool {
    matches!(why, NoLibrary::Unusable(error) if error.is_of_the_database())
}

pub(crate) async fn rescue(call: &Call) -> Result<Response<Body>, Problem> {
    begin(call, Anew::Rescued).await
}

pub(crate) async fn start_empty(call: &Call) -> Result<Response<Body>, Problem> {
    begin(call, Anew::Empty).await
}

/// Sets a damaged database aside and begins anew.
async fn begin(call: &Call, anew: Anew) -> Result<Response<Body>, Problem> {
    log::warn!("library: begun anew ({anew:?}) by {}", call.client.address);
    let renewed = match call.services.stored() {
        Ok(Stored { library, .. }) => blocking(move || library.begin_anew(anew)).await?,
        Err(why) => {
            let data = data(&call.services, &why)?;
            let (library, renewed) = blocking(move || Library::open_anew(&data, anew)).await?;
            call.services.hand_over(library).await?;
            renewed
        }
    };
    let zone = call.services.site.with(|site| site.time_zone.clone());
    Ok(json(StatusCode::OK, to_json(&wire::Renewed::new(renewed, &zone))))
}

/// The data folder whose library can't be opened for want of a database that can be read.
pub(super) fn data(services: &Services, why: &NoLibrary) -> Result<PathBuf, Problem> {
    let data = services.reopening.data.clone().filter(|_| can_begin_anew(why));
    data.ok_or_else(|| Problem::no_library(&why.to_string()))
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, library::Error> + Send + 'static,
) -> Result<T, Problem> {
    Ok(spawn_blocking(work).await.map_err(|_| Problem::internal())??)
}

/// Throws away what was set aside.
pub(crate) async fn forget_set_aside(call: &Call) -> Result<Response<Body>, Problem> {
    let library = call.services.library()?;
    blocking(move || library.forget_set_aside()).await?;
    Ok(no_content())
}
