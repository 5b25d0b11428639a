//! Charts as Plotly JSON: `data` and `layout`.
//!
//! Each mark carries the number of its trial in `customdata`. The `meta` of a trace names the fold
//! of its line, and the `meta` of the layout describes the arrangement of the panels. So a page
//! that embeds a figure can filter and rearrange it.

use serde_json::{Map, Value as Json, json};

use super::chart::{
    Axis, Band, Chart, Color, ColorBar, Field, Fold, Labels, Layer, Line, Panel, Points, Spans,
    Symbol,
};
use super::labels::{short, shortened};
use super::layout::{Arrangement, LETTER, LONGEST, TILT, is_tilted};
use super::time_axis;

impl Chart {
    /// Returns the chart as a Plotly figure: an object with `data` and `layout`.
    #[must_use]
    pub fn plotly(&self) -> Json {
        let mut data = Vec::new();
        let has_legend = self
            .panels
            .iter()
            .flat_map(|panel| &panel.layers)
            .any(|layer| !layer_name(layer).is_empty());
        let arrangement = Arrangement::of(self, has_legend);
        let mut layout = self.frame(has_legend);
        arrangement.describe(&mut layout);
        let width = arrangement.inner_width();
        for (index, (panel, (across, up))) in
            self.panels.iter().zip(arrangement.domains()).enumerate()
        {
            let name = |letter: &str| axis_name(letter, index);
            layout.insert(name("xaxis"), x_axis(&panel.x, across, &axis_name("y", index), width));
            layout.insert(
                name("yaxis"),
                axis(&panel.y, up, &axis_name("x", index), arrangement.inside, arrangement.letters),
            );
            for layer in &panel.layers {
                let mut trace = Self::trace(panel, layer);
                trace["xaxis"] = name("x").into();
                trace["yaxis"] = name("y").into();
                data.push(trace);
            }
        }
        json!({"data": data, "layout": layout})
    }

