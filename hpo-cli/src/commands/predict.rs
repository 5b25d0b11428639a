//! `hpo predict`: predicts the target of new rows with a saved model.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueHint};
use hpo_core::file;
use hpo_core::report::csv;
use hpo_linfa::{Model, Predictions};

use super::fit::{Reading, check_out};
use crate::screen::{self, Screen};

/// Predict the target of new rows with a saved model
///
/// Prints a CSV with a line per row, in the order of the rows.
#[derive(Debug, Args)]
pub(crate) struct Predict {
    /// The model, a file of `hpo fit`
    #[arg(value_name = "MODEL", value_hint = ValueHint::FilePath)]
    model: PathBuf,
    /// The new rows: a CSV with the columns of the training, in any order
    #[arg(value_name = "CSV", value_hint = ValueHint::FilePath)]
    table: PathBuf,
    /// The file to write instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// Add the probability of each class
    #[arg(long)]
    proba: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Score a saved model on rows with a known target
#[derive(Debug, Args)]
pub(crate) struct Score {
    /// The model, a file of `hpo fit`
    #[arg(value_name = "MODEL", value_hint = ValueHint::FilePath)]
    model: PathBuf,
    /// The rows: a CSV with the columns of the training and the target
    #[arg(value_name = "CSV", value_hint = ValueHint::FilePath)]
    table: PathBuf,
    /// Also write a page on how the model predicts these rows, which needs no network
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    report: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl Predict {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        if let Some(out) = &self.out {
            check_out(out, &[&self.model, &self.table], |_| true)?;
        }
        let model = Model::load(&self.model)?;
        let table = self.reading.read(&self.table)?;
        let predictions =
            model.predict(&table).with_context(|| self.table.display().to_string())?;
        predictions.notes().iter().for_each(|note| screen::note(note));
        let text = lines(&model.target().name, &predictions, self.proba);
        match &self.out {
            Some(path) => file::replace(path, |file| file.write_all(text.as_bytes()))
                .with_context(|| path.display().to_string())?,
            None => screen::print_document(&text)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Score {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        if let Some(report) = &self.report {
            check_out(report, &[&self.model, &self.table], |_| true)?;
        }
        let model = Model::load(&self.model)?;
        let table = self.reading.read(&self.table)?;
        let place = || self.table.display().to_string();
        let (score, notes) = model.scored(&table).with_context(place)?;
        for note in notes {
            screen::note(&note);
        }
        screen::say(&format!("{} {score:.4}", model.metric()))?;
        if let Some(path) = &self.report {
            model.report(&table).with_context(place)?.html(path)?;
            screen::say(&format!("the report is in {}", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns the predictions as a CSV.
fn lines(target: &str, predictions: &Predictions, proba: bool) -> String {
    let labels = if proba { predictions.labels() } else { &[] };
    let probabilities = labels.iter().map(|label| format!("{target}={label}"));
    let mut text = csv::line(std::iter::once(target.to_owned()).chain(probabilities));
    for row in 0..predictions.rows() {
        let label = predictions.label(row).map(str::to_owned);
        let told = label.unwrap_or_else(|| predictions.number(row).to_string());
        let shown = if labels.is_empty() { &[] } else { predictions.probabilities(row) };
        text += &csv::line(std::iter::once(told).chain(shown.iter().map(ToString::to_string)));
    }
    text
}
