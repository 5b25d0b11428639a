//! The arguments of `hpo run`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use hpo_core::sampler::SamplerConfig;

use super::constraint::Constraint;
use super::quantity;

/// Run a program for each trial: any program is an objective
///
/// The words after `--` are the command of a trial. `{lr}` in them is the value of the parameter
/// `lr`. The program prints its value as `{"loss": 0.5}` or `loss=0.5`. The same command, given
/// again, continues the study.
///
/// docs/run.md describes the placeholders, the variables and files that the program finds, and what
/// becomes of programs that hang, crash or take too much.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// The storage; the default is studies.db in the folder of --runs
    #[arg(long, value_name = "STORAGE", env = "HPO_STORAGE", hide_env_values = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) storage: Option<String>,
    /// The name of the study; the default is the only one of the storage, or `study`
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) study: Option<String>,
    /// A parameter: 'lr=1e-5..1e-1 log', 'layers=1..4', 'optimizer=adam,sgd'; may be repeated
    #[arg(long, value_name = "NAME=VALUES", conflicts_with = "space")]
    pub(crate) param: Vec<String>,
    /// A file with the space as JSON; see docs/cli.md
    #[arg(long, value_name = "FILE")]
    pub(crate) space: Option<PathBuf>,
    /// The name of a value that is minimized; may be repeated
    #[arg(long, value_name = "METRIC", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) minimize: Vec<String>,
    /// The name of a value that is maximized; may be repeated
    #[arg(long, value_name = "METRIC", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) maximize: Vec<String>,
    /// A bound on a value that the program reports too: 'memory<=4e9'; may be repeated
    #[arg(long, value_name = "BOUND", value_parser = Constraint::parse)]
    pub(crate) constraint: Vec<Constraint>,
    /// A regular expression that finds the value in a line of output: 'loss: ([0-9.e-]+)'
    #[arg(long, value_name = "REGEX")]
    pub(crate) metric: Option<String>,
    /// The number of trials that the study will have in all
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) trials: u64,
    /// The time after which no more trials start: 90s, 2h
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    pub(crate) time: Option<Duration>,
    /// The number of trials that run at once; the default is 1, or what fits the cards of --gpus
    #[arg(long, value_name = "N", value_parser = workers)]
    pub(crate) workers: Option<usize>,
    /// The sampler: auto, tpe, gp, cmaes, nsga2, qmc, random, grid; or one with settings, as JSON
    #[arg(long, default_value = "auto")]
    pub(crate) sampler: SamplerConfig,
    /// The seed of all random streams; the default is the stored one, or random for a new study
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The pruner: median, hyperband, `successive_halving`, asha, brackets, ..; or one with
    /// settings, as JSON
    #[arg(long)]
    pub(crate) pruner: Option<String>,
    /// The objective whose reports the pruner judges; the default is the first
    #[arg(long, value_name = "METRIC", requires = "pruner")]
    pub(crate) prune_on: Option<String>,
    /// The number of steps of a whole trial, which asha and brackets need
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) steps: Option<u64>,
    /// The time after which a trial is ended as failed: 10m
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    pub(crate) trial_timeout: Option<Duration>,
    /// The processor time after which a trial is ended as failed
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    pub(crate) trial_cpu_time: Option<Duration>,
    /// The memory beyond which a trial is killed: 4GiB
    #[arg(long, value_name = "BYTES", value_parser = quantity::bytes)]
    pub(crate) trial_memory: Option<u64>,
    /// The number of processes beyond which a trial is killed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) trial_processes: Option<u64>,
    /// The time between the order to end (SIGTERM) and SIGKILL
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = quantity::duration)]
    pub(crate) grace: Duration,
    /// The number of times that a failed trial is tried again
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retries: u32,
    /// The number of failures in a row that ends the run, or `all` to go on after any; the default
    /// is 10 for the first trials, and 25 later
    #[arg(long, value_name = "N", value_parser = max_failures)]
    pub(crate) max_failures: Option<u64>,
    /// The graphics cards of a trial, in whole or in part: 2, 1, 0.5; sets `CUDA_VISIBLE_DEVICES`
    #[arg(long, value_name = "CARDS", value_parser = gpus)]
    pub(crate) gpus: Option<f64>,
    /// Give each worker cores of its own
    #[arg(long, requires = "workers")]
    pub(crate) pin: bool,
    /// The folder of the trials' folders
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    /// The number of best trials whose folders are kept, or `all`; those of failed ones always are
    #[arg(long, value_name = "N", default_value = "10", value_parser = keep)]
    pub(crate) keep: Keep,
}

/// The number of complete trials whose folders are kept; `None` for all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep(pub(crate) Option<usize>);

fn workers(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=MOST_WORKERS).contains(count));
    count.ok_or_else(|| format!("write a number from 1 to {MOST_WORKERS}"))
}

/// More threads than this do not help any program.
const MOST_WORKERS: usize = 10_000;

fn gpus(text: &str) -> Result<f64, String> {
    let cards = text.parse().ok().filter(|cards: &f64| cards.is_finite() && *cards >= LEAST_CARD);
    cards.ok_or_else(|| {
        "write a number of cards such as 1, 2 or 0.5, at least 1/32; leave --gpus out for trials \
         without a card"
            .to_owned()
    })
}

/// The smallest share of a graphics card.
const LEAST_CARD: f64 = 1.0 / 32.0;

fn max_failures(text: &str) -> Result<u64, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(u64::MAX),
        (_, Ok(count)) if count > 0 => Ok(count),
        _ => Err("write a number from 1, or `all`".to_owned()),
    }
}

fn keep(text: &str) -> Result<Keep, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(Keep(None)),
        (_, Ok(count)) => Ok(Keep(Some(count))),
        _ => Err("write a number or `all`".to_owned()),
    }
}
