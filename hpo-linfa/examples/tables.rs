//! Measures `TableSearch` on a folder of tables: each has a folder with `train.csv` and `test.csv`.
//!
//! `cargo run --release -p hpo-linfa --example tables -- FOLDER SECONDS NAME=TARGET...`

use std::path::Path;
use std::time::{Duration, Instant};

use hpo_linfa::{Table, TableSearch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("give the folder of the tables")?;
    let seconds: u64 = arguments.next().ok_or("give the seconds per table")?.parse()?;
    let seed = std::env::var("SEED").map_or(Ok(0), |seed| seed.parse())?;
    println!(
        "| table | test | estimate | 95 % interval | best in the search | trials | model | s |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for argument in arguments {
        let (name, target) = argument.split_once('=').ok_or("write NAME=TARGET")?;
        let place = Path::new(&folder).join(name);
        let train = Table::from_csv(place.join("train.csv"))?.target(target)?;
        let test = Table::from_csv(place.join("test.csv"))?;
        let started = Instant::now();
        let search = TableSearch::new().time(Duration::from_secs(seconds)).seed(seed);
        let fit = search.ensemble(std::env::var("ENSEMBLE").is_ok()).run(&train)?;
        let seconds = started.elapsed().as_secs_f64();
        let score = fit.model().score(&test)?;
        let estimate = fit.estimate();
        let members: Vec<String> = fit
            .model()
            .members()
            .iter()
            .map(|member| format!("{:.2} {}", member.weight(), member.estimator()))
            .collect();
        println!(
            "| {name} | {score:.4} | {:.4} | {:.4} to {:.4} | {:.4} | {} | {} | {seconds:.1} |",
            estimate.score,
            estimate.low,
            estimate.high,
            fit.best_in_search(),
            fit.trials(),
            members.join(", ")
        );
        if std::env::var("VERBOSE").is_ok() {
            for row in fit.estimators() {
                println!("    {row:?}");
            }
            for member in fit.model().members() {
                println!("    {}", member.config());
            }
        }
    }
    Ok(())
}
