//! Metrics of predictions, with their directions.
//!
//! They are computed in `f64`. linfa's own classification metrics are `f32`, which is too coarse to
//! compare folds.

use hpo_core::trial::{Direction, Objective};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::spread;

/// The metric of a classification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Metric {
    /// The share of rows whose class was predicted correctly. Large is good.
    #[default]
    Accuracy,
    /// The mean over the classes of the share of rows predicted correctly: rare classes count as
    /// much as frequent ones. Large is good.
    BalancedAccuracy,
    /// The mean over the classes of the harmonic mean of precision and recall (macro F1). Large is
    /// good.
    F1,
    /// Matthews' correlation coefficient for any number of classes
    /// ([Gorodkin 2004](https://doi.org/10.1016/j.compbiolchem.2004.09.006)), from -1 to 1; 0 if
    /// all predicted or all true classes are the same. Large is good.
    Mcc,
    /// The mean of `-ln` of the probability predicted for the true class, which is taken as 1e-15
    /// at least. Small is good; NaN if a probability is NaN.
    LogLoss,
}

/// The metric of a regression. All but `R2` and `ExplainedVariance` are in the units of the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RegressionMetric {
    /// 1 minus the ratio of the squared errors to the variance. Large is good; 1 is perfect, 0 is
    /// as good as predicting the mean.
    #[default]
    R2,
    /// The root of the mean squared error. Small is good.
    Rmse,
    /// The mean absolute error. Small is good.
    Mae,
    /// The median absolute error. Small is good.
    MedianAbsoluteError,
    /// The largest error. Small is good.
    MaxError,
    /// As `R2`, but without the effect of a constant error. Large is good.
    ExplainedVariance,
}

/// Predicted classes: the probability of each class for each row.
#[derive(Clone, Debug, PartialEq)]
pub struct Probabilities {
    /// The classes, in the order of the columns.
    pub classes: Vec<usize>,
    /// The probability of each class: shape `(rows, classes)`; each row sums to 1.
    pub probabilities: Array2<f64>,
}

impl Probabilities {
    /// Returns the most probable class of each row; among equals the first.
    #[must_use]
    pub fn argmax(&self) -> Array1<usize> {
        let best = |row: ndarray::ArrayView1<'_, f64>| {
            let columns = (0..row.len()).rev();
            columns
                .max_by(|a, b| row[*a].total_cmp(&row[*b]))
                .map_or(0, |column| self.classes[column])
        };
        self.probabilities.rows().into_iter().map(best).collect()
    }
}

impl Metric {
    /// Returns the name of the metric in studies and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
            Metric::BalancedAccuracy => "balanced_accuracy",
            Metric::F1 => "f1",
            Metric::Mcc => "mcc",
            Metric::LogLoss => "log_loss",
        }
    }

    /// Returns the direction: whether large or small values are good.
    #[must_use]
    pub fn direction(self) -> Direction {
        if self == Metric::LogLoss { Direction::Minimize } else { Direction::Maximize }
    }

    /// Returns the name and direction as an objective.
    #[must_use]
    pub fn objective(self) -> Objective {
        Objective { name: self.name().to_owned(), direction: self.direction() }
    }

    /// Returns the score of these predictions; NaN if there are none.
    ///
    /// # Panics
    /// If the numbers of predictions and true classes differ.
    #[must_use]
    pub fn score(self, truth: &Array1<usize>, told: &Probabilities) -> f64 {
        assert_eq!(truth.len(), told.probabilities.nrows(), "each row has just one true class");
        match self {
            Metric::LogLoss => log_loss(truth, told),
            _ => self.of_classes(truth, &told.argmax()),
        }
    }

    fn of_classes(self, truth: &Array1<usize>, told: &Array1<usize>) -> f64 {
        let counts = Counts::new(truth, told);
        match self {
            Metric::BalancedAccuracy => counts.balanced_accuracy(),
            Metric::F1 => counts.f1(),
            Metric::Mcc => counts.mcc(),
            Metric::Accuracy | Metric::LogLoss => accuracy(truth, told),
        }
    }
}

/// Returns the share of rows whose class was predicted correctly.
#[must_use]
pub fn accuracy(truth: &Array1<usize>, told: &Array1<usize>) -> f64 {
    let right = truth.iter().zip(told).filter(|(a, b)| a == b);
    right.count() as f64 / truth.len() as f64
}

fn log_loss(truth: &Array1<usize>, told: &Probabilities) -> f64 {
    let given = |(row, class): (usize, &usize)| {
        let column = told.classes.iter().position(|told| told == class);
        column.map_or(0.0, |column| told.probabilities[(row, column)])
    };
    // `max` would ignore NaN, so use `clamp`.
    let losses = truth.iter().enumerate().map(|pair| -given(pair).clamp(1e-15, 1.0).ln());
    losses.sum::<f64>() / truth.len() as f64
}

/// The confusion matrix: true classes in rows, predicted classes in columns.
struct Counts(Array2<f64>);

