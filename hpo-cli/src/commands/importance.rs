//! `hpo importance`: how much each parameter mattered.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use hpo_core::report::Subject;
use hpo_core::report::importance::{Fanova, Importances, Measure, Relevance};
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::seen_through;
use serde_json::Value as Json;

use crate::args;
use crate::present::{Column, Table, number};
use crate::screen::{self, Screen};
use crate::source;

/// Show how much each parameter of a study mattered
///
/// Each parameter has a share of 1, by the complete trials with a finite value.
#[derive(Debug, Args)]
pub(crate) struct Importance {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    study: args::Study,
    /// How to measure it
    #[arg(long, alias = "by", value_enum, default_value_t = Kind::PedAnova)]
    measure: Kind,
    /// For which objective, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    objective: usize,
    #[command(flatten)]
    view: args::View,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// What sets the best tenth of the trials apart
    PedAnova,
    /// What explains the variance of a random forest, alone and in pairs
    Fanova,
    /// What moves the expectation of a Gaussian process, alone or with others
    Gp,
}

impl Importance {
    pub(super) fn run(&self, screen: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let study = source::study(&*storage, self.study.name.as_deref())?;
        let found = self.measured(&*storage, &study)?;
        table(&found).show(&self.view, screen)?;
        if found.trials < found.complete {
            let left_out = match found.infinite {
                0 => String::new(),
                count => format!("; {count} have an infinite value"),
            };
            screen::note(&format!("this is of {} of {} complete trials{left_out}", found.trials, found.complete));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn measured(&self, storage: &dyn Storage, study: &StudyRecord) -> Result<Importances> {
        let measure = match self.measure {
            Kind::PedAnova => Measure::default(),
            Kind::Fanova => Measure::Fanova(Fanova::default()),
            Kind::Gp => Measure::Gp(Relevance::default()),
        };
        let (slots, mut found) = (source::slots(study), None);
        storage.read(study.id, &mut |trials| {
            let trials = &*seen_through(study, trials);
            let (name, directions, slots, metrics) = (study.name.as_str(), &study.directions[..], slots.as_ref(), &[]);
            found = Some(measure.importances(&Subject { name, directions, trials, slots, metrics }, self.objective));
        })?;
        Ok(found.context("the storage did not show the trials of the study: try again, or see `hpo studies`")??)
    }
}

/// A row a parameter, then one a pair.
fn table(found: &Importances) -> Table {
    let mut table = Table::new(["parameter", "with", "share", "trials"].map(Column::plain).to_vec());
    for one in &found.of {
        let path = Json::from(one.path.as_str());
        table.push(vec![Some(path), None, Some(number(one.share)), Some(one.trials.into())]);
    }
    for pair in &found.interactions {
        let [path, with] = pair.paths.each_ref().map(|path| Some(Json::from(path.as_str())));
        table.push(vec![path, with, Some(number(pair.share)), None]);
    }
    table
}
