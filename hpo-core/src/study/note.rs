//! What was worth knowing when a study was opened.

use std::fmt;

use serde_json::Value as Json;

use crate::space::{Change, counted};
use crate::terminal::one_line;

/// Something worth knowing about how a study was opened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// The study was there.
    Resumed {
        /// How many trials it has.
        trials: u64,
    },
    /// Trials of dead workers went back to the queue.
    Recovered {
        /// Their numbers.
        trials: Vec<u64>,
    },
    /// The space has changed, compatibly.
    SpaceChanged(Change),
    /// Trials are of another space, since a parameter of theirs is no longer tuned and stands at another value: they are kept, but
    /// samplers do not see them, and none of them is the best.
    SetAside {
        /// How many.
        trials: u64,
    },
    /// The study was made elsewhere, without a recorded space; it has one now.
    SpaceAdopted,
    /// Another setting than the recorded one is used from here on.
    SettingChanged {
        /// Its name.
        setting: String,
        /// The recorded one, as JSON.
        from: Json,
        /// The present one, as JSON.
        to: Json,
    },
    /// Another seed than the recorded one was asked for, and is used from here on.
    SeedChanged {
        /// The recorded one.
        from: u64,
        /// The present one.
        to: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Resumed { trials } => write!(f, "taken up with {}", counted(trials, "trial")),
            Note::Recovered { trials } => {
                let dead = counted(trials.len(), "trial of workers that died");
                write!(f, "{dead} went back to the queue: {trials:?}")
            }
            Note::SpaceChanged(change) => write!(f, "the space has changed: {}", one_line(change)),
            Note::SetAside { trials } => {
                write!(f, "set aside, as of an earlier space: {}", counted(trials, "trial"))
            }
            Note::SpaceAdopted => f.write_str("the study had no recorded space; the present one is recorded now"),
            Note::SettingChanged { setting, from, to } => {
                write!(f, "`{}` was {}, and is {} from here on", one_line(setting), one_line(from), one_line(to))
            }
            Note::SeedChanged { from, to } => {
                write!(f, "the seed was {from}, and is {to} from here on")
            }
        }
    }
}
