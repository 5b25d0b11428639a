//! `hpo man`: writes the manual pages.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};

use super::Arguments;
use crate::screen::{self, Screen};

/// Write the manual pages, `hpo.1` and one per command, to a folder; without one, print `hpo.1`
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder, such as `~/.local/share/man/man1`; it is created if it does not exist
    folder: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let command = Arguments::command();
        if let Some(folder) = &self.folder {
            let write = || -> std::io::Result<()> {
                std::fs::create_dir_all(folder)?;
                clap_mangen::generate_to(command, folder)
            };
            write()
                .with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
        } else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            screen::print_document(&String::from_utf8(page)?)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
