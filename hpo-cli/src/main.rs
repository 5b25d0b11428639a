//! `hpo`: look into studies, move them, ask and tell, from the command line.
//!
//! The looking commands change nothing, and make no file. `export --to`, `import`, `ask`, `tell` and `rm` write; `serve` asks
//! and tells over standard input and output.

mod args;
mod commands;
mod copy;
mod moment;
mod nearest;
mod present;
mod redact;
mod screen;
mod select;
mod serve;
mod source;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use commands::Arguments;
use redact::redacted;
use screen::Screen;

/// 0 if it worked, 1 if it did not (the reason stands on standard error), 2 for arguments that make no sense; `ask` has a 3.
fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    match arguments.command.run(Screen::new(arguments.color)) {
        Ok(code) => code,
        Err(error) => {
            screen::note(&said(&error));
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with the arguments, or helps who asked for help.
fn misused(error: &clap::Error) -> ExitCode {
    let (told, shown) = (error.to_string(), redacted(&error.to_string()));
    if error.use_stderr() && told != shown {
        // Its colours are no loss where a password may be.
        let _ = write!(std::io::stderr(), "{shown}");
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// An error with its causes, but for those which the words before have said already.
fn said(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |words, cause| match words.as_str() {
        "" => cause,
        said if said.contains(&cause) => words,
        said => format!("{said}: {cause}"),
    })
}
