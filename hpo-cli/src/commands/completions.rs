//! `hpo completions`: prints the completions of `hpo` for a shell.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Arguments;
use crate::screen::{self, Screen};

/// Print the completion script of a shell
///
/// Save it where the shell looks for completions. For bash:
/// `hpo completions bash > ~/.local/share/bash-completion/completions/hpo`; for fish:
/// `hpo completions fish > ~/.config/fish/completions/hpo.fish`; for zsh: a file `_hpo` in a folder
/// of its `fpath`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "hpo", &mut script);
        screen::print_document(&String::from_utf8(script)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
