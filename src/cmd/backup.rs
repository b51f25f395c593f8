//! `marquee backup` and `marquee restore`.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::library::{self, Library};

/// Written at once.
const BUFFER_BYTES: usize = 1 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The data folder that `marquee run` was given
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The backup, such as marquee.tar
    file: PathBuf,
}

/// Works while Marquee runs: it only looks.
pub(super) fn backup(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let part = arguments.file.with_extension("part");
    let backup = library::Backup::of(&arguments.data)?;
    let mut file = BufWriter::with_capacity(BUFFER_BYTES, File::create(&part)?);
    backup.write(&mut file)?;
    file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    // Under its name only when it is whole.
    std::fs::rename(&part, &arguments.file)?;
    super::print(&format!("{} bytes in {}\n", backup.bytes(), arguments.file.display()))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let file = File::open(&arguments.file)?;
    std::fs::create_dir_all(&arguments.data)?;
    let library = Library::open(&arguments.data)?;
    let restored = library.restore_backup(file)?;
    super::print(&format!("{} assets, {} files\n", restored.assets, restored.files))?;
    Ok(ExitCode::SUCCESS)
}
