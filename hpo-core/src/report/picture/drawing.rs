//! A chart as an SVG file: title, legend, panels with their axes, colour bar, notes.

use std::fmt::Write as _;

use super::axis::{Mapping, written};
use super::marks::{Place, extents, symbol};
use crate::report::figure::plotly::layer_name;
use crate::report::figure::{Chart, ColorBar, Layer, Panel, Symbol, Tint};

const WIDTH: f64 = 900.0;
/// The height of the only row of panels, and of one among several.
const ALONE: f64 = 420.0;
const ROW: f64 = 260.0;
/// Room below a panel for its axis.
const FOOT: f64 = 46.0;
const LINE: f64 = 15.0;
/// About this wide is a letter of the words on axes.
const LETTER: f64 = 6.2;

/// Part of a picture.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// The whole file.
pub(super) fn svg(chart: &Chart) -> String {
    let columns = chart.columns.clamp(1, chart.panels.len().max(1));
    let rows = chart.panels.len().div_ceil(columns).max(1);
    let (legend, head) = legend(chart);
    let row_height = if rows == 1 { ALONE } else { ROW };
    let notes_top = head + rows as f64 * row_height;
    let lines: Vec<String> = chart.notes.iter().flat_map(|note| wrapped(note)).collect();
    let height = notes_top + 10.0 + LINE * lines.len() as f64;
    let right = if chart.color_bar.is_some() { WIDTH - 80.0 } else { WIDTH - 10.0 };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"bold\">{}</text>\n{legend}",
        escaped(&chart.title)
    );
    let width = (right - 8.0) / columns as f64;
    for (index, panel) in chart.panels.iter().enumerate() {
        let (left, top) = (8.0 + (index % columns) as f64 * width, head + (index / columns) as f64 * row_height);
        let frame = Frame { left, top, right: left + width, bottom: top + row_height };
        svg += &drawn(panel, index, frame, chart.color_bar.as_ref());
    }
    if let Some(bar) = &chart.color_bar {
        svg += &color_bar(bar, head, head + row_height.min(notes_top - head) - FOOT);
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

/// A panel with its axes within a frame.
fn drawn(panel: &Panel, index: usize, frame: Frame, bar: Option<&ColorBar>) -> String {
    let [xs, ys] = extents(&panel.layers);
    let bottom = frame.bottom - FOOT;
    let y = Mapping::of(&panel.y, ys, bottom, frame.top + 6.0);
    let y_ticks = y.ticks(&panel.y, if bottom - frame.top > 300.0 { 8 } else { 5 });
    let longest = y_ticks.iter().map(|tick| short(&tick.1, 20).chars().count()).max().unwrap_or(0);
    let left = frame.left + longest as f64 * LETTER + if panel.y.title.is_empty() { 12.0 } else { 28.0 };
    let right = frame.right - 14.0;
    let x = Mapping::of(&panel.x, xs, left, right);
    let x_ticks = x.ticks(&panel.x, ((right - left) / 70.0).max(2.0) as usize);
    let inner = Frame { left, top: frame.top + 6.0, right, bottom };
    let mut svg = grid(inner, &x_ticks, &y_ticks);
    let _ = writeln!(
        svg,
        "<clipPath id=\"panel{index}\"><rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/></clipPath>\n<g clip-path=\"url(#panel{index})\">",
        inner.top - 4.0,
        right - left + 14.0,
        bottom - inner.top + 8.0
    );
    let place = Place { x, y, bar };
    panel.layers.iter().for_each(|layer| svg += &place.layer(layer));
    svg += "</g>\n";
    svg += &titles(panel, inner, frame);
    svg
}

fn grid(frame: Frame, x_ticks: &[(f64, String)], y_ticks: &[(f64, String)]) -> String {
    let Frame { left, top, right, bottom } = frame;
    let mut svg = String::new();
    let room = (right - left) / x_ticks.len().max(1) as f64 / LETTER;
    for (x, name) in x_ticks.iter().filter(|tick| tick.0.is_finite()) {
        let _ = writeln!(svg, "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#e3e6ea\"/>");
        let text = escaped(&short(name, (room as usize).clamp(4, 24)));
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>", bottom + 14.0);
    }
    for (y, name) in y_ticks.iter().filter(|tick| tick.0.is_finite()) {
        let _ = writeln!(svg, "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#e3e6ea\"/>");
        let text = escaped(&short(name, 20));
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>", left - 5.0, y + 4.0);
    }
    svg + &format!("<path d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"#8a929c\"/>\n")
}

fn titles(panel: &Panel, inner: Frame, frame: Frame) -> String {
    let (x, y) = (f64::midpoint(inner.left, inner.right), f64::midpoint(inner.top, inner.bottom));
    let fitting = |title: &str, room: f64| escaped(&short(title, (room / LETTER) as usize));
    let mut svg = String::new();
    if !panel.x.title.is_empty() {
        let text = fitting(&panel.x.title, inner.right - inner.left);
        let _ =
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>", inner.bottom + 32.0);
    }
    if !panel.y.title.is_empty() {
        let text = fitting(&panel.y.title, inner.bottom - inner.top);
        let at = frame.left + 12.0;
        let _ = writeln!(
            svg,
            "<text x=\"{at:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 {at:.1} {y:.1})\">{text}</text>"
        );
    }
    svg
}

/// The legend, and where what is below it begins.
fn legend(chart: &Chart) -> (String, f64) {
    let (mut svg, mut x, mut y) = (String::new(), 14.0, 44.0);
    let mut is_empty = true;
    for layer in chart.panels.iter().flat_map(|panel| &panel.layers).filter(|layer| !layer_name(layer).is_empty()) {
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
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{color}\" fill-opacity=\"{opacity}\"/>",
            x - 5.0,
            y - 5.0
        )
    };
    match layer {
        Layer::Points(points) => match &points.tint {
            Tint::One(color) => symbol(points.symbol, x, y, points.size.min(10.0) * 0.5, color),
            Tint::Scale(_) => symbol(Symbol::Ring, x, y, 4.0, "#666"),
        },
        Layer::Line(line) => {
            format!("<path d=\"M{:.1} {y:.1}h14\" stroke=\"{}\" stroke-width=\"2\"/>", x - 7.0, line.color)
        }
        Layer::Spans(spans) => square(spans.color, spans.opacity),
        _ => String::new(),
    }
}

fn color_bar(bar: &ColorBar, top: f64, bottom: f64) -> String {
    const STEPS: usize = 40;
    let (left, height) = (WIDTH - 66.0, (bottom - top - 20.0) / STEPS as f64);
    let mut svg = format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
        left + 18.0,
        top + 2.0,
        escaped(&short(&bar.title, 14))
    );
    let (low, high) = (bar.ends.0.min(bar.ends.1), bar.ends.0.max(bar.ends.1));
    for step in 0..STEPS {
        let value = low + (high - low) * (1.0 - (step as f64 + 0.5) / STEPS as f64);
        let y = top + 12.0 + step as f64 * height;
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{y:.1}\" width=\"12\" height=\"{:.1}\" fill=\"{}\"/>",
            height + 0.5,
            bar.ramp.at(bar.place(value))
        );
    }
    for share in [0.0, 0.5, 1.0] {
        let value = low + (high - low) * share;
        let y = top + 12.0 + (1.0 - share) * height * STEPS as f64;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\">{}</text>",
            left + 16.0,
            y + 4.0,
            written(value, (high - low) / 20.0)
        );
    }
    svg
}

/// A text in lines that fit.
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

/// At most so many letters.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Text as XML shows it; letters that XML does not know are left out.
pub(super) fn escaped(text: &str) -> String {
    let known = text.chars().filter(|letter| !letter.is_control());
    known.fold(String::with_capacity(text.len()), |safe, letter| match letter {
        '&' => safe + "&amp;",
        '<' => safe + "&lt;",
        '>' => safe + "&gt;",
        '"' => safe + "&quot;",
        letter => {
            let mut safe = safe;
            safe.push(letter);
            safe
        }
    })
}
