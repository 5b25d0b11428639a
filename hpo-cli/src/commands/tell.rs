//! `hpo tell`: records the end of a trial.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use hpo_core::trial::{Event, Outcome, Timestamp};

use crate::args;
use crate::screen::{self, Screen};
use crate::source;

/// End a trial that `ask` returned: with its value, or as failed or pruned
#[derive(Debug, Args)]
pub(crate) struct Tell {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    study: args::Study,
    /// The trial's number, as `ask` printed it
    #[arg(long, value_name = "NUMBER")]
    trial: u64,
    /// Its value; with several objectives one for each, in their order
    #[arg(long = "value", value_name = "VALUE", value_delimiter = ',', allow_hyphen_values = true)]
    #[arg(required_unless_present = "state")]
    values: Vec<f64>,
    /// How it ended, if not with a value
    #[arg(long, value_enum, conflicts_with = "values")]
    state: Option<End>,
    /// Why it failed or was pruned
    #[arg(long, value_name = "TEXT", conflicts_with = "values", requires = "state")]
    message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum End {
    /// It could not be evaluated
    Failed,
    /// It was stopped early
    Pruned,
}

impl Tell {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let study = source::study(&*storage, self.study.name.as_deref())?;
        if self.values.iter().any(|value| value.is_nan()) {
            bail!("NaN is not a value: end the trial with --state failed");
        }
        let message = self.message.as_deref();
        let outcome = match self.state {
            None => Outcome::Complete(&self.values),
            Some(End::Failed) => Outcome::Failed(message.unwrap_or("failed by `hpo tell`")),
            Some(End::Pruned) => Outcome::Pruned(message.unwrap_or("pruned by `hpo tell`")),
        };
        let event = Event::Finished { outcome, at: Timestamp::now() };
        storage.record(study.id, self.trial, &event)?;
        let values: Vec<String> = self.values.iter().map(ToString::to_string).collect();
        let with =
            if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
        screen::say(&format!(
            "trial {} of `{}` is {}{with}",
            self.trial,
            study.name,
            outcome.state()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
