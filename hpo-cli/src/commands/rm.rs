//! `hpo rm`: removes a study.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use hpo_core::space::counted;
use hpo_core::terminal::one_line;

use crate::args;
use crate::redact::redacted;
use crate::screen::{self, Screen};
use crate::source;

/// Remove a study with all its trials
#[derive(Debug, Args)]
pub(crate) struct Rm {
    #[command(flatten)]
    storage: args::Storage,
    /// The study's name
    #[arg(long, value_name = "NAME")]
    study: String,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

impl Rm {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let study = source::study(&*storage, Some(&self.study))?;
        let (mut trials, mut running) = (0, 0);
        storage.read(study.id, &mut |all| (trials, running) = (all.len(), all.running().len()))?;
        let still =
            if running == 0 { String::new() } else { format!(" ({running} of them running)") };
        let trials = counted(trials, "trial");
        let what =
            format!("the study `{}` with {trials}{still} from {}", study.name, storage.location());
        if !self.yes && !is_agreed(&what)? {
            bail!("nothing was removed");
        }
        storage.delete_study(study.id)?;
        screen::say(&format!("removed {what}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Asks for confirmation on a terminal; elsewhere it fails, since there is no one to answer.
fn is_agreed(what: &str) -> Result<bool> {
    let (input, mut output) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !output.is_terminal() {
        bail!("this would remove {what}: pass --yes to confirm");
    }
    write!(output, "remove {}? [y/N] ", one_line(redacted(what)))?;
    output.flush()?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}
