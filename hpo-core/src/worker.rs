//! Programs that `hpo run` starts to evaluate a config: a training binary whose config type derives
//! `SearchSpace`.
//!
//! [`Worker`] makes such a program: `hpo run -- ./my-train` needs no `--space`, since the program
//! prints its own with `--hpo-space`. The objective is the same closure that
//! [`Study::optimize`](crate::Study::optimize) takes, so a search can move from threads to
//! processes, which can be killed, and back.
//!
//! # The protocol
//!
//! | what | how |
//! | --- | --- |
//! | the config | a flat JSON object in the file that `HPO_CONFIG` names |
//! | a report after a step | a line `{"step": 3, "loss": 0.5}` on standard output |
//! | the values | a line `{"loss": 0.5}` |
//! | a checkpoint | a file in the folder `HPO_CHECKPOINT_DIR`, and a line `{"checkpoint": 3}` |
//! | the budget of a round | `HPO_STEPS_FROM`, `HPO_STEPS_TO`, `HPO_STEPS_MOST`, `HPO_ROUND` |
//! | the order to stop | SIGTERM; [`Trial::report`] then returns an error |
//! | a failure | an exit code other than 0, with the reason on standard error |

use std::io::{IsTerminal as _, Write as _};
use std::marker::PhantomData;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::artifact::{self, ArtifactError};
use crate::checkpoint::{CheckpointError, Checkpoints};
use crate::pruner::Budget;
use crate::space::{FlatSpace, Params, ParamsError, SearchSpace, SpaceError};
use crate::study::{
    Cause, Driver, Evaluation, Report, TrialControl, TrialJob, Watch, WorkerResources,
};
use crate::terminal::one_line;
use crate::trial::Direction;
use crate::{Trial, TrialError};

/// The argument with which a program is asked for its space and its objectives.
pub const SPACE_ARGUMENT: &str = "--hpo-space";

/// The exit code after SIGTERM, as shells report it.
const TERMINATED: u8 = 128 + 15;

/// A program that evaluates one config of type `C`, for `hpo run`.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use hpo_core::prelude::*;
/// use hpo_core::worker::Worker;
///
/// #[derive(Clone, Debug, SearchSpace)]
/// struct Net {
///     #[search_space(range = 1e-5..=1e-1, log, default = 1e-3)]
///     learning_rate: f64,
/// }
///
/// fn main() -> ExitCode {
///     Worker::<Net>::minimize("loss").run(std::env::args(), |net, trial| {
///         let mut weight: f64 = trial.restore()?.unwrap_or(0.0);
///         for epoch in trial.steps(20) {
///             weight += net.learning_rate * (1.0 - weight);
///             trial.report(epoch, 1.0 - weight)?;
///             trial.checkpoint(epoch, &weight)?;
///         }
///         Ok::<_, TrialError>(1.0 - weight)
///     })
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Worker<C> {
    objectives: Vec<(String, Direction)>,
    config: PhantomData<fn() -> C>,
}

