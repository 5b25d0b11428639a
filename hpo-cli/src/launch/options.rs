//! The arguments of `hpo launch`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use crate::run::{bytes, duration};

/// Start many workers of one study: on this machine, by ssh, Slurm, HyperQueue or Kubernetes
///
/// The words after `--` are the command of a worker: `hpo run ..`, or a program of your own that
/// takes its storage from `HPO_STORAGE`. All workers share the study; `--trials` is its total. A
/// worker that dies loses nothing: its trial goes back to the queue.
///
/// docs/clusters.md describes each engine.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// An engine, or another action.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Start the workers on this machine, and follow them
    Local(Workers),
    /// Start the workers on other machines by ssh, in turn, and follow them
    Ssh(Ssh),
    /// Submit the workers as a Slurm array
    Slurm(Workers),
    /// Submit the workers as a task array of HyperQueue
    #[command(alias = "hq")]
    Hyperqueue(Workers),
    /// Create the workers as an indexed Job of Kubernetes
    #[command(alias = "k8s")]
    Kubernetes(Kubernetes),
    /// End the workers of a launch: they finish their trials, and start no more
    Drain(Drain),
}

/// The workers, for all engines.
#[derive(Clone, Debug, Args)]
pub(crate) struct Workers {
    /// The command of a worker
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// The number of workers
    #[arg(short = 'n', long = "workers", value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) count: u32,
    /// The processor cores of a worker
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) cpus: Option<u32>,
    /// The graphics cards of a worker; HyperQueue also takes parts, such as 0.5
    #[arg(long, value_name = "CARDS", value_parser = cards)]
    pub(crate) gpus: Option<f64>,
    /// The memory of a worker: 4GiB
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) mem: Option<u64>,
    /// The time after which the engine ends a worker; its trial goes back to the queue: 4h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// The storage of the workers, which they find in `HPO_STORAGE`
    #[arg(long, value_name = "STORAGE", env = "HPO_STORAGE", hide_env_values = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) storage: Option<String>,
    /// The name of the launch; the default is hpo-1, hpo-2, ..
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) name: Option<String>,
    /// The folder of the launches' folders, which hold scripts and logs
    #[arg(long, value_name = "DIR", default_value = "launches")]
    pub(crate) dir: PathBuf,
    /// A further argument for the engine's command; may be repeated: --arg=--partition=gpu
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub(crate) arg: Vec<String>,
    /// Accept a storage that is a file, since all machines see it and its locks hold there
    #[arg(long)]
    pub(crate) shared_files: bool,
    /// Print what would be written and run, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Workers on named machines.
#[derive(Debug, Args)]
pub(crate) struct Ssh {
    /// The machines, separated by commas: a,b,user@c
    #[arg(long = "hosts", required = true, value_name = "HOSTS", value_delimiter = ',')]
    #[arg(value_parser = host)]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) workers: Workers,
}

/// Workers in pods.
#[derive(Debug, Args)]
pub(crate) struct Kubernetes {
    /// The container image that has the command
    #[arg(long, value_name = "IMAGE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) image: String,
    #[command(flatten)]
    pub(crate) workers: Workers,
}

/// The end of a launch.
#[derive(Debug, Args)]
pub(crate) struct Drain {
    /// The launch; the default is the newest
    #[arg(value_name = "NAME", value_parser = name)]
    pub(crate) name: Option<String>,
    /// End running trials at once: they go back to the queue
    #[arg(long)]
    pub(crate) now: bool,
    /// The folder of the launches' folders
    #[arg(long, value_name = "DIR", default_value = "launches")]
    pub(crate) dir: PathBuf,
}

/// A name that every engine accepts, and that is a file name.
fn name(text: &str) -> Result<String, String> {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_valid = text.len() <= 50
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.ends_with(is_letter)
        && text.chars().all(|letter| is_letter(letter) || letter == '-');
    if is_valid {
        Ok(text.to_owned())
    } else {
        Err("a name begins with a letter, and has lower-case letters, digits and hyphens, at most \
             50"
        .to_owned())
    }
}

fn cards(text: &str) -> Result<f64, String> {
    let cards: Option<f64> = text.parse().ok();
    cards
        .filter(|cards| *cards > 0.0 && *cards <= 1024.0 && (*cards < 1.0 || cards.fract() == 0.0))
        .ok_or_else(|| "write a whole number of cards, or a part of one, such as 0.5".to_owned())
}

/// A machine as ssh knows it; not an option of ssh.
fn host(text: &str) -> Result<String, String> {
    let is_valid = !text.is_empty()
        && !text.starts_with('-')
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    if is_valid { Ok(text.to_owned()) } else { Err("write machines as `a,b,user@c`".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_suit_every_engine() {
        assert!(name("net-2").is_ok());
        for wrong in ["", "-a", "a-", "A", "a_b", "a/b", "1a", "..", &"a".repeat(51)] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cards_are_whole_or_parts_of_one() {
        assert_eq!((cards("2"), cards("0.25")), (Ok(2.0), Ok(0.25)));
        for wrong in ["0", "1.5", "-1", "nan", "inf", "x"] {
            assert!(cards(wrong).is_err(), "{wrong}");
        }
    }
}
