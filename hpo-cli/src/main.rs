//! `hpo`: look into studies, move them, ask and tell, from the command line.
//!
//! The looking commands change nothing, and make no file. `export --to`, `import`, `ask`, `tell` and `rm` write; `serve` asks
//! and tells over standard input and output.

mod args;
mod commands;
mod copy;
mod moment;
mod nearest;
mod plain;
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
    let text = error.to_string();
    let shown = plain::escaped(&redacted(&on_one_line(&text)));
    if error.use_stderr() && shown != text {
        // Its colours are no loss where a password may be, or codes of a terminal.
        let _ = write!(std::io::stderr(), "{shown}");
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The text with each argument that it quotes on one line.
fn on_one_line(text: &str) -> String {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    arguments.fold(text.to_owned(), |text, argument| {
        let value = argument.split_once('=').map_or("", |(_, value)| value);
        let parts = [argument.as_str(), value].into_iter().filter(|part| part.contains(['\n', '\r']));
        parts.fold(text, |text, part| text.replace(part, &plain::one_line(part)))
    })
}

/// An error with its causes, but for those which the words before have said already.
fn said(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |words, cause| match words.as_str() {
        "" => cause,
        said if said.contains(&cause) => words,
        said => format!("{said}: {cause}"),
    })
}
