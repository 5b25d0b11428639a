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
use clap::error::{ContextKind, ContextValue};
use hpo_core::terminal;

use commands::Arguments;
use redact::redacted;
use screen::Screen;

/// 0 if it worked, 1 if it did not (the reason stands on standard error), 2 for arguments that make no sense; `ask` has a 3.
fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(error),
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
fn misused(mut error: clap::Error) -> ExitCode {
    let told = error.to_string();
    quote_on_one_line(&mut error);
    let text = error.to_string();
    let shown = terminal::escaped(&redacted(&text));
    if error.use_stderr() && shown != told {
        // Its colours are no loss where a password may be, or codes of a terminal.
        let _ = write!(std::io::stderr(), "{shown}");
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Each argument that an error quotes is on one line, so that none begins a line of its own. A hint that quotes it too is left out.
fn quote_on_one_line(error: &mut clap::Error) {
    let quoted: Vec<(ContextKind, ContextValue)> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in quoted {
        let line = match &value {
            ContextValue::String(text) => ContextValue::String(terminal::one_line(text)),
            ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(terminal::one_line).collect()),
            _ => continue,
        };
        if line != value {
            error.insert(kind, line);
            error.remove(ContextKind::Suggested);
        }
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
