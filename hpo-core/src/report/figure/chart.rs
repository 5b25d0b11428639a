//! Charts: what is drawn of a figure, before it is known with what.
//!
//! A chart is a grid of panels with two axes each, and layers of marks on them. It becomes Plotly JSON ([`Chart::plotly`]) or a
//! picture; both are written once, for all figures.

use crate::numeric;

/// What is drawn of a figure: panels in a grid, and what has to be said about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What a reader has to know: what is not shown, and why.
    pub notes: Vec<String>,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// How many panels stand side by side where there is room.
    pub columns: usize,
    /// What colours mean, where they are a scale.
    pub color_bar: Option<ColorBar>,
}

/// A pair of axes with marks on them.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The marks, the first ones below the others.
    pub layers: Vec<Layer>,
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// What is measured.
    pub title: String,
    /// Whether equal ratios are equally far apart.
    pub log: bool,
    /// Whether these are moments: seconds since 1970 in UTC.
    pub is_time: bool,
    /// Names of places, instead of numbers.
    pub ticks: Option<Vec<(f64, String)>>,
    /// The ends; none where they follow from the marks.
    pub range: Option<(f64, f64)>,
}

/// What colours mean.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorBar {
    /// What is measured.
    pub title: String,
    /// The colours.
    pub ramp: Ramp,
    /// The values at the ends of the ramp, its first colour first: the greater one may come first.
    pub ends: (f64, f64),
}

/// A scale of colours. Both ends can be seen on white and on black.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ramp {
    /// From the best value to the worst.
    Worth,
    /// From the first trial to the last.
    Age,
}

/// The colour of marks.
#[derive(Clone, Debug, PartialEq)]
pub enum Tint {
    /// The same for all.
    One(&'static str),
    /// A value each, on the scale of the chart's colour bar.
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

/// What a line is computed from, so that it can be computed anew for some of the trials: the points layer before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The least value so far.
    Least,
    /// The greatest value so far.
    Greatest,
    /// The share of the values up to here.
    Share,
}

/// Marks of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Points.
    Points(Points),
    /// A line.
    Line(Line),
    /// The area between two lines.
    Band(Band),
    /// Horizontal bars.
    Spans(Spans),
    /// A surface by its colours.
    Field(Field),
    /// Words.
    Labels(Labels),
}

/// Points.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// What the legend calls them; empty for nothing.
    pub name: String,
    /// Where they are.
    pub xs: Vec<f64>,
    /// Where they are.
    pub ys: Vec<f64>,
    /// The trial of each; empty where they are of no trial.
    pub trials: Vec<u64>,
    /// Their colour.
    pub tint: Tint,
    /// Their shape.
    pub symbol: Symbol,
    /// Their width, in pixels.
    pub size: f64,
}

/// A line; NaN makes a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the legend calls it; empty for nothing.
    pub name: String,
    /// Its corners.
    pub xs: Vec<f64>,
    /// Its corners.
    pub ys: Vec<f64>,
    /// The trial of each corner; empty where they are of no trial.
    pub trials: Vec<u64>,
    /// Its colour.
    pub color: String,
    /// Its width, in pixels.
    pub width: f64,
    /// From 0, not to be seen, to 1.
    pub opacity: f64,
    /// Whether it goes on level up to the next corner.
    pub is_step: bool,
    /// What it is computed from, if it can be computed anew.
    pub fold: Option<Fold>,
}

/// The area between two lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Its corners.
    pub xs: Vec<f64>,
    /// The lower line.
    pub lows: Vec<f64>,
    /// The upper line.
    pub highs: Vec<f64>,
    /// Its colour.
    pub color: &'static str,
}

/// Horizontal bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Spans {
    /// What the legend calls them; empty for nothing.
    pub name: String,
    /// Where each lies, vertically.
    pub ys: Vec<f64>,
    /// Where each begins.
    pub starts: Vec<f64>,
    /// Where each ends.
    pub ends: Vec<f64>,
    /// The trial of each; empty where they are of no trial.
    pub trials: Vec<u64>,
    /// Their colour.
    pub color: &'static str,
    /// From 0, not to be seen, to 1.
    pub opacity: f64,
    /// Their height, in units of the vertical axis.
    pub height: f64,
}

