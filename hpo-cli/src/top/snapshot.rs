//! The state of a study at one moment.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::seen_through;
use hpo_core::terminal::one_line;
use hpo_core::trial::{State, Timestamp, Trials};

use crate::run::WORKER_ATTRIBUTE;

/// The longest time over which the throughput is measured.
const WINDOW: Duration = Duration::from_secs(600);

/// The least number of ended trials over which it is measured.
const LEAST_ENDS: usize = 2;

/// A study at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) study: String,
    /// The name of the objective.
    pub(crate) metric: String,
    pub(crate) complete: u64,
    pub(crate) pruned: u64,
    pub(crate) failed: u64,
    pub(crate) waiting: u64,
    pub(crate) paused: u64,
    /// The best trial and its value, with one objective.
    pub(crate) best: Option<(u64, f64)>,
    pub(crate) pace: Option<Pace>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) running: Vec<RunningTrial>,
}

/// The throughput of a study.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) window: Duration,
    pub(crate) per_minute: f64,
}

/// A worker, by the attribute of its trials.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    pub(crate) name: String,
    pub(crate) running: u64,
    pub(crate) ended: u64,
    pub(crate) failed: u64,
    /// The time since one of its trials started or ended.
    pub(crate) silent: Option<Duration>,
}

/// A trial that runs now.
#[derive(Debug)]
pub(crate) struct RunningTrial {
    pub(crate) number: u64,
    pub(crate) worker: Option<String>,
    /// The last report: step and value.
    pub(crate) report: Option<(u64, f64)>,
    pub(crate) age: Option<Duration>,
    pub(crate) config: String,
}

impl Snapshot {
    /// Reads the state of a study.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub(crate) fn read(storage: &dyn Storage, study: &StudyRecord, now: Timestamp) -> Result<Self> {
        let metric = study.metric_names().first().map_or_else(|| "value".to_owned(), one_line);
        let mut snapshot = Self { study: one_line(&study.name), metric, ..Self::default() };
        storage.read(study.id, &mut |trials| {
            let trials = &*seen_through(study, trials);
            snapshot.count(trials);
            if study.directions.len() == 1 {
                let best = trials.best(&study.directions).first().copied();
                snapshot.best = best.map(|best| (best, trials.values(best)[0]));
            }
            snapshot.pace = pace(trials, now);
            snapshot.workers = workers(trials, now);
            let running = trials.running().iter();
            snapshot.running =
                running.map(|number| RunningTrial::new(trials, *number, now)).collect();
        })?;
        Ok(snapshot)
    }

    /// Returns the number of trials that have ended.
    pub(crate) fn ended(&self) -> u64 {
        self.complete + self.pruned + self.failed
    }

    fn count(&mut self, trials: &Trials) {
        for number in 0..trials.len() {
            match trials.state(number) {
                Some(State::Complete) => self.complete += 1,
                Some(State::Pruned) => self.pruned += 1,
                Some(State::Failed) => self.failed += 1,
                Some(State::Waiting) => self.waiting += 1,
                Some(State::Paused) => self.paused += 1,
                _ => {}
            }
        }
    }
}

impl RunningTrial {
    fn new(trials: &Trials, number: u64, now: Timestamp) -> Self {
        let config: Vec<String> = trials
            .params(number)
            .map(|(id, value)| {
                let param = &trials.declared()[id.0 as usize];
                format!("{} = {}", param.path, param.domain.label(value))
            })
            .collect();
        Self {
            number,
            worker: worker_of(trials, number),
            report: trials.reports(number).last().copied(),
            age: trials.times(number).0.map(|started| now.since(started)),
            config: one_line(config.join(", ")),
        }
    }
}

/// Measures the throughput over the ends within the window, from the first of them until now.
fn pace(trials: &Trials, now: Timestamp) -> Option<Pace> {
    let ends: Vec<Duration> = trials
        .finished()
        .iter()
        .filter_map(|number| trials.times(*number).1)
        .map(|ended| now.since(ended))
        .filter(|age| *age <= WINDOW)
        .collect();
    let window = *ends.iter().max()?;
    // The end with which the window begins does not count.
    let count = ends.len().checked_sub(1).filter(|_| ends.len() >= LEAST_ENDS)?;
    let minutes = window.as_secs_f64().max(0.001) / 60.0;
    Some(Pace { window, per_minute: count as f64 / minutes })
}

fn workers(trials: &Trials, now: Timestamp) -> Vec<Worker> {
    let mut workers: BTreeMap<String, Worker> = BTreeMap::new();
    for number in 0..trials.len() {
        let Some(name) = worker_of(trials, number) else { continue };
        let worker = workers
            .entry(name)
            .or_insert_with_key(|name| Worker { name: name.clone(), ..Worker::default() });
        match trials.state(number) {
            Some(State::Running) => worker.running += 1,
            Some(State::Failed) => {
                (worker.ended, worker.failed) = (worker.ended + 1, worker.failed + 1);
            }
            Some(State::Complete | State::Pruned) => worker.ended += 1,
            _ => {}
        }
        let (started, ended) = trials.times(number);
        let last = [started, ended].into_iter().flatten().map(|at| now.since(at)).min();
        worker.silent = [worker.silent, last].into_iter().flatten().min();
    }
    let mut workers: Vec<Worker> = workers.into_values().collect();
    // Those that work come first.
    workers.sort_by_key(|worker| worker.running == 0);
    workers
}

fn worker_of(trials: &Trials, number: u64) -> Option<String> {
    let name = trials.attributes(number)?.user.get(WORKER_ATTRIBUTE)?.as_str()?;
    Some(one_line(name))
}
