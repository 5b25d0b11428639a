//! Hyperband that stops trials: L. Li et al., *Hyperband: A Novel Bandit-Based Approach to
//! Hyperparameter Optimization* (JMLR 18, 2018), in the form of Optuna 5.0's `HyperbandPruner`:
//! several successive halvings side by side, each with a different first rung.
//!
//! With `n` brackets, bracket `b` skips the lowest `b` rungs, and gets `ceil(n * factor^(n-1-b) /
//! (n-b))` trials of every cycle through the brackets. The bracket of a trial follows from the
//! CRC-32 of `{study}_{number}`, so that all workers, including Optuna's, agree on it without
//! communication. Trials are compared only within their bracket.
//!
//! Deviations:
//!
//! - The number of brackets is one more than the largest `k` with `min_resource * factor^k <=
//!   max_resource`, computed in integers. Optuna takes a logarithm in floating point, which loses
//!   the last bracket at 243 and 59,049 by 3, 59,049 by 9, and 1,000 and 1,000,000 by 10.
//! - Samplers see all trials, not only those of the same bracket.

use super::completed::StepReached;
use super::settings::{refuse, steps_or_auto};
use super::successive_halving::HalvingRule;
use super::{PruneContext, Pruner, PrunerConfig, RungTable, StepDecision, rung_step};
use crate::numeric::crc32;
use crate::setting::{SettingError, is_its_settings};

/// Hyperband: several successive halvings side by side, from one that stops early to one that stops
/// no trial before the end.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `min_resource` | 1 | from 1, in steps | Optuna |
/// | `max_resource` | see below | from `min_resource`, in steps | Optuna (`"auto"`) |
/// | `reduction_factor` | 3 | from 2 | Li et al. |
/// | `bootstrap_count` | 0 | from 0; must be 0 without a `max_resource` | Optuna |
///
/// The first `bootstrap_count` trials at each rung stop there.
///
/// The default of `max_resource` is one more than the last step of the first complete trial that
/// has reports; no trial stops before then. Optuna takes the furthest of the trials that are
/// complete when it first asks. With one worker that asks after each report, that is the first
/// complete trial.
///
/// ```
/// use hpo_core::pruner::Hyperband;
///
/// let pruner = Hyperband::builder().max_resource(100).build()?;
/// assert_eq!(pruner.brackets(100), [81, 34, 15, 8, 5]);
/// # Ok::<(), hpo_core::error::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "HyperbandBuilder", into = "HyperbandBuilder")]
pub struct Hyperband {
    settings: HyperbandBuilder,
    reach: StepReached,
    rung_table: RungTable,
}

/// Settings of a [`Hyperband`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct HyperbandBuilder {
    min_resource: u64,
    #[serde(deserialize_with = "steps_or_auto", skip_serializing_if = "Option::is_none")]
    max_resource: Option<u64>,
    reduction_factor: u64,
    bootstrap_count: u64,
}

is_its_settings!(Hyperband, HyperbandBuilder, default);

impl Default for HyperbandBuilder {
    fn default() -> Self {
        Self { min_resource: 1, max_resource: None, reduction_factor: 3, bootstrap_count: 0 }
    }
}

impl HyperbandBuilder {
    /// Sets the step of the first rung of the bracket that stops earliest. Default 1, at least 1.
    pub fn min_resource(self, steps: u64) -> Self {
        Self { min_resource: steps, ..self }
    }

    /// Sets the number of steps of a trial that is not stopped: from `min_resource`. Default:
    /// taken from the first complete trial.
    pub fn max_resource(self, steps: u64) -> Self {
        Self { max_resource: Some(steps), ..self }
    }

    /// Sets the factor from rung to rung: one in `factor` trials at a rung goes on. Default 3, at
    /// least 2.
    pub fn reduction_factor(self, factor: u64) -> Self {
        Self { reduction_factor: factor, ..self }
    }

    /// Sets the number of trials that stop at each rung before any goes on, so that later trials
    /// have something to be compared with. Default 0; a value above 0 requires `max_resource`.
    pub fn bootstrap_count(self, count: u64) -> Self {
        Self { bootstrap_count: count, ..self }
    }

    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Hyperband, SettingError> {
        let Self { min_resource, max_resource, bootstrap_count, .. } = self;
        match max_resource {
            None if bootstrap_count > 0 => {
                let remedy = "which needs brackets from the first trial on: write a \
                    `max_resource` too, or 0";
                return refuse(
                    "hyperband",
                    "bootstrap_count",
                    format!("is {bootstrap_count}, {remedy}"),
                );
            }
            Some(most) if most < min_resource => {
                let problem =
                    format!("is {most}, below `min_resource`: write at least {min_resource}");
                return refuse("hyperband", "max_resource", problem);
            }
            _ => {}
        }
        self.halving_rule(0).check("hyperband")?;
        Ok(Hyperband::with(self))
    }

    /// Returns the rungs of a bracket. Bracket `b` skips the lowest `b` rungs.
    fn halving_rule(self, bracket: u32) -> HalvingRule {
        let Self { min_resource, reduction_factor, bootstrap_count, .. } = self;
        HalvingRule {
            min_resource,
            reduction_factor,
            min_early_stopping_rate: bracket,
            bootstrap_count,
        }
    }
}

impl Hyperband {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> HyperbandBuilder {
        HyperbandBuilder::default()
    }

    fn with(settings: HyperbandBuilder) -> Self {
        Self { settings, reach: StepReached::default(), rung_table: RungTable::default() }
    }

    /// Returns the number of trials of each bracket in one cycle through the brackets, for trials
    /// of `max_resource` steps.
    #[must_use]
    pub fn brackets(&self, max_resource: u64) -> Vec<u64> {
        let HyperbandBuilder { min_resource, reduction_factor: factor, .. } = self.settings;
        let fits = |power: &u32| {
            rung_step(min_resource, factor, *power).is_some_and(|step| step <= max_resource)
        };
        let count = (0..64).take_while(fits).count() as u32;
        // If the count overflows, the first bracket takes all trials, however large it is.
        let trials =
            |halvings: u32| u64::from(count).saturating_mul(factor.saturating_pow(halvings));
        (0..count)
            .rev()
            .map(|halvings| trials(halvings).div_ceil(u64::from(halvings) + 1))
            .collect()
    }
}

impl Pruner for Hyperband {
    fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision {
        let inferred = || self.reach.last_step(context).map(|step| step.saturating_add(1));
        let most = self.settings.max_resource.or_else(inferred);
        let brackets = most.map_or_else(Vec::new, |most| self.brackets(most));
        if brackets.is_empty() {
            return StepDecision::go_on();
        }
        let bracket_of = |number| bracket_of(&brackets, context.study, number);
        let bracket = bracket_of(number);
        self.settings.halving_rule(bracket).check_rungs(
            context,
            number,
            &self.rung_table,
            bracket,
            bracket_of,
        )
    }

    fn name(&self) -> &'static str {
        "hyperband"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::Hyperband(self.clone()))
    }
}

/// Returns the bracket of a trial, from the CRC-32 of its study and number.
fn bracket_of(brackets: &[u64], study: &str, number: u64) -> u32 {
    let round = brackets.iter().fold(0, |sum: u64, trials| sum.saturating_add(*trials));
    let mut offset = u64::from(crc32(format!("{study}_{number}").as_bytes())) % round;
    let mut bracket = 0;
    for trials in brackets {
        if offset < *trials {
            break;
        }
        offset -= trials;
        bracket += 1;
    }
    bracket
}
