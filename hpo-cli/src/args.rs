//! What may be typed after `hpo`.

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Look into hyperparameter studies. Nothing is changed in the storage.
#[derive(Debug, Parser)]
#[command(name = "hpo", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the studies of a storage
    Studies {
        #[command(flatten)]
        storage: Storage,
        #[command(flatten)]
        output: Output,
    },
    /// List the trials of a study, by number
    Trials {
        #[command(flatten)]
        storage: Storage,
        #[command(flatten)]
        study: Study,
        #[command(flatten)]
        output: Output,
    },
    /// Show the best trials of a study; with several objectives, those that none dominates
    Best {
        #[command(flatten)]
        storage: Storage,
        #[command(flatten)]
        study: Study,
        /// How many trials to show at most; with several objectives the default is all
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        count: Option<u32>,
        #[command(flatten)]
        output: Output,
    },
    /// Write a study as one page that needs no network, and its figures as files
    Report {
        #[command(flatten)]
        storage: Storage,
        #[command(flatten)]
        options: crate::commands::report::Options,
    },
    /// Ask and tell by JSON lines: a program in any language writes requests, and reads an answer a line
    ///
    /// A first line with a `space` begins a study, which lives in memory; then `{"ask": 1}`, `{"report": 0, "step": 3, "value": 1.5}`
    /// and `{"tell": 0, "value": 1.25}`. Each line is answered by one line. The requests stand in `docs/serve.md`.
    Serve {},
}

#[derive(Debug, Args)]
pub(crate) struct Storage {
    /// The storage: journal:PATH, or just the path of a journal
    #[arg(value_name = "STORAGE")]
    pub(crate) url: String,
}

#[derive(Debug, Args)]
pub(crate) struct Study {
    /// The study's name; may be left out if the storage has only one
    #[arg(long = "study", value_name = "NAME")]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: rounded numbers, as wide as the terminal
    Table,
    /// For programs: a list of objects, numbers in full
    Json,
    /// For spreadsheets: a header and a line each, numbers in full
    Csv,
}
