//! A callback for TensorBoard: the curves of all trials, and the data of its HPARAMS tab.

mod event_file;
mod hparams;
mod message;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use event_file::EventFile;

use crate::error::{Error, Result};
use crate::file;
use crate::space::{FlatSpace, Params};
use crate::study::{Callback, Flow, RunEvent};
use crate::sync::lock;
use crate::trial::TrialRecord;

/// The file with the parameters and metrics of the search. It is rewritten when new metrics appear.
const EXPERIMENT: &str = "events.out.tfevents.0000000000.hpo.experiment";

/// Writes event files for TensorBoard: `tensorboard --logdir FOLDER`.
///
/// Each trial is a run, `trial_0007`; a second execution of its config is a run within it,
/// `trial_0007/execution_1`. A run has the logged metrics by step, under their names; plain
/// reports, as `report`; and the values of the trial, as `objective` (`objective_0`, `objective_1`,
/// ... for several objectives), at its last step. The HPARAMS tab has the parameters of the space
/// with their domains, and each trial with its active parameters, its metrics, and its success or
/// failure. TensorBoard stores numbers in single precision.
///
/// Event files are added to an existing folder. The parameters and metrics of the HPARAMS tab are
/// written when the first trial ends.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::callback::TensorBoard;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Point {
/// #     #[search_space(range = 0.0..=1.0)]
/// #     x: f64,
/// # }
/// # let folder = std::env::temp_dir().join(format!("hpo-doc-tensorboard-{}", std::process::id()));
/// let study = Study::<Point>::minimize().callback(TensorBoard::builder(&folder).build()?).open()?;
/// study.optimize(2, |point, trial| {
///     for epoch in 0..3 {
///         trial.report(epoch, point.x / (epoch + 1) as f64)?;
///     }
///     Ok::<_, TrialError>(point.x / 3.0)
/// })?;
/// assert!(folder.join("trial_0000").is_dir() && folder.join("trial_0001").is_dir());
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    board: Mutex<Board>,
}

#[derive(Debug)]
struct Board {
    folder: PathBuf,
    study: String,
    flat: Option<Arc<FlatSpace>>,
    objectives: Vec<String>,
    /// The names of the metrics logged so far.
    metrics: BTreeSet<String>,
    /// The number of metrics in the experiment file; `None` if it is not written yet.
    written: Option<usize>,
    runs: HashMap<(u64, u32), Run>,
    /// True if a warning about a write error was given.
    has_warned: bool,
}

/// A run of TensorBoard in progress.
#[derive(Debug)]
struct Run {
    file: EventFile,
    step: u64,
}

/// Settings of a [`TensorBoard`], whose folder is not yet created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing happens before `build`"]
pub struct TensorBoardBuilder {
    folder: PathBuf,
}

impl TensorBoard {
    /// Returns a builder of a callback that writes event files into `folder`, which is created if
    /// missing.
    pub fn builder(folder: impl AsRef<Path>) -> TensorBoardBuilder {
        TensorBoardBuilder { folder: folder.as_ref().to_owned() }
    }
}

impl TensorBoardBuilder {
    /// Creates the folder and returns the callback.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be created or written to.
    pub fn build(self) -> Result<TensorBoard> {
        let folder = self.folder;
        let error = |action, source| Error::Io { path: folder.clone(), action, source };
        fs::create_dir_all(&folder)
            .map_err(|source| error("make the folder for event files", source))?;
        file::probe(&folder).map_err(|source| error("write event files there", source))?;
        let board = Board {
            folder,
            study: String::new(),
            flat: None,
            objectives: Vec::new(),
            metrics: BTreeSet::new(),
            written: None,
            runs: HashMap::new(),
            has_warned: false,
        };
        Ok(TensorBoard { board: Mutex::new(board) })
    }
}

