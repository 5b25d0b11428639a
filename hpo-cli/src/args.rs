//! Arguments shared by several commands. Other arguments are defined beside the code of each
//! command, in `commands`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

/// Where the studies are.
#[derive(Debug, Args)]
pub(crate) struct Storage {
    /// The storage: the path of a file, `journal:PATH`, `sqlite:///PATH` or
    /// `postgresql://USER@HOST/NAME`
    // The help does not show its value, which may contain a password.
    #[arg(value_name = "STORAGE", env = "HPO_STORAGE", hide_env_values = true)]
    #[arg(value_hint = ValueHint::AnyPath, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) url: String,
}

/// The study that a command works on.
#[derive(Debug, Args)]
pub(crate) struct Study {
    /// The study's name; may be omitted if the storage has only one study
    #[arg(long = "study", value_name = "NAME")]
    pub(crate) name: Option<String>,
}
