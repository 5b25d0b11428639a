//! `hpo`: look into studies from the command line. Nothing here changes a storage. `hpo serve` asks and tells over
//! standard input and output.

mod args;
mod commands;
mod present;
mod serve;
mod source;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use args::{Arguments, Command};
use clap::Parser as _;

/// 0 if it worked, 1 if it did not (the reason stands on standard error), 2 for arguments that make no sense.
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let printed = match &arguments.command {
        Command::Serve {} => serve::run(std::io::stdin().lock(), std::io::stdout().lock()),
        Command::Replay { storage, study, output } => source::open(&storage.url).and_then(|storage| {
            let study = source::study(&*storage, study.name.as_deref())?;
            commands::replay::run(&*storage, &study, output.format, print)
        }),
        _ => commands::run(&arguments).and_then(|text| print(&text)),
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hpo: {}", said(&error));
            ExitCode::FAILURE
        }
    }
}

/// A reader that has seen enough, such as `head`, is no error.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// An error with its causes, but for those which the words before have said already.
fn said(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |words, cause| match words.as_str() {
        "" => cause,
        said if said.contains(&cause) => words,
        said => format!("{said}: {cause}"),
    })
}
