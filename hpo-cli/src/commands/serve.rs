//! `hpo serve`: asks and tells by JSON lines.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::screen::Screen;
use crate::serve;

/// Ask and tell by JSON lines: a program in any language writes requests and reads answers
///
/// The first line, with a `space`, starts a study in memory; then follow `{"ask": 1}`,
/// `{"report": 0, "step": 3, "value": 1.5}` and `{"tell": 0, "value": 1.25}`. Each line is answered
/// by one line. `docs/serve.md` describes the requests.
#[derive(Debug, Args)]
pub(crate) struct Serve {}

impl Serve {
    #[allow(clippy::unused_self, reason = "as all commands")]
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        serve::run(std::io::stdin().lock(), std::io::stdout().lock())?;
        Ok(ExitCode::SUCCESS)
    }
}
