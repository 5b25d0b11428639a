//! Grid, random and Bayesian search side by side: one space, one objective, 25 trials each, and a
//! picture of where they looked.
//!
//! `cargo run --release --example side_by_side -- FOLDER`

use std::path::PathBuf;

use hpo_core::prelude::*;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::{RngExt, SeedableRng};
use hpo_core::report::ReportContents;
use hpo_core::report::figure::{Chart, ColorBar, Figure, Layer, Points, Symbol};
use hpo_core::sampler::{Gp, Grid, Random};

#[derive(Debug, Clone, SearchSpace)]
struct Net {
    #[search_space(range = 1e-5..=1e-1, log)]
    learning_rate: f64,
    #[search_space(range = 16..=512)]
    units: u32,
}

/// Stands for a training run: a valley across both parameters, whose lowest place, at 0.05, is
/// given by its log10 of the rate and its units.
fn loss(lowest: (f64, f64), learning_rate: f64, units: f64) -> f64 {
    let wider = units - lowest.1;
    0.05 + 0.2 * (learning_rate.log10() - lowest.0 + wider / 250.0).powi(2)
        + (wider / 400.0).powi(2)
}

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let title = "25 trials each; the star is the best".to_owned();
    let (lowest, mut chart) = ((-2.6, 330.0), Chart { title, columns: 3, ..Chart::default() });
    for (name, study) in searches(lowest, 1)? {
        println!("{name:8}  best loss {:.4} with {:?}", study.best_value()?, study.best_config()?);
        draw(&mut chart, name, &study, lowest)?;
    }
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("side_by_side.svg"), chart.svg())?;
    over_many()
}

/// The three searches, with the same budget.
fn searches(lowest: (f64, f64), seed: u64) -> hpo_core::Result<[(&'static str, Study<Net>); 3]> {
    let new = || Study::<Net>::minimize().seed(seed);
    let objective = |net: Net| loss(lowest, net.learning_rate, f64::from(net.units));
    Ok([
        ("grid", new().sampler(Grid::builder().points(5).levels(5).build()?).run(25, objective)?),
        ("random", new().sampler(Random).run(25, objective)?),
        ("Bayesian", new().sampler(Gp::default()).run(25, objective)?),
    ])
}

/// One task may suit one search by chance: the same on 40 tasks, whose lowest places are drawn.
fn over_many() -> anyhow::Result<()> {
    let mut rng = StdRng::seed_from_u64(1);
    let mut found = [const { Vec::new() }; 3];
    for seed in 0..40 {
        let lowest = (rng.random_range(-4.5..-1.5), rng.random_range(80.0..450.0));
        for (found, (name, study)) in found.iter_mut().zip(searches(lowest, seed)?) {
            found.push((study.best_value()? - 0.05, name));
        }
    }
    for mut above in found {
        above.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ((median, name), (worst, _)) = (above[20], above[39]);
        println!(
            "{name:8}  on 40 tasks: in the median {median:.4} above the lowest place, at worst {worst:.4}"
        );
    }
    Ok(())
}

/// The library's contour of a study, over the true surface instead of one between its trials, with
/// its best trial as a star.
fn draw(
    chart: &mut Chart,
    name: &str,
    study: &Study<Net>,
    lowest: (f64, f64),
) -> anyhow::Result<()> {
    let params = vec!["learning_rate".to_owned(), "units".to_owned()];
    let report = study.oracle().report(&ReportContents { params, ..ReportContents::default() })?;
    let Some(Figure::Contour(contour)) =
        report.figures().iter().find(|figure| figure.kind() == "contour")
    else {
        anyhow::bail!("no trial has both parameters");
    };
    let mut contour = contour.clone();
    let (rates, units, losses) = &mut contour.surface;
    for places in [&mut *rates, &mut *units] {
        *places = places.iter().copied().step_by(3).collect();
    }
    *losses = units
        .iter()
        .map(|units| rates.iter().map(|rate| loss(lowest, *rate, *units).log10()).collect())
        .collect();
    chart.color_bar = ColorBar::worth("log10 of loss", Direction::Minimize, &losses.concat());
    let mut panel = contour.chart().panels.swap_remove(0);
    if let Some(Layer::Points(points)) = panel.layers.last() {
        let best = study.best_config()?;
        let (xs, ys) = (vec![best.learning_rate], vec![f64::from(best.units)]);
        let star = Points { xs, ys, symbol: Symbol::Star, size: 18.0, ..points.clone() };
        panel.layers.push(Layer::Points(star));
    }
    panel.y.title = format!("units ({name})");
    chart.panels.push(panel);
    Ok(())
}
