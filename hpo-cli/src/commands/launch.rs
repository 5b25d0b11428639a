//! `hpo launch`: starts many workers of one study.

use std::process::ExitCode;

use anyhow::Result;

use crate::launch::{self, Options};
use crate::screen::Screen;

pub(crate) type Launch = Options;

impl Options {
    pub(super) fn run(&self, _screen: Screen) -> Result<ExitCode> {
        launch::run(self)
    }
}
