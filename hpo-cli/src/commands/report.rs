//! `hpo report`: writes a study as one page, and its figures as files.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use hpo_core::report::{Report, StudyView};
use hpo_core::storage::{Storage, StorageError, StudyRecord};
use hpo_core::study::seen_through;
use hpo_core::trial::Trials;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::args;
use crate::screen::{self, Screen};
use crate::source;

/// Write one page about a study, and its figures as files; the page needs no network
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    storage: args::Storage,
    /// The studies: the first in full, others beside it in history and distribution; may be
    /// omitted if there is only one
    #[arg(long = "study", value_name = "NAME")]
    names: Vec<String>,
    /// The file of the page
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
    /// Also write each figure as SVG to this folder
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Also write each figure as PNG to this folder
    #[arg(long, value_name = "DIR")]
    png: Option<PathBuf>,
    /// Write the page again every few seconds (default 5), until interrupted; an open page reloads
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "5", value_parser = clap::value_parser!(u64).range(1..))]
    watch: Option<u64>,
}

impl Options {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        match self.watch {
            Some(seconds) => self.follow(Duration::from_secs(seconds))?,
            None => screen::print_document(&write(&self.read()?, self, None)?)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Writes the page repeatedly until interrupted, then a last time as a page that does not
    /// reload itself. Temporary errors, such as a lock or a lost connection, are reported and tried
    /// again; the page remains as it was.
    fn follow(&self, every: Duration) -> Result<()> {
        let interrupted = interrupted()?;
        let page = self.output.display();
        screen::note(&format!("writing {page} every {} s, until interrupted", every.as_secs()));
        let mut last = None;
        while !interrupted.load(Ordering::Relaxed) {
            match self.read() {
                Ok(report) => {
                    write(&report, self, Some(every))?;
                    last = Some(report);
                }
                Err(error) if may_pass(&error) => {
                    screen::note(&format!("{error:#}: trying again in {} s", every.as_secs()));
                }
                Err(error) => return Err(error),
            }
            let begin = Instant::now();
            while begin.elapsed() < every && !interrupted.load(Ordering::Relaxed) {
                sleep(Duration::from_millis(50));
            }
        }
        // Show the study as it is now or, if it cannot be read any more, as it was last.
        match self.read().ok().or(last) {
            Some(report) => screen::print_document(&write(&report, self, None)?),
            None => Ok(()),
        }
    }

    fn read(&self) -> Result<Report> {
        let storage = source::open(&self.storage.url)?;
        read(&*storage, &self.names)
    }
}

/// Returns a flag that is set by an interrupt or a request to terminate. A second one ends the
/// process at once.
fn interrupted() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, Arc::clone(&flag))?;
        flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}

/// Returns true if the same may succeed later: a file or a study that does not exist yet, a lock, a
/// lost connection.
fn may_pass(error: &anyhow::Error) -> bool {
    let is_passing = |error: &StorageError| match error {
        StorageError::Io { .. } => true,
        StorageError::Database { is_transient, .. } => *is_transient,
        _ => false,
    };
    error.is::<source::NoStudyYet>() || error.downcast_ref::<StorageError>().is_some_and(is_passing)
}

fn write(report: &Report, options: &Options, every: Option<Duration>) -> Result<String> {
    match every {
        Some(every) => report.live_html(&options.output, every)?,
        None => report.html(&options.output)?,
    }
    let mut said = vec![options.output.display().to_string()];
    if let Some(folder) = &options.svg {
        said.push(format!("{} figures in {}", report.svg(folder)?.len(), folder.display()));
    }
    if let Some(folder) = &options.png {
        said.push(format!("{} figures in {}", report.png(folder)?.len(), folder.display()));
    }
    Ok(said.join("\n") + "\n")
}

/// Reads the present trials into a report, because a storage shows them only while it is read.
fn read(storage: &dyn Storage, names: &[String]) -> Result<Report> {
    let records = match names {
        [] => vec![source::study(storage, None)?],
        names => {
            names.iter().map(|name| source::study(storage, Some(name))).collect::<Result<_>>()?
        }
    };
    let mut folds: Vec<Trials> = Vec::new();
    for record in &records {
        storage
            .read(record.id, &mut |trials| folds.push(seen_through(record, trials).into_owned()))?;
    }
    if folds.len() != records.len() {
        bail!("the storage did not show the trials of every study");
    }
    let spaces: Vec<_> = records.iter().map(StudyRecord::flat_space).collect();
    let metrics: Vec<Vec<String>> = records.iter().map(StudyRecord::metric_names).collect();
    let subjects: Vec<StudyView<'_>> = records
        .iter()
        .zip(&folds)
        .zip(spaces.iter().zip(&metrics))
        .map(|((record, trials), (flat, metrics))| StudyView {
            name: &record.name,
            directions: &record.directions,
            trials,
            flat: flat.as_ref(),
            metrics,
        })
        .collect();
    Ok(Report::of(&subjects))
}
