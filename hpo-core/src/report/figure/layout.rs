//! The layout of a chart's panels in a Plotly figure, with room for the labels of their axes.

use serde_json::{Map, Value as Json, json};

use super::chart::{Axis, Chart, Panel};

/// The approximate width of a letter on an axis, in pixels.
pub(crate) const LETTER: f64 = 6.6;
/// The maximum number of letters of a name on an axis; longer names are shortened.
pub(crate) const LONGEST: usize = 20;
/// The maximum number of letters on the vertical axis of a panel that takes the full width.
const LONGEST_ALONE: usize = 40;
/// The angle of names that are too long to fit side by side, in degrees.
pub(crate) const TILT: f64 = 35.0;
/// The width for which a figure is arranged, in pixels. The page arranges it again for the
/// available width.
const WIDTH: f64 = 1_100.0;
/// The inner height of a panel in a chart of one row, in pixels.
const ALONE: f64 = 340.0;
/// The inner height of a panel in a chart of several rows, in pixels.
const ROW: f64 = 220.0;
/// The gap between the axis labels of a row and the panels of the next row, in pixels.
const GAP: f64 = 16.0;
/// The width of a color bar on the right, in pixels.
const BAR: f64 = 90.0;

/// The arrangement of the panels of a chart.
pub(super) struct Arrangement {
    columns: usize,
    /// The maximum number of letters of a name on a vertical axis.
    pub(super) letters: usize,
    /// The inner height of a panel, in pixels.
    pub(super) inside: f64,
    /// The room for the axis labels of each panel, in pixels: left and below.
    margins: Vec<(f64, f64)>,
    right: f64,
    top: f64,
}

impl Arrangement {
    pub(super) fn of(chart: &Chart, has_legend: bool) -> Self {
        let columns = chart.columns.clamp(1, chart.panels.len().max(1));
        let right = if chart.color_bar.is_some() { BAR } else { 20.0 };
        let letters = letters(columns);
        let left = |panel: &Panel| left_margin(&panel.y, letters);
        let inner = WIDTH / columns as f64 - chart.panels.iter().map(left).fold(0.0, f64::max);
        Self {
            columns,
            letters,
            inside: if chart.panels.len() <= columns { ALONE } else { ROW },
            margins: chart
                .panels
                .iter()
                .map(|panel| (left(panel), bottom_margin(&panel.x, inner)))
                .collect(),
            right,
            top: if has_legend { 60.0 } else { 40.0 },
        }
    }

    /// Returns the largest room that the axes of a column, or of a row, take.
    fn largest(&self, room: fn(&(f64, f64)) -> f64, is_within: impl Fn(usize) -> bool) -> f64 {
        let within = self.margins.iter().enumerate().filter(|(index, _)| is_within(*index));
        within.map(|(_, sizes)| room(sizes)).fold(0.0, f64::max)
    }

    fn left_margins(&self) -> Vec<f64> {
        (0..self.columns)
            .map(|column| self.largest(|room| room.0, |index| index % self.columns == column))
            .collect()
    }

    fn bottom_margins(&self) -> Vec<f64> {
        let rows = self.margins.len().div_ceil(self.columns).max(1);
        (0..rows)
            .map(|row| self.largest(|room| room.1, |index| index / self.columns == row))
            .collect()
    }

    /// Returns the inner width of a panel, in pixels.
    pub(super) fn inner_width(&self) -> f64 {
        ((WIDTH - self.right - self.left_margins().iter().sum::<f64>()) / self.columns as f64)
            .max(60.0)
    }

    /// Returns the domain of each panel as shares of the figure: the horizontal and the vertical
    /// interval.
    pub(super) fn domains(&self) -> Vec<([f64; 2], [f64; 2])> {
        let across = shares(self.inner_width(), &self.left_margins()[1..], self.columns);
        let bottom_margins = self.bottom_margins();
        let gaps: Vec<f64> =
            bottom_margins[..bottom_margins.len() - 1].iter().map(|below| below + GAP).collect();
        let down = shares(self.inside, &gaps, bottom_margins.len());
        let up = |[top, bottom]: [f64; 2]| [1.0 - bottom, 1.0 - top];
        (0..self.margins.len())
            .map(|index| (across[index % self.columns], up(down[index / self.columns])))
            .collect()
    }

