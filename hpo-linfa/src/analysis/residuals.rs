//! Predictions of numbers beside the truth, and what remains.

use hpo_core::report::figure::{Axis, Custom, Figure, Panel, SERIES};
use serde_json::json;

use super::layers::{chart, extent, histogram, points, reference, sample};

/// The largest number of rows drawn.
const MOST_ROWS: usize = 2_000;

/// The number of bins of the distribution of residuals.
const BINS: usize = 30;

/// Returns two figures: predictions against truth, and residuals.
pub(super) fn figures(target: &str, truth: &[f64], predicted: &[f64], source: &str) -> [Figure; 2] {
    let shown = sample(truth.len(), MOST_ROWS);
    let mut notes = vec![source.to_owned()];
    if shown.len() < truth.len() {
        notes.push(format!("{} of {} rows are drawn", shown.len(), truth.len()));
    }
    let of = |numbers: &[f64]| shown.iter().map(|row| numbers[*row]).collect::<Vec<f64>>();
    let (truth_shown, predicted_shown) = (of(truth), of(predicted));
    let (low, high) = extent(truth_shown.iter().chain(&predicted_shown).copied());
    let against =
        Panel::new(Axis::new(format!("predicted {target}")), Axis::new(format!("true {target}")))
            .with(reference((low, low), (high, high)))
            .with(points(predicted_shown.clone(), truth_shown.clone(), SERIES[0], 5.0));
    let residuals: Vec<f64> = truth.iter().zip(predicted).map(|(t, p)| t - p).collect();
    let residuals_shown = of(&residuals);
    let data = json!({"truth": truth_shown, "predicted": predicted_shown});
    let title = format!("Predictions of {target} against the truth");
    let against = Custom::new("predictions", data, chart(title, notes.clone(), vec![against]));
    let data = json!({"predicted": predicted_shown, "residuals": residuals_shown});
    let (from, to) = extent(predicted_shown.iter().copied());
    let over = Panel::new(
        Axis::new(format!("predicted {target}")),
        Axis::new("residual: true - predicted"),
    )
    .with(reference((from, 0.0), (to, 0.0)))
    .with(points(predicted_shown, residuals_shown, SERIES[0], 5.0));
    let (low, high) = extent(residuals.iter().copied());
    let counts = Panel::new(Axis::new("residual: true - predicted"), Axis::new("rows"))
        .with(histogram(&residuals, (low, if high > low { high } else { low + 1.0 }), BINS));
    let residuals = Custom::new("residuals", data, chart("Residuals", notes, vec![over, counts]));
    [Figure::Custom(against), Figure::Custom(residuals)]
}
