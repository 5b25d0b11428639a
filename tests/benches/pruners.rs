//! What a report and its decision cost: 1,000 trials of 100 steps, in memory, on one core.
//!
//! `cargo bench -p hpo-tests --bench pruners`. The throughput (`elem/s`) is in reports, each with
//! its decision; asking for trials and ending them is in the time. The time is what the thread spent
//! on a core, where Linux tells it, so that other work on the machine counts little. The target is
//! 1,000,000 reports/s for every pruner.
//!
//! `all run`: decisions are given but not carried out, so that every report is compared with full
//! columns, and a reason is written at every stop, again and again. `stops`: decisions are carried
//! out. `none` judges nothing: what the reports cost.
#![allow(missing_docs, reason = "criterion's macros write functions without any")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hpo_core::prelude::*;
use hpo_core::pruner::{Decision, PrunerConfig};
use hpo_core::testing::pruner::Field;
use hpo_core::trial::Outcome;

const TRIALS: usize = 1000;
const STEPS: usize = 100;

const PRUNERS: [(&str, &str); 8] = [
    ("none", "none"),
    ("median", "median"),
    ("percentile", r#"{"percentile": {"percentile": 25}}"#),
    ("threshold", r#"{"threshold": {"upper": 1.9}}"#),
    ("patient", r#"{"patient": {"patience": 5, "wrapped": "median"}}"#),
    ("successive halving", r#"{"successive_halving": {"min_resource": 1}}"#),
    ("hyperband", r#"{"hyperband": {"max_resource": 100}}"#),
    ("wilcoxon", "wilcoxon"),
];

/// Those that allot budgets: each report is compared with its trial's.
const SCHEDULES: [(&str, &str); 2] = [
    ("asha", r#"{"asha": {"max_resource": 100}}"#),
    ("brackets", r#"{"brackets": {"max_resource": 100}}"#),
];

/// Learning curves: each falls to a level of its own, with noise.
fn curves() -> Vec<Vec<f64>> {
    let mut state = 1_u64;
    let mut uniform = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut curve = |_| {
        let (level, speed) = (uniform(), 0.9 + 0.09 * uniform());
        (0..STEPS).map(|step| level + speed.powf(step as f64) + 0.05 * uniform()).collect()
    };
    (0..TRIALS).map(&mut curve).collect()
}

/// Plays all curves on a bare fold of trials; the number of reports.
fn on_a_fold(config: &PrunerConfig, curves: &[Vec<f64>], stops: bool) -> u64 {
    let pruner = config.build();
    let (mut field, mut reports) = (Field::new(Direction::Minimize, "bench"), 0);
    for curve in curves {
        let number = field.start();
        let mut ended = false;
        for (step, value) in (1..).zip(curve) {
            reports += 1;
            if let Decision::Stop(reason) =
                black_box(field.report(&*pruner, number, step, *value)).action
                && stops
            {
                field.end(number, Outcome::Pruned(&reason));
                ended = true;
                break;
            }
        }
        if !ended {
            field.end(number, Outcome::Complete(&[curve[STEPS - 1]]));
        }
    }
    reports
}

#[derive(Clone, Debug, SearchSpace)]
struct One {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

/// The same through a study: asked, reported and told.
fn in_a_study(config: &PrunerConfig, curves: &[Vec<f64>]) {
    let study = Study::<One>::minimize()
        .pruner(config.build())
        .seed(1)
        .ctrl_c(false)
        .open()
        .expect("a study");
    for curve in curves {
        let number = study.ask().expect("an ask").expect("there is more").number;
        for (step, value) in (1..).zip(curve) {
            let _ = black_box(study.report_step(number, step, *value).expect("a report"));
        }
        study.tell(number, curve[STEPS - 1]).expect("a tell");
    }
}

fn timed<T>(n: u64, work: impl Fn() -> T) -> Duration {
    let (start, on_core) = (Instant::now(), time_on_core());
    for _ in 0..n {
        black_box(work());
    }
    match (on_core, time_on_core()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    }
}

/// How long this thread has run on a core.
fn time_on_core() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn pruners(criterion: &mut Criterion) {
    let curves = curves();
    for stops in [false, true] {
        let name = if stops { "fold, stops" } else { "fold, all run" };
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        for (name, text) in PRUNERS {
            let config: PrunerConfig = text.parse().expect("a pruner");
            group.throughput(Throughput::Elements(on_a_fold(&config, &curves, stops)));
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter_custom(|n| timed(n, || on_a_fold(&config, &curves, stops)));
            });
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group("study, all run");
    group.sample_size(10);
    group.throughput(Throughput::Elements((TRIALS * STEPS) as u64));
    for (name, text) in PRUNERS.into_iter().chain(SCHEDULES) {
        let config: PrunerConfig = text.parse().expect("a pruner");
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter_custom(|n| timed(n, || in_a_study(&config, &curves)));
        });
    }
    group.finish();
}

criterion_group!(benches, pruners);
criterion_main!(benches);
