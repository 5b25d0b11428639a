//! The marks of the figures of a model.

use hpo_core::report::figure::{Chart, Color, Layer, Line, Panel, Points, Symbol, WEAK};

/// Returns points of one color that belong to no trial.
pub(super) fn points(xs: Vec<f64>, ys: Vec<f64>, color: &'static str, size: f64) -> Layer {
    Layer::Points(Points {
        name: String::new(),
        xs,
        ys,
        trials: Vec::new(),
        tint: Color::One(color),
        symbol: Symbol::Circle,
        size,
    })
}

/// Returns a line through corners; NaN makes a gap.
pub(super) fn line(
    name: impl Into<String>,
    xs: Vec<f64>,
    ys: Vec<f64>,
    color: &'static str,
) -> Line {
    Line {
        name: name.into(),
        xs,
        ys,
        trials: Vec::new(),
        color: color.to_owned(),
        width: 2.0,
        opacity: 1.0,
        is_step: false,
        fold: None,
    }
}

/// Returns a thin line for comparison, such as the diagonal of a perfect prediction.
pub(super) fn reference(from: (f64, f64), to: (f64, f64)) -> Layer {
    let thin = line("", vec![from.0, to.0], vec![from.1, to.1], WEAK);
    Layer::Line(Line { width: 1.5, ..thin })
}

/// Returns separate straight lines between pairs of points, such as intervals.
pub(super) fn intervals(
    ends: impl Iterator<Item = [(f64, f64); 2]>,
    color: &'static str,
    width: f64,
) -> Layer {
    let gap = (f64::NAN, f64::NAN);
    let (xs, ys) = ends.flat_map(|[from, to]| [from, to, gap]).unzip();
    Layer::Line(Line { width, ..line("", xs, ys, color) })
}

/// Returns the counts of numbers in bins of equal width as an outline: its corners.
pub(super) fn histogram(numbers: &[f64], (low, high): (f64, f64), bins: usize) -> Layer {
    let width = (high - low) / bins as f64;
    let mut counts = vec![0.0; bins];
    for number in numbers.iter().filter(|number| **number >= low && **number <= high) {
        counts[(((number - low) / width) as usize).min(bins - 1)] += 1.0;
    }
    let edges: Vec<f64> = (0..=bins).map(|bin| low + bin as f64 * width).collect();
    let xs = std::iter::once(low).chain(edges.iter().copied()).chain([high]).collect();
    let last = counts[bins - 1];
    let ys = std::iter::once(0.0).chain(counts.iter().copied()).chain([last, 0.0]).collect();
    let outline = line("", xs, ys, hpo_core::report::figure::SERIES[0]);
    Layer::Line(Line { is_step: true, ..outline })
}

/// Returns a chart with panels side by side.
pub(super) fn chart(title: impl Into<String>, notes: Vec<String>, panels: Vec<Panel>) -> Chart {
    let columns = panels.len().min(3);
    Chart { title: title.into(), notes, panels, columns, color_bar: None }
}

/// Returns the least and the greatest finite number; 0 and 1 if there is none.
pub(super) fn extent(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = numbers
        .filter(|number| number.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
            (low.min(number), high.max(number))
        });
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

/// Returns the places of at most `most` numbers, evenly spaced, of `count`.
pub(super) fn sample(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    (0..most).map(|place| place * (count - 1) / (most - 1).max(1)).collect()
}
