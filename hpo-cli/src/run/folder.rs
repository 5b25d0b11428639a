//! The folders of trials, `runs/STUDY/0007`: the config, the output, checkpoints, and what the
//! program puts there.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use hpo_core::file::replace;
use hpo_core::prelude::*;
use hpo_core::trial::dominates;
use hpo_core::trial::{State, TrialRecord};
use serde_json::{Value as Json, json};

use crate::copy::Named;

/// The folders of a study's trials.
#[derive(Debug)]
pub(crate) struct Folders {
    root: PathBuf,
    /// The same folder as the user has named it.
    shown: PathBuf,
    directions: Vec<Direction>,
    /// The number of complete trials whose folders are kept; `None` for all.
    keep: Option<usize>,
    /// The complete trials with folders, best first; with several objectives, those that no other
    /// dominates.
    best: Mutex<Vec<(Vec<f64>, u64)>>,
    /// The trials whose folders are to be removed.
    removable: Mutex<Vec<u64>>,
}

/// The folder of one trial, for one start of its program.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    pub(crate) stdout: File,
    /// The length of `stderr.log` before this start.
    stderr_start: u64,
}

/// The longest last line of standard error that a message quotes.
const LONGEST_QUOTE: usize = 300;

impl Folders {
    /// Returns the folders of a study below `runs`. Nothing is written yet.
    ///
    /// # Errors
    /// If the working directory is unknown, or its path is not UTF-8.
    pub(crate) fn new(
        runs: &Path,
        study: &str,
        directions: &[Direction],
        keep: Option<usize>,
    ) -> Result<Self> {
        let shown = runs.join(file_name(study));
        let root = std::path::absolute(&shown)?;
        let directions = directions.to_vec();
        ensure!(
            root.to_str().is_some(),
            "the path {} is no text (UTF-8), so a program could not be told of it: choose another \
             folder with --runs",
            root.display()
        );
        let (best, removable) = Default::default();
        Ok(Self { root, shown, directions, keep, best, removable })
    }

    /// Checks that the folder does not belong to another study than this one; `None` for a new
    /// one.
    ///
    /// # Errors
    /// If it does.
    pub(crate) fn check(&self, identity: Option<&str>) -> Result<()> {
        let Ok(text) = fs::read_to_string(self.root.join(STUDY)) else { return Ok(()) };
        // A damaged mark says nothing.
        let Ok(known) = serde_json::from_str::<Json>(&text) else { return Ok(()) };
        if known["identity"].as_str() == identity {
            return Ok(());
        }
        bail!(
            "{} has the trials of another study of this name, in {}: remove that folder, or choose \
             another with --runs",
            self.shown.display(),
            known["storage"].as_str().unwrap_or("an unknown storage")
        )
    }

