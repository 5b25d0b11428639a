//! Models that are saved to a file and loaded in another process, with the same predictions, bit
//! for bit.
//!
//! A file has two lines of JSON: a header with the version of the format and a checksum, and the
//! model. Files of earlier versions of the format stay readable.

#[cfg(test)]
mod fossils;

use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::features::{Features, Learning};
use crate::learner::FittedEstimator;
use crate::model_error::{ModelError, VERSION};
use crate::schema::Schema;
use crate::score_estimate::ScoreEstimate;
use crate::table::{Table, TableError};
use crate::table_metric::TableMetric;
use crate::target_schema::TargetSchema;
use crate::training::TrainingTable;

/// A fitted model of tables: its columns, its target, and one or several fitted estimators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    schema: Schema,
    target: TargetSchema,
    metric: TableMetric,
    estimate: ScoreEstimateText,
    /// The number of rows of the training.
    rows: usize,
    members: Vec<Member>,
}

/// A fitted estimator with its weight in the mean of the predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    weight: f64,
    estimator: String,
    config: Json,
    fitted: FittedEstimator,
}

/// An estimate in which NaN is written as nothing, since JSON has no NaN.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct ScoreEstimateText(Option<ScoreEstimate>);

/// The first line of a model file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    /// The version of the format.
    hpo_model: u32,
    checksum: String,
}

/// The predictions for the rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    labels: Vec<String>,
    values: Vec<f64>,
    outputs: usize,
    notes: Vec<String>,
}

impl Member {
    pub(crate) fn new(
        weight: f64,
        estimator: &str,
        config: &impl Serialize,
        fitted: FittedEstimator,
    ) -> Result<Self, crate::Error> {
        let config =
            serde_json::to_value(config).map_err(|error| ModelError::Unsaved(error.to_string()))?;
        Ok(Self { weight, estimator: estimator.to_owned(), config, fitted })
    }

    /// Returns the weight of the member's predictions, above 0 and at most 1.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Returns the name of the estimator.
    #[must_use]
    pub fn estimator(&self) -> &str {
        &self.estimator
    }

    /// Returns the config of the estimator.
    #[must_use]
    pub fn config(&self) -> &Json {
        &self.config
    }
}

impl Model {
    pub(crate) fn new(
        table: &TrainingTable,
        metric: TableMetric,
        estimate: ScoreEstimate,
        members: Vec<Member>,
    ) -> Self {
        let is_finite = [estimate.score, estimate.low, estimate.high].iter().all(|x| x.is_finite());
        Self {
            schema: table.schema.clone(),
            target: table.target.clone(),
            metric,
            estimate: ScoreEstimateText(is_finite.then_some(estimate)),
            rows: table.features.rows,
            members,
        }
    }

