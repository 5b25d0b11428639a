//! Where the panels of a chart lie in a Plotly figure: between them there is room for what their axes say.

use serde_json::{Map, Value as Json, json};

use super::chart::{Axis, Chart, Panel};

/// About this wide is a letter on an axis, in pixels.
pub(crate) const LETTER: f64 = 6.6;
/// So many letters of a name stand on an axis; on the vertical one of a panel that has the width for itself, more of them.
pub(crate) const LONGEST: usize = 20;
const LONGEST_ALONE: usize = 40;
/// Names that are too long to stand side by side hang, tilted by so many degrees.
pub(crate) const TILT: f64 = 35.0;
/// The width that a figure is made for, in pixels. The page arranges it anew for the width that it has.
const WIDTH: f64 = 1_100.0;
/// The height of a panel within its axes: of the only row, and of one among several.
const ALONE: f64 = 340.0;
const ROW: f64 = 220.0;
/// Between the axis of one row and the panels of the next.
const GAP: f64 = 16.0;
/// What a colour bar takes on the right.
const BAR: f64 = 90.0;

/// The panels of a chart in a figure.
pub(super) struct Arrangement {
    columns: usize,
    /// How many letters of a name stand on a vertical axis.
    pub(super) letters: usize,
    /// The height of a panel.
    pub(super) inside: f64,
    /// Of each panel what its axes take, to the left and below.
    rooms: Vec<(f64, f64)>,
    right: f64,
    top: f64,
}

impl Arrangement {
    pub(super) fn of(chart: &Chart, has_legend: bool) -> Self {
        let columns = chart.columns.clamp(1, chart.panels.len().max(1));
        let right = if chart.color_bar.is_some() { BAR } else { 20.0 };
        let letters = letters(columns);
        let lefts = |panel: &Panel| left(&panel.y, letters);
        let inner = WIDTH / columns as f64 - chart.panels.iter().map(lefts).fold(0.0, f64::max);
        Self {
            columns,
            letters,
            inside: if chart.panels.len() <= columns { ALONE } else { ROW },
            rooms: chart.panels.iter().map(|panel| (lefts(panel), below(&panel.x, inner))).collect(),
            right,
            top: if has_legend { 60.0 } else { 40.0 },
        }
    }

    /// How much room the axes of a column, or of a row, take at most.
    fn most(&self, room: fn(&(f64, f64)) -> f64, is_within: impl Fn(usize) -> bool) -> f64 {
        let within = self.rooms.iter().enumerate().filter(|(index, _)| is_within(*index));
        within.map(|(_, sizes)| room(sizes)).fold(0.0, f64::max)
    }

    fn lefts(&self) -> Vec<f64> {
        (0..self.columns).map(|column| self.most(|room| room.0, |index| index % self.columns == column)).collect()
    }

    fn belows(&self) -> Vec<f64> {
        let rows = self.rooms.len().div_ceil(self.columns).max(1);
        (0..rows).map(|row| self.most(|room| room.1, |index| index / self.columns == row)).collect()
    }

    /// The width of a panel within its axes, in pixels.
    pub(super) fn inner_width(&self) -> f64 {
        ((WIDTH - self.right - self.lefts().iter().sum::<f64>()) / self.columns as f64).max(60.0)
    }

    /// Each panel's place, from 0 to 1: across, and up.
    pub(super) fn places(&self) -> Vec<([f64; 2], [f64; 2])> {
        let across = shares(self.inner_width(), &self.lefts()[1..], self.columns);
        let belows = self.belows();
        let gaps: Vec<f64> = belows[..belows.len() - 1].iter().map(|below| below + GAP).collect();
        let down = shares(self.inside, &gaps, belows.len());
        let up = |[top, bottom]: [f64; 2]| [1.0 - bottom, 1.0 - top];
        (0..self.rooms.len()).map(|index| (across[index % self.columns], up(down[index / self.columns]))).collect()
    }