/// Words, to the right of their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Where they are.
    pub xs: Vec<f64>,
    /// Where they are.
    pub ys: Vec<f64>,
    /// The words.
    pub texts: Vec<String>,
}

/// A surface over a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The columns of the grid.
    pub xs: Vec<f64>,
    /// The rows of the grid.
    pub ys: Vec<f64>,
    /// A row of heights for each row of the grid.
    pub zs: Vec<Vec<f64>>,
}

impl Axis {
    /// A linear axis.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// An axis of names, the first at 0.
    #[must_use]
    pub fn names<S: Into<String>>(title: impl Into<String>, names: impl IntoIterator<Item = S>) -> Self {
        let ticks: Vec<(f64, String)> =
            names.into_iter().enumerate().map(|(at, name)| (at as f64, name.into())).collect();
        let range = Some((-0.5, ticks.len().max(1) as f64 - 0.5));
        Self { title: title.into(), ticks: Some(ticks), range, ..Self::default() }
    }
}

impl Panel {
    /// A panel without marks.
    #[must_use]
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, layers: Vec::new() }
    }

    /// With marks above those there are.
    #[must_use]
    pub fn with(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }
}

impl Ramp {
    /// Its colours, evenly spaced.
    #[must_use]
    pub fn colors(self) -> &'static [(u8, u8, u8)] {
        match self {
            Ramp::Worth => &[(36, 88, 180), (56, 160, 170), (222, 190, 80), (214, 92, 58)],
            Ramp::Age => &[(176, 196, 222), (98, 150, 214), (40, 96, 196)],
        }
    }

    /// The colour at a place from 0 to 1, as `#rrggbb`.
    #[must_use]
    pub fn at(self, place: f64) -> String {
        let colors = self.colors();
        let place = if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) } * (colors.len() - 1) as f64;
        let left = (place as usize).min(colors.len() - 2);
        let share = place - left as f64;
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        let (a, b) = (colors[left], colors[left + 1]);
        format!("#{:02x}{:02x}{:02x}", mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
    }
}

impl ColorBar {
    /// From the best value to the worst of those there are; none if there are none.
    #[must_use]
    pub fn worth(title: impl Into<String>, direction: crate::trial::Direction, values: &[f64]) -> Option<Self> {
        let (low, high) = extent(values.iter().copied())?;
        let ends = match direction {
            crate::trial::Direction::Minimize => (low, high),
            crate::trial::Direction::Maximize => (high, low),
        };
        Some(Self { title: title.into(), ramp: Ramp::Worth, ends })
    }

    /// The place of a value on the ramp, from 0 to 1.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        let (first, last) = self.ends;
        if first == last { 0.0 } else { numeric::share(value, first, last) }
    }
}

/// The same ends, as far as there are numbers.
pub(crate) fn bounded((low, high): (f64, f64)) -> (f64, f64) {
    (low.max(f64::MIN), high.min(f64::MAX))
}

/// The least and the greatest finite value; none if there is none.
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
        assert_eq!(Ramp::Worth.at(0.0), "#2458b4");
        assert_eq!(Ramp::Worth.at(1.0), "#d65c3a");
        assert_eq!(Ramp::Age.at(0.5), "#6296d6");
        assert_eq!(Ramp::Age.at(f64::NAN), Ramp::Age.at(-3.0));
    }

    #[test]
    fn the_best_value_stands_at_the_first_colour() {
        let values = [3.0, f64::NAN, 1.0, f64::INFINITY, 2.0];
        let bar = ColorBar::worth("value", Direction::Maximize, &values).expect("there are values");
        assert_eq!((bar.place(3.0), bar.place(2.0), bar.place(1.0)), (0.0, 0.5, 1.0));
        assert_eq!(ColorBar::worth("value", Direction::Minimize, &[f64::NAN]), None);
        let widest = ColorBar::worth("value", Direction::Minimize, &[f64::MIN, f64::MAX]);
        assert_eq!(widest.map(|bar| bar.place(0.0)), Some(0.5));
        assert_eq!(ColorBar::worth("value", Direction::Minimize, &[5.0]).map(|bar| bar.place(5.0)), Some(0.0));
    }
}
