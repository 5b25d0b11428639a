//! Many workers on one study: the same program, started several times with the same storage and
//! name, is a cluster.
//!
//! `cargo run --release --example workers [URL]`: without one, an SQLite file in a temporary folder
//! of its own. It starts four processes of itself, kills one in the midst of its work, starts
//! another, and looks at what came of it.

use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::time::Duration;

use hpo_core::prelude::*;

const TRIALS: u64 = 60;

#[derive(Debug, Clone, SearchSpace)]
struct Net {
    #[search_space(range = 1e-4..=1e-1, log)]
    learning_rate: f64,
    #[search_space(range = 1..=6)]
    layers: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker", url, name] => work(url, name),
        [url] => lead(url),
        _ => {
            let own = std::env::temp_dir().join(format!("hpo-workers-{}", std::process::id()));
            std::fs::create_dir_all(&own)?;
            lead(&format!("sqlite:///{}", own.join("studies.db").display()))?;
            Ok(std::fs::remove_dir_all(own)?)
        }
    }
}

/// What every worker does: open the study, which the first one makes, and run trials until all of
/// them together have run enough.
fn work(url: &str, name: &str) -> anyhow::Result<()> {
    let study = open(url)?;
    let run = study.optimize(TRIALS, |net, trial| {
        trial.set_attribute("worker", name)?;
        std::thread::sleep(Duration::from_millis(50));
        Ok::<_, TrialError>(
            (net.learning_rate.log10() + 2.5).powi(2) + (net.layers as f64 - 4.0).powi(2) / 10.0,
        )
    })?;
    println!("worker {name}: {run}");
    Ok(())
}

fn open(url: &str) -> anyhow::Result<Study<Net>> {
    Ok(Study::<Net>::minimize().storage(url).name("net").seed(7).open()?)
}

fn lead(url: &str) -> anyhow::Result<()> {
    let mut workers: Vec<Child> =
        ["a", "b", "c", "d"].iter().map(|name| start(url, name)).collect::<Result<_, _>>()?;
    std::thread::sleep(Duration::from_millis(500));
    // As the system kills what takes too much memory: without a word to the program.
    workers[0].kill()?;
    println!("worker a was killed");
    workers.push(start(url, "e")?);
    for worker in &mut workers {
        worker.wait()?;
    }
    tell(&open(url)?)
}

fn start(url: &str, name: &str) -> anyhow::Result<Child> {
    Ok(Command::new(std::env::current_exe()?).args(["worker", url, name]).spawn()?)
}

fn tell(study: &Study<Net>) -> anyhow::Result<()> {
    let trials = study.trials()?;
    let mut by_worker: BTreeMap<String, u64> = BTreeMap::new();
    for trial in &trials {
        let worker = trial.attributes.user.get("worker").and_then(|name| name.as_str());
        *by_worker.entry(worker.unwrap_or("nobody").to_owned()).or_default() += 1;
    }
    let complete = trials.iter().filter(|trial| !trial.values.is_empty()).count();
    let is_dense = trials.iter().zip(0..).all(|(trial, number)| trial.number == number);
    println!("{complete} of {TRIALS} trials are complete, numbered without a gap: {is_dense}");
    println!("by worker: {by_worker:?}");
    println!("best: {:.4} with {:?}", study.best_value()?, study.best_config()?);
    Ok(())
}
