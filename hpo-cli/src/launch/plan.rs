//! What an engine makes of a job: files, a command, and what to type afterwards.

use std::path::PathBuf;

/// A plan, which `--dry-run` prints and which is otherwise carried out.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The files, by path.
    pub(crate) files: Vec<(PathBuf, String)>,
    /// The command that submits the job.
    pub(crate) command: Vec<String>,
    /// The standard input of the command.
    pub(crate) input: Input,
    /// The package or place from which the command comes.
    pub(crate) remedy: &'static str,
    /// The command that shows the engine's own view; `{id}` stands for the id of the job.
    pub(crate) status: String,
}

/// The standard input of a command.
#[derive(Debug)]
pub(crate) enum Input {
    Nothing,
    /// A text that may hold a password, so that it is not written to a file; and the same text
    /// without it.
    Secret {
        text: String,
        shown: String,
    },
}
