//! Objectives: directions, named metrics, and comparisons of values.

use std::cmp::Ordering;
use std::fmt;

/// The direction of an objective: whether small or large values are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Small values are good: errors, losses, times.
    Minimize,
    /// Large values are good: accuracies, scores.
    Maximize,
}

impl Direction {
    /// Returns true if `a` is strictly better than `b`. NaN is worse than any number.
    #[must_use]
    pub fn is_better(self, a: f64, b: f64) -> bool {
        self.order(a, b) == Ordering::Less
    }

    /// Returns the value with its sign adjusted so that small values are good.
    #[must_use]
    pub fn loss(self, value: f64) -> f64 {
        match self {
            Direction::Minimize => value,
            Direction::Maximize => -value,
        }
    }

    /// Orders two values, the better one first and NaN last.
    #[must_use]
    pub fn order(self, a: f64, b: f64) -> Ordering {
        match (a.is_nan(), b.is_nan()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => match self {
                Direction::Minimize => a.total_cmp(&b),
                Direction::Maximize => b.total_cmp(&a),
            },
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Minimize => "minimize",
            Direction::Maximize => "maximize",
        })
    }
}

/// Returns true if `a` is at least as good as `b` in every objective and better in one.
#[must_use]
pub fn dominates(directions: &[Direction], a: &[f64], b: &[f64]) -> bool {
    let orders = || {
        directions.iter().zip(a.iter().zip(b)).map(|(direction, (a, b))| direction.order(*a, *b))
    };
    orders().all(|order| order != Ordering::Greater)
        && orders().any(|order| order == Ordering::Less)
}

/// Returns the indices of the points that no other point dominates, in order.
#[must_use]
pub fn pareto(directions: &[Direction], points: &[&[f64]]) -> Vec<usize> {
    (0..points.len())
        .filter(|&index| !points.iter().any(|other| dominates(directions, other, points[index])))
        .collect()
}

/// Returns the hypervolume of `points`: the volume of the region that is dominated by some point
/// and bounded by `reference`. A larger volume means a better set of points. A point that is not
/// better than the reference in every objective adds nothing.
///
/// The result is exact; its unit is the product of the objectives' units. With two or three
/// objectives it takes milliseconds for a thousand points; the time grows exponentially with the
/// number of objectives. Volumes can be compared only for the same reference.
///
/// ```
/// use hpo_core::trial::{Direction, hypervolume};
///
/// let directions = [Direction::Minimize, Direction::Maximize];      // say, error and speed
/// let volume = hypervolume(&directions, &[&[0.1, 3.0], &[0.3, 5.0]], &[0.5, 1.0]);
/// assert!((volume - (0.4 * 2.0 + 0.2 * 2.0)).abs() < 1e-12);
/// ```
///
/// # Panics
/// If a point, or the reference, does not have one value per objective.
#[must_use]
pub fn hypervolume(directions: &[Direction], points: &[&[f64]], reference: &[f64]) -> f64 {
    let losses = |values: &[f64]| -> Vec<f64> {
        assert_eq!(values.len(), directions.len(), "one value per objective");
        directions.iter().zip(values).map(|(direction, value)| direction.loss(*value)).collect()
    };
    let points: Vec<Vec<f64>> = points.iter().map(|point| losses(point)).collect();
    crate::numeric::hypervolume::hypervolume(&points, &losses(reference))
}

/// A named metric with its direction: the objective of a tuner.
///
/// ```
/// use hpo_core::trial::{Direction, Objective};
///
/// assert_eq!(Objective::infer("val_accuracy")?.direction, Direction::Maximize);
/// assert_eq!(Objective::infer("log_loss")?.direction, Direction::Minimize);
/// assert!(Objective::infer("my_own_score").is_err());           // refused, not guessed
/// let own = Objective::maximize("my_own_score");
/// # Ok::<(), hpo_core::trial::ObjectiveError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The metric's name, as the model reports it.
    pub name: String,
    /// The direction: whether small or large values are good.
    pub direction: Direction,
}

