//! Studies on a journal: what a process leaves behind, the next one takes up.

use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::study::StudyBuilder;
use hpo_core::trial::State;
use hpo_tests::Folder;

use super::Point;

fn study(folder: &Folder) -> StudyBuilder<Point> {
    let journal = folder.path("trials.journal");
    Study::<Point>::minimize().storage(format!("journal:{}", journal.display())).name("points")
}

fn points(study: &Study<Point>) -> Vec<Option<Params>> {
    study.trials().unwrap().into_iter().map(|trial| trial.params).collect()
}

#[test]
fn a_study_taken_up_from_disk_goes_on_as_if_it_had_never_stopped() {
    let folder = Folder::new("study");
    for n in [3, 4, 12] {
        study(&folder).seed(6).open().unwrap().optimize(n, |point, _| point.square()).unwrap();
    }
    let whole = Study::<Point>::minimize().seed(6).run(12, |point| point.square()).unwrap();
    let resumed = study(&folder).open().unwrap();
    assert_eq!(points(&resumed), points(&whole));
    assert_eq!(resumed.best_value().unwrap(), whole.best_value().unwrap());
    assert_eq!(resumed.notes(), [hpo_core::study::Note::Resumed { trials: 12 }]);
}

#[test]
fn several_openers_share_the_count_and_never_a_config() {
    let folder = Folder::new("study");
    study(&folder).seed(6).open().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let run = study(&folder)
                    .workers(2)
                    .open()
                    .unwrap()
                    .optimize(60, |point, _| point.square());
                assert_eq!(run.unwrap().failed, 0);
            });
        }
    });
    let study = study(&folder).open().unwrap();
    let trials = study.trials().unwrap();
    assert_eq!(trials.len(), 60, "the count is the study's, whoever runs its trials");
    assert!(trials.iter().all(|trial| trial.state == State::Complete));
    let mut keys: Vec<u128> =
        trials.iter().map(|trial| trial.params.as_ref().unwrap().key()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 60);
}

#[derive(Clone, Debug, SearchSpace)]
struct Other {
    #[search_space(range = 0.0..=0.5)]
    x: f64,
}

#[test]
fn a_journal_of_another_space_is_refused_and_left_as_it_was() {
    let folder = Folder::new("study");
    study(&folder).open().unwrap().optimize(2, |point, _| point.square()).unwrap();
    let journal = folder.path("trials.journal");
    let before = std::fs::read(&journal).unwrap();
    let other =
        Study::<Other>::minimize().storage(format!("journal:{}", journal.display())).name("points");
    let said = other.open().unwrap_err().to_string();
    assert!(said.contains("`x` went from -1.0..=1.0 to 0.0..=0.5"), "{said}");
    assert!(said.contains("`y` is gone"), "{said}");
    assert_eq!(std::fs::read(&journal).unwrap(), before);
}

#[test]
fn retries_and_failures_are_kept_on_disk() {
    let folder = Folder::new("study");
    let run = study(&folder)
        .retries(1)
        .open()
        .unwrap()
        .optimize(2, |_, _| Err::<f64, _>(TrialError::failed("no data")));
    assert!(run.unwrap_err().to_string().starts_with("2 trials failed in a row"));
    let trials = study(&folder).open().unwrap().trials().unwrap();
    assert!(
        trials.iter().all(
            |trial| trial.state == State::Failed && trial.message.as_deref() == Some("no data")
        )
    );
}
