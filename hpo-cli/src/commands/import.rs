//! `hpo import`: reads exported studies, or trials from other sources.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};
use hpo_core::space::FlatSpace;
use hpo_core::space::counted;

use super::export::restore_all;
use super::study_args::{SamplerArgs, StudyArgs};
use crate::copy::{self, Document, StudyCopy, Targets, VERSION};
use crate::screen::{Screen, note};
use crate::source;

/// Read studies that `export` wrote, or add trials from a CSV or JSON file to a study
///
/// In a table of trials, each column is a parameter, except `value` (with several objectives
/// `value 0`, .., or the names of the metrics), `state`, `message`, `explanation` and
/// `constraints.NAME`; `trial`, `number` and `seconds` are ignored. If the study does not exist,
/// `--space` and `--direction` create it.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct Import {
    /// The storage to write to; it is created if it does not exist
    #[arg(value_name = "STORAGE", env = "HPO_STORAGE", hide_env_values = true)]
    #[arg(value_hint = ValueHint::AnyPath, value_parser = NonEmptyStringValueParser::new())]
    url: Option<String>,
    /// The file to read; `-` is standard input
    #[arg(required = true)]
    file: PathBuf,
    /// The study of an export to read, or the study to which trials are added
    #[arg(long, value_name = "NAME")]
    study: Option<String>,
    /// Import the study of an export under another name, as a separate study without its
    /// checkpoints
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    study_args: StudyArgs,
}

impl Import {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let url = self
            .url
            .as_deref()
            .context("no storage is given: use `hpo import STORAGE FILE`, or set HPO_STORAGE")?;
        let text = self.text()?;
        match self.document(&text)? {
            Some(document) => {
                restore_all(&*source::open_or_create(url)?, self.chosen(document.studies)?)?;
            }
            None => self.rows(url, &text)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self) -> Result<String> {
        let read = if self.file.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(&self.file)
        };
        read.with_context(|| format!("cannot read {}", self.file.display()))
    }

    /// Parses the output of `export`; `None` for a table of trials.
    fn document(&self, text: &str) -> Result<Option<Document>> {
        #[derive(serde::Deserialize)]
        struct Mark {
            #[serde(rename = "hpo-export")]
            version: u32,
        }
        let mark: serde_json::Result<Mark> = serde_json::from_str(text);
        // A truncated export has the same beginning.
        let is_export = text.trim_start().starts_with("{\"hpo-export\"");
        if mark.is_err() && !is_export {
            return Ok(None);
        }
        let file = self.file.display();
        let Mark { version } =
            mark.with_context(|| format!("{file} cannot be read as an export"))?;
        if version != VERSION {
            bail!(
                "{file} has version {version} of the export format, but this hpo reads version \
                 {VERSION}: use a newer hpo"
            );
        }
        serde_json::from_str(text)
            .map(Some)
            .with_context(|| format!("{file} cannot be read as an export"))
    }

    fn chosen(&self, mut studies: Vec<StudyCopy>) -> Result<Vec<StudyCopy>> {
        if self.study_args.space.is_some() || !self.study_args.direction.is_empty() {
            bail!("an export contains its space and directions: omit --space and --direction");
        }
        if let Some(name) = &self.study {
            let names: Vec<String> = studies.iter().map(|study| study.name.clone()).collect();
            studies.retain(|study| study.name == *name);
            if studies.is_empty() {
                let hint = crate::nearest::hint(name, names.iter().map(String::as_str));
                bail!("there is no study `{name}` in {}{hint}", self.file.display());
            }
        }
        match (&self.name, &mut studies[..]) {
            (None, _) => {}
            (Some(name), [only]) if *name == only.name => {}
            (Some(name), [only]) => {
                only.name.clone_from(name);
                only.separate();
            }
            (Some(_), _) => bail!("--as renames one study: select it with --study"),
        }
        Ok(studies)
    }

    /// Adds trials from another source.
    fn rows(&self, url: &str, text: &str) -> Result<()> {
        if self.name.is_some() {
            bail!("--as renames a study of an export: for a table of trials, use --study");
        }
        let storage = self.study_args.storage(url)?;
        let plan = self.study_args.plan(&*storage, self.study.as_deref())?;
        let origin = match self.file.file_name() {
            Some(name) => format!("imported from {}", name.display()),
            None => "imported".to_owned(),
        };
        let targets = Targets {
            flat: &FlatSpace::new(&plan.space)?,
            values: &plan.value_names,
            origin: &origin,
        };
        let (trials, left) = copy::read_rows(text, targets)
            .with_context(|| format!("cannot import {}", self.file.display()))?;
        let study = plan.open(Arc::clone(&storage), &SamplerArgs::default())?;
        let record = source::study(&*storage, Some(study.oracle().name()))?;
        copy::append(&*storage, record.id, study.oracle(), &trials)?;
        let location = storage.location();
        note(&format!(
            "added {} to `{}` in {location}",
            counted(trials.len(), "trial"),
            record.name
        ));
        match left {
            0 => {}
            1 => note("left out 1 trial that has not ended"),
            _ => note(&format!("left out {left} trials that have not ended")),
        }
        Ok(())
    }
}
