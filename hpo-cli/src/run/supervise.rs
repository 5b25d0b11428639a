//! The trials of a run, with a look at signals and at the table beside them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::study::{Parallel, Run};

use super::interrupt::Stage;
use super::programs::Programs;

/// The interval at which signals are looked at.
const LOOKOUT: Duration = Duration::from_millis(50);

/// The interval at which the live table is drawn.
const REDRAW: Duration = Duration::from_millis(500);

/// Runs the trials, with a look at signals and the table beside them.
pub(super) fn supervise(
    study: &Study<Params, Parallel>,
    programs: &Programs,
    trials: u64,
) -> Result<Run, hpo_core::Error> {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut drawn = Instant::now();
            while !is_over.load(Ordering::Relaxed) {
                std::thread::sleep(LOOKOUT);
                if let Some(stage) = programs.interrupt.update() {
                    programs.view.say(&answer(stage, &programs.view.running()));
                }
                if programs.interrupt.stage() > Stage::Running {
                    study.stop();
                }
                if drawn.elapsed() >= REDRAW {
                    drawn = Instant::now();
                    programs.view.draw();
                }
            }
        });
        let _over = Over(&is_over);
        study.optimize(trials, |params, trial: &mut Trial<'_>| programs.evaluate(&params, trial))
    })
}

/// Ends the look at signals when the run is over, also by a panic.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Returns the answer to a signal.
fn answer(stage: Stage, running: &[u64]) -> String {
    let trials = match running {
        [] => "the run".to_owned(),
        [trial] => format!("trial {trial}"),
        trials => {
            let numbers: Vec<String> = trials.iter().map(ToString::to_string).collect();
            format!("trials {}", numbers.join(", "))
        }
    };
    match stage {
        Stage::Running | Stage::Draining => {
            format!("finishing {trials}; press Ctrl-C again to end the running trials now")
        }
        Stage::Ending => format!(
            "ending {trials}; what is not finished goes back to the queue; press Ctrl-C again to kill"
        ),
        Stage::Killing => format!("killing {trials}"),
    }
}
