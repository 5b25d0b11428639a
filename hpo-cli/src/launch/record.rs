//! The record of a launch in its folder, from which it is drained later.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::engine::Engine;

/// A launch that was started.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) engine: Engine,
    /// The id that the engine gave to the job.
    #[serde(default)]
    pub(crate) id: String,
    /// The cluster of the job, if Slurm has named it.
    #[serde(default)]
    pub(crate) cluster: Option<String>,
    /// Further arguments of the engine's command.
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
    /// The processes, for engines without a queue of their own.
    #[serde(default)]
    pub(crate) processes: Vec<Process>,
}

/// A process of a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Process {
    /// The machine as ssh knows it; `None` for this one.
    #[serde(default)]
    pub(crate) host: Option<String>,
    pub(crate) id: u32,
    /// Further arguments of ssh.
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
}

const FILE: &str = "launch.json";

/// Returns the file whose existence asks the workers of a launch to end.
pub(crate) fn drain_file(folder: &Path) -> PathBuf {
    folder.join("drain")
}

/// Returns the first name of `hpo-1`, `hpo-2`, .. that has no folder yet.
pub(crate) fn unused_name(dir: &Path) -> String {
    let names = (1_u64..).map(|number| format!("hpo-{number}"));
    names.into_iter().find(|name| !dir.join(name).exists()).unwrap_or_default()
}

/// Writes the record of a launch into its folder.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(folder: &Path, record: &Record) -> Result<()> {
    let text = serde_json::to_string_pretty(record)? + "\n";
    let file = folder.join(FILE);
    hpo_core::file::replace(&file, |file| std::io::Write::write_all(file, text.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Reads the record of a launch, or of the newest one, and returns it with its folder.
///
/// # Errors
/// If there is none.
pub(crate) fn read(dir: &Path, name: Option<&str>) -> Result<(PathBuf, Record)> {
    let folder = match name {
        Some(name) => dir.join(name),
        None => newest(dir)?,
    };
    let file = folder.join(FILE);
    let text = std::fs::read_to_string(&file).with_context(|| {
        format!("there is no launch in {}: `ls {}` shows them", folder.display(), dir.display())
    })?;
    let record = serde_json::from_str(&text)
        .with_context(|| format!("{} is damaged: end the workers by the engine", file.display()))?;
    Ok((folder, record))
}

fn newest(dir: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let launches = entries.filter_map(|entry| {
        let made = entry.path().join(FILE).metadata().ok()?.modified().ok()?;
        Some((made, entry.path()))
    });
    match launches.max() {
        Some((_, folder)) => Ok(folder),
        None => bail!(
            "there is no launch in {}: go to the folder in which `hpo launch` was started, or name \
             its --dir",
            dir.display()
        ),
    }
}
