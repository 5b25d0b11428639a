//! `hpo`: inspects studies, copies them, and asks and tells, from the command line.
//!
//! The read-only commands change nothing and create no file. `export --to`, `import`, `ask`, `tell`
//! and `rm` write; `serve` asks and tells over standard input and output.

mod args;
mod commands;
mod copy;
#[cfg(unix)]
mod doctor;
#[cfg(unix)]
mod launch;
mod nearest;
mod present;
mod redact;
#[cfg(unix)]
mod run;
#[cfg(not(unix))]
#[path = "run/elsewhere.rs"]
mod run;
mod screen;
mod select;
mod serve;
#[cfg(feature = "server")]
mod server;
mod source;
#[cfg(unix)]
mod top;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};
use hpo_core::terminal;

use commands::Arguments;
use redact::redacted;
use screen::Screen;

/// Runs the command. The exit code is 0 on success, 1 on failure (with the reason on standard
/// error), and 2 for invalid arguments; `ask` also has a 3.
fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == run::SHIM) {
        return run::shim_main();
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(error),
    };
    match arguments.command.run(Screen::new(arguments.color)) {
        Ok(code) => code,
        Err(error) => {
            screen::note(&message(&error));
            ExitCode::FAILURE
        }
    }
}

/// Prints an error about the arguments, or the help that was requested.
fn misused(mut error: clap::Error) -> ExitCode {
    let plain = error.to_string();
    quote_on_one_line(&mut error);
    let text = error.to_string();
    let shown = terminal::escaped(&redacted(&text));
    if error.use_stderr() && shown != plain {
        // Drop the colours of the message if it may contain a password or terminal codes.
        let _ = write!(std::io::stderr(), "{shown}");
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Puts each argument that an error quotes on one line, so that none starts a line of its own. A
/// hint that quotes it too is removed.
fn quote_on_one_line(error: &mut clap::Error) {
    let quoted: Vec<(ContextKind, ContextValue)> =
        error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in quoted {
        let line = match &value {
            ContextValue::String(text) => ContextValue::String(terminal::one_line(text)),
            ContextValue::Strings(texts) => {
                ContextValue::Strings(texts.iter().map(terminal::one_line).collect())
            }
            _ => continue,
        };
        if line != value {
            error.insert(kind, line);
            error.remove(ContextKind::Suggested);
        }
    }
}

/// Formats an error with its causes, without those that the preceding messages already contain.
fn message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |words, cause| {
        match words.as_str() {
            "" => cause,
            message if message.contains(&cause) => words,
            message => format!("{message}: {cause}"),
        }
    })
}
