//! Calibration: how often the predicted class is right, given its predicted probability
//! ([Guo et al. 2017](https://proceedings.mlr.press/v70/guo17a.html)).

use hpo_core::report::figure::{Axis, Custom, Figure, Panel, SERIES};
use serde_json::json;

use super::layers::{chart, histogram, intervals, points, reference};

/// The number of groups of rows; each has about as many rows.
const GROUPS: usize = 10;

/// The number of bins of the distribution of probabilities.
const BINS: usize = 20;

/// Rows of similar predicted probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    /// The mean predicted probability.
    pub(super) predicted: f64,
    /// The share of rows in which it happened.
    pub(super) observed: f64,
    /// The 95 % interval of that share, after Wilson (1927).
    pub(super) interval: (f64, f64),
    pub(super) rows: usize,
}

/// Returns groups of rows, by ascending probability.
pub(super) fn groups(probabilities: &[f64], happened: &[bool]) -> Vec<Group> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let count = GROUPS.min(order.len());
    let group = |place: usize| {
        let rows = &order[place * order.len() / count..(place + 1) * order.len() / count];
        let size = rows.len() as f64;
        let hits = rows.iter().filter(|row| happened[**row]).count() as f64;
        Group {
            predicted: rows.iter().map(|row| probabilities[*row]).sum::<f64>() / size,
            observed: hits / size,
            interval: wilson(hits, size),
            rows: rows.len(),
        }
    };
    (0..count).map(group).collect()
}

/// Returns the 95 % interval of a share.
fn wilson(hits: f64, rows: f64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let share = hits / rows;
    let scale = 1.0 + Z * Z / rows;
    let center = (share + Z * Z / (2.0 * rows)) / scale;
    let half = Z / scale * (share * (1.0 - share) / rows + Z * Z / (4.0 * rows * rows)).sqrt();
    (center - half, center + half)
}

/// Returns the figure. `event` is what the probabilities are of.
pub(super) fn figure(
    event: &str,
    probabilities: &[f64],
    happened: &[bool],
    source: &str,
) -> Figure {
    let groups = groups(probabilities, happened);
    let rows: usize = groups.iter().map(|group| group.rows).sum();
    let gaps = groups.iter().map(|own| (own.predicted - own.observed).abs() * own.rows as f64);
    let error = gaps.sum::<f64>() / rows.max(1) as f64;
    let data: Vec<_> = groups
        .iter()
        .map(|own| {
            json!({
                "predicted": own.predicted, "observed": own.observed, "rows": own.rows,
                "interval": own.interval,
            })
        })
        .collect();
    let data = json!({"of": event, "groups": data, "expected_calibration_error": error});
    let share = |title: String| Axis { range: Some((-0.02, 1.02)), ..Axis::new(title) };
    let ends =
        groups.iter().map(|own| [(own.predicted, own.interval.0), (own.predicted, own.interval.1)]);
    let (xs, ys) = groups.iter().map(|own| (own.predicted, own.observed)).unzip();
    let calibration = Panel::new(
        share(format!("predicted probability of {event}")),
        share("observed share".into()),
    )
    .with(reference((0.0, 0.0), (1.0, 1.0)))
    .with(intervals(ends, SERIES[0], 2.0))
    .with(points(xs, ys, SERIES[0], 9.0));
    let counts = Panel::new(share(format!("predicted probability of {event}")), Axis::new("rows"))
        .with(histogram(probabilities, (0.0, 1.0), BINS));
    let notes = vec![
        source.to_owned(),
        format!(
            "each point has a tenth of the rows; its line is the 95 % interval of their share; \
             expected calibration error {error:.3}"
        ),
    ];
    let drawn = chart("Calibration", notes, vec![calibration, counts]);
    Figure::Custom(Custom::new("calibration", data, drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_same_number_of_rows_and_intervals() {
        let probabilities: Vec<f64> = (0..100).map(|row| f64::from(row) / 100.0).collect();
        let happened: Vec<bool> = (0..100).map(|row| row % 10 < row / 10).collect();
        let groups = groups(&probabilities, &happened);
        assert_eq!(groups.len(), 10);
        assert!(groups.iter().all(|group| group.rows == 10));
        assert!((groups[3].predicted - 0.345).abs() < 1e-12);
        assert!((groups[3].observed - 0.3).abs() < 1e-12);
        // statsmodels: proportion_confint(3, 10, method="wilson").
        assert!((groups[3].interval.0 - 0.107_79).abs() < 1e-4, "{:?}", groups[3].interval);
        assert!((groups[3].interval.1 - 0.603_22).abs() < 1e-4, "{:?}", groups[3].interval);
    }
}
