//! Tokens for programs, links for people who only look.

use hyper::{Response, StatusCode};

use super::{json, no_content, read_json};
use crate::access::{GrantKind, Right};
use crate::watched::Latest;
use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::wire::to_json;
use crate::web::wire_access as wire;

pub(crate) fn list(call: &Call, kind: GrantKind) -> Response<Body> {
    let zone = call.services.site.with(|site| site.time_zone.clone());
    let grants = call.services.access.grants(kind).into_iter();
    let grants = grants.map(|grant| wire::Grant::new(grant, &zone)).collect();
    json(
        StatusCode::OK,
        match kind {
            GrantKind::Token => to_json(&wire::Tokens { tokens: grants }),
            GrantKind::Link => to_json(&wire::Links { links: grants }),
        },
    )
}

pub(crate) async fn add(call: Call, kind: GrantKind) -> Result<Response<Body>, Problem> {
    let services = call.services;
    let body: wire::NewGrant = read_json(call.request.into_body()).await?;
    let right = match kind {
        GrantKind::Token => body.right.as_deref().and_then(Right::named),
        GrantKind::Link => body.right.is_none().then_some(Right::View),
    };
    let allowed =
        if kind == GrantKind::Token { "view, message or admin" } else { "left away: a link only looks" };
    let right = right.ok_or_else(|| Problem::bad_parameter("right", allowed))?;
    let (grant, secret) = services.access.grant(kind, &body.name, right)?;
    let zone = services.site.with(|site| site.time_zone.clone());
    let secret = secret.reveal();
    let granted = wire::Granted {
        grant: wire::Grant::new(grant, &zone),
        token: (kind == GrantKind::Token).then(|| secret.to_owned()),
        path: (kind == GrantKind::Link).then(|| format!("/view/{secret}")),
    };
    Ok(json(StatusCode::CREATED, to_json(&granted)))
}

pub(crate) fn withdraw(call: &Call, kind: GrantKind, id: &str) -> Result<Response<Body>, Problem> {
    call.services.access.withdraw(kind, id)?;
    Ok(no_content())
}
