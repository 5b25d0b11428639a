//! Resources of a trial, from which the number of workers follows.

use crate::error::{Error, Result};

/// Processors and graphics cards, of the machine or of one trial. Fractions of a card are allowed:
/// `gpus(0.5)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resources {
    cpus: f64,
    gpus: f64,
}

impl Default for Resources {
    fn default() -> Self {
        Self { cpus: 1.0, gpus: 0.0 }
    }
}

impl Resources {
    /// One processor and no graphics card.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of processors, above 0. Default: 1.
    #[must_use]
    pub fn cpus(self, cpus: f64) -> Self {
        Self { cpus, ..self }
    }

    /// Sets the number of graphics cards, from 0. Default: 0.
    #[must_use]
    pub fn gpus(self, gpus: f64) -> Self {
        Self { gpus, ..self }
    }

    /// Returns the processors that the operating system lets this process use. It reports no
    /// graphics cards.
    fn available() -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        Self { cpus: cpus as f64, gpus: 0.0 }
    }
}

/// The part of the machine that is reserved for a trial.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct WorkerResources {
    /// The worker that runs the trial, counted from 0.
    pub worker: usize,
    /// The number of threads that the trial should use, at least 1.
    pub threads: usize,
    /// The numbers of its graphics cards, from 0, for `CUDA_VISIBLE_DEVICES` or the framework.
    pub gpus: Vec<usize>,
}

/// Returns the share of each worker: `workers` of them, or as many as the machine can hold.
pub(super) fn shares(
    workers: Option<usize>,
    per_trial: Option<Resources>,
    machine: Option<Resources>,
) -> Result<Vec<WorkerResources>> {
    let Some(trial) = per_trial else {
        let share = |worker| WorkerResources { worker, threads: 1, gpus: Vec::new() };
        return Ok((0..workers.unwrap_or(1)).map(share).collect());
    };
    let machine = machine.unwrap_or_else(Resources::available);
    check(trial, machine)?;
    let by_cpus = (machine.cpus / trial.cpus + 1e-9) as usize;
    let most = by_cpus.min(trials_on_cards(machine.gpus, trial.gpus)).min(MOST_WORKERS);
    let share = |worker| WorkerResources {
        worker,
        threads: (trial.cpus as usize).max(1),
        gpus: cards(worker, trial.gpus),
    };
    Ok((0..workers.unwrap_or(most).min(most)).map(share).collect())
}

/// The largest number of workers. More threads than this are surely a typing error.
pub(super) const MOST_WORKERS: usize = 10_000;

/// Returns the number of trials that fit on the cards. A fraction of a card does not reach over to
/// the next one.
fn trials_on_cards(cards: f64, one: f64) -> usize {
    if one <= 0.0 {
        usize::MAX
    } else if one < 1.0 {
        cards as usize * parts_of_a_card(one)
    } else {
        (cards / one) as usize
    }
}

fn parts_of_a_card(one: f64) -> usize {
    (1.0 / one + 1e-9) as usize
}

fn check(trial: Resources, machine: Resources) -> Result<()> {
    if !(machine.cpus > 0.0
        && machine.gpus >= 0.0
        && machine.cpus.is_finite()
        && machine.gpus.is_finite())
    {
        let problem = format!(
            "has {} cpus and {} gpus: write more than 0 cpus, and 0 or more gpus",
            machine.cpus, machine.gpus
        );
        return Err(Error::Setting { setting: "machine", problem });
    }
    let refuse = |problem: String| Err(Error::Setting { setting: "resources_per_trial", problem });
    if !(trial.cpus > 0.0 && trial.gpus >= 0.0 && trial.cpus.is_finite() && trial.gpus.is_finite())
    {
        return refuse(format!(
            "are {} cpus and {} gpus: write more than 0 cpus, and 0 or more gpus",
            trial.cpus, trial.gpus
        ));
    }
    if trial.gpus > 1.0 && trial.gpus.fract() != 0.0 {
        return refuse(format!(
            "are {} gpus: write a part of one card, or a number of whole ones",
            trial.gpus
        ));
    }
    if trial.cpus > machine.cpus {
        return refuse(format!("are {} cpus, and the machine has {}", trial.cpus, machine.cpus));
    }
    if trial.gpus > machine.gpus {
        let remedy = "set what the machine has with .machine(Resources::new().cpus(..).gpus(..))";
        return refuse(format!(
            "are {} gpus, and the machine has {}: {remedy}",
            trial.gpus, machine.gpus
        ));
    }
    Ok(())
}

/// Returns the cards of a worker. Whole cards belong to it alone; workers with fractions share a
/// card with their neighbours.
fn cards(worker: usize, gpus: f64) -> Vec<usize> {
    if gpus <= 0.0 {
        return Vec::new();
    }
    if gpus < 1.0 {
        return vec![worker / parts_of_a_card(gpus)];
    }
    let each = gpus as usize;
    (worker * each..(worker + 1) * each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_follows_from_the_resources() {
        let machine = Some(Resources::new().cpus(8.0).gpus(2.0));
        let count = |cpus, gpus| {
            shares(None, Some(Resources::new().cpus(cpus).gpus(gpus)), machine).unwrap().len()
        };
        let counts = [
            count(2.0, 0.0),
            count(3.0, 0.0),
            count(1.0, 1.0),
            count(1.0, 0.5),
            count(1.0, 0.3),
            count(1.0, 0.7),
        ];
        assert_eq!(counts, [4, 2, 2, 4, 6, 2]);
        let two = shares(Some(2), Some(Resources::new().cpus(2.0)), machine).unwrap();
        assert_eq!(two.iter().map(|share| share.threads).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn cards_are_shared_by_neighbours_only() {
        let machine = Some(Resources::new().cpus(8.0).gpus(2.0));
        let gpus = |gpus| {
            let shares = shares(None, Some(Resources::new().gpus(gpus)), machine).unwrap();
            shares.into_iter().map(|share| share.gpus).collect::<Vec<_>>()
        };
        assert_eq!(gpus(0.5), [[0], [0], [1], [1]]);
        assert_eq!(gpus(0.7), [[0], [1]], "no card is asked for more than it has");
        assert_eq!(gpus(0.4), [[0], [0], [1], [1]]);
        assert_eq!(gpus(1.0), [[0], [1]]);
        assert_eq!(gpus(2.0), [[0, 1]]);
    }

    #[test]
    fn what_cannot_be_says_so() {
        let say = |trial: Resources| {
            shares(None, Some(trial), Some(Resources::new().cpus(4.0))).unwrap_err().to_string()
        };
        assert!(say(Resources::new().cpus(0.0)).contains("more than 0 cpus"));
        assert!(say(Resources::new().cpus(8.0)).contains("the machine has 4"));
        assert!(say(Resources::new().gpus(1.0)).contains(".machine("));
        assert!(say(Resources::new().gpus(1.5)).contains("a number of whole ones"));
        for cpus in [f64::NAN, f64::INFINITY, 0.0] {
            let error = shares(None, Some(Resources::new()), Some(Resources::new().cpus(cpus)))
                .unwrap_err();
            assert!(error.to_string().starts_with("`machine` has"), "{error}");
        }
    }
}
