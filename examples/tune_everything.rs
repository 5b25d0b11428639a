//! Which model of linfa is best for a table, and with which settings? One line, and a score on rows
//! that it never saw.
//!
//! `cargo run --release --example tune_everything`

use hpo_core::study::Progress;
use hpo_linfa::data::{Fold, folds};
use hpo_linfa::metric::Metric;
use hpo_linfa::{ClassifierSearch, Splits};

fn main() -> anyhow::Result<()> {
    // 1599 red wines, 11 measurements each, and the mark that experts gave.
    let wine = linfa_datasets::winequality();
    let plan =
        Splits::Holdout { test: 0.25 }.plan(wine.targets.len(), wine.targets.as_slice(), 7)?;
    let Fold { train, test } = folds(&wine, &plan)?.swap_remove(0);

    // With the defaults: `let best = hpo_linfa::tune_classifier(&train)?;`
    let search = ClassifierSearch::new().trials(40).seed(7).workers(2);
    let best = search.study(|study| study.callback(Progress::new())).run(&train)?;

    println!("{}\n\n{}\n", best.run(), best.summary()?);
    println!("best: {:?}", best.config());
    println!(
        "cross-validated accuracy {:.4} ± {:.4}",
        best.score(),
        best.standard_error().unwrap_or(f64::NAN)
    );
    println!(
        "on {} wines that the search never saw: accuracy {:.4}",
        test.targets.len(),
        best.score_on(&test)
    );

    let predicted = best.fitted().predict_proba(&test.records);
    for metric in [Metric::BalancedAccuracy, Metric::F1, Metric::Mcc, Metric::LogLoss] {
        println!("  {} {:.4}", metric.name(), metric.score(&test.targets, &predicted));
    }
    Ok(())
}
