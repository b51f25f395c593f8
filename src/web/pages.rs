//! HTML pages, and who wants one.

use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, HOST, HeaderValue, LINK};
use hyper::{HeaderMap, Response, StatusCode};

use super::answer::Call;
use super::body::{self, Body};
use super::language;
use super::problem::Problem;
use super::ui_files::UiFile;
use crate::config::{BasePath, Language};
use crate::draw;
use crate::watched::Latest;

/// The dashboard, the library, an asset, the bin, the signage, the settings: one document that shows what its address says, so that
/// uploads go on from page to page. It asks itself whether there is such an asset: it has an answer for it.
pub(super) fn app(call: &Call) -> Result<Response<Body>, Problem> {
    let mut response = page(call, "app")?;
    let uri = call.request.uri();
    if uri.path() == "/library" && uri.query().is_none() {
        // What the page asks for first, before its script is there to ask (src/web/ui/library/list.js).
        let first =
            format!("<{}/api/assets?limit=60>; rel=preload; as=fetch; crossorigin", call.client.base_path);
        if let Ok(first) = HeaderValue::from_str(&first) {
            response.headers_mut().insert(LINK, first);
        }
    }
    Ok(response)
}

pub(super) fn login(call: &Call) -> Result<Response<Body>, Problem> {
    page(call, "login")
}

/// The description of the API, to read.
pub(super) fn api(call: &Call) -> Result<Response<Body>, Problem> {
    page(call, "reference")
}

pub(super) fn player(call: &Call, source: &str) -> Result<Response<Body>, Problem> {
    call.source(source)?;
    page(call, "player")
}

/// The player on a TV, in the box's language if it has one.
pub(super) fn tv(call: &Call) -> Result<Response<Body>, Problem> {
    let chosen = call.services.site.with(|site| site.language);
    let language = chosen.unwrap_or_else(|| language::wanted(call.headers()));
    let chosen =
        chosen.map_or_else(String::new, |language| format!(" data-language=\"{}\"", language.code()));
    document(call, "tv", language, &chosen)
}

/// The code by which a phone comes to this box, at the address under which the TV came to it.
pub(super) fn tv_code(call: &Call) -> Result<Response<Body>, Problem> {
    let host = call.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if call.client.is_secure { "https" } else { "http" };
    let code =
        draw::code_svg(&format!("{scheme}://{host}{}/", call.client.base_path)).filter(|_| !host.is_empty());
    let code = code.ok_or_else(|| Problem::not_found("/tv/code.svg"))?;
    let mut response = Response::new(body::full(code));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    Ok(response)
}

/// In the language of whoever asks, and with the box's zone: the first time that is shown is the box's.
fn page(call: &Call, name: &str) -> Result<Response<Body>, Problem> {
    let zone = call.services.site.with(|site| escaped(site.time_zone.iana_name().unwrap_or("UTC")));
    document(call, name, language::wanted(call.headers()), &format!(" data-zone=\"{zone}\""))
}

/// A document with these attributes of its first element.
fn document(
    call: &Call,
    name: &str,
    language: Language,
    attributes: &str,
) -> Result<Response<Body>, Problem> {
    let file = UiFile::document(name, language).ok_or_else(|| Problem::not_found(name))?;
    let begin = format!("<html lang=\"{}\"", language.code());
    let base = &call.client.base_path;
    let below = if base.as_str().is_empty() { String::new() } else { format!(" data-base=\"{base}\"") };
    let file = file.below(base).with(&[(&begin, &format!("{begin}{attributes}{below}"))]);
    Ok(file.into_response(call.headers()))
}

/// Whether a client would rather read a page than JSON: a browser that goes to an address does, a script's `fetch`
/// does not.
pub(super) fn wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|range| range.split(';').next().is_some_and(|range| range.trim() == "text/html"))
}

/// A problem as a page for people, in their language.
pub(super) fn problem(problem: &Problem, language: Language, base: &BasePath) -> Response<Body> {
    let status = problem.status();
    let (title, detail, home) = match language {
        Language::English if status == StatusCode::NOT_FOUND => {
            ("Not found", escaped(problem.detail()), "All live pictures")
        }
        Language::English => ("That did not work", escaped(problem.detail()), "All live pictures"),
        Language::German => {
            let (title, detail) = german(status);
            (title, detail.to_owned(), "Alle Live-Bilder")
        }
    };
    // Not of what it is asked with: a page that says what is wrong is never kept, and short.
    let mut response = match UiFile::document("problem", language) {
        Some(file) => {
            let texts =
                [("{title}", title), ("{heading}", title), ("{detail}", detail.as_str()), ("{home}", home)];
            file.below(base).with(&texts).into_response(&HeaderMap::new())
        }
        None => Response::new(body::full(format!("<h1>{title}</h1><p>{detail}</p>"))),
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.remove(ETAG);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What the API says in English has no words in German: here is what each kind of it means for who looks.
fn german(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => {
            ("Nicht gefunden", "Hier ist nichts. Vielleicht wurde es gelöscht oder umbenannt.")
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ("Nicht erlaubt", "Melde dich an, um das zu sehen, oder bitte um einen neuen Link.")
        }
        StatusCode::TOO_MANY_REQUESTS => {
            ("Zu viele Anfragen", "Warte einen Moment und lade die Seite dann neu.")
        }
        StatusCode::SERVICE_UNAVAILABLE => (
            "Zurzeit nicht möglich",
            "Lade die Seite in einigen Sekunden neu. Bleibt es so, steht der Grund unter „Info“ in den Einstellungen.",
        ),
        StatusCode::INSUFFICIENT_STORAGE => {
            ("Kein Platz mehr", "Verschiebe, was du nicht mehr brauchst, in den Papierkorb und leere ihn.")
        }
        status if status.is_server_error() => {
            ("Etwas ist schiefgegangen", "Das Protokoll der Box nennt den Grund. Lade die Seite neu.")
        }
        _ => (
            "Das hat nicht geklappt",
            "Diese Adresse ist so nicht richtig. Öffne sie von einer Seite der Box aus.",
        ),
    }
}

/// Text that may stand between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_want_pages_and_scripts_do_not() {
        let check = |accept: &'static str, expected| {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(wanted(&headers), expected, "{accept}");
        };
        check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true);
        check("application/json, text/html;q=0.5", true);
        check("*/*", false);
        check("application/json", false);
        assert!(!wanted(&HeaderMap::new()));
    }

    #[test]
    fn what_was_typed_can_not_become_markup() {
        assert_eq!(escaped("<script>\"&"), "&lt;script&gt;&quot;&amp;");
    }
}
