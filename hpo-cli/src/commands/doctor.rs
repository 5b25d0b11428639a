//! `hpo doctor`: checks what goes wrong on clusters.

use std::process::ExitCode;

use anyhow::Result;

use crate::doctor::{self, Options};
use crate::screen::Screen;

pub(crate) type Doctor = Options;

impl Options {
    pub(super) fn run(&self, screen: Screen) -> Result<ExitCode> {
        doctor::run(self, screen)
    }
}