/// The reason why a program cannot evaluate its config.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The file of the config cannot be read, or the variable is missing.
    #[error("cannot read the config of HPO_CONFIG: {0}")]
    Config(String),
    /// The config is not one of this program's space.
    #[error(
        "the config of HPO_CONFIG is not one of this program ({0}): start it by `hpo run` without \
         `--space`, which then asks the program"
    )]
    OtherSpace(#[from] ParamsError),
    /// The space of the program cannot be searched.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A variable is not a whole number.
    #[error("{name} is `{value}`, which is not a whole number", value = one_line(value))]
    Number {
        /// The name of the variable.
        name: &'static str,
        /// The value of the variable.
        value: String,
    },
    /// The folder of checkpoints cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl<C: SearchSpace> Worker<C> {
    /// Makes a program that reports one value under this name, which is minimized.
    pub fn minimize(metric: impl Into<String>) -> Self {
        Self { objectives: vec![(metric.into(), Direction::Minimize)], config: PhantomData }
    }

    /// Makes a program that reports one value under this name, which is maximized.
    pub fn maximize(metric: impl Into<String>) -> Self {
        Self { objectives: vec![(metric.into(), Direction::Maximize)], config: PhantomData }
    }

    /// Adds an objective. The values are returned in the order in which their names were given; a
    /// pruner compares the first.
    #[must_use]
    pub fn objective(mut self, metric: impl Into<String>, direction: Direction) -> Self {
        self.objectives.push((metric.into(), direction));
        self
    }

    /// Evaluates the config of `HPO_CONFIG` and prints the result; with `--hpo-space` among the
    /// arguments, prints the space instead. Other arguments are the program's own. Without
    /// `HPO_CONFIG` the config of all defaults is evaluated, if the space has any.
    ///
    /// Returns the exit code for `main`: 0 if there is a value, if the objective pruned the trial
    /// and if the arguments asked for the space; 143 after SIGTERM; else 1, with the reason on
    /// standard error.
    pub fn run<E: Evaluation<Kind>, Kind>(
        &self,
        arguments: impl IntoIterator<Item = String>,
        objective: impl FnOnce(C, &mut Trial<'_>) -> E,
    ) -> ExitCode {
        if arguments.into_iter().any(|argument| argument == SPACE_ARGUMENT) {
            print(&self.declaration());
            return ExitCode::SUCCESS;
        }
        let evaluated = match self.evaluate(objective) {
            Ok(evaluated) => evaluated,
            Err(error) => return failed(&error.to_string()),
        };
        match evaluated {
            Ok(values) if values.len() == self.objectives.len() => {
                print(&self.named(&values));
                ExitCode::SUCCESS
            }
            Ok(values) => failed(&format!(
                "the objective returned {} values, and the program names {} objectives",
                values.len(),
                self.objectives.len()
            )),
            Err(TrialError(Cause::Pruned(reason))) => {
                print(&json!({ "pruned": reason }));
                ExitCode::SUCCESS
            }
            Err(TrialError(Cause::Interrupted)) => ExitCode::from(TERMINATED),
            Err(error) => failed(&error.to_string()),
        }
    }

    /// Returns what `--hpo-space` prints: the space and the objectives.
    fn declaration(&self) -> Json {
        let objective = |(name, direction): &(String, Direction)| match direction {
            Direction::Minimize => json!({ "name": name, "direction": "minimize" }),
            Direction::Maximize => json!({ "name": name, "direction": "maximize" }),
        };
        let objectives: Vec<Json> = self.objectives.iter().map(objective).collect();
        json!({ "hpo-space": 1, "objectives": objectives, "space": C::space().to_json() })
    }

    fn evaluate<E: Evaluation<Kind>, Kind>(
        &self,
        objective: impl FnOnce(C, &mut Trial<'_>) -> E,
    ) -> Result<Result<Vec<f64>, TrialError>, WorkerError> {
        let params = read_params(&FlatSpace::new(&C::space())?)?;
        let config: C = params.config()?;
        let from = variable("HPO_STEPS_FROM")?.unwrap_or(0);
        let budget = budget(from)?;
        let ticket = TrialJob {
            number: variable("HPO_TRIAL")?.unwrap_or(0),
            params,
            budget,
            explanation: "started by `hpo run`".into(),
        };
        let checkpoints = match std::env::var_os("HPO_CHECKPOINT_DIR") {
            Some(folder) => Checkpoints::in_folder(folder.into())?,
            None => Checkpoints::default(),
        };
        let watch = Watch::start(true);
        let control = TrialControl {
            oracle: None,
            checkpoints: &checkpoints,
            share: &WorkerResources::default(),
            limit: None,
            interrupted: &|| watch.interrupted(),
            driver: Some(&OutputLines { direction: self.objectives[0].1, from }),
            on_report: &|report| {
                print(&self.reported(report));
                false
            },
        };
        let mut trial = Trial::new(&ticket, variable("HPO_SEED")?.unwrap_or(0), control);
        let outcome = objective(config, &mut trial).evaluation();
        Ok(trial.with_stop_cause(outcome))
    }

    fn named(&self, values: &[f64]) -> Json {
        let names = self.objectives.iter().map(|(name, _)| name.clone());
        Json::Object(names.zip(values.iter().map(|value| number(*value))).collect())
    }

    fn reported(&self, report: &Report<'_>) -> Json {
        let mut line = Map::from_iter([("step".to_owned(), report.step.into())]);
        if report.metrics.is_empty() {
            line.insert(self.objectives[0].0.clone(), number(report.value));
        }
        line.extend(report.metrics.iter().map(|(name, value)| ((*name).into(), number(*value))));
        line.into()
    }
}

/// The words of a trial to `hpo run`: lines on standard output.
struct OutputLines {
    direction: Direction,
    from: u64,
}

impl Driver for OutputLines {
    fn direction(&self) -> Direction {
        self.direction
    }

    fn resumed_step(&self) -> Option<u64> {
        Some(self.from).filter(|from| *from > 0)
    }

    fn checkpoint(&self, step: u64) {
        print(&json!({ "checkpoint": step }));
    }

    fn constraint(&self, name: &str, value: f64) {
        print(&json!({ "constraints": { name: number(value) } }));
    }

    fn attribute(&self, key: &str, value: &Json) {
        print(&json!({ "attributes": { key: value } }));
    }

    fn artifact(&self, name: &str, bytes: &[u8]) -> Result<(), ArtifactError> {
        // A program that runs alone has no folder, and keeps nothing.
        let Some(folder) = std::env::var_os("HPO_TRIAL_DIR") else { return Ok(()) };
        artifact::write_named(Path::new(&folder), name, bytes)
    }
}

fn read_params(flat: &Arc<FlatSpace>) -> Result<Params, WorkerError> {
    let Some(path) = std::env::var_os("HPO_CONFIG") else {
        if flat.has_defaults() {
            let _ =
                writeln!(std::io::stderr(), "HPO_CONFIG is not set: this is the default config");
            return Ok(flat.default_params());
        }
        let words = "the variable is not set; start the program by `hpo run -- PROGRAM`";
        return Err(WorkerError::Config(words.to_owned()));
    };
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| WorkerError::Config(error.to_string()))?;
    let json = serde_json::from_str(&text);
    let json: Json = json.map_err(|error| WorkerError::Config(error.to_string()))?;
    Ok(Params::from_json(flat, &json)?)
}

fn variable(name: &'static str) -> Result<Option<u64>, WorkerError> {
    let Ok(value) = std::env::var(name) else { return Ok(None) };
    match value.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(WorkerError::Number { name, value }),
    }
}

/// Returns the budget of the round that `hpo run` has started; `None` without one.
fn budget(from: u64) -> Result<Option<Budget>, WorkerError> {
    let Some(to) = variable("HPO_STEPS_TO")? else { return Ok(None) };
    let most = variable("HPO_STEPS_MOST")?.unwrap_or(to);
    let round = variable("HPO_ROUND")?.unwrap_or(0);
    Ok(Some(Budget::new(from, to, most, u32::try_from(round).unwrap_or(u32::MAX))))
}

/// Returns a number as JSON; as text if JSON has no such number.
fn number(value: f64) -> Json {
    if value.is_finite() { value.into() } else { value.to_string().into() }
}

/// Prints a line at once, since the reader may be a pipe. Whoever closed it needs no word.
fn print(line: &Json) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

fn failed(reason: &str) -> ExitCode {
    let mut error = std::io::stderr();
    let reason = if error.is_terminal() { one_line(reason) } else { reason.to_owned() };
    let _ = writeln!(error, "{reason}");
    ExitCode::FAILURE
}
