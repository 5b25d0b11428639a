//! Arguments that several commands have in common. Each command has its own beside its code, in `commands`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum, ValueHint};

use crate::select::Condition;

/// Where the studies are.
#[derive(Debug, Args)]
pub(crate) struct Storage {
    /// The storage: a file by its path, `journal:PATH`, `sqlite:///PATH` or `postgresql://USER@HOST/NAME`
    // Its value is not shown in the help: it may hold a password.
    #[arg(value_name = "STORAGE", env = "HPO_STORAGE", hide_env_values = true)]
    #[arg(value_hint = ValueHint::AnyPath, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) url: String,
}

/// Which study.
#[derive(Debug, Args)]
pub(crate) struct Study {
    /// The study's name; may be left out if the storage has only one
    #[arg(long = "study", value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// How a table is written.
#[derive(Debug, Args)]
pub(crate) struct View {
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Which columns to show, in this order: their names, with commas between
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Show all columns in full, however wide the terminal is
    #[arg(long)]
    pub(crate) wide: bool,
}

/// Which rows of a table are shown, and in which order.
#[derive(Debug, Args)]
pub(crate) struct Rows {
    /// Only rows for which this holds, such as `value<0.3 and params.lr>=1e-3`; may be given several times
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<Condition>,
    /// The column to sort by, small first; rows without a value in it come last
    #[arg(long, value_name = "COLUMN")]
    pub(crate) sort: Option<String>,
    /// Sort large values first
    #[arg(long, requires = "sort")]
    pub(crate) desc: bool,
    /// How many rows to show at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
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

/// What decides on colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colours {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
