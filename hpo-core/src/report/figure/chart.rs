//! Charts: the drawing of a figure, independent of the output format.
//!
//! A chart is a grid of panels, each with two axes and layers of marks. It becomes Plotly JSON
//! ([`Chart::plotly`]) or a picture; each conversion is written once for all figures.

use crate::numeric;

/// A drawing of a figure: panels in a grid, with notes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// The title of the chart.
    pub title: String,
    /// Notes for the reader, such as which trials are not shown, and why.
    pub notes: Vec<String>,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// The number of panels side by side, if there is room.
    pub columns: usize,
    /// The color bar, if marks are colored by value.
    pub color_bar: Option<ColorBar>,
}

/// A pair of axes with marks on them.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// The horizontal axis of the panel.
    pub x: Axis,
    /// The vertical axis of the panel.
    pub y: Axis,
    /// The marks, the first ones below the others.
    pub layers: Vec<Layer>,
}

/// An axis of a panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// The name of the quantity on the axis.
    pub title: String,
    /// True for a logarithmic axis.
    pub log: bool,
    /// True if the numbers are moments: seconds since 1970 in UTC.
    pub is_time: bool,
    /// The labeled places, instead of automatic labels.
    pub ticks: Option<Vec<(f64, String)>>,
    /// The ends of the axis; `None` to derive them from the marks.
    pub range: Option<(f64, f64)>,
}

/// A legend that maps colors to values.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorBar {
    /// The name of the quantity that the colors show.
    pub title: String,
    /// The scale of colors.
    pub ramp: Colormap,
    /// The values at the first and the last color of the ramp. The greater one may come first.
    pub ends: (f64, f64),
}

/// A scale of colors. Both ends are visible on white and on black.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colormap {
    /// Colors from the best value to the worst.
    Worth,
    /// Colors from the first trial to the last.
    Age,
}

/// The color of marks.
#[derive(Clone, Debug, PartialEq)]
pub enum Color {
    /// One color for all marks.
    One(&'static str),
    /// One value per mark, colored by the color bar of the chart.
    Scale(Vec<f64>),
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Symbol {
    Circle,
    Ring,
    Cross,
    Star,
    Bar,
}

/// The rule by which a line is computed again for a subset of the trials: `Least` and `Greatest`
/// from the points layer before it, `Share` from its own corners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The least value so far.
    Least,
    /// The greatest value so far.
    Greatest,
    /// The share of the values up to each corner.
    Share,
}

/// Marks of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Separate points, each with a symbol.
    Points(Points),
    /// A line through corners.
    Line(Line),
    /// The area between two lines.
    Band(Band),
    /// Horizontal bars, each with two ends.
    Spans(Spans),
    /// A surface, shown by colors.
    Field(Field),
    /// Texts at places of the panel.
    Labels(Labels),
}

/// A set of points with a common shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// The name in the legend; empty for no entry.
    pub name: String,
    /// The horizontal places of the points.
    pub xs: Vec<f64>,
    /// The vertical places of the points.
    pub ys: Vec<f64>,
    /// The trial of each point; empty if the points do not belong to trials.
    pub trials: Vec<u64>,
    /// The color of the points.
    pub tint: Color,
    /// The shape of the points.
    pub symbol: Symbol,
    /// The width of a point, in pixels.
    pub size: f64,
}

/// A line; NaN makes a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The name in the legend; empty for no entry.
    pub name: String,
    /// The horizontal places of the corners.
    pub xs: Vec<f64>,
    /// The vertical places of the corners.
    pub ys: Vec<f64>,
    /// The trial of each corner; empty if the corners do not belong to trials.
    pub trials: Vec<u64>,
    /// The color of the line.
    pub color: String,
    /// The width of the line, in pixels.
    pub width: f64,
    /// The opacity, from 0 (invisible) to 1.
    pub opacity: f64,
    /// True if the line stays level up to the next corner.
    pub is_step: bool,
    /// The rule by which it can be computed again, if any.
    pub fold: Option<Fold>,
}

/// The area between two lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The horizontal places of the corners.
    pub xs: Vec<f64>,
    /// The heights of the lower line.
    pub lows: Vec<f64>,
    /// The heights of the upper line.
    pub highs: Vec<f64>,
    /// The color of the area.
    pub color: &'static str,
}

/// A set of horizontal bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Spans {
    /// The name in the legend; empty for no entry.
    pub name: String,
    /// The vertical place of each bar.
    pub ys: Vec<f64>,
    /// The left end of each bar.
    pub starts: Vec<f64>,
    /// The right end of each bar.
    pub ends: Vec<f64>,
    /// The trial of each bar; empty if the bars do not belong to trials.
    pub trials: Vec<u64>,
    /// The color of the bars.
    pub color: &'static str,
    /// The opacity, from 0 (invisible) to 1.
    pub opacity: f64,
    /// The height of a bar, in units of the vertical axis.
    pub height: f64,
}

