//! Replay: every proposal of a study is made again, from what its sampler had seen, and compared
//! with the stored one.
//!
//! A proposal is a function of the space, the history as seen, the trial's number and the seed. So
//! the storage shows the trials again after each change ([`Storage::replay_history`]). At each
//! moment at which a proposal was made, a sampler without memory, built from what the study has
//! recorded, makes it again. Not a bit may differ: neither the machine nor the build matters,
//! unless another platform rounds logarithms differently.

mod engine;
mod provenance;

use std::fmt;

pub(super) use provenance::SamplerRecord;

use engine::{CurrentSetup, Replayer};

use super::oracle::Oracle;
use crate::error::Result;
use crate::space::Params;
use crate::storage::{Storage, StudyId};
use crate::terminal::one_line;

/// The largest number of differences whose configs are kept. Later ones are only counted.
pub(super) const MOST_SHOWN: usize = 10;

/// The result of a replay of a study's proposals.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Replay {
    /// The number of proposals equal to the stored ones, bit for bit.
    pub equal: u64,
    /// The number of proposals that differ from the stored ones.
    pub different: u64,
    /// The number of trials that were queued or imported, not proposed.
    pub given: u64,
    /// The number of trials without parameters, or not yet with them.
    pub open: u64,
    /// The proposals that cannot be made again, grouped by reason.
    pub unknown: Vec<Unknown>,
    /// The first ten proposals that differ.
    pub differences: Vec<Difference>,
}

/// The proposals that cannot be made again for one reason.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unknown {
    /// The reason why they cannot be made again.
    pub reason: Reason,
    /// The number of these proposals.
    pub count: u64,
    /// The number of the first of their trials.
    pub first: u64,
}

/// The reason why a proposal cannot be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The trial has no explanation of its parameters.
    Unexplained,
    /// The study has not recorded how its proposals were made.
    NotRecorded,
    /// The study has not recorded the trial's sampler.
    OtherSampler {
        /// The sampler's name in the trial's explanation.
        chosen: String,
    },
    /// The sampler belongs to another library, or to a later version of this one.
    Foreign {
        /// The name of the sampler.
        sampler: String,
    },
    /// The type of the configs forbids some of them, and only the program that has the type knows
    /// which.
    Constraint,
    /// The parameters are not a point of the space that the study had then.
    OtherSpace,
    /// The proposals differ, but were made by another version of this library, whose samplers may
    /// differ.
    OtherVersion {
        /// The version that made them.
        version: String,
    },
}

/// A proposal that differs from the stored one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The number of the trial.
    pub number: u64,
    /// The stored parameters of the trial.
    pub recorded: Params,
    /// The parameters proposed now, or the reason why there are none.
    pub recomputed: Result<Params, String>,
    /// The stored explanation of the trial.
    pub explanation: String,
}

impl Replay {
    /// Returns the number of trials that were examined.
    #[must_use]
    pub fn trials(&self) -> u64 {
        let unknown: u64 = self.unknown.iter().map(|unknown| unknown.count).sum();
        self.equal + self.different + self.given + self.open + unknown
    }

    pub(super) fn add_unknown(&mut self, reason: Reason, number: u64) {
        match self.unknown.iter_mut().find(|unknown| unknown.reason == reason) {
            Some(unknown) => {
                (unknown.count, unknown.first) = (unknown.count + 1, unknown.first.min(number));
            }
            None => self.unknown.push(Unknown { reason, count: 1, first: number }),
        }
    }

    pub(super) fn add_difference(&mut self, difference: Difference) {
        self.different += 1;
        if self.differences.len() < MOST_SHOWN {
            self.differences.push(difference);
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexplained => f.write_str(
                "their sampler is unknown: another library or an older version chose them",
            ),
            Self::NotRecorded => f.write_str(
                "the study has not recorded its sampler: an older \
                version made them",
            ),
            Self::OtherSampler { chosen } => {
                write!(
                    f,
                    "they were chosen by `{}`, which the study has not recorded",
                    one_line(chosen)
                )
            }
            Self::Foreign { sampler } => {
                write!(
                    f,
                    "the sampler `{}` exists only in its program: call `Study::replay` there",
                    one_line(sampler)
                )
            }
            Self::Constraint => f.write_str(
                "the constraint of the config type exists only in its program: call \
                 `Study::replay` there",
            ),
            Self::OtherSpace => f.write_str("the parameters are not a point of the recorded space"),
            Self::OtherVersion { version } => {
                write!(
                    f,
                    "they were made by version {}, and this version chooses differently",
                    one_line(version)
                )
            }
        }
    }
}

/// Replays a stored study from the contents of the storage alone, and changes nothing there.
/// `progress` is called with the number of proposals done and the total.
///
/// A storage lacks what only the program knows, such as a custom sampler; [`Oracle::replay`] can
/// use that too.
///
/// # Errors
/// If the storage cannot be read, or
/// [keeps no changes](crate::storage::StorageError::HistoryNotKept).
pub fn replay(
    storage: &dyn Storage,
    study: StudyId,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Replay> {
    Replayer::new(storage, study, None)?.run(progress)
}

impl Oracle {
    /// Replays the study: makes every proposal again, from what its sampler had seen, and compares
    /// it with the stored one.
    ///
    /// The call costs as much as the proposals did, and changes nothing. It uses the samplers and
    /// settings that the study has recorded. If a recorded sampler is not of this library, the
    /// sampler of this program is used if it has the same name. The constraint is that of this
    /// program's type.
    ///
    /// # Errors
    /// If the storage cannot be read, or
    /// [keeps no changes](crate::storage::StorageError::HistoryNotKept), as one in memory.
    pub fn replay(&self) -> Result<Replay> {
        let program = CurrentSetup {
            sampler: &*self.sampler,
            feasible: self.feasible,
            flat: self.map.flat_space(),
        };
        Replayer::new(&*self.storage, self.study, Some(program))?.run(&mut |_, _| ())
    }
}
