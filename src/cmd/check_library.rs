//! `marquee check-library`.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::library::{Anew, CheckOptions, Library, OpenError};

/// Something is wrong with the library.
const EXIT_WRONG: u8 = 2;
/// Findings that are printed; a library whose disk is gone has as many as files.
const FINDINGS_SHOWN_MAX: usize = 200;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The data folder that `marquee run` was given
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only whether the files are there and of the right length, not what is in them
    #[arg(long)]
    quick: bool,
    /// Remove what belongs to nothing, count anew, make lost thumbnails again. Of an asset whose file is lost or damaged
    /// the copy is kept, or the file as it was found; what has nothing left to show is removed. Damaged files that can't
    /// be kept are set aside as *.damaged. A damaged database is set aside as library.db.damaged-*, and what can be read
    /// of it, and of its spare copy, takes its place
    #[arg(long)]
    repair: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut out = String::new();
    let library = match Library::open(&arguments.data) {
        Err(OpenError::Damaged { cause, .. }) if arguments.repair => {
            rescue(&arguments.data, &cause, &mut out)?
        }
        opened => opened?,
    };
    let report = library.check(CheckOptions { content: !arguments.quick, repair: arguments.repair })?;
    for finding in report.findings.iter().take(FINDINGS_SHOWN_MAX) {
        writeln!(out, "{finding}")?;
    }
    let more = report.findings.len().saturating_sub(FINDINGS_SHOWN_MAX);
    if more > 0 {
        writeln!(out, "and {more} more")?;
    }
    if report.left_over > 0 {
        let then = if arguments.repair { "removed" } else { "Marquee removes them within a day" };
        writeln!(out, "{} files left over from what broke off: {then}", report.left_over)?;
    }
    let verdict = match (report.findings.len(), arguments.repair) {
        (0, _) => "all is well".to_owned(),
        (count, true) => format!("{count} findings, mended as far as possible"),
        (count, false) => format!("{count} findings; --repair mends what can be mended"),
    };
    writeln!(out, "{} assets, {} files, {} bytes: {verdict}", report.assets, report.files, report.bytes)?;
    super::print(&out)?;
    let well = report.findings.is_empty() || arguments.repair;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(EXIT_WRONG) })
}

/// Puts a new database in the place of a damaged one, with what can be read of that.
fn rescue(data: &Path, cause: &str, out: &mut String) -> Result<Library, Box<dyn Error>> {
    let (library, renewed) = Library::open_anew(data, Anew::Rescued)?;
    writeln!(out, "the database was damaged ({cause}), and is kept as {}", renewed.set_aside)?;
    writeln!(
        out,
        "{} assets were rescued, {} of them from their files alone",
        renewed.assets, renewed.adopted
    )?;
    if renewed.spare_of.is_some() {
        writeln!(out, "what could not be read came from the spare copy")?;
    }
    Ok(library)
}
