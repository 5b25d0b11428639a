//! Tuning of linfa's supervised models.
//!
//! ```no_run
//! let wine = linfa_datasets::winequality();
//! let best = hpo_linfa::tune_classifier(&wine)?;
//! println!("{}", best.summary()?);
//! println!("{:?}: {:.4}", best.config(), best.score());
//! let classes = best.predict(&wine.records);
//! # Ok::<(), hpo_linfa::Error>(())
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | [`split`] | which rows are fitted to, and which are measured: k folds, stratified, repeated, in the order of time |
//! | [`scale`], [`encode`] | what is learnt from features, within the fold |
//! | [`metric`] | what a prediction is worth, each with its direction |
//! | [`race`], [`one_se`] | cross-validation that a pruner may end early; the simplest of the good configs |
//! | [`estimator`] | linfa's models, each as a typed search space that can be fitted |
//! | [`classifier`], [`regressor`] | one space over all of them |
//! | [`model`] | each of these for a tuner |
//! | [`tune`] | the whole way in one line |
//! | [`table`], [`schema`], [`target_schema`], [`training`] | tables from CSV, their types, their target |
//! | [`preprocess`], [`trees`], [`learner`] | preparation of features, boosting and forests, all estimators of tables in one space |
//! | [`fit`], [`saved`] | the search over tables, and models that are saved |
//!
//! The result depends only on the rows and the seed: the same rows and seed give the same model in
//! every run.

mod analysis;
pub mod table;
pub mod features;
pub mod schema;
pub mod target_schema;
pub mod training;
pub mod data;
pub mod encode;
pub mod split;
mod spread;
pub mod scale;
pub mod metric;
pub mod race;
pub mod one_se;
pub mod estimator;
pub mod preprocess;
pub mod context;
pub mod class_weights;
pub mod stages;
pub mod trees;
pub mod learner;
pub mod fit;
pub mod saved;
pub mod classifier;
pub mod regressor;
pub mod task;
mod checksum;
mod fingerprint;
pub mod model_error;
mod model_report;
pub mod score_estimate;
pub mod table_metric;
mod error;
pub mod prepared;
pub mod model;
pub mod selection_rule;
mod best;
mod in_parallel;
mod remeasure;
pub mod tune;

pub use best::Best;
pub use classifier::Classifier;
pub use error::Error;
pub use fit::{TableFit, TableSearch};
pub use metric::{Metric, RegressionMetric};
pub use model_error::ModelError;
pub use regressor::Regressor;
pub use saved::{Model, Predictions};
pub use score_estimate::ScoreEstimate;
pub use selection_rule::SelectionRule;
pub use split::Splits;
pub use table::Table;
pub use table_metric::TableMetric;
pub use tune::{
    BestClassifier, BestRegressor, ClassifierSearch, Racing, RegressorSearch, tune_classifier,
    tune_regressor,
};