    /// Saves the model to a file, which is replaced if it exists.
    ///
    /// # Errors
    /// If the file cannot be written, or the model contains a number that is not finite.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        let path = path.as_ref();
        let body = serde_json::to_string(self).map_err(|e| ModelError::Unsaved(e.to_string()))?;
        // JSON writes a number that is not finite as null, which could not be loaded.
        serde_json::from_str::<Self>(&body).map_err(|e| ModelError::Unsaved(e.to_string()))?;
        let header = Header { hpo_model: VERSION, checksum: checksum(&body) };
        let header =
            serde_json::to_string(&header).map_err(|e| ModelError::Unsaved(e.to_string()))?;
        hpo_core::file::replace(path, |file| writeln!(file, "{header}\n{body}"))
            .map_err(|source| ModelError::File { path: path.to_owned(), source })
    }

    /// Loads a model from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no model, is damaged, or is of a later version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .map_err(|source| ModelError::File { path: path.to_owned(), source })?;
        let no_model = || ModelError::NoModel { path: path.to_owned() };
        let damaged = |problem: String| ModelError::Damaged { path: path.to_owned(), problem };
        let text = String::from_utf8(bytes).map_err(|_| no_model())?;
        let (header, body) = text.split_once('\n').unwrap_or((&text, ""));
        let header: Header = serde_json::from_str(header).map_err(|_| no_model())?;
        if header.hpo_model != VERSION {
            return Err(ModelError::Version { path: path.to_owned(), version: header.hpo_model });
        }
        let body = body.strip_suffix('\n').unwrap_or(body);
        if header.checksum != checksum(body) {
            return Err(damaged("its checksum does not fit".to_owned()));
        }
        let model: Self = serde_json::from_str(body).map_err(|e| damaged(e.to_string()))?;
        model.check().map_err(damaged)?;
        Ok(model)
    }

    /// Checks what a file with a right checksum may still have wrong.
    fn check(&self) -> Result<(), String> {
        let empty = self.schema.empty();
        let features = empty.columns.len();
        if self.members.is_empty() {
            return Err("it has no fitted estimator".to_owned());
        }
        if self.members.iter().all(|member| member.fitted.is_valid(features)) {
            Ok(())
        } else {
            Err("a tree uses a feature that is not there".to_owned())
        }
    }

    /// Predicts the target of each row. The table needs the columns of the training, in any order;
    /// others are ignored, with a note.
    ///
    /// # Errors
    /// If a column is missing, or a cell does not fit the type of its column.
    pub fn predict(&self, table: &Table) -> Result<Predictions, TableError> {
        let encoded = self.schema.encode(table, &self.target.name)?;
        Ok(Predictions {
            values: self.predict_features(&encoded.features),
            labels: self.target.labels.clone(),
            outputs: self.target.labels.len().max(1),
            notes: encoded.notes,
        })
    }

    /// Scores the model on the rows with a known target, by the metric of its search.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and if the target is missing, or a class was not learned.
    pub fn score(&self, table: &Table) -> Result<f64, TableError> {
        Ok(self.scored(table)?.0)
    }

    /// As [`score`](Self::score), with remarks for the user: rows without a target, unknown columns
    /// and categories.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn scored(&self, table: &Table) -> Result<(f64, Vec<String>), TableError> {
        let (table, mut notes) = table.with_target(&self.target.name)?;
        let predictions = self.predict(&table)?;
        let targets = self.target.encode(&table)?;
        notes.extend(predictions.notes);
        Ok((self.metric.score(&targets, &predictions.values), notes))
    }

    pub(crate) fn predict_features(&self, features: &Features) -> Vec<f64> {
        let mut members = self.members.iter().map(|member| {
            let predicted = member.fitted.predict(features);
            (member.weight, predicted)
        });
        if self.members.len() == 1 {
            return members.next().map_or_else(Vec::new, |(_, predicted)| predicted);
        }
        let mut sum = vec![0.0; features.rows * self.target.labels.len().max(1)];
        for (weight, predicted) in members {
            sum.iter_mut().zip(predicted).for_each(|(sum, value)| *sum += weight * value);
        }
        sum
    }

    /// Returns the columns of the model.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Returns the target.
    #[must_use]
    pub fn target(&self) -> &TargetSchema {
        &self.target
    }

    /// Returns the kind of learning.
    #[must_use]
    pub fn learning(&self) -> Learning {
        self.target.learning()
    }

    /// Returns the metric of the search.
    #[must_use]
    pub fn metric(&self) -> TableMetric {
        self.metric
    }

    /// Returns the expected score on new rows, of NaN if it could not be estimated.
    #[must_use]
    pub fn estimate(&self) -> ScoreEstimate {
        let nan = ScoreEstimate { score: f64::NAN, low: f64::NAN, high: f64::NAN };
        self.estimate.0.unwrap_or(nan)
    }

    /// Returns the number of rows of the training.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the fitted estimators.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }
}

impl Predictions {
    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.outputs
    }

    /// Returns the labels of the classes; empty for a regression.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns the predicted number of a row; for classes, the probability of the first.
    ///
    /// # Panics
    /// If the row does not exist.
    #[must_use]
    pub fn number(&self, row: usize) -> f64 {
        self.values[row * self.outputs]
    }

    /// Returns the probability of each class for a row, in the order of the labels; for a
    /// regression, the predicted number.
    ///
    /// # Panics
    /// If the row does not exist.
    #[must_use]
    pub fn probabilities(&self, row: usize) -> &[f64] {
        &self.values[row * self.outputs..(row + 1) * self.outputs]
    }

    /// Returns the label of the most probable class of a row, among equals the first; none for a
    /// regression.
    ///
    /// # Panics
    /// If the row does not exist.
    #[must_use]
    pub fn label(&self, row: usize) -> Option<&str> {
        let mut best = 0;
        let probabilities = self.probabilities(row);
        for (class, probability) in probabilities.iter().enumerate() {
            if *probability > probabilities[best] {
                best = class;
            }
        }
        self.labels.get(best).map(String::as_str)
    }

    /// Returns remarks for the user: unknown columns and categories.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Returns the hash of Fowler, Noll and Vo (FNV-1a, 64 bits) in hexadecimal digits.
fn checksum(text: &str) -> String {
    format!("{:016x}", crate::checksum::fnv(text.bytes()))
}