impl Callback for TensorBoard {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut board = lock(&self.board);
        if let Err(error) = board.on_event(event)
            && !std::mem::replace(&mut board.has_warned, true)
        {
            tracing::warn!(folder = %board.folder.display(), %error, "event files for TensorBoard \
                are incomplete");
        }
        Flow::Continue
    }
}

impl Board {
    fn on_event(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match *event {
            RunEvent::Started { study, directions, flat, .. } => {
                study.clone_into(&mut self.study);
                self.flat = Some(Arc::clone(flat));
                self.objectives = match directions.len() {
                    1 => vec!["objective".to_owned()],
                    several => (0..several).map(|index| format!("objective_{index}")).collect(),
                };
                self.written = None;
                self.runs.clear();
                Ok(())
            }
            RunEvent::TrialStarted { number, params, .. } => {
                self.close(number);
                self.run(number, 0, Some(params)).map(drop)
            }
            RunEvent::Reported { number, execution, step, value, metrics } => {
                self.report((number, execution), step, value, metrics)
            }
            RunEvent::TrialPaused { number, .. } => {
                self.close(number);
                Ok(())
            }
            RunEvent::TrialEnded { trial, .. } => self.end(trial),
            _ => Ok(()),
        }
    }

    fn report(
        &mut self,
        (number, execution): (u64, u32),
        step: u64,
        value: f64,
        metrics: &[(&str, f64)],
    ) -> io::Result<()> {
        for (name, _) in metrics.iter().filter(|_| execution == 0) {
            if !self.metrics.contains(*name) {
                self.metrics.insert((*name).to_owned());
            }
        }
        let run = self.run(number, execution, None)?;
        run.step = step;
        let plain = [("report", value)];
        let values = if metrics.is_empty() { &plain } else { metrics };
        run.file.write(step, &event_file::scalars(values.iter().copied()))
    }

    fn end(&mut self, trial: &TrialRecord) -> io::Result<()> {
        let names = self.objectives.clone();
        let run = self.run(trial.number, 0, trial.params.as_ref())?;
        if !trial.values.is_empty() {
            let values = names.iter().map(String::as_str).zip(trial.values.iter().copied());
            run.file.write(run.step, &event_file::scalars(values))?;
        }
        run.file.write(run.step, &hparams::session_end(trial.state))?;
        self.close(trial.number);
        self.write_experiment()
    }

    /// Returns the run of an execution, and starts it if it is not in progress. The first execution
    /// of a trial is its session in the HPARAMS tab.
    fn run(
        &mut self,
        number: u64,
        execution: u32,
        params: Option<&Params>,
    ) -> io::Result<&mut Run> {
        use std::collections::hash_map::Entry;
        let vacant = match self.runs.entry((number, execution)) {
            Entry::Occupied(occupied) => return Ok(occupied.into_mut()),
            Entry::Vacant(vacant) => vacant,
        };
        let name = format!("trial_{number:04}");
        let mut folder = self.folder.join(&name);
        if execution > 0 {
            folder.push(format!("execution_{execution}"));
        }
        let mut file = EventFile::create(&folder)?;
        if execution == 0 {
            file.write(0, &hparams::session_start(&name, params))?;
        }
        Ok(vacant.insert(Run { file, step: 0 }))
    }

    fn close(&mut self, number: u64) {
        self.runs.retain(|(trial, _), _| *trial != number);
    }

    /// Writes the experiment file if metrics were added. It is replaced as a whole, because
    /// TensorBoard uses only the first experiment in a file.
    fn write_experiment(&mut self) -> io::Result<()> {
        let Some(flat) = self.flat.as_ref().filter(|_| self.written != Some(self.metrics.len()))
        else {
            return Ok(());
        };
        let metrics = self.objectives.iter().chain(&self.metrics).map(String::as_str);
        let experiment = hparams::experiment(&self.study, flat, metrics);
        file::replace(&self.folder.join(EXPERIMENT), |file| {
            file.write_all(&event_file::single(&experiment))
        })?;
        self.written = Some(self.metrics.len());
        Ok(())
    }
}
