//! Checkpoints: the state that a trial has learned, from which it can continue after a pause, an
//! interruption or a crash.
//!
//! Each checkpoint is one file, replaced by renaming: a kill during a write leaves the former one.
//! The head of the file contains its format, the step, the length and a checksum, so that a
//! truncated or damaged file is detected instead of used.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::file;
use crate::numeric::crc32;
use crate::sync::lock;
use crate::terminal::one_line;

/// The first word of every file, followed by the version of its format.
const FORMAT: &str = "hpo-checkpoint 1";

/// The age after which an unfinished file counts as left behind by a dead writer.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

/// The state of a trial's model after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The step, counted as in the trial's reports.
    pub step: u64,
    /// The state, as the objective wrote it.
    pub bytes: Arc<[u8]>,
}

/// The reason why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The operating system refused an operation.
    #[error("{}: cannot {action}", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The operation that failed.
        action: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a checkpoint of this version.
    #[error(
        "{} is not a checkpoint that this version can read (it begins with `{head}`); a retry of \
         the trial starts from the beginning", path.display(), head = one_line(head)
    )]
    OtherVersion {
        /// The path of the file.
        path: PathBuf,
        /// The beginning of the file.
        head: String,
    },
    /// The length of the file differs from its head, or its bytes have changed.
    #[error("{} is damaged or was cut short; a retry of the trial starts from the \
        beginning", path.display())]
    Corrupt {
        /// The path of the file.
        path: PathBuf,
    },
    /// The state cannot be written as JSON.
    #[error("the checkpoint of step {step} cannot be written as JSON: {message}")]
    Encode {
        /// The step of the checkpoint.
        step: u64,
        /// The message of serde.
        message: String,
    },
    /// The bytes are not a state of the requested type.
    #[error("the checkpoint of step {step} belongs to another model: {message}; a retry of the \
        trial starts from the beginning", message = one_line(message))]
    Decode {
        /// The step of the checkpoint.
        step: u64,
        /// The message of serde.
        message: String,
    },
}

impl CheckpointError {
    /// Returns true if the checkpoint itself is unusable, and false if it only cannot be reached
    /// now.
    pub(crate) fn is_lasting(&self) -> bool {
        !matches!(self, Self::Io { .. } | Self::Encode { .. })
    }
}

impl Checkpoint {
    /// Encodes a state as JSON.
    ///
    /// # Errors
    /// If serde cannot serialize it.
    pub fn encode(step: u64, state: &impl serde::Serialize) -> Result<Self, CheckpointError> {
        let bytes = serde_json::to_vec(state);
        let bytes =
            bytes.map_err(|error| CheckpointError::Encode { step, message: error.to_string() })?;
        Ok(Self { step, bytes: bytes.into() })
    }

    /// Decodes a state that was encoded as JSON.
    ///
    /// # Errors
    /// If the bytes are not such a state: they are of another model, or the state contained NaN,
    /// which JSON cannot represent.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, CheckpointError> {
        serde_json::from_slice(&self.bytes).map_err(|error| CheckpointError::Decode {
            step: self.step,
            message: error.to_string(),
        })
    }

    fn read(path: &Path) -> Result<Option<Self>, CheckpointError> {
        let all = match fs::read(path) {
            Ok(all) => all,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(io_error(path, "read it", source)),
        };
        let end = all.iter().position(|byte| *byte == b'\n').unwrap_or(all.len());
        let head = String::from_utf8_lossy(&all[..end.min(80)]).into_owned();
        let Some(numbers) = head.strip_prefix(FORMAT).map(str::split_whitespace) else {
            return Err(CheckpointError::OtherVersion { path: path.to_owned(), head });
        };
        let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
        let bytes = all.get(end + 1..).unwrap_or_default();
        match numbers[..] {
            [step, length, sum]
                if length == bytes.len() as u64 && sum == u64::from(crc32(bytes)) =>
            {
                Ok(Some(Self { step, bytes: bytes.into() }))
            }
            _ => Err(CheckpointError::Corrupt { path: path.to_owned() }),
        }
    }

    fn write(&self, path: &Path) -> Result<(), CheckpointError> {
        let Self { step, bytes } = self;
        let written = file::replace(path, |file| {
            writeln!(file, "{FORMAT} {step} {} {}", bytes.len(), crc32(bytes))?;
            file.write_all(bytes)
        });
        written.map_err(|source| io_error(path, "write it", source))
    }
}

/// The kind of a checkpoint of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CheckpointKind {
    /// The checkpoint of a step, of a trial that is fitted once: the trial records the last step.
    Step(u64),
    /// The checkpoint at the end of a round, of a trial that is fitted several times.
    Round(u32),
    /// The checkpoint with the best value.
    Best,
}

/// The key of a checkpoint, from which its file name is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CheckpointKey {
    pub(crate) trial: u64,
    pub(crate) execution: u32,
    pub(crate) kind: CheckpointKind,
}

/// The checkpoints of a study.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints {
    store: CheckpointStore,
    /// By trial, the checkpoints that this process has written, read, or found when it started.
    known: Mutex<BTreeMap<u64, BTreeSet<CheckpointKey>>>,
}

/// The store of checkpoints.
#[derive(Debug)]
enum CheckpointStore {
    /// In memory, until the process ends.
    Memory(Mutex<HashMap<CheckpointKey, Checkpoint>>),
    /// In a folder, one file per checkpoint.
    Folder(PathBuf),
}

