//! `hpo top`: shows the workers and the running trials of a study.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::args;
use crate::screen::Screen;
use crate::source;
use crate::top;

/// Show who works on a study: workers, running trials, the best, the throughput
///
/// On a terminal it is drawn again every two seconds, until Ctrl-C; in a pipe it is printed once.
#[derive(Debug, Args)]
pub(crate) struct Top {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    study: args::Study,
    /// The number of trials that the study will have in all, for the time left
    #[arg(long, value_name = "N")]
    trials: Option<u64>,
    /// Print it once, on a terminal too
    #[arg(long)]
    once: bool,
}

impl Top {
    pub(super) fn run(&self, screen: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let study = source::study(&*storage, self.study.name.as_deref())?;
        top::run(&*storage, &study, self.trials, self.once, screen)
    }
}