/// Texts, each to the right of its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// The horizontal places of the texts.
    pub xs: Vec<f64>,
    /// The vertical places of the texts.
    pub ys: Vec<f64>,
    /// The texts, one per place.
    pub texts: Vec<String>,
}

/// A surface over a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The horizontal places of the grid's columns.
    pub xs: Vec<f64>,
    /// The vertical places of the grid's rows.
    pub ys: Vec<f64>,
    /// The heights, one list per row of the grid.
    pub zs: Vec<Vec<f64>>,
}

impl Axis {
    /// Returns a linear axis.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Returns an axis of names, the first one at 0.
    #[must_use]
    pub fn names<S: Into<String>>(
        title: impl Into<String>,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        let ticks: Vec<(f64, String)> =
            names.into_iter().enumerate().map(|(at, name)| (at as f64, name.into())).collect();
        let range = Some((-0.5, ticks.len().max(1) as f64 - 0.5));
        Self { title: title.into(), ticks: Some(ticks), range, ..Self::default() }
    }
}

impl Line {
    /// Returns an opaque line of two pixels, without a name and without trials.
    #[must_use]
    pub fn new(xs: Vec<f64>, ys: Vec<f64>, color: impl Into<String>) -> Self {
        Self {
            name: String::new(),
            xs,
            ys,
            trials: Vec::new(),
            color: color.into(),
            width: 2.0,
            opacity: 1.0,
            is_step: false,
            fold: None,
        }
    }
}

impl Panel {
    /// Returns a panel without marks.
    #[must_use]
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, layers: Vec::new() }
    }

    /// Returns the panel with `layer` above its other marks.
    #[must_use]
    pub fn with(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }
}

impl Colormap {
    /// Returns the colors of the ramp, evenly spaced.
    #[must_use]
    pub fn colors(self) -> &'static [(u8, u8, u8)] {
        match self {
            Colormap::Worth => &[(36, 88, 180), (56, 160, 170), (222, 190, 80), (214, 92, 58)],
            Colormap::Age => &[(176, 196, 222), (98, 150, 214), (40, 96, 196)],
        }
    }

    /// Returns the color at a place from 0 to 1, as `#rrggbb`.
    #[must_use]
    pub fn at(self, place: f64) -> String {
        let colors = self.colors();
        let place =
            if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) } * (colors.len() - 1) as f64;
        let left = (place as usize).min(colors.len() - 2);
        let share = place - left as f64;
        let mix =
            |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        let (a, b) = (colors[left], colors[left + 1]);
        format!("#{:02x}{:02x}{:02x}", mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
    }
}

impl ColorBar {
    /// Returns a color bar from the best to the worst finite value, or `None` if there is none.
    #[must_use]
    pub fn worth(
        title: impl Into<String>,
        direction: crate::trial::Direction,
        values: &[f64],
    ) -> Option<Self> {
        let (low, high) = extent(values.iter().copied())?;
        let ends = match direction {
            crate::trial::Direction::Minimize => (low, high),
            crate::trial::Direction::Maximize => (high, low),
        };
        Some(Self { title: title.into(), ramp: Colormap::Worth, ends })
    }

    /// Returns the place of a value on the ramp, from 0 to 1.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        let (first, last) = self.ends;
        if first == last { 0.0 } else { numeric::share(value, first, last) }
    }
}

/// Returns the ends, limited to finite numbers.
pub(crate) fn bounded((low, high): (f64, f64)) -> (f64, f64) {
    (low.max(f64::MIN), high.min(f64::MAX))
}

/// Returns the least and the greatest finite value, or `None` if there is none.
pub(crate) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |ends, value| match ends {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Direction;

    #[test]
    fn ramps_begin_and_end_with_their_own_colours() {
        assert_eq!(Colormap::Worth.at(0.0), "#2458b4");
        assert_eq!(Colormap::Worth.at(1.0), "#d65c3a");
        assert_eq!(Colormap::Age.at(0.5), "#6296d6");
        assert_eq!(Colormap::Age.at(f64::NAN), Colormap::Age.at(-3.0));
    }

    #[test]
    fn the_best_value_stands_at_the_first_colour() {
        let values = [3.0, f64::NAN, 1.0, f64::INFINITY, 2.0];
        let bar = ColorBar::worth("value", Direction::Maximize, &values).expect("there are values");
        assert_eq!((bar.place(3.0), bar.place(2.0), bar.place(1.0)), (0.0, 0.5, 1.0));
        assert_eq!(ColorBar::worth("value", Direction::Minimize, &[f64::NAN]), None);
        let widest = ColorBar::worth("value", Direction::Minimize, &[f64::MIN, f64::MAX]);
        assert_eq!(widest.map(|bar| bar.place(0.0)), Some(0.5));
        assert_eq!(
            ColorBar::worth("value", Direction::Minimize, &[5.0]).map(|bar| bar.place(5.0)),
            Some(0.0)
        );
    }
}