impl Default for CheckpointStore {
    fn default() -> Self {
        Self::Memory(Mutex::default())
    }
}

impl Checkpoints {
    /// Opens a folder of checkpoints, and creates it if necessary.
    pub(crate) fn in_folder(folder: PathBuf) -> Result<Self, CheckpointError> {
        let listed = fs::create_dir_all(&folder).and_then(|()| fs::read_dir(&folder));
        let listed = listed.and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut known: BTreeMap<u64, BTreeSet<CheckpointKey>> = BTreeMap::new();
        for entry in listed.map_err(|source| io_error(&folder, "make the folder", source))? {
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            if let Some(key) = CheckpointKey::of(name) {
                known.entry(key.trial).or_default().insert(key);
            } else if file::is_unfinished(name) && is_abandoned(&entry) {
                // Another process may have removed it already.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Self { store: CheckpointStore::Folder(folder), known: Mutex::new(known) })
    }

    /// Returns the trials with checkpoints, as far as this process knows.
    pub(crate) fn trials(&self) -> Vec<u64> {
        lock(&self.known).keys().copied().collect()
    }

    pub(crate) fn save(
        &self,
        key: CheckpointKey,
        checkpoint: &Checkpoint,
    ) -> Result<(), CheckpointError> {
        self.remember(key);
        match &self.store {
            CheckpointStore::Memory(checkpoints) => {
                lock(checkpoints).insert(key, checkpoint.clone());
                Ok(())
            }
            CheckpointStore::Folder(folder) => checkpoint.write(&folder.join(key.file())),
        }
    }

    pub(crate) fn load(&self, key: CheckpointKey) -> Result<Option<Checkpoint>, CheckpointError> {
        let found = match &self.store {
            CheckpointStore::Memory(checkpoints) => lock(checkpoints).get(&key).cloned(),
            CheckpointStore::Folder(folder) => Checkpoint::read(&folder.join(key.file()))?,
        };
        if found.is_some() {
            self.remember(key);
        }
        Ok(found)
    }

    /// Removes one checkpoint, if it exists.
    pub(crate) fn remove_one(&self, key: CheckpointKey) -> Result<(), CheckpointError> {
        match &self.store {
            CheckpointStore::Memory(checkpoints) => {
                lock(checkpoints).remove(&key);
            }
            CheckpointStore::Folder(folder) => {
                let path = folder.join(key.file());
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(io_error(&path, "remove it", error));
                    }
                    _ => {}
                }
            }
        }
        let mut known = lock(&self.known);
        if let Some(keys) = known.get_mut(&key.trial) {
            keys.remove(&key);
            if keys.is_empty() {
                known.remove(&key.trial);
            }
        }
        Ok(())
    }

    /// Removes the checkpoints of a trial for which `unwanted` returns true.
    pub(crate) fn remove(
        &self,
        trial: u64,
        unwanted: impl Fn(CheckpointKind) -> bool,
    ) -> Result<(), CheckpointError> {
        let keys = lock(&self.known).get(&trial).cloned().unwrap_or_default();
        keys.into_iter().filter(|key| unwanted(key.kind)).try_for_each(|key| self.remove_one(key))
    }

    fn remember(&self, key: CheckpointKey) {
        lock(&self.known).entry(key.trial).or_default().insert(key);
    }
}

/// Returns true if an unfinished file has not been written to for so long that its writer must be
/// dead.
fn is_abandoned(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
    modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|age| age > LEFT)
}

/// Returns true if the name may be that of a checkpoint, or of an unfinished one.
pub(crate) fn is_checkpoint(name: &str) -> bool {
    // Before version 0.2, the names of unfinished ones ended with `new`.
    let current = name.strip_suffix("new").map(|stem| format!("{stem}checkpoint"));
    file::is_unfinished(name) || CheckpointKey::of(current.as_deref().unwrap_or(name)).is_some()
}

impl CheckpointKey {
    /// Parses the key from a file name.
    fn of(file: &str) -> Option<Self> {
        let (trial, rest) =
            file.strip_suffix(".checkpoint")?.strip_prefix("trial_")?.split_once('_')?;
        let (execution, kind) = rest.split_once('.')?;
        Some(Self {
            trial: trial.parse().ok()?,
            execution: execution.parse().ok()?,
            kind: parse_kind(kind)?,
        })
    }

    fn file(self) -> String {
        let Self { trial, execution, kind } = self;
        let kind = match kind {
            CheckpointKind::Step(step) => format!("step{step}"),
            CheckpointKind::Round(round) => format!("round{round}"),
            CheckpointKind::Best => "best".to_owned(),
        };
        format!("trial_{trial:04}_{execution}.{kind}.checkpoint")
    }
}

fn parse_kind(word: &str) -> Option<CheckpointKind> {
    if let Some(step) = word.strip_prefix("step") {
        return Some(CheckpointKind::Step(step.parse().ok()?));
    }
    match word.strip_prefix("round") {
        Some(round) => Some(CheckpointKind::Round(round.parse().ok()?)),
        None => (word == "best").then_some(CheckpointKind::Best),
    }
}

fn io_error(path: &Path, action: &'static str, source: std::io::Error) -> CheckpointError {
    CheckpointError::Io { path: path.to_owned(), action, source }
}
