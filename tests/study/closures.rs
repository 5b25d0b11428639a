//! Which objectives there may be: what they capture, and with which errors they fail.

use std::cell::{Cell, RefCell};
use std::error::Error as StdError;
use std::rc::Rc;

use hpo_core::TrialEnd;
use hpo_core::prelude::*;
use hpo_core::pruner::Threshold;
use hpo_core::study::Evaluation;
use hpo_core::trial::State;

use super::Point;

fn open() -> Study<Point> {
    Study::<Point>::minimize()
        .seed(1)
        .pruner(Threshold::builder().upper(10.0).build().unwrap())
        .open()
        .unwrap()
}

#[test]
fn one_thread_runs_closures_that_change_what_they_hold() {
    let (mut seen, shared, cell) = (Vec::new(), Rc::new(RefCell::new(0)), Cell::new(0));
    let study = open();
    study
        .optimize(5, |point, _| {
            seen.push(point.x);
            *shared.borrow_mut() += 1;
            cell.set(cell.get() + 1);
            point.x
        })
        .unwrap();
    assert_eq!((seen.len(), *shared.borrow(), cell.get()), (5, 5, 5));
    let study = Study::<Point>::minimize().seed(1).run(7, |point| {
        seen.push(point.x);
        point.x
    });
    assert_eq!((study.unwrap().trials().unwrap().len(), seen.len()), (7, 12));
}

/// The file's heartbeat beats on a thread of its own: the objective stays on this one.
#[test]
fn a_storage_with_a_heartbeat_changes_nothing_in_that() {
    let file = std::env::temp_dir().join(format!("hpo-closures-{}.journal", std::process::id()));
    let mut seen = Rc::new(Vec::new());
    let study =
        Study::<Point>::minimize().storage(format!("journal:{}", file.display())).open().unwrap();
    study
        .optimize(5, |point, _| {
            Rc::make_mut(&mut seen).push(point.x);
            point.x
        })
        .unwrap();
    assert_eq!(seen.len(), 5);
    let _ = std::fs::remove_file(file);
}

#[test]
fn several_threads_share_closures() {
    let total = std::sync::atomic::AtomicUsize::new(0);
    let study = Study::<Point>::minimize().workers(2).open().unwrap();
    let add = |point: Point, _: &mut Trial<'_>| {
        total.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        point.x
    };
    study.optimize(6, add).unwrap();
    Study::<Point>::minimize().parallel().run(4, |point| add_one(&total, &point)).unwrap();
    assert_eq!(total.into_inner(), 10);
}

fn add_one(total: &std::sync::atomic::AtomicUsize, point: &Point) -> f64 {
    total.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    point.x
}

