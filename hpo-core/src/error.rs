//! The error type of the crate, which gathers the errors of all layers.

use crate::artifact::ArtifactError;
use crate::checkpoint::CheckpointError;
use crate::report::ReportError;
use crate::report::importance::ImportanceError;
use crate::sampler::SampleError;
pub use crate::setting::{ConfigError, Owner, SettingError};
use crate::space::{Change, ParamsError, SpaceError, counted};
use crate::storage::StorageError;
use crate::terminal::one_line;
use crate::trial::{Direction, ObjectiveError, State, Trials};

/// The result type of the functions in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error of a search. A failed objective is not an error: it makes a failed trial.
///
/// `Debug` prints the same text as `Display`, so that `fn main() -> hpo_core::Result<()>` ends with
/// a readable sentence.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The space cannot be searched.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A config is not a point of the search space.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// A queued config breaks the constraint of its own type.
    #[error(
        "the config breaks the constraint of its space, so it is never evaluated: {config}",
        config = one_line(config)
    )]
    Infeasible {
        /// The config, as JSON.
        config: String,
    },
    /// The sampler cannot work with the space.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A setting of a sampler, a pruner or a callback is out of its range.
    #[error(transparent)]
    Builder(#[from] SettingError),
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An artifact could not be kept or read.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The storage failed to read or write.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A report could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The direction of a metric is unknown.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// The importance of parameters cannot be computed.
    #[error(transparent)]
    Importance(#[from] ImportanceError),
    /// The model does not report the metric that the search optimises.
    #[error(
        "the model does not report `{name}`: it reports {}",
        listed(reported), name = one_line(name)
    )]
    UnknownMetric {
        /// The name of the metric that was asked for.
        name: String,
        /// The names of the metrics that the model reports.
        reported: Vec<String>,
    },
    /// A setting has an invalid value.
    #[error("`{setting}` {problem}", problem = one_line(problem))]
    Setting {
        /// The name of the setting.
        setting: &'static str,
        /// The problem, and what to write instead.
        problem: String,
    },
    /// A study of `Params` was opened without a space.
    #[error("a study of `Params` needs a space: write .space(..) before .open()")]
    NoSpace,
    /// The recorded study has other directions.
    #[error(
        "the study `{study}` was made to {}, not to {}: choose another name",
        worded(recorded), worded(asked), study = one_line(study)
    )]
    OtherDirections {
        /// The name of the study.
        study: String,
        /// The directions that the study was created with.
        recorded: Vec<Direction>,
        /// The directions that were asked for.
        asked: Vec<Direction>,
    },
    /// The recorded space is not compatible with the present one.
    #[error(
        "the space of the study `{study}` has changed so that its trials no longer fit:{} Choose \
         another name for the new space.", sentences(refused), study = one_line(study)
    )]
    OtherSpace {
        /// The name of the study.
        study: String,
        /// The changes of the space that its old trials do not survive.
        refused: Vec<Change>,
    },
    /// No trial has completed yet.
    #[error(
        "no trial of `{study}` has completed{}",
        instead(*failed, *paused, message.as_deref()), study = one_line(study)
    )]
    NoCompleteTrial {
        /// The name of the study.
        study: String,
        /// The number of failed trials.
        failed: u64,
        /// The number of paused trials.
        paused: u64,
        /// The message of the last failure; `None` without one.
        message: Option<String>,
    },
    /// Trials have completed, but all of them belong to an earlier space.
    #[error("all {trials} complete trials of `{study}` belong to an earlier space and are set \
        aside: run more trials", study = one_line(study))]
    AllSetAside {
        /// The name of the study.
        study: String,
        /// The number of complete trials.
        trials: u64,
    },
    /// Trials have completed, but all of them violate their constraints.
    #[error(
        "no trial of `{study}` keeps its constraints: of {complete} that completed, trial \
         {nearest} comes closest, with a violation of {}: run more trials, or loosen the \
         constraints", misses(broken), study = one_line(study)
    )]
    NoFeasibleTrial {
        /// The name of the study.
        study: String,
        /// The number of complete trials.
        complete: u64,
        /// The number of the trial with the smallest total constraint violation.
        nearest: u64,
        /// The constraints that it violates, each with its violation.
        broken: Vec<(String, f64)>,
    },
    /// The value of a constraint is NaN.
    #[error(
        "trial {number} reports NaN for its constraint `{name}`: report the amount by which it is \
         broken, or 0 or less if it is kept", name = one_line(name)
    )]
    ConstraintNotANumber {
        /// The number of the trial.
        number: u64,
        /// The name of the constraint.
        name: String,
    },
    /// The single best trial was asked of a study with several objectives.
    #[error("the study `{study}` has {objectives} objectives, so there is no one best trial: use \
        best_trials()", study = one_line(study))]
    SeveralObjectives {
        /// The name of the study.
        study: String,
        /// The number of objectives.
        objectives: usize,
    },
    /// Too many trials failed in a row.
    #[error(
        "{count} trials failed in a row; the first, trial {first}, failed with: {message}. Fix the \
         cause, or, if failures are expected, allow more with .max_consecutive_failures(n)",
        message = one_line(message)
    )]
    ConsecutiveFailures {
        /// The number of failures in a row.
        count: u64,
        /// The number of the first failed trial.
        first: u64,
        /// The message of that first failure.
        message: String,
    },
    /// An objective returned another number of values than the study has objectives.
    #[error("{}", wrong_count(*given, *objectives))]
    ValueCount {
        /// The number of values that it returned.
        given: usize,
        /// The number of objectives of the study.
        objectives: usize,
    },
    /// A file or folder of a tuner could not be used.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The path of the file or folder.
        path: std::path::PathBuf,
        /// The action that failed, as a verb.
        action: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A folder that is to be overwritten holds other files than a tuner's project.
    #[error("{} holds files that are not a tuner's: `overwrite` will not delete \
        it", path.display())]
    NotAProject {
        /// The path of the folder.
        path: std::path::PathBuf,
    },
    /// The fitted model of a trial was not kept.
    #[error(
        "the fitted model of trial {trial} was not kept: implement `HyperModel::save` and `load`, \
         or call `refit`"
    )]
    ModelNotKept {
        /// The number of the trial.
        trial: u64,
    },
    /// The saved model of a trial cannot be read.
    #[error(
        "the saved model of trial {trial} in {} cannot be read: {message}: remove that folder, \
         and call `refit`, which fits the model again",
        folder.display(), message = one_line(message)
    )]
    DamagedModel {
        /// The number of the trial.
        trial: u64,
        /// The folder of the saved model.
        folder: std::path::PathBuf,
        /// The error message of `HyperModel::load`.
        message: String,
    },
    /// Refitting a model outside a search failed.
    #[error("refitting trial {trial} failed: {message}", message = one_line(message))]
    Refit {
        /// The number of the trial whose config was used.
        trial: u64,
        /// The error message of the model.
        message: String,
    },
}

