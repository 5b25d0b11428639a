//! A chart as an SVG file: title, legend, panels with their axes, color bar, and notes.

use std::fmt::Write as _;

use super::axis::{Mapping, tick_label};
use super::layers::{PanelMapping, extents, symbol};
use crate::numeric::between;
use crate::report::figure::labels::short;
use crate::report::figure::layout::{
    LETTER, LONGEST, TILT, is_tilted, letters, longest, tilted_height,
};
use crate::report::figure::plotly::layer_name;
use crate::report::figure::{Axis, Chart, Color, ColorBar, Layer, Panel, Symbol};
use crate::report::text::escaped;

const WIDTH: f64 = 900.0;
/// The inner height of a panel in a chart of one row.
const ALONE: f64 = 374.0;
/// The inner height of a panel in a chart of several rows.
const ROW: f64 = 214.0;
const LINE: f64 = 15.0;

/// A rectangle of the picture that contains a panel.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    /// The maximum number of letters of a name on the left.
    letters: usize,
}

/// Returns the text of the whole SVG file.
pub(super) fn svg(chart: &Chart) -> String {
    let columns = chart.columns.clamp(1, chart.panels.len().max(1));
    let (legend, header_height) = legend(chart);
    let right = if chart.color_bar.is_some() { WIDTH - 80.0 } else { WIDTH - 10.0 };
    let width = (right - 8.0) / columns as f64;
    let letters = letters(columns);
    let inside = if chart.panels.len() <= columns { ALONE } else { ROW };
    let rows: Vec<&[Panel]> = chart.panels.chunks(columns).collect();
    let bottom_margins: Vec<f64> = rows
        .iter()
        .map(|row| row.iter().map(|panel| bottom_margin(panel, width, letters)).fold(0.0, f64::max))
        .collect();
    let notes_top = header_height
        + bottom_margins.iter().map(|bottom_margin| inside + bottom_margin).sum::<f64>();
    let lines: Vec<String> = chart.notes.iter().flat_map(|note| wrapped(note)).collect();
    let height = notes_top + 10.0 + LINE * lines.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"bold\">{}</text>\n{legend}",
        escaped(&chart.title)
    );
    let mut top = header_height;
    for (row, (panels, bottom_margin)) in rows.iter().zip(&bottom_margins).enumerate() {
        for (column, panel) in panels.iter().enumerate() {
            let left = 8.0 + column as f64 * width;
            let frame = Frame { left, top, right: left + width, bottom: top + inside, letters };
            svg += &panel_svg(panel, row * columns + column, frame, chart.color_bar.as_ref());
        }
        top += inside + bottom_margin;
    }
    if let Some(bar) = &chart.color_bar {
        svg += &color_bar(bar, header_height, header_height + inside);
    }
    for (index, line) in lines.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<text x=\"12\" y=\"{:.1}\" fill=\"#666\">{}</text>",
            notes_top + LINE * (index + 1) as f64 - 4.0,
            escaped(line)
        );
    }
    svg + "</svg>\n"
}

/// Returns the height of the room below a panel for its axis.
fn bottom_margin(panel: &Panel, width: f64, letters: usize) -> f64 {
    let inner = width - left_margin(&panel.y, longest(&panel.y, letters).unwrap_or(6)) - 14.0;
    if is_tilted(&panel.x, inner) { tilted_height(&panel.x) + 34.0 } else { 46.0 }
}

/// Returns the width of the room to the left of a panel, for names of `letters` letters.
fn left_margin(axis: &Axis, letters: usize) -> f64 {
    letters as f64 * LETTER + if axis.title.is_empty() { 12.0 } else { 28.0 }
}

/// Returns a panel with its axes. The labels of the horizontal axis lie below `frame`.
fn panel_svg(panel: &Panel, index: usize, frame: Frame, bar: Option<&ColorBar>) -> String {
    let [xs, ys] = extents(&panel.layers);
    let bottom = frame.bottom;
    let y = Mapping::of(&panel.y, ys, bottom, frame.top + 6.0);
    let y_ticks = y.ticks(&panel.y, if bottom - frame.top > 300.0 { 8 } else { 5 }, frame.letters);
    let longest = y_ticks.iter().map(|tick| tick.1.chars().count()).max().unwrap_or(0);
    let left = frame.left + left_margin(&panel.y, longest);
    let right = frame.right - 14.0;
    let x = Mapping::of(&panel.x, xs, left, right);
    let x_ticks = x.ticks(&panel.x, ((right - left) / 70.0).max(2.0) as usize, LONGEST);
    let inner = Frame { left, top: frame.top + 6.0, right, ..frame };
    let tilt = is_tilted(&panel.x, right - left);
    let mut svg = grid(inner, &x_ticks, &y_ticks, tilt);
    let _ = writeln!(
        svg,
        "<clipPath id=\"panel{index}\"><rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" \
         height=\"{:.1}\"/></clipPath>\n<g clip-path=\"url(#panel{index})\">",
        inner.top - 4.0,
        right - left + 14.0,
        bottom - inner.top + 8.0
    );
    let mapping = PanelMapping { x, y, bar };
    panel.layers.iter().for_each(|layer| svg += &mapping.layer(layer));
    svg += "</g>\n";
    svg += &titles(panel, inner, frame, if tilt { tilted_height(&panel.x) + 22.0 } else { 32.0 });
    svg
}

