//! Notes on how a study was opened.

use std::fmt;

use serde_json::Value as Json;

use crate::space::{Change, counted};
use crate::terminal::one_line;

/// A note on how a study was opened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// An existing study was resumed.
    Resumed {
        /// The number of trials that it has.
        trials: u64,
    },
    /// Trials of dead workers went back to the queue.
    Recovered {
        /// The numbers of these trials.
        trials: Vec<u64>,
    },
    /// The space has changed in a compatible way.
    SpaceChanged(Change),
    /// Trials are set aside, because a parameter of theirs is no longer tuned and is now fixed at
    /// another value. They are kept, but samplers do not see them, and none of them can be the
    /// best.
    SetAside {
        /// The number of these trials.
        trials: u64,
    },
    /// The study was created elsewhere, without a recorded space; the present one is recorded now.
    SpaceAdopted,
    /// A setting differs from the recorded one, and the present one is used from here on.
    SettingChanged {
        /// The name of the setting.
        setting: String,
        /// The recorded value, as JSON.
        from: Json,
        /// The present value, as JSON.
        to: Json,
    },
    /// The seed differs from the recorded one, and the present one is used from here on.
    SeedChanged {
        /// The seed recorded in the study.
        from: u64,
        /// The seed used from here on.
        to: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Resumed { trials } => write!(f, "resumed with {}", counted(trials, "trial")),
            Note::Recovered { trials } => {
                let dead = counted(trials.len(), "trial of workers that died");
                write!(f, "{dead} went back to the queue: {trials:?}")
            }
            Note::SpaceChanged(change) => write!(f, "the space has changed: {}", one_line(change)),
            Note::SetAside { trials } => {
                write!(f, "set aside, from an earlier space: {}", counted(trials, "trial"))
            }
            Note::SpaceAdopted => {
                f.write_str("the study had no recorded space; the present one is recorded now")
            }
            Note::SettingChanged { setting, from, to } => {
                write!(
                    f,
                    "`{}` was {}, and is {} from here on",
                    one_line(setting),
                    one_line(from),
                    one_line(to)
                )
            }
            Note::SeedChanged { from, to } => {
                write!(f, "the seed was {from}, and is {to} from here on")
            }
        }
    }
}
