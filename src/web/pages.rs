//! HTML pages, and who wants one.

use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};

use super::answer::Call;
use super::body::{self, Body};
use super::problem::Problem;
use super::ui_files::UiFile;
use crate::draw;

/// The dashboard, the library, an asset, the bin, the signage, the settings: one document that shows what its address says, so that
/// uploads go on from page to page. It asks itself whether there is such an asset: it has an answer for it.
pub(super) fn app(call: &Call) -> Result<Response<Body>, Problem> {
    page(call, "app.html")
}

pub(super) fn login(call: &Call) -> Result<Response<Body>, Problem> {
    page(call, "login.html")
}

/// The description of the API, to read.
pub(super) fn api(call: &Call) -> Result<Response<Body>, Problem> {
    page(call, "reference.html")
}

pub(super) fn player(call: &Call, source: &str) -> Result<Response<Body>, Problem> {
    call.source(source)?;
    page(call, "player.html")
}

/// The player on a TV, in the box's language if it has one.
pub(super) fn tv(call: &Call) -> Result<Response<Body>, Problem> {
    let file = UiFile::find("tv.html").ok_or_else(|| Problem::not_found("tv.html"))?;
    let language = call.services.site.borrow().language;
    let file = match language {
        None => file,
        Some(language) => file.with(
            r#"<html lang="en">"#,
            &format!(r#"<html lang="{0}" data-language="{0}">"#, language.code()),
        ),
    };
    Ok(file.into_response(call.headers()))
}

/// The code by which a phone comes to this box, at the address under which the TV came to it.
pub(super) fn tv_code(call: &Call) -> Result<Response<Body>, Problem> {
    let host = call.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if call.client.is_secure { "https" } else { "http" };
    let code = draw::code_svg(&format!("{scheme}://{host}/")).filter(|_| !host.is_empty());
    let code = code.ok_or_else(|| Problem::not_found("/tv/code.svg"))?;
    let mut response = Response::new(body::full(code));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    Ok(response)
}

fn page(call: &Call, file: &str) -> Result<Response<Body>, Problem> {
    let file = UiFile::find(file).ok_or_else(|| Problem::not_found(file))?;
    Ok(file.into_response(call.headers()))
}

/// Whether a client would rather read a page than JSON: a browser that goes to an address does, a script's `fetch`
/// does not.
pub(super) fn wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|range| range.split(';').next().is_some_and(|range| range.trim() == "text/html"))
}

/// A problem as a page for people.
pub(super) fn problem(problem: &Problem) -> Response<Body> {
    let status = problem.status();
    let title = if status == StatusCode::NOT_FOUND { "Not found" } else { "That did not work" };
    let page = PROBLEM.replace("{title}", title).replace("{detail}", &escaped(problem.detail()));
    let mut response = Response::new(body::full(page));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// It has to work whatever the pages' files are, and uses their style sheets if they are there.
const PROBLEM: &str = "<!doctype html>
<html lang=\"en\">
<head>
  <meta charset=\"utf-8\">
  <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
  <title>{title} · Marquee</title>
  <link rel=\"icon\" href=\"/ui/favicon.svg\" type=\"image/svg+xml\">
  <link rel=\"stylesheet\" href=\"/ui/tokens.css\">
  <link rel=\"stylesheet\" href=\"/ui/base.css\">
  <script src=\"/ui/theme.js\"></script>
</head>
<body>
  <main class=\"page\">
    <h1>{title}</h1>
    <p>{detail}</p>
    <p><a href=\"/\">All live pictures</a></p>
  </main>
</body>
</html>
";

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
