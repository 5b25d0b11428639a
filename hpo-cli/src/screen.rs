//! Standard output, which may be a terminal, a file or a pipe that closes early.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use anyhow::Result;
use clap::ValueEnum;
use hpo_core::terminal::{escaped, one_line};

use crate::redact::redacted;

/// The rule by which colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colours {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The capabilities of standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// The number of letters per line; `None` for no limit.
    pub(crate) width: Option<usize>,
    /// True if colours are used.
    pub(crate) colours: bool,
}

impl Screen {
    /// Takes the width from `COLUMNS` if it is set, else from the terminal.
    pub(crate) fn new(colours: Colours) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let given =
            set("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
        let width = given.or_else(|| comfy_table::Table::new().width().map(usize::from));
        let may = is_terminal
            && set("NO_COLOR").is_none()
            && set("TERM").is_none_or(|term| term != "dumb");
        let colours = match colours {
            Colours::Auto => may,
            Colours::Always => true,
            Colours::Never => false,
        };
        Self { width, colours }
    }
}

/// Writes an answer, with hidden letters escaped. A reader that closes early, such as `head`, is
/// not an error.
pub(crate) fn print(text: &str) -> Result<()> {
    print_as_it_is(&escaped(text))
}

/// Writes an answer of one line.
pub(crate) fn say(text: &str) -> Result<()> {
    print(&format!("{}\n", one_line(text)))
}

/// Writes a document, such as a page, whose texts would change their meaning with an escape. On a
/// terminal it is escaped all the same.
pub(crate) fn print_document(text: &str) -> Result<()> {
    if std::io::stdout().is_terminal() { print(text) } else { print_as_it_is(text) }
}

/// Writes an answer with colours, whose texts are escaped already.
pub(crate) fn print_as_it_is(text: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a note on standard error, apart from the answer.
pub(crate) fn note(text: &str) {
    // If standard error is closed, the note is dropped.
    let _ = writeln!(std::io::stderr(), "hpo: {}", one_line(redacted(text)));
}
