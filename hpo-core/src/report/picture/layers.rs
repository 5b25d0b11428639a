//! The layers of a chart as SVG elements.

use std::fmt::Write as _;

use super::axis::Mapping;
use super::contours::outlines;
use crate::numeric;
use crate::report::figure::chart::extent;
use crate::report::figure::{
    Band, Color, ColorBar, Colormap, Field, Labels, Layer, Line, Points, Spans, Symbol,
};
use crate::report::text::escaped;

/// The number of colors for the heights of a surface.
const LEVELS: u32 = 16;

/// The mapping of a panel's marks to positions and colors in the picture.
#[derive(Clone, Copy)]
pub(super) struct PanelMapping<'a> {
    pub(super) x: Mapping,
    pub(super) y: Mapping,
    pub(super) bar: Option<&'a ColorBar>,
}

/// Returns the horizontal and the vertical extent of all marks; `None` if there are no finite ones.
pub(super) fn extents(layers: &[Layer]) -> [Option<(f64, f64)>; 2] {
    let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let extend = |all: &mut Vec<f64>, values: &[f64]| {
        all.extend(
            extent(values.iter().copied()).map_or_else(Vec::new, |(low, high)| vec![low, high]),
        );
    };
    for layer in layers {
        let (across, up): (Vec<&[f64]>, Vec<&[f64]>) = match layer {
            Layer::Points(layer) => (vec![&layer.xs], vec![&layer.ys]),
            Layer::Line(layer) => (vec![&layer.xs], vec![&layer.ys]),
            Layer::Band(layer) => (vec![&layer.xs], vec![&layer.lows, &layer.highs]),
            Layer::Spans(layer) => (vec![&layer.starts, &layer.ends], vec![&layer.ys]),
            Layer::Field(layer) => (vec![&layer.xs], vec![&layer.ys]),
            Layer::Labels(layer) => (vec![&layer.xs], vec![&layer.ys]),
        };
        for values in across {
            extend(&mut xs, values);
        }
        for values in up {
            extend(&mut ys, values);
        }
    }
    [extent(xs.into_iter()), extent(ys.into_iter())]
}

