//! `hpo export`: writes whole studies to a file or another storage.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
#[cfg(feature = "parquet")]
use hpo_core::report::{StudyView, TrialTable};
use hpo_core::space::counted;
use hpo_core::storage::{Storage, StudyRecord};

use super::trials::rows;
use crate::args;
use crate::copy::{Document, StudyCopy, VERSION, extract, restore};
use crate::present::Table;
use crate::screen::{self, Screen, note};
use crate::source;

/// Write whole studies to a file that `import` reads, or copy them to another storage
///
/// Without `-o`, the output goes to standard output. The extension of the file selects the format:
/// `.json` for whole studies, with everything that is stored about them; `.csv`, `.jsonl` and
/// `.parquet` for the table of trials of one study, as `hpo trials` shows it. Parquet needs an
/// `hpo` that was built with the feature `parquet`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    storage: args::Storage,
    /// The study; may be given several times; the default is all studies
    #[arg(long = "study", value_name = "NAME")]
    studies: Vec<String>,
    /// The file to write, which must not exist yet; `-` is standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "to")]
    output: Option<PathBuf>,
    /// The format, for standard output and for a file without an extension
    #[arg(long, value_enum, conflicts_with = "to")]
    format: Option<ExportFormat>,
    /// The storage to copy to; it is created if it does not exist
    #[arg(long, value_name = "STORAGE")]
    to: Option<String>,
}

/// The content and format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// Whole studies, which `import` reads
    Json,
    /// The trials of one study, one JSON object per line
    Jsonl,
    /// The trials of one study as a table
    Csv,
    /// The trials of one study as a table for data frames
    Parquet,
}

impl Export {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let format = self.format()?;
        let storage = source::open(&self.storage.url)?;
        match format {
            ExportFormat::Parquet => self.write_parquet(&*storage)?,
            ExportFormat::Csv => self.put(&self.table(&*storage)?.csv())?,
            ExportFormat::Jsonl => self.put(&self.table(&*storage)?.json_lines())?,
            ExportFormat::Json => self.write_studies(&*storage)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Returns the format by the file's ending or `--format`, which must not contradict each other.
    fn format(&self) -> Result<ExportFormat> {
        let ending = self
            .output
            .as_deref()
            .and_then(Path::extension)
            .map(|ending| ending.to_string_lossy().to_lowercase());
        let by_ending = ending.as_deref().map(|ending| match ending {
            "json" => Ok(ExportFormat::Json),
            "jsonl" | "ndjson" => Ok(ExportFormat::Jsonl),
            "csv" => Ok(ExportFormat::Csv),
            "parquet" => Ok(ExportFormat::Parquet),
            other => bail!(
                "`.{other}` is not a known format: end the file in .json, .jsonl, .csv or .parquet"
            ),
        });
        match (self.format, by_ending.transpose()?) {
            (Some(asked), Some(inferred)) if asked != inferred => {
                bail!(
                    "the extension .{} contradicts --format: omit --format or change the extension",
                    ending.unwrap_or_default()
                )
            }
            (asked, inferred) => Ok(asked.or(inferred).unwrap_or(ExportFormat::Json)),
        }
    }

    fn write_studies(&self, storage: &dyn Storage) -> Result<()> {
        let studies = self.copies(storage)?;
        if studies.is_empty() {
            bail!("there is no study in {}: nothing to export", storage.location());
        }
        if let Some(to) = &self.to {
            return restore_all(&*source::open_or_create(to)?, studies);
        }
        self.put(&(serde_json::to_string(&Document { version: VERSION, studies })? + "\n"))
    }

    /// Writes the text to the file, or to standard output.
    fn put(&self, text: &str) -> Result<()> {
        match self.output.as_deref().filter(|file| file.as_os_str() != "-") {
            Some(file) => write(file, text.as_bytes()),
            None => screen::print(text),
        }
    }

    /// Returns the one study of a table.
    fn only(&self, storage: &dyn Storage) -> Result<StudyRecord> {
        if self.studies.len() > 1 {
            bail!("this format holds the trials of one study: give --study once");
        }
        source::study(storage, self.studies.first().map(String::as_str))
    }

    fn table(&self, storage: &dyn Storage) -> Result<Table> {
        rows(storage, &self.only(storage)?, |trials| (0..trials.len()).collect())
    }

    #[cfg(feature = "parquet")]
    fn write_parquet(&self, storage: &dyn Storage) -> Result<()> {
        use hpo_core::study::seen_through;
        let file = self.output.as_deref().filter(|file| file.as_os_str() != "-");
        let file =
            file.context("Parquet is not written to standard output: name a file with -o")?;
        let study = self.only(storage)?;
        let (flat, metrics, mut bytes) = (study.flat_space(), study.metric_names(), Ok(Vec::new()));
        storage.read(study.id, &mut |trials| {
            let trials = &*seen_through(&study, trials);
            let (name, directions, flat) =
                (study.name.as_str(), &study.directions[..], flat.as_ref());
            let table =
                TrialTable::of(&StudyView { name, directions, trials, flat, metrics: &metrics });
            let mut written = Vec::new();
            bytes = table.write_parquet(&mut written).map(|()| written);
        })?;
        write(file, &bytes?)
    }

    #[cfg(not(feature = "parquet"))]
    #[allow(clippy::unused_self, reason = "with the feature it is used")]
    fn write_parquet(&self, _: &dyn Storage) -> Result<()> {
        bail!(
            "this hpo was built without Parquet: build it with `--features parquet`, or use `hpo \
             trials --format csv`"
        )
    }

    fn copies(&self, storage: &dyn Storage) -> Result<Vec<StudyCopy>> {
        let records = if self.studies.is_empty() {
            storage.studies()?
        } else {
            self.studies
                .iter()
                .map(|name| source::study(storage, Some(name)))
                .collect::<Result<_>>()?
        };
        records.iter().map(|record| extract(storage, record)).collect()
    }
}

/// Creates studies in a storage and reports it. None of them may exist there.
pub(super) fn restore_all(target: &dyn Storage, studies: Vec<StudyCopy>) -> Result<()> {
    let known = target.studies()?;
    if let Some(twice) =
        studies.iter().find(|study| known.iter().any(|known| known.name == study.name))
    {
        bail!(
            "there is a study `{}` in {} already: remove it, or import under another name with \
             --as",
            twice.name,
            target.location()
        );
    }
    let mut identities: HashSet<String> =
        known.iter().filter_map(|known| known.identity()).map(str::to_owned).collect();
    for mut study in studies {
        if study.identity().is_some_and(|identity| !identities.insert(identity.to_owned())) {
            study.separate();
        }
        restore(target, &study)
            .with_context(|| format!("cannot copy the study `{}`", study.name))?;
        let trials = counted(study.trials.len(), "trial");
        note(&format!("copied `{}` with {trials} to {}", study.name, target.location()));
        if study.shares_checkpoints() {
            let name = &study.name;
            note(&format!(
                "`{name}` uses the checkpoints of the original: continue one of the two studies, \
                 not both"
            ));
        }
    }
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    hpo_core::file::create(file, |made| std::io::Write::write_all(made, bytes))
        .with_context(|| format!("cannot write {}", file.display()))
}
