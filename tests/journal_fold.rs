//! Whatever happens to a study: the journal read again holds what the fold in memory holds.

use hpo_core::storage::{Journal, Memory, Storage};
use hpo_tests::Folder;
use proptest::prelude::*;

use crate::journal::{Step, params, shown, study, take};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let trial = 0..6_u64;
    let number = proptest::num::f64::ANY;
    let step = prop_oneof![
        3 => proptest::option::of(0..9_u64).prop_map(Step::Next),
        1 => any::<bool>().prop_map(Step::Enqueue),
        1 => number.prop_map(Step::Import),
        3 => (trial.clone(), -1e300..1e300, any::<i64>(), 0..3_u32)
            .prop_map(|(trial, x, n, c)| Step::Sampled(trial, x, n, c)),
        1 => trial.clone().prop_map(Step::Started),
        2 => (trial.clone(), 0..4_u64, number).prop_map(|(trial, step, x)| Step::Reported(trial, step, x)),
        1 => (trial.clone(), any::<bool>(), any::<String>()).prop_map(|(trial, user, text)| Step::Note(trial, user, text)),
        1 => trial.clone().prop_map(Step::Requeued),
        2 => trial.clone().prop_map(Step::Paused),
        1 => (trial.clone(), 0..3_u32, -1.0..1.0).prop_map(|(trial, rung, x)| Step::Rung(trial, rung, x)),
        1 => (trial.clone(), 0..4_u64).prop_map(|(trial, step)| Step::Checkpoint(trial, step)),
        2 => (trial.clone(), number).prop_map(|(trial, x)| Step::Complete(trial, x)),
        1 => (trial.clone(), any::<String>()).prop_map(|(trial, text)| Step::Pruned(trial, text)),
        1 => (trial, any::<String>()).prop_map(|(trial, text)| Step::Failed(trial, text)),
    ];
    proptest::collection::vec(step, 0..40)
}

/// The transcript without the moments at which storages themselves looked at the clock.
fn timeless(transcript: &str) -> String {
    let lines = transcript.lines().map(|line| {
        let (before, rest) = line.split_once(" times ").unwrap_or((line, ""));
        let after = rest.split_once(" ordinals ").map_or("", |(_, after)| after);
        format!("{before} {after}\n")
    });
    lines.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_again_is_what_was_folded(steps in steps()) {
        let folder = Folder::new("fold");
        let path = folder.path("a.journal");
        let (journal, memory) = (Journal::open(&path).unwrap(), Memory::new());
        let reader = Journal::open(&path).unwrap();
        let (here, there) = (study(&journal), study(&memory));
        journal.declare(here, &params()).unwrap();
        memory.declare(there, &params()).unwrap();
        for step in &steps {
            prop_assert_eq!(take(&journal, here, step), take(&memory, there, step), "{:?}", step);
        }
        let written = shown(&journal, here);
        prop_assert_eq!(timeless(&written), timeless(&shown(&memory, there)));
        prop_assert_eq!(&written, &shown(&reader, here));
        prop_assert_eq!(&written, &shown(&Journal::open(&path).unwrap(), here));
    }
}