    /// Makes the folder, marks it as that of a study, and counts its best trials as kept.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn open(&self, identity: &str, storage: &str, best: &[TrialRecord]) -> Result<()> {
        let mark = json!({ "identity": identity, "storage": storage });
        fs::create_dir_all(&self.root)
            .and_then(|()| replace(&self.root.join(STUDY), |file| writeln!(file, "{mark}")))
            .with_context(|| format!("cannot write {}", self.shown.display()))?;
        let mut kept = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = best.iter().map(|trial| (trial.values.clone(), trial.number)).collect();
        Ok(())
    }

    /// Opens the folder of a trial. Output of an earlier start stays: that of this one follows it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn trial(&self, number: u64, config: &Named) -> std::io::Result<Folder> {
        let path = self.path(number);
        make(&path).and_then(|()| make(&path.join(CHECKPOINTS)))?;
        fs::write(path.join(CONFIG), serde_json::to_string_pretty(config)? + "\n")?;
        let result = path.join(RESULT);
        if result.exists() {
            fs::remove_file(result)?;
        }
        let stdout = OpenOptions::new().create(true).append(true).open(path.join("stdout.log"))?;
        let stderr_start = fs::metadata(path.join(STDERR)).map_or(0, |data| data.len());
        Ok(Folder { path, stdout, stderr_start })
    }

    /// Returns the folder of a trial as the user knows it.
    pub(crate) fn shown(&self, number: u64) -> PathBuf {
        self.shown.join(format!("{number:04}"))
    }

    /// Decides after the end of a trial which folders need not be kept. The run is locked here, and
    /// a folder may have many files, so [`sweep`](Self::sweep) removes them.
    pub(crate) fn ended(&self, trial: &TrialRecord) {
        let Some(keep) = self.keep else { return };
        let removed = match trial.state {
            State::Complete if trial.is_feasible() => self.place(trial, keep),
            State::Complete | State::Pruned => vec![trial.number],
            _ => Vec::new(),
        };
        self.removable.lock().unwrap_or_else(PoisonError::into_inner).extend(removed);
    }

    /// Removes the folders that need not be kept.
    pub(crate) fn sweep(&self) {
        // The lock is released before the removal, which may take long.
        let removable =
            std::mem::take(&mut *self.removable.lock().unwrap_or_else(PoisonError::into_inner));
        for number in removable {
            // A folder that stays is a nuisance, and no reason to end a search.
            let _ = fs::remove_dir_all(self.path(number));
        }
    }

    /// Inserts a trial among the best, and returns those that no longer belong to them.
    fn place(&self, trial: &TrialRecord, keep: usize) -> Vec<u64> {
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        let own = (trial.values.clone(), trial.number);
        if let [direction] = self.directions[..] {
            let place =
                best.partition_point(|(other, _)| direction.order(other[0], own.0[0]).is_le());
            best.insert(place, own);
            let from = keep.min(best.len());
            return best.drain(from..).map(|(_, number)| number).collect();
        }
        if best.iter().any(|(other, _)| dominates(&self.directions, other, &own.0)) {
            return vec![trial.number];
        }
        let mut removed = Vec::new();
        best.retain(|(other, number)| {
            let is_dominated = dominates(&self.directions, &own.0, other);
            removed.extend(is_dominated.then_some(*number));
            !is_dominated
        });
        best.push(own);
        removed
    }

    fn path(&self, number: u64) -> PathBuf {
        self.root.join(format!("{number:04}"))
    }
}

const STUDY: &str = "study.json";
const CONFIG: &str = "config.json";
const STDERR: &str = "stderr.log";
const RESULT: &str = "result.json";
const CHECKPOINTS: &str = "checkpoint";

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path.join(CONFIG)
    }

    pub(crate) fn stderr(&self) -> PathBuf {
        self.path.join(STDERR)
    }

    pub(crate) fn result(&self) -> PathBuf {
        self.path.join(RESULT)
    }

    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// Returns true if the program has left anything to continue from.
    pub(crate) fn has_checkpoint(&self) -> bool {
        fs::read_dir(self.checkpoints()).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Returns the last line that this start of the program has written to standard error.
    pub(crate) fn last_error(&self) -> Option<String> {
        let mut file = File::open(self.stderr()).ok()?;
        let end = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(self.stderr_start.max(end.saturating_sub(4_096)))).ok()?;
        let mut bytes = Vec::new();
        file.take(4_096).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().rev().find(|line| !line.trim().is_empty())?.trim();
        let short: String = line.chars().take(LONGEST_QUOTE).collect();
        Some(if short.len() < line.len() { short + ".." } else { short })
    }
}

/// Makes a folder, unless it is there already.
fn make(folder: &Path) -> std::io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => fs::create_dir_all(folder),
        made => made,
    }
}

/// Returns a name for a folder, whatever the study is called. Two studies have two names: if a
/// letter is replaced, a number that follows from the whole name is added.
fn file_name(study: &str) -> String {
    let letter = |letter: char| {
        if letter.is_alphanumeric() || "._-+ ".contains(letter) { letter } else { '_' }
    };
    let name: String = study.chars().take(100).map(letter).collect();
    let name =
        if name.starts_with('.') || name.trim().is_empty() { format!("_{name}") } else { name };
    if name == study { name } else { format!("{name}-{:08x}", fnv(study)) }
}

/// Returns the Fowler-Noll-Vo hash (FNV-1a, 32 bits) of a text: the same in every version.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_study_leaves_the_folder_of_runs() {
        assert_eq!(file_name("net"), "net");
        assert_eq!(file_name("../../etc"), "_.._.._etc-cb7d5d3f");
        assert!(file_name("a/b\nc").starts_with("a_b_c-"));
        assert!(file_name("..").starts_with("_..-"));
        assert_ne!(file_name("a/b"), file_name("a_b"));
    }
}
