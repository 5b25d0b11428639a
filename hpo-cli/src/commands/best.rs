//! `hpo best`: shows the best trials.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use hpo_core::Error;
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::seen_through;

use super::trials::{params, rows};
use crate::args;
use crate::present::{Table, View};
use crate::screen::{self, Screen};
use crate::source;

/// Show the best trials of a study; with several objectives, those that no other trial dominates
#[derive(Debug, Args)]
pub(crate) struct Best {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    study: args::Study,
    /// The number of trials to show at most; the default is 1, with several objectives all
    #[arg(long, alias = "n", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// Print only the configs, one JSON object per line, for programs
    #[arg(long, conflicts_with_all = ["format", "columns", "wide"])]
    config: bool,
    #[command(flatten)]
    view: View,
}

impl Best {
    pub(super) fn run(&self, screen: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let study = source::study(&*storage, self.study.name.as_deref())?;
        let table = self.table(&*storage, &study)?;
        if self.config {
            screen::print(&self.configs(&*storage, &study)?)?;
        } else {
            table.show(&self.view, screen)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Returns the best trials, best first; with several objectives the non-dominated ones, by
    /// number.
    fn table(&self, storage: &dyn Storage, study: &StudyRecord) -> Result<Table> {
        let table = rows(storage, study, |trials| self.best(study, trials))?;
        if table.is_empty() {
            let (mut reason, mut all) = (None, 0);
            storage.read(study.id, &mut |trials| {
                let trials = &*seen_through(study, trials);
                (reason, all) =
                    (Error::no_best_trial(&study.name, trials, trials.complete()), trials.len());
            })?;
            if all == 0 {
                bail!("no trial of `{}` has completed: the study has no trials yet", study.name);
            }
            if let Some(error) = reason {
                return Err(error.into());
            }
            bail!("no trial of `{}` has completed: `hpo trials` shows their states", study.name);
        }
        Ok(table)
    }

    fn configs(&self, storage: &dyn Storage, study: &StudyRecord) -> Result<String> {
        let mut lines = String::new();
        storage.read(study.id, &mut |trials| {
            let trials = &*seen_through(study, trials);
            for number in self.best(study, trials) {
                lines += &serde_json::to_string(&params(trials, number)).unwrap_or_default();
                lines.push('\n');
            }
        })?;
        Ok(lines)
    }

    fn best(&self, study: &StudyRecord, trials: &hpo_core::trial::Trials) -> Vec<u64> {
        let mut best = trials.best(&study.directions);
        best.truncate(match (self.count, study.directions.len()) {
            (Some(count), _) => count as usize,
            (None, 1) => 1,
            (None, _) => usize::MAX,
        });
        best
    }
}
