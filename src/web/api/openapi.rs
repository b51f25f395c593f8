//! `GET /api/openapi.json`: the description of the API. It is written by hand; the tests below hold it against the
//! routes, and others hold the answers against it.

use hyper::Response;

use crate::web::answer::Call;
use crate::web::body::Body;
use crate::web::problem::Problem;
use crate::web::ui_files::UiFile;

/// It is compressed with the pages' files.
pub(crate) fn get(call: &Call) -> Result<Response<Body>, Problem> {
    let file = UiFile::find("api/openapi.json").ok_or_else(|| Problem::not_found("/api/openapi.json"))?;
    let base = &call.client.base_path;
    let file = match base.as_str() {
        "" => file,
        base => file.with(&[("\"url\": \"/\"", &format!("\"url\": \"{base}/\""))]),
    };
    Ok(file.into_response(call.headers()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use crate::web::route;

    const DESCRIPTION: &str = include_str!("../openapi.json");

    /// `GET /api/assets/{id}`
    type Operations = BTreeSet<String>;

    fn described() -> Operations {
        let description: Value = serde_json::from_str(DESCRIPTION).expect("JSON");
        let paths = description["paths"].as_object().expect("an object").clone();
        let operations = paths.into_iter().flat_map(|(path, operations)| {
            let methods: Vec<String> = operations.as_object().expect("an object").keys().cloned().collect();
            methods.into_iter().map(move |method| format!("{} {path}", method.to_uppercase()))
        });
        operations.collect()
    }

    /// What programs use; pages and their files are not described.
    fn served() -> Operations {
        let pages = [
            "/",
            "/live/{source}",
            "/ui/{*path}",
            "/library",
            "/library/{id}",
            "/bin",
            "/screens",
            "/playlists",
            "/playlists/{id}",
            "/schedule",
            "/tv",
            "/tv/code.svg",
            "/settings",
            "/login",
            "/api",
        ];
        let addresses = route::addresses().filter(|(pattern, _)| !pages.contains(pattern));
        let operations = addresses.flat_map(|(pattern, allow)| {
            let methods = allow.split(", ").filter(|method| !matches!(*method, "HEAD" | "OPTIONS"));
            methods.map(move |method| format!("{method} {pattern}"))
        });
        operations.collect()
    }

    #[test]
    fn every_address_is_described_and_no_other() {
        let (described, served) = (described(), served());
        let missing: Vec<_> = served.difference(&described).collect();
        let made_up: Vec<_> = described.difference(&served).collect();
        assert!(
            missing.is_empty() && made_up.is_empty(),
            "not described: {missing:?}; not there: {made_up:?}"
        );
    }

    /// Programs that are made of the description name their functions by it.
    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let description: Value = serde_json::from_str(DESCRIPTION).expect("JSON");
        let mut names = BTreeSet::new();
        for (path, operations) in description["paths"].as_object().expect("an object") {
            let operations = operations.as_object().expect("an object").iter();
            for (method, operation) in operations.filter(|(method, _)| *method != "parameters") {
                let name = operation["operationId"].as_str().unwrap_or_default();
                assert!(!name.is_empty() && names.insert(name), "{method} {path}: {name:?}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let description: Value = serde_json::from_str(DESCRIPTION).expect("JSON");
        for reference in DESCRIPTION.split("\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(description.pointer(reference).is_some(), "{reference}");
        }
    }
}