impl PanelMapping<'_> {
    /// Returns a layer as SVG elements.
    pub(super) fn layer(&self, layer: &Layer) -> String {
        match layer {
            Layer::Points(layer) => self.points(layer),
            Layer::Line(layer) => self.line(layer),
            Layer::Band(layer) => self.band(layer),
            Layer::Spans(layer) => self.spans(layer),
            Layer::Field(layer) => self.field(layer),
            Layer::Labels(layer) => self.labels(layer),
        }
    }

    fn project(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (self.x.at(x), self.y.at(y));
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }

    fn color(&self, value: f64) -> String {
        self.bar.map_or_else(|| Colormap::Worth.at(0.0), |bar| bar.ramp.at(bar.place(value)))
    }

    fn points(&self, layer: &Points) -> String {
        let mut svg = String::new();
        for (index, (x, y)) in layer.xs.iter().zip(&layer.ys).enumerate() {
            if let Some((x, y)) = self.project(*x, *y) {
                let color = match &layer.tint {
                    Color::One(color) => (*color).to_owned(),
                    Color::Scale(values) => self.color(values[index]),
                };
                svg += &symbol(layer.symbol, x, y, layer.size * 0.5, &color);
            }
        }
        svg
    }

    fn line(&self, layer: &Line) -> String {
        let mut path = String::new();
        let mut before: Option<(f64, f64)> = None;
        for (x, y) in layer.xs.iter().zip(&layer.ys) {
            let projected = self.project(*x, *y);
            let _ = match (before, projected) {
                (None, Some((x, y))) => write!(path, "M{x:.1} {y:.1}"),
                (Some(_), Some((x, y))) if layer.is_step => write!(path, "H{x:.1}V{y:.1}"),
                (Some(_), Some((x, y))) => write!(path, "L{x:.1} {y:.1}"),
                (_, None) => Ok(()),
            };
            before = projected;
        }
        let Line { color, width, opacity, .. } = layer;
        format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" \
             stroke-opacity=\"{opacity:.2}\"/>\n"
        )
    }

    fn band(&self, layer: &Band) -> String {
        let edge = |ys: &[f64]| -> Vec<(f64, f64)> {
            layer.xs.iter().zip(ys).filter_map(|(x, y)| self.project(*x, *y)).collect()
        };
        let corners = edge(&layer.lows).into_iter().chain(edge(&layer.highs).into_iter().rev());
        let corners: Vec<String> = corners.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        format!(
            "<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"0.2\"/>\n",
            corners.join(" "),
            layer.color
        )
    }

    fn spans(&self, layer: &Spans) -> String {
        let height = self.y.length(layer.height).max(0.5);
        let mut svg = String::new();
        for ((y, start), end) in layer.ys.iter().zip(&layer.starts).zip(&layer.ends) {
            if let (Some((start, y)), Some((end, _))) =
                (self.project(*start, *y), self.project(*end, *y))
            {
                let (left, width, top) =
                    (start.min(end), (end - start).abs().max(0.3), y - height / 2.0);
                let (color, opacity) = (layer.color, layer.opacity);
                let _ = writeln!(
                    svg,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
                     height=\"{height:.1}\" fill=\"{color}\" fill-opacity=\"{opacity}\"/>"
                );
            }
        }
        svg
    }

    /// Returns a surface as bands, each drawn over the lower ones.
    fn field(&self, layer: &Field) -> String {
        let Some((low, high)) = extent(layer.zs.iter().flatten().copied()) else {
            return String::new();
        };
        let ramp = self.bar.map_or(Colormap::Worth, |bar| bar.ramp);
        let (columns, rows): (Vec<f64>, Vec<f64>) = (
            layer.xs.iter().map(|x| self.x.at(*x)).collect(),
            layer.ys.iter().map(|y| self.y.at(*y)).collect(),
        );
        let (low, high) = self
            .bar
            .map_or((low, high), |bar| (bar.ends.0.min(bar.ends.1), bar.ends.0.max(bar.ends.1)));
        let mut svg = String::from("<g opacity=\"0.75\" fill-rule=\"evenodd\">\n");
        for band in 0..LEVELS {
            let at = |share: f64| {
                numeric::between(low, high, (f64::from(band) + share) / f64::from(LEVELS))
            };
            // The lowest band is the background of all others, so it covers the whole surface.
            let outlines = outlines(&layer.zs, if band == 0 { f64::NEG_INFINITY } else { at(0.0) });
            let corner =
                |(column, row): &(f64, f64)| (between(&columns, *column), between(&rows, *row));
            let mut path = String::new();
            for ring in &outlines {
                for (index, (x, y)) in ring.iter().map(corner).enumerate() {
                    let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
                }
                path.push('Z');
            }
            if !path.is_empty() {
                let position =
                    self.bar.map_or(f64::from(band) / f64::from(LEVELS), |bar| bar.place(at(0.5)));
                let _ = writeln!(svg, "<path d=\"{path}\" fill=\"{}\"/>", ramp.at(position));
            }
        }
        svg + "</g>\n"
    }

    fn labels(&self, layer: &Labels) -> String {
        let mut svg = String::new();
        for ((x, y), text) in layer.xs.iter().zip(&layer.ys).zip(&layer.texts) {
            if let Some((x, y)) = self.project(*x, *y) {
                let text = escaped(text);
                let _ = writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"9\" stroke=\"white\" \
                     stroke-width=\"2\" paint-order=\"stroke\">{text}</text>",
                    x + 4.0,
                    y + 3.0
                );
            }
        }
        svg
    }
}

/// Returns the interpolated position at a fractional index.
fn between(positions: &[f64], index: f64) -> f64 {
    let left = (index as usize).min(positions.len() - 1);
    let right = (left + 1).min(positions.len() - 1);
    positions[left] + (positions[right] - positions[left]) * (index - left as f64)
}

/// Returns a mark of the given shape and radius.
pub(super) fn symbol(symbol: Symbol, x: f64, y: f64, radius: f64, color: &str) -> String {
    let stroke = |path: String| {
        format!("<path d=\"{path}\" stroke=\"{color}\" stroke-width=\"1.5\" fill=\"none\"/>\n")
    };
    match symbol {
        Symbol::Circle => {
            format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{color}\" \
                 fill-opacity=\"0.85\"/>\n"
            )
        }
        Symbol::Ring => format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" stroke=\"{color}\" \
             stroke-width=\"1.5\" fill=\"none\"/>\n"
        ),
        Symbol::Cross => {
            let r = radius * 0.8;
            stroke(format!(
                "M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}",
                x - r,
                y - r,
                x + r,
                y + r,
                x - r,
                y + r,
                x + r,
                y - r
            ))
        }
        Symbol::Bar => stroke(format!("M{x:.1} {:.1}V{:.1}", y - radius, y + radius)),
        Symbol::Star => {
            let corner = |index: u32| {
                let angle = f64::from(index) * std::f64::consts::PI / 5.0;
                let r = if index.is_multiple_of(2) { radius * 1.2 } else { radius * 0.5 };
                format!("{:.1},{:.1}", x + r * angle.sin(), y - r * angle.cos())
            };
            let corners: Vec<String> = (0..10).map(corner).collect();
            format!("<polygon points=\"{}\" fill=\"{color}\"/>\n", corners.join(" "))
        }
    }
}
