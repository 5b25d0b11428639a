//! What the replay of a study on a disk costs, beside the search itself: 10 parameters, one worker,
//! two reports a trial.
//!
//! `cargo bench -p hpo-tests --bench replay -- tpe 10000`; by default some samplers with as many
//! trials as they are for. A search waits for the disk at each end, and both make each proposal
//! once.

use std::time::Instant;

use hpo_core::prelude::*;
use hpo_core::sampler::SamplerConfig;
use hpo_core::space::Params;
use hpo_core::space::Space;
use hpo_core::storage::{Journal, Storage};
use hpo_core::study::replay;
use hpo_tests::Folder;
use hpo_tests::functions::TEN;

fn measure(name: &str, trials: u64) {
    let folder = Folder::new("replay");
    let path = folder.path("trials.journal");
    let sampler = name.parse::<SamplerConfig>().expect("a sampler").build();
    let study = Study::<Params>::minimize()
        .space(Space::from_json(TEN).expect("a space"))
        .sampler(sampler)
        .seed(1);
    let study = study.storage(format!("journal:{}", path.display())).open().expect("a study");
    let start = Instant::now();
    let run = study.optimize(trials, |params, trial| {
        let loss: f64 = params
            .iter()
            .map(|(id, value)| params.flat_space().parameter(id).encode(value).unwrap_or(0.5))
            .sum();
        trial.report(1, loss + 1.0)?;
        trial.report(2, loss)?;
        Ok::<_, TrialError>(loss)
    });
    run.expect("the disk works");
    let search = start.elapsed();
    let journal = Journal::open(&path).expect("a journal");
    let id = journal.studies().expect("a journal")[0].id;
    let start = Instant::now();
    journal.replay_history(id, &mut |_| ()).expect("a journal");
    let fold = start.elapsed();
    let start = Instant::now();
    let found = replay(&journal, id, &mut |_, _| ()).expect("a journal");
    let again = start.elapsed();
    assert_eq!(found.equal, trials, "{found:?}");
    let per_trial = |time: std::time::Duration| time.as_secs_f64() * 1e6 / trials as f64;
    println!(
        "{name}, {trials} trials: the search {:.1} µs a trial, its replay {:.1} µs, of these {:.1} µs for reading",
        per_trial(search),
        per_trial(again),
        per_trial(fold)
    );
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [name, trials] = &words[..] {
        return measure(name, trials.parse().expect("a number of trials"));
    }
    for (name, trials) in
        [("random", 10_000), ("tpe", 10_000), ("nsga2", 10_000), ("cmaes", 10_000), ("gp", 200)]
    {
        measure(name, trials);
    }
}
