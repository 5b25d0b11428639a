//! The options that a study remembers: the same study, continued by a shorter command, keeps its
//! constraints, its pruner and the way in which values are read.

use anyhow::{Context as _, Result, anyhow};
use hpo_core::Study;
use hpo_core::space::Params;
use hpo_core::storage::StudyRecord;
use hpo_core::study::Parallel;
use serde::{Deserialize, Serialize};

use super::constraint::Constraint;
use super::options::Options;
use crate::screen::note;

/// The attribute of the study that has them.
const KEY: &str = "hpo run";

/// The options, as texts of the command line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Remembered {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    constraint: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pruner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prune_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<u64>,
}

/// Completes the options of a run by those of the study that it continues, and says so.
///
/// # Errors
/// If the options of the study cannot be read: a run without them would be another search.
pub(super) fn complete(options: &Options, known: Option<&StudyRecord>) -> Result<Options> {
    let recorded = known.and_then(|study| study.attributes.user.get(KEY));
    let mut options = options.clone();
    let Some(recorded) = recorded else { return Ok(options) };
    let recorded = Remembered::deserialize(recorded).with_context(|| {
        format!(
            "the attribute `{KEY}` of the study, which has the options of its earlier runs, was \
             changed or written by another version: continue it with that version, or choose \
             another --study"
        )
    })?;
    let before = of(&options);
    if options.constraint.is_empty() {
        let constraints = recorded.constraint.iter().map(|text| Constraint::parse(text));
        let constraints: Result<_, String> = constraints.collect();
        options.constraint = constraints.map_err(|error| {
            anyhow!("the study has a constraint of an earlier run: {error}; or give --constraint")
        })?;
    }
    options.metric = options.metric.or(recorded.metric);
    options.steps = options.steps.or(recorded.steps);
    if options.pruner.is_none() {
        options.pruner = recorded.pruner;
        options.prune_on = recorded.prune_on;
    }
    let added = of(&options).beside(&before);
    if !added.is_empty() {
        note(&format!("as the study was run before: {}", added.join(" ")));
    }
    Ok(options)
}

/// Records the options with the study, for runs that continue it.
///
/// # Errors
/// If the storage fails.
pub(super) fn record(study: &Study<Params, Parallel>, options: &Options) -> Result<()> {
    let recorded = study.attribute(KEY)?;
    let recorded = recorded.and_then(|json| Remembered::deserialize(json).ok());
    if of(options) != recorded.unwrap_or_default() {
        study.set_attribute(KEY, of(options))?;
    }
    Ok(())
}

fn of(options: &Options) -> Remembered {
    Remembered {
        constraint: options.constraint.iter().map(|constraint| constraint.text.clone()).collect(),
        metric: options.metric.clone(),
        pruner: options.pruner.clone(),
        prune_on: options.prune_on.clone(),
        steps: options.steps,
    }
}

impl Remembered {
    /// Returns the options that `other` does not have, as they are written.
    fn beside(&self, other: &Self) -> Vec<String> {
        let mut added = Vec::new();
        if other.constraint.is_empty() {
            added.extend(self.constraint.iter().map(|text| format!("--constraint '{text}'")));
        }
        let texts = [
            ("--metric", &self.metric, &other.metric),
            ("--pruner", &self.pruner, &other.pruner),
            ("--prune-on", &self.prune_on, &other.prune_on),
        ];
        for (name, own, given) in texts {
            if let (Some(own), None) = (own, given) {
                added.push(format!("{name} '{own}'"));
            }
        }
        if let (Some(steps), None) = (self.steps, other.steps) {
            added.push(format!("--steps {steps}"));
        }
        added
    }
}
