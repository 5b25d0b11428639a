//! `hpo importance`: shows the importance of each parameter.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use hpo_core::report::StudyView;
use hpo_core::report::importance::{Fanova, Importances, Measure, PedAnova, Relevance};
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::seen_through;
use serde_json::Value as Json;

use crate::args;
use crate::present::{Column, Table, View, number};
use crate::screen::{self, Screen};
use crate::source;

/// Show how much each parameter of a study mattered
///
/// A share is between 0 and 1. Only complete trials with a finite value are used.
#[derive(Debug, Args)]
pub(crate) struct Importance {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    study: args::Study,
    /// Show one measure alone; by default, `share` is the first measure with a result, and the
    /// others are shown beside it
    #[arg(long, alias = "by", value_enum)]
    measure: Option<MeasureArg>,
    /// The objective, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    objective: usize,
    #[command(flatten)]
    view: View,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MeasureArg {
    /// The share of the variance that a random forest attributes to it, alone and in pairs
    Fanova,
    /// How far its values in the best tenth of the trials differ from those in the others
    PedAnova,
    /// How far it moves the prediction of a Gaussian process, alone or with others
    Gp,
}

impl Importance {
    pub(super) fn run(&self, screen: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let study = source::study(&*storage, self.study.name.as_deref())?;
        let measures = self.measure.map_or(Measure::ALL.to_vec(), |kind| vec![kind.measure()]);
        let all = self.measured(&*storage, &study, &measures)?;
        let found = &all[0];
        let table = if self.measure.is_some() { table(found) } else { side_by_side(&all) };
        table.show(&self.view, screen)?;
        if found.trials < found.complete {
            let left_out = match found.infinite {
                0 => String::new(),
                count => format!("; {count} have an infinite or absurd value"),
            };
            screen::note(&format!(
                "{} of {} complete trials were used{left_out}",
                found.trials, found.complete
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Returns the results of the measures; at least one must give a result.
    fn measured(
        &self,
        storage: &dyn Storage,
        study: &StudyRecord,
        measures: &[Measure],
    ) -> Result<Vec<Importances>> {
        let (flat, mut found) = (study.flat_space(), None);
        storage.read(study.id, &mut |trials| {
            let trials = &*seen_through(study, trials);
            let (name, directions, flat, metrics) =
                (study.name.as_str(), &study.directions[..], flat.as_ref(), &[]);
            let subject = StudyView { name, directions, trials, flat, metrics };
            let of = |measure: &Measure| measure.importances(&subject, self.objective);
            found = Some(measures.iter().map(of).collect::<Vec<_>>());
        })?;
        let found = found.context(
            "the storage did not show the trials of the study: try again, or see `hpo studies`",
        )?;
        let (computed, refused): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
        match refused.into_iter().find_map(Result::err) {
            Some(error) if computed.is_empty() => Err(error.into()),
            _ => Ok(computed.into_iter().flatten().collect()),
        }
    }
}

impl MeasureArg {
    fn measure(self) -> Measure {
        match self {
            MeasureArg::PedAnova => Measure::PedAnova(PedAnova::default()),
            MeasureArg::Fanova => Measure::Fanova(Fanova::default()),
            MeasureArg::Gp => Measure::Gp(Relevance::default()),
        }
    }
}

/// Returns a table with one row per parameter: its share by the first measure, and by each of the
/// others.
fn side_by_side(all: &[Importances]) -> Table {
    let (found, others) = (&all[0], &all[1..]);
    let names = others.iter().map(|other| other.measure.name());
    let columns = ["parameter", "share"].into_iter().chain(names).chain(["trials"]);
    let mut table = Table::new(columns.map(Column::plain).collect());
    for one in &found.of {
        let beside = others.iter().map(|other| {
            other.of.iter().find(|own| own.path == one.path).map(|own| number(own.share))
        });
        let path = [Some(Json::from(one.path.as_str())), Some(number(one.share))];
        table.push(path.into_iter().chain(beside).chain([Some(one.trials.into())]).collect());
    }
    table
}

/// Returns a table with one row per parameter, then one per pair.
fn table(found: &Importances) -> Table {
    let mut table =
        Table::new(["parameter", "with", "share", "trials"].map(Column::plain).to_vec());
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
