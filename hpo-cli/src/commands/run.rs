//! `hpo run`: runs a program for each trial.

use std::process::ExitCode;

use anyhow::Result;

use crate::run::Options;
use crate::screen::Screen;

pub(super) use crate::run::Options as Run;

impl Options {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        crate::run::run(self)
    }
}
