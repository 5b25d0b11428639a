//! Advice on the budget: progress of the best value, duplicate configs, and pruning.

use std::collections::HashSet;

use super::Advice;
use crate::report::StudyView;
use crate::report::importance::Data;
use crate::trial::State;

/// The fewest complete trials for advice on the curve of the best value.
const FEWEST_OF_CURVE: usize = 30;
/// The least improvement that counts as a move, as a share of the distance from the median to the
/// best.
const MOVE: f64 = 0.01;

pub(super) fn curve(view: &StudyView<'_>, data: &Data) -> Option<Advice> {
    let count = data.losses.len();
    if view.directions.len() != 1 || count < FEWEST_OF_CURVE {
        return None;
    }
    let trials = (count / 3) as u64;
    let lowest = |losses: &[f64]| losses.iter().copied().fold(f64::INFINITY, f64::min);
    let (before, best) = (lowest(&data.losses[..count - count / 3]), lowest(&data.losses));
    let mut sorted = data.losses.clone();
    let median = *sorted.select_nth_unstable_by(count / 2, f64::total_cmp).1;
    let value = |loss| data.direction.loss(loss);
    // The distances are halved, since the difference of two losses may overflow.
    let has_moved = before / 2.0 - best / 2.0 > MOVE * (median / 2.0 - best / 2.0);
    Some(if has_moved {
        Advice::GoOn { from: value(before), to: value(best), trials }
    } else {
        Advice::Stop { best: value(best), trials }
    })
}

pub(super) fn duplicates(view: &StudyView<'_>) -> Option<Advice> {
    const FEWEST: u64 = 20;
    let trials = view.trials;
    let complete = view.count(State::Complete);
    let mut seen = HashSet::new();
    let key = |number: u64| -> Vec<(u32, u64)> {
        trials.params(number).map(|(id, value)| (id.0, value.bits())).collect()
    };
    let repeated = trials.complete().filter(|number| !seen.insert(key(*number))).count() as u64;
    (complete >= FEWEST && 5 * repeated >= complete)
        .then_some(Advice::Duplicates { repeated, complete })
}

pub(super) fn pruning(view: &StudyView<'_>) -> Option<Advice> {
    const FEWEST: u64 = 30;
    let (complete, pruned) = (view.count(State::Complete), view.count(State::Pruned));
    let ended = complete + pruned;
    if ended < FEWEST {
        return None;
    }
    let reported = || {
        view.trials.complete().filter(|number| view.trials.reports(*number).len() > 1).count()
            as u64
    };
    match pruned {
        0 => Some(reported())
            .filter(|reported| *reported >= FEWEST)
            .map(|reported| Advice::PrunedNone { reported }),
        _ => (10 * pruned > 9 * ended).then_some(Advice::PrunedMost { pruned, ended }),
    }
}
