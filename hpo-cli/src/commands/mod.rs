//! One module a command: from typed arguments to the text that is printed.

mod best;
pub(crate) mod report;
mod studies;
mod trials;

use anyhow::Result;

use crate::args::{Arguments, Command};
use crate::source;

/// What a command prints.
pub(crate) fn run(arguments: &Arguments) -> Result<String> {
    match &arguments.command {
        Command::Serve {} => anyhow::bail!("`serve` answers line by line, not by a text"),
        Command::Studies { storage, output } => {
            let storage = source::open(&storage.url)?;
            Ok(studies::table(&*storage)?.render(output.format))
        }
        Command::Trials { storage, study, output } => {
            let storage = source::open(&storage.url)?;
            let study = source::study(&*storage, study.name.as_deref())?;
            Ok(trials::table(&*storage, &study)?.render(output.format))
        }
        Command::Report { storage, options } => report::run(&*source::open(&storage.url)?, options),
        Command::Best { storage, study, count, output } => {
            let storage = source::open(&storage.url)?;
            let study = source::study(&*storage, study.name.as_deref())?;
            Ok(best::table(&*storage, &study, *count)?.render(output.format))
        }
    }
}