impl Error {
    /// Returns the reason why a study has no best trial although some are complete: they all belong
    /// to an earlier space, or they all violate their constraints. Returns `None` if neither is the
    /// case. `counting`: the numbers of the complete trials that belong to the present space.
    #[must_use]
    pub fn no_best_trial(
        study: &str,
        trials: &Trials,
        counting: impl Iterator<Item = u64>,
    ) -> Option<Self> {
        let (study, counting) = (study.to_owned(), counting.collect::<Vec<_>>());
        let complete = (0..trials.len())
            .filter(|number| trials.state(*number) == Some(State::Complete))
            .count() as u64;
        if counting.is_empty() {
            return (complete > 0).then_some(Self::AllSetAside { study, trials: complete });
        }
        let order = |a: &u64, b: &u64| trials.violation(*a).total_cmp(&trials.violation(*b));
        let nearest = counting
            .iter()
            .copied()
            .min_by(order)
            .filter(|nearest| trials.violation(*nearest) > 0.0)?;
        let broken = trials
            .constraints(nearest)
            .into_iter()
            .filter(|(_, value)| value.is_nan() || *value > 0.0);
        let complete = counting.len() as u64;
        Some(Self::NoFeasibleTrial { study, complete, nearest, broken: broken.collect() })
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&one_line(self))
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "nothing by name; write trial.log(step, &[(name, value)])".to_owned()
    } else {
        one_line(names.join(", "))
    }
}

fn wrong_count(given: usize, objectives: usize) -> String {
    let (values, plural) =
        (if given == 1 { "value" } else { "values" }, if objectives == 1 { "" } else { "s" });
    let remedy = format!(
        "return one value per objective, or open the study with {} (Study::directions)",
        counted(given, "direction")
    );
    format!(
        "the objective returned {given} {values}, and the study has {objectives} \
         objective{plural}: {remedy}"
    )
}

fn misses(broken: &[(String, f64)]) -> String {
    let misses: Vec<String> =
        broken.iter().map(|(name, value)| format!("{value} in `{}`", one_line(name))).collect();
    misses.join(" and ")
}

fn worded(directions: &[Direction]) -> String {
    directions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn sentences(changes: &[Change]) -> String {
    changes.iter().fold(String::new(), |text, change| text + &format!(" {}.", one_line(change)))
}

/// Describes the other outcomes of the trials when none has completed.
fn instead(failed: u64, paused: u64, message: Option<&str>) -> String {
    let last = message
        .map_or_else(String::new, |message| format!(", the last with: {}", one_line(message)));
    let are = if paused == 1 { "is" } else { "are" };
    let paused = (paused > 0)
        .then(|| format!("{paused} {are} paused: run more trials, and the best of them continue"));
    let told: Vec<String> =
        (failed > 0).then(|| format!("{failed} failed{last}")).into_iter().chain(paused).collect();
    if told.is_empty() { " yet".to_owned() } else { format!(": {}", told.join("; ")) }
}