fn grid(
    frame: Frame,
    x_ticks: &[(f64, String)],
    y_ticks: &[(f64, String)],
    is_tilted: bool,
) -> String {
    let Frame { left, top, right, bottom, .. } = frame;
    let mut svg = String::new();
    for (x, name) in x_ticks.iter().filter(|tick| tick.0.is_finite()) {
        let _ = writeln!(svg, "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#e3e6ea\"/>");
        let (y, text) = (bottom + 14.0, escaped(name));
        let _ = if is_tilted {
            writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\" transform=\"rotate(-{TILT} \
                 {x:.1} {y:.1})\">{text}</text>"
            )
        } else {
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{text}</text>")
        };
    }
    for (y, name) in y_ticks.iter().filter(|tick| tick.0.is_finite()) {
        let _ = writeln!(svg, "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#e3e6ea\"/>");
        let text = escaped(name);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
            left - 5.0,
            y + 4.0
        );
    }
    svg + &format!(
        "<path d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" \
         stroke=\"#8a929c\"/>\n"
    )
}

fn titles(panel: &Panel, inner: Frame, frame: Frame, below: f64) -> String {
    let (x, y) = (f64::midpoint(inner.left, inner.right), f64::midpoint(inner.top, inner.bottom));
    let fitting = |title: &str, room: f64| escaped(&short(title, (room / LETTER) as usize));
    let mut svg = String::new();
    if !panel.x.title.is_empty() {
        let text = fitting(&panel.x.title, inner.right - inner.left);
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
            inner.bottom + below
        );
    }
    if !panel.y.title.is_empty() {
        let text = fitting(&panel.y.title, inner.bottom - inner.top);
        let at = frame.left + 12.0;
        let _ = writeln!(
            svg,
            "<text x=\"{at:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 \
             {at:.1} {y:.1})\">{text}</text>"
        );
    }
    svg
}

/// Returns the legend, and the vertical position at which the picture continues below it.
fn legend(chart: &Chart) -> (String, f64) {
    let (mut svg, mut x, mut y) = (String::new(), 14.0, 44.0);
    let mut is_empty = true;
    for layer in chart
        .panels
        .iter()
        .flat_map(|panel| &panel.layers)
        .filter(|layer| !layer_name(layer).is_empty())
    {
        let name = short(layer_name(layer), 60);
        let width = 26.0 + name.chars().count() as f64 * LETTER;
        if x + width > WIDTH - 10.0 && !is_empty {
            (x, y) = (14.0, y + 18.0);
        }
        let _ = writeln!(
            svg,
            "{}<text x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            sample_of(layer, x + 5.0, y - 4.0),
            x + 16.0,
            escaped(&name)
        );
        x += width;
        is_empty = false;
    }
    (svg, if is_empty { 36.0 } else { y + 12.0 })
}

fn sample_of(layer: &Layer, x: f64, y: f64) -> String {
    let square = |color: &str, opacity: f64| {
        format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{color}\" \
             fill-opacity=\"{opacity}\"/>",
            x - 5.0,
            y - 5.0
        )
    };
    match layer {
        Layer::Points(points) => match &points.tint {
            Color::One(color) => symbol(points.symbol, x, y, points.size.min(10.0) * 0.5, color),
            Color::Scale(_) => symbol(Symbol::Ring, x, y, 4.0, "#666"),
        },
        Layer::Line(line) => {
            format!(
                "<path d=\"M{:.1} {y:.1}h14\" stroke=\"{}\" stroke-width=\"2\"/>",
                x - 7.0,
                line.color
            )
        }
        Layer::Spans(spans) => square(spans.color, spans.opacity),
        _ => String::new(),
    }
}

fn color_bar(bar: &ColorBar, top: f64, bottom: f64) -> String {
    const STEPS: usize = 40;
    let (left, height) = (WIDTH - 66.0, (bottom - top - 20.0) / STEPS as f64);
    let (x, y) = (WIDTH - 8.0, f64::midpoint(top, bottom));
    let mut svg = format!(
        "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 {x} \
         {y:.1})\">{}</text>\n",
        escaped(&short(&bar.title, ((bottom - top) / LETTER) as usize))
    );
    let (low, high) = (bar.ends.0.min(bar.ends.1), bar.ends.0.max(bar.ends.1));
    for step in 0..STEPS {
        let value = between(low, high, 1.0 - (step as f64 + 0.5) / STEPS as f64);
        let y = top + 12.0 + step as f64 * height;
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{y:.1}\" width=\"12\" height=\"{:.1}\" fill=\"{}\"/>",
            height + 0.5,
            bar.ramp.at(bar.place(value))
        );
    }
    for share in [0.0, 0.5, 1.0] {
        let value = between(low, high, share);
        let y = top + 12.0 + (1.0 - share) * height * STEPS as f64;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\">{}</text>",
            left + 16.0,
            y + 4.0,
            tick_label(value, high / 20.0 - low / 20.0)
        );
    }
    svg
}

/// Splits a text into lines that fit the width.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().filter(|line| line.len() + word.len() < 130);
        match line {
            Some(line) if line.is_empty() => word.clone_into(line),
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