    /// What of it stands in the layout; in `meta` what the page needs to arrange the panels anew.
    pub(super) fn describe(&self, layout: &mut Map<String, Json>) {
        let (lefts, belows) = (self.lefts(), self.belows());
        let (left, below) = (lefts[0], belows[belows.len() - 1]);
        let between: f64 = belows[..belows.len() - 1].iter().map(|below| below + GAP).sum();
        let height = self.top + self.inside * belows.len() as f64 + between + below;
        layout.insert("height".into(), height.round().into());
        layout.insert("margin".into(), json!({"l": left, "r": 20, "t": self.top, "b": below}));
        layout.insert(
            "meta".into(),
            json!({"panels": self.rooms.len(), "columns": self.columns, "inside": self.inside, "gap": GAP, "rooms": self.rooms}),
        );
    }
}

/// So many parts of the same size with gaps between them, as shares of the whole.
fn shares(size: f64, gaps: &[f64], count: usize) -> Vec<[f64; 2]> {
    let whole = size * count as f64 + gaps.iter().sum::<f64>();
    let mut start = 0.0;
    let part = |index: usize| {
        let place = [start / whole, ((start + size) / whole).min(1.0)];
        start += size + gaps.get(index).copied().unwrap_or(0.0);
        place
    };
    (0..count).map(part).collect()
}

/// How many letters of a name stand on a vertical axis where so many panels stand side by side.
pub(crate) fn letters(columns: usize) -> usize {
    if columns == 1 { LONGEST_ALONE } else { LONGEST }
}

/// How many letters the names of an axis have at most, where they are shortened to so many.
pub(crate) fn longest(axis: &Axis, most: usize) -> Option<usize> {
    let names = axis.ticks.as_ref()?.iter().map(|(_, name)| name.chars().count().min(most));
    Some(names.max().unwrap_or(0))
}

/// Whether the names of a horizontal axis are too long to stand side by side.
pub(crate) fn is_tilted(axis: &Axis, width: f64) -> bool {
    let count = axis.ticks.as_ref().map_or(0, Vec::len) as f64;
    longest(axis, LONGEST).is_some_and(|letters| (letters as f64 + 1.5) * LETTER * count > width)
}

/// How far names hang down that are tilted.
pub(crate) fn hang(axis: &Axis) -> f64 {
    longest(axis, LONGEST).unwrap_or(0) as f64 * LETTER * TILT.to_radians().sin() + 16.0
}

fn left(axis: &Axis, letters: usize) -> f64 {
    let labels = longest(axis, letters).map_or(50.0, |letters| letters as f64 * LETTER + 16.0);
    labels + if axis.title.is_empty() { 0.0 } else { 26.0 }
}

fn below(axis: &Axis, width: f64) -> f64 {
    let labels = if is_tilted(axis, width) { hang(axis) } else { 24.0 };
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
        let places = Arrangement::of(&chart(&["a", "b"]), false).places();
        assert_eq!(places.len(), 5);
        assert!(places[0].0[1] < places[1].0[0] && places[1].0[1] < places[2].0[0]);
        assert!(places[3].1[1] < places[0].1[0], "the second row is below the first");
        assert_eq!((places[0].0[0], places[2].0[1], places[0].1[1], places[4].1[0]), (0.0, 1.0, 1.0, 0.0));
    }

    #[test]
    fn long_names_hang_and_get_room() {
        let (few, many) =
            (chart(&["a", "b"]), chart(&["a rather long name", "another rather long one", "a third long name"]));
        assert!(!is_tilted(&few.panels[0].x, 250.0) && is_tilted(&many.panels[0].x, 250.0));
        let gap = |chart: &Chart| {
            let places = Arrangement::of(chart, false).places();
            places[0].1[0] - places[3].1[1]
        };
        assert!(gap(&many) > 1.5 * gap(&few));
    }
}
