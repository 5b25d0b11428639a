//! The contract suite, kept by every pruner and broken by wrong ones.

use std::sync::atomic::{AtomicU64, Ordering};

use hpo_core::pruner::{
    Hyperband, Median, Nop, Patient, Percentile, PruneContext, Pruner, StepDecision,
    SuccessiveHalving, Threshold, Wilcoxon,
};
use hpo_core::testing::pruner::{check, mirrors};

type Build = fn() -> Box<dyn Pruner>;

/// All pruners whose judgement follows the direction, with settings under which they stop trials.
const DIRECTED: &[Build] = &[
    || Box::new(Nop),
    || Box::new(Median::default()),
    || {
        Box::new(
            Median::builder()
                .startup_trials(0)
                .warmup_steps(2)
                .interval_steps(3)
                .min_trials(2)
                .build()
                .unwrap(),
        )
    },
    || Box::new(Percentile::builder(25.0).startup_trials(2).build().unwrap()),
    || Box::new(Patient::builder(1).build().unwrap()),
    || {
        Box::new(
            Patient::builder(0)
                .min_delta(0.25)
                .wrapping(SuccessiveHalving::builder().min_resource(1).build().unwrap())
                .build()
                .unwrap(),
        )
    },
    || Box::new(SuccessiveHalving::default()),
    || {
        Box::new(
            SuccessiveHalving::builder()
                .min_resource(1)
                .reduction_factor(2)
                .bootstrap_count(1)
                .build()
                .unwrap(),
        )
    },
    || {
        Box::new(
            SuccessiveHalving::builder()
                .min_resource(3)
                .min_early_stopping_rate(1)
                .build()
                .unwrap(),
        )
    },
    || Box::new(Hyperband::default()),
    || Box::new(Hyperband::builder().max_resource(12).reduction_factor(2).build().unwrap()),
    || Box::new(Wilcoxon::default()),
    || Box::new(Wilcoxon::builder().p_threshold(0.4).startup_steps(0).build().unwrap()),
];

#[test]
fn every_pruner_keeps_the_contract() {
    for build in DIRECTED {
        check(build);
    }
    check(|| {
        Box::new(
            Threshold::builder()
                .lower(-1.0)
                .upper(3.0)
                .warmup_steps(1)
                .interval_steps(2)
                .build()
                .unwrap(),
        )
    });
}

#[test]
fn to_maximise_is_to_minimise_the_negated_values() {
    for build in DIRECTED {
        mirrors(build);
    }
}

/// Stops every tenth question.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Pruner for Counting {
    fn judge(&self, _: PruneContext<'_>, _: u64) -> StepDecision {
        if self.0.fetch_add(1, Ordering::Relaxed) % 10 == 9 {
            StepDecision::stop("tenth")
        } else {
            StepDecision::go_on()
        }
    }

    fn name(&self) -> &'static str {
        "counting"
    }
}

#[test]
#[should_panic(expected = "the answer hangs on what the pruner was asked before")]
fn the_contract_catches_a_pruner_with_a_memory() {
    check(|| Box::new(Counting::default()));
}

/// Stops without a word.
#[derive(Debug)]
struct Silent;

impl Pruner for Silent {
    fn judge(&self, race: PruneContext<'_>, number: u64) -> StepDecision {
        if race.last_report(number).is_some() {
            StepDecision::stop("")
        } else {
            StepDecision::go_on()
        }
    }

    fn name(&self) -> &'static str {
        "silent"
    }
}

#[test]
#[should_panic(expected = "stops without a reason")]
fn the_contract_catches_a_stop_without_a_reason() {
    check(|| Box::new(Silent));
}

/// Takes small values for good ones, whatever the direction.
#[derive(Debug)]
struct Minimising;

impl Pruner for Minimising {
    fn judge(&self, race: PruneContext<'_>, number: u64) -> StepDecision {
        match race.last_report(number) {
            Some((_, value)) if value > 1.0 => StepDecision::stop("large"),
            _ => StepDecision::go_on(),
        }
    }

    fn name(&self) -> &'static str {
        "minimising"
    }
}

#[test]
#[should_panic(expected = "mirrored")]
fn the_mirror_catches_a_pruner_without_a_direction() {
    mirrors(|| Box::new(Minimising));
}
