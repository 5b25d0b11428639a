//! `hpo run` on systems without process groups: a message.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

/// Run a program for each trial (only on Linux and other Unix systems)
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The options and the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

pub(crate) const SHIM: &str = "run-shim";

pub(crate) fn shim_main() -> ExitCode {
    ExitCode::FAILURE
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    bail!(
        "`hpo run` needs a Unix system, such as Linux, macOS or WSL, to end a program with all that \
         it has started ({} words were given): use `hpo ask` and `hpo tell`, or `hpo serve`",
        options.words.len()
    )
}