impl Counts {
    fn new(truth: &Array1<usize>, told: &Array1<usize>) -> Self {
        let classes = crate::data::classes(&truth.iter().chain(told).copied().collect());
        let mut counts = Array2::zeros((classes.len(), classes.len()));
        let place = |class: &usize| classes.binary_search(class).expect("every class was listed");
        for (truth, told) in truth.iter().zip(told) {
            counts[(place(truth), place(told))] += 1.0;
        }
        Self(counts)
    }

    /// Returns for each class the numbers of rows predicted correctly, of rows with this class, and
    /// of rows predicted as this class.
    fn by_class(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        (0..self.0.nrows()).map(|class| {
            (self.0[(class, class)], self.0.row(class).sum(), self.0.column(class).sum())
        })
    }

    fn balanced_accuracy(&self) -> f64 {
        mean(
            self.by_class()
                .filter(|(_, there, _)| *there > 0.0)
                .map(|(right, there, _)| right / there),
        )
    }

    fn f1(&self) -> f64 {
        mean(self.by_class().map(|(right, there, told)| 2.0 * right / (there + told)))
    }

    fn mcc(&self) -> f64 {
        let rows = self.0.sum();
        let (mut right, mut both, mut there_squared, mut told_squared) = (0.0, 0.0, 0.0, 0.0);
        for (diagonal, there, told) in self.by_class() {
            right += diagonal;
            both += there * told;
            there_squared += there * there;
            told_squared += told * told;
        }
        let width = ((rows * rows - there_squared) * (rows * rows - told_squared)).sqrt();
        if width > 0.0 { ((right * rows - both) / width).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    sum / count as f64
}

impl RegressionMetric {
    /// Returns the name of the metric in studies and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RegressionMetric::R2 => "r2",
            RegressionMetric::Rmse => "rmse",
            RegressionMetric::Mae => "mae",
            RegressionMetric::MedianAbsoluteError => "median_absolute_error",
            RegressionMetric::MaxError => "max_error",
            RegressionMetric::ExplainedVariance => "explained_variance",
        }
    }

    /// Returns the direction: whether large or small values are good.
    #[must_use]
    pub fn direction(self) -> Direction {
        match self {
            RegressionMetric::R2 | RegressionMetric::ExplainedVariance => Direction::Maximize,
            _ => Direction::Minimize,
        }
    }

    /// Returns the name and direction as an objective.
    #[must_use]
    pub fn objective(self) -> Objective {
        Objective { name: self.name().to_owned(), direction: self.direction() }
    }

    /// Returns the score of these predictions; NaN if there are none, or one of them is NaN. If all
    /// true targets are the same except for rounding, `R2` and `ExplainedVariance` are 1 for a
    /// perfect prediction and 0 for any other, as in scikit-learn.
    ///
    /// # Panics
    /// If the numbers of predictions and true targets differ.
    #[must_use]
    pub fn score(self, truth: &Array1<f64>, told: &Array1<f64>) -> f64 {
        assert_eq!(truth.len(), told.len(), "each row has just one true target");
        let errors = truth - told;
        if errors.iter().any(|error| error.is_nan()) {
            return f64::NAN;
        }
        let unit = spread::unit(&errors);
        let sizes = errors.mapv(|error| error.abs() / unit);
        match self {
            RegressionMetric::R2 => share_explained(truth, told, mean_square),
            RegressionMetric::ExplainedVariance => share_explained(truth, told, variance),
            RegressionMetric::Rmse => unit * mean_square(&sizes).sqrt(),
            RegressionMetric::Mae => unit * mean(sizes.iter().copied()),
            RegressionMetric::MedianAbsoluteError => unit * median(sizes.to_vec()),
            RegressionMetric::MaxError => unit * sizes.iter().copied().fold(f64::NAN, f64::max),
        }
    }
}

/// Returns 1 minus the ratio of the errors to the variance of the targets, both in a unit in which
/// no square overflows or underflows.
fn share_explained(
    truth: &Array1<f64>,
    told: &Array1<f64>,
    unexplained: fn(&Array1<f64>) -> f64,
) -> f64 {
    if truth.is_empty() {
        return f64::NAN;
    }
    let unit = spread::unit(truth);
    let (truth, told) = (truth / unit, told / unit);
    let errors = &truth - &told;
    if !spread::is_constant(&truth) {
        return 1.0 - unexplained(&errors) / variance(&truth);
    }
    // Errors are compared with the targets, which are about 1 in this unit. Zeros have no unit, so
    // there the errors set their own.
    let is_zero = truth.iter().all(|value| *value == 0.0);
    let errors = if is_zero { &errors / spread::unit(&errors) } else { errors };
    let is_rounding = unexplained(&errors).sqrt() <= spread::ROUNDINGS * f64::EPSILON;
    f64::from(u8::from(is_rounding))
}

fn mean_square(values: &Array1<f64>) -> f64 {
    mean(values.iter().map(|value| value * value))
}

fn variance(values: &Array1<f64>) -> f64 {
    let centre = mean(values.iter().copied());
    mean(values.iter().map(|value| (value - centre).powi(2)))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
