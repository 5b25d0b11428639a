//! `hpo ask`: takes the next config to evaluate.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use hpo_core::sampler::SamplerConfig;
use hpo_core::storage::DETACHED;
use hpo_core::study::{AskOutcome, TrialJob};
use hpo_core::trial::AttributeScope;
use serde_json::Value as Json;

use super::study_args::{FixedArg, SamplerArgs, StudyArgs};
use crate::args;
use crate::copy::Named;
use crate::screen::{self, Screen, note};

/// The exit code of `ask` if there is nothing more to evaluate.
const NOTHING: u8 = 3;

/// Print the next config to evaluate, as one line of JSON; `tell` records its result
///
/// The trial stays running until `tell` ends it, however long that takes. The exit code is 3 if
/// every config has been tried, or if the study has reached the limit of `--most`.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    study: args::Study,
    #[command(flatten)]
    study_args: StudyArgs,
    /// The sampler: auto, tpe, gp, cmaes, nsga2, qmc, random, grid; or one with settings, as JSON:
    /// '{"tpe": {"candidates": 48}}'
    #[arg(long, default_value = "auto")]
    sampler: SamplerConfig,
    /// The seed of all random streams; the default is the stored one, or random for a new study
    #[arg(long)]
    seed: Option<u64>,
    /// A parameter that is not searched, with its value: `lr=1e-3`; once for each
    #[arg(long, value_name = "PATH=VALUE")]
    fix: Vec<FixedArg>,
    /// The largest number of trials that the study may have
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    most: Option<u64>,
}

/// The answer, printed as one line.
#[derive(serde::Serialize)]
struct Answer<'a> {
    number: u64,
    params: Named,
    explanation: &'a str,
}

impl Ask {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        let storage = self.study_args.storage(&self.storage.url)?;
        let how = SamplerArgs {
            sampler: self.sampler.clone(),
            seed: self.seed,
            baseline: true,
            fixed: self.fix.clone(),
        };
        let plan = self.study_args.plan(&*storage, self.study.name.as_deref())?;
        if plan.is_constrained {
            note(
                "the config type of the study has a constraint that only its own program can \
                 check: this config may violate it",
            );
        }
        let study = plan.open(storage, &how)?;
        let oracle = study.oracle();
        loop {
            let nothing = match oracle.ask(self.most)? {
                AskOutcome::Trial(TrialJob { number, params, explanation, .. }) => {
                    oracle.note(number, AttributeScope::System, DETACHED, &Json::Bool(true))?;
                    let asked = Answer {
                        number,
                        params: Named::config(&params),
                        explanation: &explanation,
                    };
                    screen::print(&format!("{}\n", serde_json::to_string(&asked)?))?;
                    return Ok(ExitCode::SUCCESS);
                }
                AskOutcome::Dropped(..) => continue,
                AskOutcome::Enough => "the study has reached the limit of --most",
                AskOutcome::Exhausted => "every config of the space has been tried",
                AskOutcome::Wait => "there is nothing to evaluate until a running trial ends",
            };
            note(nothing);
            return Ok(ExitCode::from(NOTHING));
        }
    }
}
