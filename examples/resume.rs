//! A study in a file: interrupted, taken up, and its space changed on the way.
//!
//! `cargo run --release --example resume [PATH]`: without a path, in a temporary folder of its own.

use std::path::{Path, PathBuf};

use hpo_core::prelude::*;
use hpo_core::trial::TrialRecord;

#[derive(Debug, PartialEq, SearchSpace)]
struct Net {
    #[search_space(range = 1e-4..=1e-1, log)]
    learning_rate: f64,
    #[search_space(range = 1..=3)]
    layers: usize,
}

/// What one writes a day later: more layers. Every old trial is still a point of it.
#[derive(Debug, SearchSpace)]
struct DeeperNet {
    #[search_space(range = 1e-4..=1e-1, log)]
    learning_rate: f64,
    #[search_space(range = 1..=6)]
    layers: usize,
}

/// What would make old trials lie: some of their learning rates do not exist in it.
#[derive(Debug, SearchSpace)]
struct SlowerNet {
    #[search_space(range = 1e-4..=1e-2, log)]
    learning_rate: f64,
    #[search_space(range = 1..=6)]
    layers: usize,
}

fn loss(learning_rate: f64, layers: usize) -> f64 {
    (learning_rate.log10() + 2.5).powi(2) + (layers as f64 - 4.0).powi(2) / 10.0
}

fn main() -> anyhow::Result<()> {
    if let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) {
        anyhow::ensure!(
            !path.exists(),
            "{} is there already: this begins with a new file",
            path.display()
        );
        return show(&path);
    }
    let own = std::env::temp_dir().join(format!("hpo-resume-{}", std::process::id()));
    show(&own.join("study.journal"))?;
    Ok(std::fs::remove_dir_all(own)?)
}

fn show(path: &Path) -> anyhow::Result<()> {
    let url = format!("journal:{}", path.display());
    let run = |study: &Study<Net>, trials| {
        study.optimize(trials, |net, _| loss(net.learning_rate, net.layers))
    };

    let study = Study::<Net>::minimize().storage(&*url).name("net").seed(7).open()?;
    println!("first run:  {}", run(&study, 10)?);
    drop(study);

    // The seed is recorded: it need not be given again.
    let study = Study::<Net>::minimize().storage(&*url).name("net").open()?;
    println!("taken up:   {:?}", notes(study.notes()));
    println!("topped up:  {}", run(&study, 20)?);
    let in_one_go =
        Study::<Net>::minimize().seed(7).run(20, |net| loss(net.learning_rate, net.layers))?;
    println!("same configs as 20 trials in one go: {}", configs(&study)? == configs(&in_one_go)?);
    drop(study);

    let study = Study::<DeeperNet>::minimize().storage(&*url).name("net").open()?;
    println!("wider:      {:?}", notes(study.notes()));
    study.optimize(40, |net, _| loss(net.learning_rate, net.layers))?;
    println!("best of 40: {:.4} with {:?}", study.best_value()?, study.best_config()?);
    drop(study);

    match Study::<SlowerNet>::minimize().storage(&*url).name("net").open() {
        Ok(_) => anyhow::bail!("a space that leaves old trials out was accepted"),
        Err(error) => println!("narrower:   refused: {error}"),
    }
    Ok(())
}

fn notes(notes: &[hpo_core::study::Note]) -> Vec<String> {
    notes.iter().map(ToString::to_string).collect()
}

fn configs(study: &Study<Net>) -> anyhow::Result<Vec<Net>> {
    Ok(study.trials()?.iter().map(TrialRecord::config).collect::<Result<_, _>>()?)
}
