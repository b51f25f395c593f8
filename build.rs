//! Builds the pages for a release (see `src/web/ui_build`), to be embedded. A debug build reads them from the source folder
//! instead, so that one sees a change without compiling.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use ui_build::{Built, Effort};

#[path = "src/web/ui_build/mod.rs"]
mod ui_build;

fn main() -> ExitCode {
    println!("cargo:rustc-check-cfg=cfg(embedded_pages)");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/web/ui_build");
    // "release" for every profile that inherits from it.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=src/web/ui");
        println!("cargo:rerun-if-changed=src/web/openapi.json");
        println!("cargo:rustc-cfg=embedded_pages");
        if let Err(error) = embed() {
            println!("cargo:error={error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Writes `pages.rs`: the table of all files, each embedded in its three forms.
fn embed() -> Result<(), Box<dyn std::error::Error>> {
    let out = env::var("OUT_DIR")?;
    let description = fs::read("src/web/openapi.json")?;
    let sources = ui_build::read(Path::new("src/web/ui"))?;
    let more: [(&str, &[u8]); 1] = [("api/openapi.json", &description)];
    let built =
        ui_build::build(&sources, &more, Effort::Best).map_err(|fault| format!("src/web/ui/{fault}"))?;
    let mut table = String::from("[\n");
    for (index, file) in built.iter().enumerate() {
        let entry = entry(Path::new(&out), index, file)?;
        table.push_str(&entry);
    }
    table.push_str("]\n");
    fs::write(Path::new(&out).join("pages.rs"), table)?;
    Ok(())
}

fn entry(out: &Path, index: usize, file: &Built) -> io::Result<String> {
    let kept = |kind: &str, data: &[u8]| {
        let path = out.join(format!("page-{index}.{kind}"));
        fs::write(&path, data)?;
        Ok::<_, io::Error>(format!("include_bytes!({path:?})"))
    };
    let packed = |kind: &str, data: &Option<Vec<u8>>| match data {
        Some(data) => Ok::<_, io::Error>(format!("Some({})", kept(kind, data)?)),
        None => Ok("None".to_owned()),
    };
    let (name, tag) = (&file.name, file.tag);
    let lasting = ui_build::lasting_name(name, tag);
    let plain = kept("plain", &file.plain)?;
    let (gzip, brotli) = (packed("gz", &file.gzip)?, packed("br", &file.brotli)?);
    Ok(format!(
        "Embedded {{ name: {name:?}, lasting: {lasting:?}, tag: {tag}, plain: {plain}, gzip: {gzip}, brotli: {brotli} }},\n"
    ))
}
