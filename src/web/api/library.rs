//! `GET /api/library`: the library at a glance.

use hyper::{Response, StatusCode};

use super::json;
use crate::web::Services;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_library as wire;

pub(crate) async fn get(call: &Call) -> Result<Response<Body>, Problem> {
    Ok(json(StatusCode::OK, to_json(&read(&call.services).await?)))
}

pub(crate) async fn read(services: &Services) -> Result<wire::Library, Problem> {
    let library = match &services.library {
        Ok(library) => library,
        Err(why) => {
            return Ok(wire::Library {
                ok: false,
                problem: Some(why.to_string()),
                totals: wire::Totals::default(),
                disk: None,
                work: wire::Work::default(),
                generation: 0,
            });
        }
    };
    let generation = *library.changes().borrow();
    let totals = library.totals().await?.into();
    let disk = library.disk().ok();
    let disk = disk.map(|disk| wire::Disk { free_bytes: disk.free_bytes, total_bytes: disk.total_bytes });
    let work = services.work.as_ref().map(|work| work.status().borrow().clone());
    let work = work.map(wire::Work::from).unwrap_or_default();
    Ok(wire::Library { ok: true, problem: None, totals, disk, work, generation })
}
