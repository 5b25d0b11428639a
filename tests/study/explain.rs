//! Where a config came from, in one line: while its trial runs, afterwards, and in another process.

use std::sync::Mutex;

use hpo_core::prelude::*;
use hpo_core::sampler::{AskContext, Proposal, SampleError, Sampler};
use hpo_core::sampler::{Qmc, Random};
use hpo_core::study::StudyBuilder;
use hpo_core::trial::History;
use hpo_tests::Folder;

use super::Point;

/// Proposes what was tried in its first attempt, and tells which attempt it was and what it had
/// seen.
#[derive(Debug)]
struct Talkative;

impl Sampler for Talkative {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        Random.sample(history, if ask.attempt == 0 { AskContext { number: 0, ..ask } } else { ask })
    }

    fn name(&self) -> &'static str {
        "talkative"
    }

    fn explain(&self, history: History<'_>, ask: AskContext) -> Option<String> {
        Some(format!(
            "talkative: attempt {}\nafter {} results",
            ask.attempt,
            history.finished().len()
        ))
    }
}

#[derive(Debug, Clone, SearchSpace)]
struct Oven {
    #[search_space(range = 100..=250, default = 180)]
    degrees: u32,
    fan: bool,
}

fn on_disk<C: hpo_core::study::Config>(folder: &Folder) -> StudyBuilder<C> {
    let url = format!("journal:{}", folder.path("trials.journal").display());
    Study::<C>::minimize().sampler(Random).storage(url).seed(5)
}

fn explained<C: hpo_core::study::Config>(study: &Study<C>) -> Vec<String> {
    study.trials().unwrap().iter().map(|trial| trial.explain().to_owned()).collect()
}

#[test]
fn a_sampler_that_says_nothing_goes_by_its_name_in_the_next_process_too() {
    let folder = Folder::new("explain");
    let heard = Mutex::new(Vec::new());
    let hear = |point: Point, trial: &mut Trial<'_>| {
        heard.lock().unwrap().push(trial.explain().to_owned());
        point.square()
    };
    on_disk::<Point>(&folder).open().unwrap().optimize(2, hear).unwrap();
    // The trials of each sampler stay its own.
    on_disk::<Point>(&folder).sampler(Qmc).open().unwrap().optimize(3, hear).unwrap();
    let expected = ["random", "random", "qmc"];
    assert_eq!(*heard.lock().unwrap(), expected);
    assert_eq!(explained(&on_disk::<Point>(&folder).open().unwrap()), expected);
    assert_eq!(
        on_disk::<Point>(&folder).open().unwrap().ask().unwrap().unwrap().explanation,
        "random"
    );
}

#[test]
fn the_attempt_that_won_is_explained_in_one_line() {
    for folder in [None, Some(Folder::new("explain"))] {
        let study = folder.as_ref().map_or_else(|| Study::<Point>::minimize().seed(5), on_disk);
        let study = study.sampler(Talkative).open().unwrap();
        let expected =
            ["talkative: attempt 0 after 0 results", "talkative: attempt 1 after 1 results"];
        for expected in expected {
            let asked = study.ask().unwrap().unwrap();
            assert_eq!(asked.explanation, expected);
            study.tell(asked.number, 0.0).unwrap();
        }
        assert_eq!(explained(&study), expected);
        if let Some(folder) = &folder {
            assert_eq!(explained(&on_disk::<Point>(folder).open().unwrap()), expected);
        }
    }
}

#[test]
fn what_no_sampler_chose_is_told_too() {
    for folder in [None, Some(Folder::new("explain"))] {
        let study = folder
            .as_ref()
            .map_or_else(|| Study::<Oven>::minimize().sampler(Random).seed(5), on_disk)
            .open()
            .unwrap();
        study.enqueue(&Oven { degrees: 200, fan: true }).unwrap();
        study.add_trial(&Oven { degrees: 210, fan: true }, 0.5).unwrap();
        let heard = Mutex::new(Vec::new());
        let hear =
            |_: Oven, trial: &mut Trial<'_>| heard.lock().unwrap().push(trial.explain().to_owned());
        study
            .optimize(4, |oven, trial| {
                hear(oven, trial);
                0.0
            })
            .unwrap();
        assert_eq!(
            *heard.lock().unwrap(),
            ["the defaults of the space", "queued by hand", "random"]
        );
        let all = [
            "the defaults of the space",
            "queued by hand",
            "added by hand, with its values",
            "random",
        ];
        assert_eq!(explained(&study), all);
        if let Some(folder) = &folder {
            assert_eq!(explained(&on_disk::<Oven>(folder).open().unwrap()), all);
        }
    }
}

#[test]
fn the_last_configs_of_a_small_space_are_said_to_be_drawn_from_what_is_left() {
    #[derive(Debug, Clone, SearchSpace)]
    struct Small {
        #[search_space(range = 0..=2)]
        x: u32,
    }

    #[derive(Debug)]
    struct Stuck;
    impl Sampler for Stuck {
        fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
            Random.sample(history, AskContext { number: 0, attempt: 0, ..ask })
        }

        fn name(&self) -> &'static str {
            "stuck"
        }
    }

    let study = Study::<Small>::minimize().sampler(Stuck).seed(1).run(9, |_| 0.0).unwrap();
    let left = "stuck: drawn from the few configs that are left";
    assert_eq!(explained(&study), ["stuck", left, left]);
}