#[derive(Debug, thiserror::Error)]
enum Own {
    #[error("no data")]
    NoData(#[from] std::num::ParseIntError),
    #[error(transparent)]
    Ended(#[from] TrialEnd),
    #[error("the trial would not go on")]
    Wrapped(#[source] TrialEnd),
}

/// Trial 0 has a value, 1 fails in a helper, 2 is pruned through a report, 3 by its own decision.
fn check<E: Evaluation<Kind>, Kind>(
    objective: impl FnMut(Point, &mut Trial<'_>) -> E,
    failure: &str,
) {
    let study = open();
    let run = study.optimize(4, objective).unwrap();
    assert_eq!((run.complete, run.failed, run.pruned, run.gone_on), (1, 1, 2, 0), "{run}");
    let message = |number: usize| study.trials().unwrap()[number].message.clone().unwrap();
    assert_eq!(message(1), failure);
    assert!(message(2).contains("10"), "{}", message(2));
    assert_eq!(message(3), "enough");
}

const TEXT: [&str; 4] = ["1", "one", "99", "3"];
const INVALID: &str = "invalid digit found in string";

#[test]
fn question_marks_take_every_error() {
    check(
        |_, trial| {
            let value: i32 = TEXT[trial.number() as usize].parse()?;
            trial.report(1, f64::from(value))?;
            if value == 3 { Err(TrialError::pruned("enough")) } else { Ok(1.0) }
        },
        INVALID,
    );
    check(
        |_, trial| {
            let value: i32 = TEXT[trial.number() as usize].parse().map_err(anyhow::Error::from)?;
            trial.report(1, f64::from(value))?;
            if value == 3 {
                Err(trial.prune("enough"))?;
            }
            Ok::<_, TrialError>(1.0)
        },
        INVALID,
    );
    check(
        |_, trial| {
            let value: i32 =
                TEXT[trial.number() as usize].parse().map_err(Box::<dyn StdError>::from)?;
            trial.report(1, f64::from(value))?;
            if value == 3 { Err(TrialError::pruned("enough")) } else { Ok(1.0) }
        },
        INVALID,
    );
    check(
        |_, trial| -> Result<f64, Box<dyn StdError>> {
            let value: i32 = TEXT[trial.number() as usize].parse()?;
            trial.report(1, f64::from(value))?;
            if value == 3 { Err(trial.prune("enough"))? } else { Ok(1.0) }
        },
        INVALID,
    );
    check(
        |_, trial| {
            let value: i32 = TEXT[trial.number() as usize].parse()?;
            trial.report(1, f64::from(value))?;
            if value == 3 {
                return Err(TrialError::pruned("enough").into());
            }
            Ok::<_, Box<dyn StdError + Send + Sync>>(1.0)
        },
        INVALID,
    );
    check(
        |_, trial| -> anyhow::Result<f64> {
            use anyhow::Context;
            let value: i32 = TEXT[trial.number() as usize].parse().context("no data")?;
            trial.report(1, f64::from(value)).context("at the first step")?;
            anyhow::ensure!(value != 3, trial.prune("enough"));
            Ok(1.0)
        },
        "no data: invalid digit found in string",
    );
    check(
        |_, trial| -> Result<f64, String> {
            let value: i32 =
                TEXT[trial.number() as usize].parse().map_err(|error| format!("{error}"))?;
            trial.report(1, f64::from(value)).map_err(|end| end.to_string())?;
            if value == 3 { Err(trial.prune("enough").to_string()) } else { Ok(1.0) }
        },
        INVALID,
    );
}

fn named(_: Point, trial: &mut Trial<'_>) -> Result<f64, Own> {
    let value: i32 = TEXT[trial.number() as usize].parse()?;
    trial.report(1, f64::from(value))?;
    if value == 3 { Err(trial.prune("enough"))? } else { Ok(1.0) }
}

#[test]
fn own_errors_take_the_trials_in() {
    check(
        |_, trial| -> Result<f64, Own> {
            let value: i32 = TEXT[trial.number() as usize].parse()?;
            trial.report(1, f64::from(value)).map_err(Own::Wrapped)?;
            if value == 3 { Err(trial.prune("enough"))? } else { Ok(1.0) }
        },
        "no data: invalid digit found in string",
    );
    check(named, "no data: invalid digit found in string");
}

/// An end that was carried through another error is recognised without the trial, too.
#[test]
fn an_end_is_found_among_the_causes_of_an_error() {
    let study = Study::<Point>::minimize().open().unwrap();
    let end = || TrialEnd::from(TrialError::pruned("worse"));
    let tell = |told: Result<f64, TrialError>| {
        let number = study.ask().unwrap().unwrap().number;
        study.tell(number, told).unwrap();
        study.oracle().trial(number).unwrap().unwrap()
    };
    let boxed: Box<dyn StdError> = Box::new(Own::Wrapped(end()));
    for error in
        [TrialError::from(end()), TrialError::from(Own::Wrapped(end())), TrialError::from(boxed)]
    {
        let trial = tell(Err(error));
        assert_eq!((trial.state, trial.message.as_deref()), (State::Pruned, Some("worse")));
    }
    let failed = tell(Err(TrialError::failed("no data")));
    assert_eq!((failed.state, failed.message.as_deref()), (State::Failed, Some("no data")));
    let number = study.ask().unwrap().unwrap().number;
    study.tell(number, anyhow::Ok(0.5)).unwrap();
    assert_eq!(study.best_value().unwrap(), 0.5);
}

/// What `main` and an objective share has an error of its own, or none in particular.
#[test]
fn functions_are_shared_with_main() {
    fn load(text: &str) -> Result<f64, Box<dyn StdError>> {
        Ok(text.parse()?)
    }
    fn main() -> Result<(), Box<dyn StdError>> {
        let offset = load("0.5")?;
        let study = Study::<Point>::minimize()
            .run(3, |point| Ok::<_, TrialError>(point.x + offset + load("1.0")?))?;
        assert_eq!(study.trials()?.len(), 3);
        let refused = Study::<Point>::minimize().run(1, |_| load("one"))?;
        assert_eq!(refused.trials()?[0].message.as_deref(), Some("invalid float literal"));
        Ok(())
    }
    main().unwrap();
}

#[test]
fn a_model_may_fail_with_any_error() {
    struct Model;

    impl HyperModel for Model {
        type Config = Point;
        type Data = ();
        type Model = ();
        type Fitted = ();
        type Error = anyhow::Error;

        fn build(&self, point: &Point) -> anyhow::Result<()> {
            anyhow::ensure!(point.x > 0.0, "no such model");
            Ok(())
        }

        fn fit(&self, point: &Point, (): (), (): &(), trial: &mut Trial<'_>) -> anyhow::Result<()> {
            trial.log(1, &[("val_loss", if point.y > 0.0 { 99.0 } else { point.y })])?;
            Ok(())
        }
    }
    let builder = RandomSearch::new(Model).objective("val_loss").max_trials(30).seed(1);
    let mut tuner =
        builder.pruner(Threshold::builder().upper(10.0).build().unwrap()).build().unwrap();
    let run = tuner.search(&()).unwrap();
    assert!(run.complete > 0 && run.pruned > 0 && run.failed > 0, "{run}");
    assert_eq!(run.failure.unwrap().1, "no such model");
}
