//! A Hyperband search that is killed: the subject of `tests/schedule/kills.rs`.
//!
//! Arguments: a folder. Each epoch adds a line to `trained.log` in it: the trial and the epoch.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use hpo_core::prelude::*;

#[derive(Debug, Clone, SearchSpace)]
struct Rate {
    #[search_space(range = 0.0..=1.0)]
    rate: f64,
}

struct Slow(File);

impl HyperModel for Slow {
    type Config = Rate;
    type Data = ();
    type Model = f64;
    type Fitted = f64;
    type Error = TrialError;

    fn build(&self, _: &Rate) -> Result<f64, TrialError> {
        Ok(1.0)
    }

    fn fit(
        &self,
        config: &Rate,
        fresh: f64,
        (): &(),
        trial: &mut Trial<'_>,
    ) -> Result<f64, TrialError> {
        let mut loss = trial.restore()?.unwrap_or(fresh);
        for epoch in trial.steps(9) {
            std::thread::sleep(Duration::from_millis(2));
            // One write, so that a kill leaves whole lines.
            (&self.0).write_all(format!("{} {epoch}\n", trial.number()).as_bytes())?;
            loss = config.rate + (loss - config.rate) * 0.9;
            trial.log(epoch, &[("loss", loss)])?;
            trial.checkpoint(epoch, &loss)?;
        }
        Ok(loss)
    }
}

fn main() -> hpo_core::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("trained.log"))
        .expect("a log");
    let mut tuner = Hyperband::new(Slow(log))
        .objective("loss")
        .max_epochs(9)
        .seed(1)
        .directory(folder)
        .project_name("slow")
        .build()?;
    tuner.search(&())?;
    Ok(())
}
