//! Where answers go: standard output, which may be a terminal, a file or a pipe that ends early.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use anyhow::Result;
use clap::ValueEnum;
use hpo_core::terminal::{escaped, one_line};

use crate::redact::redacted;

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

/// What standard output can show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// How many letters stand in a line; `None` if that is no matter.
    pub(crate) width: Option<usize>,
    /// Whether to use colours.
    pub(crate) colours: bool,
}

impl Screen {
    /// `COLUMNS` says the width where it is set; else a terminal does.
    pub(crate) fn new(colours: Colours) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let given = set("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
        let width = given.or_else(|| comfy_table::Table::new().width().map(usize::from));
        let may = is_terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb");
        let colours = match colours {
            Colours::Auto => may,
            Colours::Always => true,
            Colours::Never => false,
        };
        Self { width, colours }
    }
}

/// Writes an answer, hidden letters escaped. A reader that has seen enough, such as `head`, is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    print_as_it_is(&escaped(text))
}

/// Writes an answer of one line.
pub(crate) fn say(text: &str) -> Result<()> {
    print(&format!("{}\n", one_line(text)))
}

/// Writes a document, such as a page, whose texts mean something else with an escape; on a terminal it is escaped all the same.
pub(crate) fn print_document(text: &str) -> Result<()> {
    if std::io::stdout().is_terminal() { print(text) } else { print_as_it_is(text) }
}

/// Writes an answer with colours, whose texts are escaped.
pub(crate) fn print_as_it_is(text: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Says something beside the answer, which it leaves as it is: on standard error.
pub(crate) fn note(text: &str) {
    // Nobody reads it: then nobody misses it.
    let _ = writeln!(std::io::stderr(), "hpo: {}", one_line(redacted(text)));
}
