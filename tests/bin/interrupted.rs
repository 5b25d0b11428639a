//! A search that is sent signals: the subject of `tests/interrupt.rs`.
//!
//! Arguments: a journal, and `reporting` for trials that end at their next report, `silent` for
//! trials that never do, `wrapping` for trials that hand an error of their own on, or `last` for a
//! trial that is the only one left.

use std::io::Write;
use std::time::Duration;

use hpo_core::prelude::*;

#[derive(Clone, Debug, SearchSpace)]
struct Point {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

fn main() -> hpo_core::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let how = arguments[2].as_str();
    let (workers, trials) = if how == "last" { (2, 4) } else { (1, 100) };
    if how == "study" {
        return study();
    }
    let study = Study::<Point>::minimize()
        .storage(format!("journal:{}", arguments[1]))
        .seed(1)
        .workers(workers)
        .open()?;
    let run = study.optimize(trials, |point, trial| {
        if trial.number() < 3 {
            return Ok(point.x);
        }
        say("running");
        for step in 0..u64::MAX {
            std::thread::sleep(Duration::from_millis(2));
            match how {
                "silent" => {}
                "wrapping" => trial
                    .report(step, point.x)
                    .map_err(|_| TrialError::failed("the fold failed"))?,
                _ => trial.report(step, point.x)?,
            }
        }
        Ok::<_, TrialError>(point.x)
    })?;
    say(&run.to_string());
    Ok(())
}

/// Trials that end a while after a signal, whatever comes.
fn study() -> hpo_core::Result<()> {
    let study = Study::<Point>::minimize().workers(2).run(100, |point| {
        say("running");
        std::thread::sleep(Duration::from_millis(1_500));
        point.x
    })?;
    if study.last_run().is_some_and(|run| run.is_interrupted()) {
        say(&format!("interrupted after {} trials", study.trials()?.len()));
    }
    Ok(())
}

fn say(line: &str) {
    println!("{line}");
    let _ = std::io::stdout().flush();
}