    fn frame(&self, has_legend: bool) -> Map<String, Json> {
        let mut layout = Map::new();
        layout.insert("title".into(), json!({"text": escaped(&self.title)}));
        layout.insert("barmode".into(), "overlay".into());
        layout.insert("hovermode".into(), "closest".into());
        layout.insert("showlegend".into(), has_legend.into());
        layout.insert(
            "legend".into(),
            json!({"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}),
        );
        if let Some(bar) = &self.color_bar {
            layout.insert("coloraxis".into(), color_axis(bar));
        }
        layout
    }

    fn trace(panel: &Panel, layer: &Layer) -> Json {
        match layer {
            Layer::Points(layer) => points(panel, layer),
            Layer::Line(layer) => line(panel, layer),
            Layer::Band(layer) => band(layer),
            Layer::Spans(layer) => spans(panel, layer),
            Layer::Field(layer) => field(layer),
            Layer::Labels(layer) => labels(layer),
        }
    }
}

/// Returns the name that the legend shows; empty for none.
pub(crate) fn layer_name(layer: &Layer) -> &str {
    match layer {
        Layer::Points(layer) => &layer.name,
        Layer::Line(layer) => &layer.name,
        Layer::Spans(layer) => &layer.name,
        Layer::Band(_) | Layer::Field(_) | Layer::Labels(_) => "",
    }
}

/// Returns the name of an axis in Plotly: `xaxis`, `xaxis2`, ... or `x`, `x2`, ...
fn axis_name(letter: &str, index: usize) -> String {
    if index == 0 { letter.to_owned() } else { format!("{letter}{}", index + 1) }
}

/// Escapes a name, since Plotly interprets some tags in texts.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn x_axis(x: &Axis, domain: [f64; 2], anchor: &str, width: f64) -> Json {
    let mut json = axis(x, domain, anchor, width, LONGEST);
    if x.ticks.is_some() {
        json["tickangle"] = if is_tilted(x, width) { (-TILT).into() } else { 0.into() };
    }
    json
}

/// Returns an axis with room for a title of `length` pixels and for names of `letters` letters.
fn axis(axis: &Axis, domain: [f64; 2], anchor: &str, length: f64, letters: usize) -> Json {
    let title = short(&axis.title, (length / LETTER) as usize);
    let mut json = json!({
        "title": {"text": escaped(&title), "standoff": 6, "font": {"size": 12}},
        "domain": domain, "anchor": anchor, "zeroline": false,
        "exponentformat": "power", "nticks": (length / 45.0).clamp(4.0, 12.0) as u8,
        "type": if axis.is_time { "date" } else if axis.log { "log" } else { "linear" },
    });
    if let Some(ticks) = &axis.ticks {
        let names: Vec<&str> = ticks.iter().map(|(_, name)| name.as_str()).collect();
        json["tickmode"] = "array".into();
        json["ticklabeloverflow"] = "allow".into();
        json["tickvals"] = ticks.iter().map(|(at, _)| *at).collect();
        json["ticktext"] = shortened(&names, letters).iter().map(|name| escaped(name)).collect();
    }
    if let Some((low, high)) = axis.range {
        json["range"] =
            if axis.log { json!([low.log10(), high.log10()]) } else { json!([low, high]) };
    }
    json
}

fn color_axis(bar: &ColorBar) -> Json {
    let colors = bar.ramp.colors();
    let (first, last) = bar.ends;
    let is_reversed = first > last;
    let stop = |at: usize| {
        let (red, green, blue) = colors[if is_reversed { colors.len() - 1 - at } else { at }];
        json!([at as f64 / (colors.len() - 1) as f64, format!("rgb({red},{green},{blue})")])
    };
    // Plotly needs two distinct ends.
    let high = if first == last { first + 1.0 } else { first.max(last) };
    json!({
        "colorscale": (0..colors.len()).map(stop).collect::<Vec<_>>(),
        "cmin": first.min(last), "cmax": high,
        "colorbar": {"title": {"text": escaped(&bar.title)}, "thickness": 12},
    })
}

/// Returns the template of the text that is shown for a mark under the pointer.
fn hover(panel: &Panel, trials: &[u64]) -> String {
    let trial = if trials.is_empty() { "" } else { "trial %{customdata}<br>" };
    let named = |axis: &Axis, place: &str, words: &str| {
        let value = if is_cut(axis) { words } else { place };
        match axis.title.as_str() {
            "" => format!("%{{{value}}}"),
            title => format!("{}: %{{{value}}}", escaped(title)),
        }
    };
    format!(
        "{trial}{}<br>{}<extra></extra>",
        named(&panel.x, "x", "text"),
        named(&panel.y, "y", "hovertext")
    )
}

/// Returns true if some name of the axis is too long to be shown in full.
fn is_cut(axis: &Axis) -> bool {
    axis.ticks.iter().flatten().any(|(_, name)| name.chars().count() > LONGEST)
}

/// Adds the full names of the marks' places if the axes show them shortened: Plotly shows them
/// under the pointer.
fn name_places(trace: &mut Json, panel: &Panel, xs: &[f64], ys: &[f64]) {
    for (axis, places, words) in [(&panel.x, xs, "text"), (&panel.y, ys, "hovertext")] {
        if is_cut(axis) {
            let name = |place: &f64| {
                axis.ticks
                    .iter()
                    .flatten()
                    .find(|(at, _)| at == place)
                    .map(|(_, name)| escaped(name))
            };
            trace[words] = places.iter().map(name).collect();
        }
    }
}

fn points(panel: &Panel, layer: &Points) -> Json {
    let (symbol, is_open) = match layer.symbol {
        Symbol::Circle => ("circle", false),
        Symbol::Ring => ("circle-open", true),
        Symbol::Cross => ("x-thin-open", true),
        Symbol::Star => ("star", false),
        Symbol::Bar => ("line-ns-open", true),
    };
    let mut marker = json!({"symbol": symbol, "size": layer.size, "opacity": 0.85});
    if is_open {
        marker["line"] = json!({"width": 2});
    }
    match &layer.tint {
        Color::One(color) => marker["color"] = (*color).into(),
        Color::Scale(values) => {
            marker["color"] = values.iter().copied().collect();
            marker["coloraxis"] = "coloraxis".into();
        }
    }
    let mut trace = json!({
        "type": "scatter", "mode": "markers", "x": layer.xs, "y": layer.ys,
        "customdata": layer.trials, "marker": marker,
        "hovertemplate": hover(panel, &layer.trials),
    });
    name_places(&mut trace, panel, &layer.xs, &layer.ys);
    named(trace, &layer.name)
}

fn line(panel: &Panel, layer: &Line) -> Json {
    let mut trace = json!({
        "type": "scatter", "mode": "lines", "x": layer.xs, "y": layer.ys,
        "customdata": layer.trials, "opacity": layer.opacity,
        "line": {
            "color": layer.color, "width": layer.width,
            "shape": if layer.is_step { "hv" } else { "linear" },
        },
        "hovertemplate": hover(panel, &layer.trials),
    });
    if let Some(fold) = layer.fold {
        trace["meta"] = json!({"fold": match fold {
            Fold::Least => "least",
            Fold::Greatest => "greatest",
            Fold::Share => "share",
        }});
    }
    named(trace, &layer.name)
}

fn band(layer: &Band) -> Json {
    let there_and_back = |there: &[f64], back: &[f64]| -> Vec<f64> {
        there.iter().chain(back.iter().rev()).copied().collect()
    };
    json!({
        "type": "scatter", "mode": "lines", "fill": "toself", "fillcolor": layer.color,
        "opacity": 0.2, "line": {"width": 0},
        "x": there_and_back(&layer.xs, &layer.xs), "y": there_and_back(&layer.lows, &layer.highs),
        "hoverinfo": "skip", "showlegend": false,
    })
}

fn spans(panel: &Panel, layer: &Spans) -> Json {
    let is_time = panel.x.is_time;
    let scale = if is_time { 1e3 } else { 1.0 };
    let length = |(start, end): (&f64, &f64)| (end - start) * scale;
    let lengths: Vec<f64> = layer.starts.iter().zip(&layer.ends).map(length).collect();
    let trial = if layer.trials.is_empty() { "" } else { "trial %{customdata}<br>" };
    let name =
        if layer.name.is_empty() { String::new() } else { format!("{}<br>", escaped(&layer.name)) };
    // Plotly formats moments under the pointer only if they are given as text.
    let from: Json = if is_time {
        layer.starts.iter().map(|start| time_axis::exact(*start)).collect()
    } else {
        layer.starts.iter().copied().collect()
    };
    let along = match (is_time, panel.x.title.as_str()) {
        (true, _) => "%{base|%Y-%m-%d %H:%M:%S} to %{x|%H:%M:%S} UTC".to_owned(),
        (false, title) => format!("{}: %{{base}} + %{{value}}", escaped(title)),
    };
    let y = if is_cut(&panel.y) {
        "%{hovertext}<br>"
    } else if layer.trials.is_empty() {
        "%{y}<br>"
    } else {
        ""
    };
    let mut trace = json!({
        "type": "bar", "orientation": "h", "base": from, "x": lengths, "y": layer.ys,
        "width": layer.height, "customdata": layer.trials,
        "marker": {"color": layer.color, "opacity": layer.opacity, "line": {"width": 0}},
        "hovertemplate": format!("{trial}{name}{y}{along}<extra></extra>"),
    });
    name_places(&mut trace, panel, &[], &layer.ys);
    if panel.x.ticks.is_some() {
        // Ends between names say nothing.
        trace["hoverinfo"] = "skip".into();
        trace["hovertemplate"] = Json::Null;
    }
    named(trace, &layer.name)
}

fn field(layer: &Field) -> Json {
    json!({
        "type": "contour", "x": layer.xs, "y": layer.ys, "z": layer.zs,
        "coloraxis": "coloraxis", "ncontours": 16,
        "line": {"width": 0.5}, "hoverinfo": "skip", "opacity": 0.75,
    })
}

/// Returns the texts beside marks as a trace without marks.
fn labels(layer: &Labels) -> Json {
    let texts: Vec<_> = layer.texts.iter().map(|text| escaped(&short(text, LONGEST))).collect();
    json!({
        "type": "scatter", "mode": "text", "x": layer.xs, "y": layer.ys, "text": texts,
        "textposition": "middle right", "textfont": {"size": 10, "shadow": "auto"},
        "hoverinfo": "skip", "showlegend": false, "cliponaxis": false,
    })
}

fn named(mut trace: Json, name: &str) -> Json {
    trace["name"] = escaped(name).into();
    trace["showlegend"] = (!name.is_empty()).into();
    trace
}
