//! The engines that can start workers.

use serde::{Deserialize, Serialize};

/// The engine that starts the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    Local,
    Ssh,
    Slurm,
    Hyperqueue,
    Kubernetes,
}