    /// Adds height and margins to the layout, and to its `meta` the data from which the page
    /// rearranges the panels.
    pub(super) fn describe(&self, layout: &mut Map<String, Json>) {
        let (left_margins, bottom_margins) = (self.left_margins(), self.bottom_margins());
        let (left, below) = (left_margins[0], bottom_margins[bottom_margins.len() - 1]);
        let between: f64 =
            bottom_margins[..bottom_margins.len() - 1].iter().map(|below| below + GAP).sum();
        let height = self.top + self.inside * bottom_margins.len() as f64 + between + below;
        layout.insert("height".into(), height.round().into());
        layout.insert("margin".into(), json!({"l": left, "r": 20, "t": self.top, "b": below}));
        layout.insert(
            "meta".into(),
            json!({
                "panels": self.margins.len(), "columns": self.columns, "inside": self.inside,
                "gap": GAP, "rooms": self.margins,
            }),
        );
    }
}

/// Returns the intervals of `count` parts of equal size with the given gaps, as shares of the
/// whole.
fn shares(size: f64, gaps: &[f64], count: usize) -> Vec<[f64; 2]> {
    let total = size * count as f64 + gaps.iter().sum::<f64>();
    let mut start = 0.0;
    let part = |index: usize| {
        let domain = [start / total, ((start + size) / total).min(1.0)];
        start += size + gaps.get(index).copied().unwrap_or(0.0);
        domain
    };
    (0..count).map(part).collect()
}

/// Returns the maximum number of letters on a vertical axis, given the number of panels side by
/// side.
pub(crate) fn letters(columns: usize) -> usize {
    if columns == 1 { LONGEST_ALONE } else { LONGEST }
}

/// Returns the length of an axis's longest name after shortening to `most` letters; `None` without
/// names.
pub(crate) fn longest(axis: &Axis, limit: usize) -> Option<usize> {
    let names = axis.ticks.as_ref()?.iter().map(|(_, name)| name.chars().count().min(limit));
    Some(names.max().unwrap_or(0))
}

/// Returns true if the names of a horizontal axis are too long to fit side by side.
pub(crate) fn is_tilted(axis: &Axis, width: f64) -> bool {
    let count = axis.ticks.as_ref().map_or(0, Vec::len) as f64;
    longest(axis, LONGEST).is_some_and(|letters| (letters as f64 + 1.5) * LETTER * count > width)
}

/// Returns the height of tilted names, in pixels.
pub(crate) fn tilted_height(axis: &Axis) -> f64 {
    longest(axis, LONGEST).unwrap_or(0) as f64 * LETTER * TILT.to_radians().sin() + 16.0
}

fn left_margin(axis: &Axis, letters: usize) -> f64 {
    let labels = longest(axis, letters).map_or(50.0, |letters| letters as f64 * LETTER + 16.0);
    labels + if axis.title.is_empty() { 0.0 } else { 26.0 }
}

fn bottom_margin(axis: &Axis, width: f64) -> f64 {
    let labels = if is_tilted(axis, width) { tilted_height(axis) } else { 24.0 };
    labels + if axis.title.is_empty() { 4.0 } else { 26.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(names: &[&str]) -> Chart {
        let names = Axis::names("kind", names.iter().copied());
        let panels = (0..5).map(|_| Panel::new(names.clone(), Axis::new("value"))).collect();
        Chart { columns: 3, panels, ..Chart::default() }
    }

    #[test]
    fn panels_do_not_overlap_and_fill_the_figure() {
        let domains = Arrangement::of(&chart(&["a", "b"]), false).domains();
        assert_eq!(domains.len(), 5);
        assert!(domains[0].0[1] < domains[1].0[0] && domains[1].0[1] < domains[2].0[0]);
        assert!(domains[3].1[1] < domains[0].1[0], "the second row is below the first");
        assert_eq!(
            (domains[0].0[0], domains[2].0[1], domains[0].1[1], domains[4].1[0]),
            (0.0, 1.0, 1.0, 0.0)
        );
    }

    #[test]
    fn long_names_hang_and_get_room() {
        let (few, many) = (
            chart(&["a", "b"]),
            chart(&["a rather long name", "another rather long one", "a third long name"]),
        );
        assert!(!is_tilted(&few.panels[0].x, 250.0) && is_tilted(&many.panels[0].x, 250.0));
        let gap = |chart: &Chart| {
            let domains = Arrangement::of(chart, false).domains();
            domains[0].1[0] - domains[3].1[1]
        };
        assert!(gap(&many) > 1.5 * gap(&few));
    }
}
