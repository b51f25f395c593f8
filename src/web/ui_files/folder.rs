//! The pages' files made of the source folder, anew when one of them has changed.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

use super::{UiFile, content_type};
use crate::web::ui_build::{self, Built, Effort};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/ui");
const DESCRIPTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/openapi.json");

/// What tells one state of the folder from another: each file's path, length and time of the last change.
type State = Vec<(std::path::PathBuf, u64, Option<SystemTime>)>;

type Pages = Arc<Vec<(UiFile, String, String)>>;

static PAGES: Mutex<Option<(State, Pages)>> = Mutex::new(None);

pub(super) fn find(path: &str) -> Option<UiFile> {
    let pages = match pages() {
        Ok(pages) => pages,
        Err(error) => {
            log::error!("The pages can't be built: {error}");
            return None;
        }
    };
    let (file, _, lasting) = pages.iter().find(|(_, name, lasting)| name == path || lasting == path)?;
    Some(UiFile { lasting: lasting == path, ..file.clone() })
}

fn pages() -> Result<Pages, Box<dyn std::error::Error>> {
    // Held while pages are built: who comes meanwhile wants these very pages.
    let mut kept = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let state = state()?;
    match &*kept {
        Some((known, pages)) if *known == state => Ok(pages.clone()),
        _ => {
            let pages = built()?;
            *kept = Some((state, pages.clone()));
            Ok(pages)
        }
    }
}

fn state() -> io::Result<State> {
    let mut files = ui_build::list(Path::new(FOLDER))?;
    files.push(DESCRIPTION.into());
    files.sort();
    let seen = files.into_iter().map(|path| {
        let metadata = fs::metadata(&path)?;
        Ok((path, metadata.len(), metadata.modified().ok()))
    });
    seen.collect()
}

fn built() -> Result<Pages, Box<dyn std::error::Error>> {
    let sources = ui_build::read(Path::new(FOLDER))?;
    let description = fs::read(DESCRIPTION)?;
    let more: [(&str, &[u8]); 1] = [("api/openapi.json", &description)];
    let built = ui_build::build(&sources, &more, Effort::Quick).map_err(|fault| fault.to_string())?;
    let modules = sources.into_iter().filter_map(module);
    Ok(Arc::new(built.into_iter().filter_map(page).chain(modules).collect()))
}

/// One script as it is written, for whoever looks for a name in it: no document asks for it.
fn module((name, data): (String, Vec<u8>)) -> Option<(UiFile, String, String)> {
    let of_script = name.ends_with(".js");
    let built = Built { name, tag: ui_build::tag_of(&data), plain: data, gzip: None, brotli: None };
    page(built).filter(|_| of_script)
}

fn page(built: Built) -> Option<(UiFile, String, String)> {
    let lasting = ui_build::lasting_name(&built.name, built.tag);
    let file = UiFile {
        tag: built.tag,
        content_type: content_type(&built.name)?,
        lasting: false,
        by_language: false,
        plain: built.plain.into(),
        gzip: built.gzip.map(Into::into),
        brotli: built.brotli.map(Into::into),
    };
    Some((file, built.name, lasting))
}
