//! A search that is sent signals: the subject of `tests/interrupt.rs`.
//!
//! Arguments: a journal, and `reporting` for trials that end at their next report, or `silent` for trials that never do.

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
    let reporting = arguments[2] == "reporting";
    let study = Study::<Point>::minimize().storage(format!("journal:{}", arguments[1])).seed(1).open()?;
    let run = study.optimize(100, |point, trial| {
        if trial.number() < 3 {
            return Ok(point.x);
        }
        say("running");
        for step in 0..u64::MAX {
            std::thread::sleep(Duration::from_millis(2));
            if reporting {
                trial.report(step, point.x)?;
            }
        }
        Ok(point.x)
    })?;
    say(&run.to_string());
    Ok(())
}

fn say(line: &str) {
    println!("{line}");
    let _ = std::io::stdout().flush();
}
