//! `hpo export`: whole studies, into a file or another storage.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
#[cfg(feature = "parquet")]
use hpo_core::report::{Subject, TrialTable};
use hpo_core::storage::Storage;

use crate::args;
use crate::copy::{Document, StudyCopy, VERSION, extract, restore};
use crate::screen::{self, Screen, note};
use crate::source;

/// Write whole studies into a file that `import` reads, or copy them to another storage
///
/// Without `-o` the file goes to standard output. For a table of trials see `hpo trials --format csv`; one for data frames is written
/// with `-o FILE.parquet`, of one study, if `hpo` was built with the feature `parquet`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    storage: args::Storage,
    /// Which study; may be given several times; all studies if it is left out
    #[arg(long = "study", value_name = "NAME")]
    studies: Vec<String>,
    /// The file to write, which must not be there yet; `-` is standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "to")]
    output: Option<PathBuf>,
    /// The storage to copy to, made if it is not there
    #[arg(long, value_name = "STORAGE")]
    to: Option<String>,
}

impl Export {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        if let Some(file) = self.output.as_deref().filter(|file| file.extension().is_some_and(|own| own == "parquet")) {
            self.write_parquet(&*storage, file)?;
            return Ok(ExitCode::SUCCESS);
        }
        let studies = self.copies(&*storage)?;
        if studies.is_empty() {
            bail!("there is no study in {}: nothing to export", storage.location());
        }
        if let Some(to) = &self.to {
            let target = source::open_or_make(to)?;
            restore_all(&*target, &studies)?;
            return Ok(ExitCode::SUCCESS);
        }
        let text = serde_json::to_string(&Document { version: VERSION, studies })? + "\n";
        match &self.output {
            Some(file) if file.as_os_str() != "-" => write(file, text.as_bytes())?,
            _ => screen::print(&text)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    #[cfg(feature = "parquet")]
    fn write_parquet(&self, storage: &dyn Storage, file: &Path) -> Result<()> {
        use hpo_core::study::seen_through;
        if self.studies.len() > 1 {
            bail!("a Parquet file is the table of one study: give --study once");
        }
        let study = source::study(storage, self.studies.first().map(String::as_str))?;
        let (slots, metrics, mut bytes) = (source::slots(&study), study.metric_names(), Ok(Vec::new()));
        storage.read(study.id, &mut |trials| {
            let trials = &*seen_through(&study, trials);
            let (name, directions, slots) = (study.name.as_str(), &study.directions[..], slots.as_ref());
            let table = TrialTable::of(&Subject { name, directions, trials, slots, metrics: &metrics });
            let mut written = Vec::new();
            bytes = table.write_parquet(&mut written).map(|()| written);
        })?;
        write(file, &bytes?)
    }

    #[cfg(not(feature = "parquet"))]
    #[allow(clippy::unused_self, reason = "with the feature it is used")]
    fn write_parquet(&self, _: &dyn Storage, _: &Path) -> Result<()> {
        bail!("this hpo writes no Parquet: build it with `--features parquet`, or take `hpo trials --format csv`")
    }

    fn copies(&self, storage: &dyn Storage) -> Result<Vec<StudyCopy>> {
        let records = if self.studies.is_empty() {
            storage.studies()?
        } else {
            self.studies.iter().map(|name| source::study(storage, Some(name))).collect::<Result<_>>()?
        };
        records.iter().map(|record| extract(storage, record)).collect()
    }
}

/// Makes studies in a storage, none of which may be there, and says so.
pub(super) fn restore_all(target: &dyn Storage, studies: &[StudyCopy]) -> Result<()> {
    let known = target.studies()?;
    if let Some(twice) = studies.iter().find(|study| known.iter().any(|known| known.name == study.name)) {
        bail!(
            "there is a study `{}` in {} already: remove it, or import under another name with --as",
            twice.name,
            target.location()
        );
    }
    for study in studies {
        restore(target, study).with_context(|| format!("cannot copy the study `{}`", study.name))?;
        note(&format!("copied `{}` with {} trials to {}", study.name, study.trials.len(), target.location()));
    }
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let open = || {
        let mut made = std::fs::File::create_new(file)?;
        std::io::Write::write_all(&mut made, bytes)?;
        made.sync_all()
    };
    open().with_context(|| format!("cannot write {}", file.display()))
}