/// The error for a metric whose direction is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the direction of `{name}` is unknown: write \
     Objective::maximize(\"{name}\") or Objective::minimize(\"{name}\")"
)]
pub struct ObjectiveError {
    /// The name of the metric.
    pub name: String,
}

impl Objective {
    /// Creates an objective of which large values are good.
    #[must_use]
    pub fn maximize(name: impl Into<String>) -> Self {
        Self { name: name.into(), direction: Direction::Maximize }
    }

    /// Creates an objective of which small values are good.
    #[must_use]
    pub fn minimize(name: impl Into<String>) -> Self {
        Self { name: name.into(), direction: Direction::Minimize }
    }

    /// Creates an objective whose direction follows from the name of the metric.
    ///
    /// Prefixes (`val_`, `test_`, `train_`, `mean_`, `weighted_`, ...) and spelling (`R2Score`,
    /// `roc-auc`) do not matter.
    ///
    /// # Errors
    /// If the metric is not known. The direction is never guessed.
    pub fn infer(name: &str) -> Result<Self, ObjectiveError> {
        let direction = direction_of(&normalized(name))
            .ok_or_else(|| ObjectiveError { name: name.to_owned() })?;
        Ok(Self { name: name.to_owned(), direction })
    }
}

const PREFIXES: [&str; 12] = [
    "val_",
    "valid_",
    "validation_",
    "test_",
    "train_",
    "cv_",
    "mean_",
    "avg_",
    "weighted_",
    "macro_",
    "micro_",
    "best_",
];

/// The known metrics of which large values are good.
const LARGE: [&str; 46] = [
    "acc",
    "accuracy",
    "balanced_accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "top_k_accuracy",
    "top_k_categorical_accuracy",
    "f1",
    "f1_score",
    "f_score",
    "fbeta",
    "fbeta_score",
    "f_beta",
    "precision",
    "average_precision",
    "map",
    "recall",
    "sensitivity",
    "specificity",
    "auc",
    "roc_auc",
    "pr_auc",
    "auroc",
    "auprc",
    "mcc",
    "matthews_corrcoef",
    "matthews_correlation",
    "kappa",
    "cohen_kappa",
    "jaccard",
    "jaccard_score",
    "iou",
    "mean_iou",
    "dice",
    "r2",
    "r2_score",
    "explained_variance",
    "explained_variance_score",
    "cosine_similarity",
    "ndcg",
    "dcg",
    "silhouette",
    "silhouette_score",
    "log_likelihood",
    "bleu",
];

/// The known metrics of which small values are good.
const SMALL: [&str; 40] = [
    "loss",
    "log_loss",
    "hinge_loss",
    "zero_one_loss",
    "cross_entropy",
    "crossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "ce",
    "nll",
    "negative_log_likelihood",
    "brier",
    "brier_score",
    "hinge",
    "huber",
    "poisson",
    "kl_divergence",
    "perplexity",
    "error",
    "error_rate",
    "err",
    "mse",
    "rmse",
    "mae",
    "mape",
    "smape",
    "msle",
    "rmsle",
    "squared_error",
    "absolute_error",
    "absolute_percentage_error",
    "squared_log_error",
    "squared_logarithmic_error",
    "root_mean_squared_error",
    "max_error",
    "median_absolute_error",
    "deviance",
    "false_positives",
    "false_negatives",
];

fn direction_of(name: &str) -> Option<Direction> {
    if LARGE.contains(&name) {
        return Some(Direction::Maximize);
    }
    if SMALL.contains(&name) || name.ends_with("_loss") || name.ends_with("_crossentropy") {
        return Some(Direction::Minimize);
    }
    PREFIXES.iter().find_map(|prefix| direction_of(name.strip_prefix(prefix)?))
}

/// Normalizes a name: `R2Score`, `r2-score` and `R2 score` all become `r2_score`.
fn normalized(name: &str) -> String {
    let mut normal = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && after_lower {
            normal.push('_');
        }
        after_lower = letter.is_lowercase() || letter.is_ascii_digit();
        normal.extend(if letter.is_alphanumeric() {
            letter.to_lowercase().next()
        } else {
            Some('_')
        });
    }
    normal
}
