//! Replay: every proposal of a study is made again, from what its sampler had seen, and compared with the one that is stored.
//!
//! A proposal is a function of the space, the history as seen, the trial's number and the seed. So the storage shows the
//! trials once more as they came to be ([`Storage::retrace`]); at each moment at which a proposal was made, a sampler without
//! memory, built from what the study has recorded, makes it again. Not a bit may be different: neither
//! the machine nor the build matters, unless another platform rounds logarithms otherwise.

mod engine;
mod provenance;

use std::fmt;

pub(super) use provenance::Sampling;

use engine::{Program, Retrace};

use super::oracle::Oracle;
use crate::error::Result;
use crate::space::Params;
use crate::storage::{Storage, StudyId};
use crate::terminal::one_line;

/// The differences of which both configs are kept: the first ones. From then on they are counted.
pub(super) const MOST_SHOWN: usize = 10;

/// What came out when the proposals of a study were made again.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Replay {
    /// How many came out as they are stored, bit for bit.
    pub equal: u64,
    /// How many came out otherwise.
    pub different: u64,
    /// How many trials were queued or imported: nobody proposed them.
    pub given: u64,
    /// How many trials have no parameters, or not yet.
    pub open: u64,
    /// Those that cannot be made again, by why.
    pub unknown: Vec<Unknown>,
    /// The first ten that came out otherwise.
    pub differences: Vec<Difference>,
}

/// Proposals that cannot be made again, for one reason.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unknown {
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u64,
    /// The first of their trials.
    pub first: u64,
}

/// Why a proposal cannot be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing is known of who chose the parameters.
    Unexplained,
    /// The study has not recorded how its proposals were made.
    NotRecorded,
    /// Its sampler is none of those that the study has recorded.
    OtherSampler {
        /// Who chose the parameters, as the trial says.
        chosen: String,
    },
    /// Its sampler is not of this library, or of a later version of it.
    Foreign {
        /// The sampler's name.
        sampler: String,
    },
    /// The type of the configs forbids some of them, and only the program that has the type knows which.
    Constraint,
    /// The parameters are no point of the space that the study had then.
    OtherSpace,
    /// They come out otherwise, and were made by another version of this library, whose samplers may be others.
    OtherVersion {
        /// The version.
        version: String,
    },
}

/// A proposal that came out otherwise.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The trial.
    pub number: u64,
    /// What is stored.
    pub recorded: Params,
    /// What came out now; or why nothing did.
    pub recomputed: Result<Params, String>,
    /// Who chose the stored ones and why, as the trial says.
    pub explanation: String,
}

impl Replay {
    /// How many trials were looked at.
    #[must_use]
    pub fn trials(&self) -> u64 {
        let unknown: u64 = self.unknown.iter().map(|unknown| unknown.count).sum();
        self.equal + self.different + self.given + self.open + unknown
    }

    pub(super) fn note_unknown(&mut self, reason: Reason, number: u64) {
        match self.unknown.iter_mut().find(|unknown| unknown.reason == reason) {
            Some(unknown) => (unknown.count, unknown.first) = (unknown.count + 1, unknown.first.min(number)),
            None => self.unknown.push(Unknown { reason, count: 1, first: number }),
        }
    }

    pub(super) fn note_different(&mut self, difference: Difference) {
        self.different += 1;
        if self.differences.len() < MOST_SHOWN {
            self.differences.push(difference);
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexplained => {
                f.write_str("nothing is known of who chose them: another library, or an older version")
            }
            Self::NotRecorded => f.write_str("the study has not recorded its sampler: an older version made them"),
            Self::OtherSampler { chosen } => {
                write!(f, "they were chosen by `{}`, which the study has not recorded", one_line(chosen))
            }
            Self::Foreign { sampler } => {
                write!(
                    f,
                    "the sampler `{}` is known to its program only: call `Study::replay` there",
                    one_line(sampler)
                )
            }
            Self::Constraint => f.write_str(
                "the constraint of the config type is known to its program only: call `Study::replay` there",
            ),
            Self::OtherSpace => f.write_str("the parameters are no point of the space that was recorded"),
            Self::OtherVersion { version } => {
                write!(f, "they were made by version {}, and come out otherwise by this one", one_line(version))
            }
        }
    }
}

/// Makes every proposal of a stored study again, from nothing but what the storage has kept, and changes nothing there.
/// `progress` is told how many are done, and of how many.
///
/// What only the program knows, such as a sampler of its own, is not found in a storage: there, [`Oracle::replay`] knows more.
///
/// # Errors
/// If the storage cannot be read, or [keeps no past](crate::storage::StorageError::NoPast).
pub fn replay(storage: &dyn Storage, study: StudyId, progress: &mut dyn FnMut(u64, u64)) -> Result<Replay> {
    Retrace::new(storage, study, None)?.run(progress)
}

impl Oracle {
    /// Makes every proposal of the study again, from what its sampler had seen, and compares it with the stored one.
    ///
    /// It costs what the proposals have cost, and changes nothing. Samplers and settings are those that the study has recorded,
    /// the sampler of this program where a trial was chosen by one of the same name that is not of this library, and the
    /// constraint is that of this program's type.
    ///
    /// # Errors
    /// If the storage cannot be read, or [keeps no past](crate::storage::StorageError::NoPast), as one in memory.
    pub fn replay(&self) -> Result<Replay> {
        let program = Program { sampler: &*self.sampler, feasible: self.feasible, slots: self.map.slots() };
        Retrace::new(&*self.storage, self.study, Some(program))?.run(&mut |_, _| ())
    }
}
