//! `marquee backup` and `marquee restore`.

use std::error::Error;
use std::fs::{File, OpenOptions, Permissions};
use std::io::BufWriter;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::access::{self, Access};
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
    let mut file = BufWriter::with_capacity(BUFFER_BYTES, private(&part)?);
    backup.write(&mut file)?;
    file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    // Under its name only when it is whole.
    std::fs::rename(&part, &arguments.file)?;
    super::print(&format!("{} bytes in {}\n", backup.bytes(), arguments.file.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Nobody else reads it: it has who may log in.
fn private(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600)).map(|()| file)
}

pub(super) fn restore(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let file = File::open(&arguments.file)?;
    std::fs::create_dir_all(&arguments.data)?;
    let restored = match Library::open(&arguments.data) {
        Ok(library) => library.restore_backup(file, Access::check)?,
        Err(error) if error.is_of_the_database() => {
            super::print(&format!("{error}: it is set aside\n"))?;
            Library::open_from_backup(&arguments.data, file, Access::check)?.1
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(text) = &restored.access {
        Access::open(Some(&arguments.data), access::Settings::default())?.take_over(text)?;
    }
    super::print(&format!("{} assets, {} files\n", restored.assets, restored.files))?;
    Ok(ExitCode::SUCCESS)
}
