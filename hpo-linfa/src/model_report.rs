//! The report of a saved model on rows that were kept apart.

use hpo_core::report::{ModelSummary, Report};

use crate::analysis::{Analysis, Probe};
use crate::features::Learning;
use crate::saved::Model;
use crate::score_estimate::ScoreEstimate;
use crate::table::{Table, TableError};

impl Model {
    /// Returns a report of the model on rows with a known target, which it must not have learned
    /// from: how it predicts them, and what its predictions depend on.
    ///
    /// # Errors
    /// As [`score`](Self::score).
    pub fn report(&self, table: &Table) -> Result<Report, TableError> {
        let (table, _) = table.with_target(&self.target().name)?;
        let table = &table;
        let encoded = self.schema().encode(table, &self.target().name)?;
        let targets = self.target().encode(table)?;
        let predictions = self.predict_features(&encoded.features);
        let score = self.metric().score(&targets, &predictions);
        let source = format!(
            "on {} of the given table, which the model must not have learned from",
            hpo_core::space::counted(table.rows(), "row")
        );
        let analysis = Analysis {
            schema: self.schema(),
            target: self.target(),
            metric: self.metric(),
            targets: &targets,
            predictions: &predictions,
            source: source.clone(),
            seed: 0,
        };
        let probe = Probe {
            predict: Box::new(|features| self.predict_features(features)),
            features: encoded.features,
            targets: targets.clone(),
        };
        let figures = analysis.figures(&[probe], &source);
        let mut facts = self.facts();
        facts.push((
            format!("{} on {} given rows", self.metric(), table.rows()),
            format!("{score:.4}"),
        ));
        let title = format!("Model of {}", self.target().name);
        Ok(Report::of(&[]).with_model(ModelSummary { title, facts, figures }))
    }

    /// Returns the facts about the model for a report, each with its name.
    pub(crate) fn facts(&self) -> Vec<(String, String)> {
        let target = &self.target().name;
        let target = match self.learning() {
            Learning::Classification => {
                format!("{target}: {} classes", self.target().labels.len())
            }
            Learning::Regression => format!("{target}: a number"),
        };
        let estimators: Vec<String> = match self.members() {
            [only] => vec![only.estimator().to_owned()],
            members => members
                .iter()
                .map(|member| format!("{:.2} x {}", member.weight(), member.estimator()))
                .collect(),
        };
        let estimate = in_words(self.estimate());
        vec![
            ("target".to_owned(), target),
            ("rows of the training".to_owned(), self.rows().to_string()),
            ("estimator".to_owned(), estimators.join(", ")),
            (format!("{} on new rows (95 % interval)", self.metric()), estimate),
        ]
    }
}

fn in_words(estimate: ScoreEstimate) -> String {
    let ScoreEstimate { score, low, high } = estimate;
    if score.is_nan() {
        return "not known: too few rows, or rows of a class".to_owned();
    }
    format!("{score:.4} ({low:.4} to {high:.4})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_that_is_not_known_is_not_a_number_that_is_none() {
        let unknown = ScoreEstimate { score: f64::NAN, low: f64::NAN, high: f64::NAN };
        assert_eq!(in_words(unknown), "not known: too few rows, or rows of a class");
        let known = ScoreEstimate { score: 0.5, low: 0.25, high: 0.75 };
        assert_eq!(in_words(known), "0.5000 (0.2500 to 0.7500)");
    }
}
