//! A cluster in virtual time: so many workers, epochs of different lengths, no clock but the
//! simulation's.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::rand::RngExt;
use hpo_core::rng::Rng;
use hpo_core::sampler::Random;
use hpo_core::study::{AskOutcome, TrialJob};

use super::{Rate, loss};

/// Runs until the virtual time is up; the share of it in which workers were busy, and a digest of
/// all that happened.
fn simulate(workers: usize, until: u64) -> (f64, Vec<(u64, u64)>) {
    let study = Study::<Rate>::minimize()
        .sampler(Random)
        .seed(11)
        .pruner(Asha::builder(64).factor(4).build().unwrap())
        .open()
        .unwrap();
    let oracle = study.oracle();
    let (mut now, mut busy) = (0, 0);
    let mut idle = workers;
    let mut running: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
    let mut tickets: std::collections::HashMap<u64, TrialJob> = std::collections::HashMap::new();
    let mut log = Vec::new();
    loop {
        while idle > 0 {
            let AskOutcome::Trial(ticket) = oracle.ask(None).unwrap() else { break };
            let budget = ticket.budget.unwrap();
            let rate: Rate = ticket.params.config().unwrap();
            // Configs differ a hundredfold in how long their epochs take.
            let epoch =
                10 + (Rng::derive(7, ticket.number).random::<f64>() * 990.0 * rate.rate) as u64;
            let end = now + epoch * (budget.to - budget.from);
            busy += end.min(until) - now.min(until);
            running.push(Reverse((end, ticket.number)));
            tickets.insert(ticket.number, ticket);
            idle -= 1;
        }
        let Some(Reverse((end, number))) = running.pop() else { break };
        if end > until {
            break;
        }
        now = end;
        let ticket = tickets.remove(&number).unwrap();
        let rate: Rate = ticket.params.config().unwrap();
        oracle.end_round(number, &[loss(rate.rate, ticket.budget.unwrap().to)]).unwrap();
        log.push((now, number));
        idle += 1;
    }
    (busy as f64 / (until as f64 * workers as f64), log)
}

#[test]
fn a_thousand_workers_are_kept_busy() {
    let (busy, log) = simulate(1_000, 5_000);
    assert!(busy > 0.95, "{busy}");
    assert!(log.len() > 3_000, "{}", log.len());
}

#[test]
fn the_simulation_repeats_itself() {
    assert_eq!(simulate(50, 5_000).1, simulate(50, 5_000).1);
}
