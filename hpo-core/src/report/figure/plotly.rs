//! Charts as the JSON that Plotly draws: `data` and `layout`.
//!
//! Each mark carries the number of its trial as `customdata`; `meta` of a trace tells of what its line is a fold, `meta` of the
//! layout how panels are arranged: whoever embeds a figure may filter it and arrange it anew.

use serde_json::{Map, Value as Json, json};

use super::chart::{Axis, Band, Chart, ColorBar, Field, Fold, Labels, Layer, Line, Panel, Points, Spans, Symbol, Tint};

/// The height of a row of panels, in pixels.
const ROW: usize = 300;
/// The height of a chart with one row, in pixels.
const ALONE: usize = 420;

impl Chart {
    /// As Plotly draws it: an object with `data` and `layout`.
    #[must_use]
    pub fn plotly(&self) -> Json {
        let mut data = Vec::new();
        let mut layout = self.frame();
        for (index, panel) in self.panels.iter().enumerate() {
            let (x_domain, y_domain) = self.place(index);
            let name = |letter: &str| axis_name(letter, index);
            layout.insert(name("xaxis"), axis(&panel.x, x_domain, &axis_name("y", index)));
            layout.insert(name("yaxis"), axis(&panel.y, y_domain, &axis_name("x", index)));
            for layer in &panel.layers {
                let mut trace = Self::trace(panel, layer);
                trace["xaxis"] = name("x").into();
                trace["yaxis"] = name("y").into();
                data.push(trace);
            }
        }
        json!({"data": data, "layout": layout})
    }

    fn rows(&self) -> usize {
        self.panels.len().div_ceil(self.columns.max(1))
    }

    fn frame(&self) -> Map<String, Json> {
        let rows = self.rows();
        let height = if rows <= 1 { ALONE } else { rows * ROW };
        let has_names = self.panels.iter().flat_map(|panel| &panel.layers).any(|layer| !layer_name(layer).is_empty());
        let mut layout = Map::new();
        layout.insert("title".into(), json!({"text": escaped(&self.title)}));
        layout.insert("height".into(), height.into());
        layout.insert("barmode".into(), "overlay".into());
        layout.insert("hovermode".into(), "closest".into());
        layout.insert("showlegend".into(), has_names.into());
        layout.insert("legend".into(), json!({"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}));
        layout.insert("margin".into(), json!({"l": 60, "r": 20, "t": 50, "b": 50}));
        layout.insert("meta".into(), json!({"panels": self.panels.len(), "columns": self.columns.max(1), "row": ROW}));
        if let Some(bar) = &self.color_bar {
            layout.insert("coloraxis".into(), color_axis(bar));
        }
        layout
    }

    /// A panel's place in the grid, from 0 to 1.
    fn place(&self, index: usize) -> ([f64; 2], [f64; 2]) {
        let columns = self.columns.clamp(1, self.panels.len().max(1));
        let part = |at: usize, of: usize, gap: f64| {
            let width = (1.0 - gap * (of - 1) as f64) / of as f64;
            let start = at as f64 * (width + gap);
            [start, (start + width).min(1.0)]
        };
        let rows = self.rows().max(1);
        let [top, bottom] = part(index / columns, rows, (0.3 / rows as f64).min(0.12));
        (part(index % columns, columns, (0.35 / columns as f64).min(0.09)), [1.0 - bottom, 1.0 - top])
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

/// The name that the legend shows; empty for none.
pub(crate) fn layer_name(layer: &Layer) -> &str {
    match layer {
        Layer::Points(layer) => &layer.name,
        Layer::Line(layer) => &layer.name,
        Layer::Spans(layer) => &layer.name,
        Layer::Band(_) | Layer::Field(_) | Layer::Labels(_) => "",
    }
}

/// `xaxis`, `xaxis2`, ... or `x`, `x2`, ...
fn axis_name(letter: &str, index: usize) -> String {
    if index == 0 { letter.to_owned() } else { format!("{letter}{}", index + 1) }
}

/// Plotly reads some tags in texts: names are text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Long names are cut, so that they do not push the marks aside.
fn short(text: &str) -> String {
    if text.chars().count() <= 28 {
        return escaped(text);
    }
    escaped(&format!("{}…", text.chars().take(27).collect::<String>()))
}

fn axis(axis: &Axis, domain: [f64; 2], anchor: &str) -> Json {
    let mut json = json!({
        "title": {"text": escaped(&axis.title)}, "domain": domain, "anchor": anchor, "zeroline": false, "automargin": true,
        "exponentformat": "power",
        "type": if axis.log { "log" } else { "linear" },
    });
    if let Some(ticks) = &axis.ticks {
        json["tickmode"] = "array".into();
        json["ticklabeloverflow"] = "allow".into();
        json["tickvals"] = ticks.iter().map(|(at, _)| *at).collect();
        json["ticktext"] = ticks.iter().map(|(_, name)| short(name)).collect();
    }
    if let Some((low, high)) = axis.range {
        json["range"] = if axis.log { json!([low.log10(), high.log10()]) } else { json!([low, high]) };
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
    // Plotly asks for ends that differ.
    let high = if first == last { first + 1.0 } else { first.max(last) };
    json!({
        "colorscale": (0..colors.len()).map(stop).collect::<Vec<_>>(), "cmin": first.min(last), "cmax": high,
        "colorbar": {"title": {"text": escaped(&bar.title)}, "thickness": 12},
    })
}

/// What is shown of a mark under the pointer.
fn hover(panel: &Panel, trials: &[u64]) -> String {
    let trial = if trials.is_empty() { "" } else { "trial %{customdata}<br>" };
    let named = |axis: &Axis, letter: char| match axis.title.as_str() {
        "" => format!("%{{{letter}}}"),
        title => format!("{}: %{{{letter}}}", escaped(title)),
    };
    format!("{trial}{}<br>{}<extra></extra>", named(&panel.x, 'x'), named(&panel.y, 'y'))
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
        Tint::One(color) => marker["color"] = (*color).into(),
        Tint::Scale(values) => {
            marker["color"] = values.iter().copied().collect();
            marker["coloraxis"] = "coloraxis".into();
        }
    }
    named(
        json!({
            "type": "scatter", "mode": "markers", "x": layer.xs, "y": layer.ys, "customdata": layer.trials, "marker": marker,
            "hovertemplate": hover(panel, &layer.trials),
        }),
        &layer.name,
    )
}

fn line(panel: &Panel, layer: &Line) -> Json {
    let mut trace = json!({
        "type": "scatter", "mode": "lines", "x": layer.xs, "y": layer.ys, "customdata": layer.trials, "opacity": layer.opacity,
        "line": {"color": layer.color, "width": layer.width, "shape": if layer.is_step { "hv" } else { "linear" }},
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
    let there_and_back =
        |there: &[f64], back: &[f64]| -> Vec<f64> { there.iter().chain(back.iter().rev()).copied().collect() };
    json!({
        "type": "scatter", "mode": "lines", "fill": "toself", "fillcolor": layer.color, "opacity": 0.2, "line": {"width": 0},
        "x": there_and_back(&layer.xs, &layer.xs), "y": there_and_back(&layer.lows, &layer.highs),
        "hoverinfo": "skip", "showlegend": false,
    })
}

fn spans(panel: &Panel, layer: &Spans) -> Json {
    let lengths: Vec<f64> = layer.starts.iter().zip(&layer.ends).map(|(start, end)| end - start).collect();
    let trial = if layer.trials.is_empty() { "" } else { "trial %{customdata}<br>" };
    let name = if layer.name.is_empty() { String::new() } else { format!("{}<br>", escaped(&layer.name)) };
    let x = escaped(&panel.x.title);
    named(
        json!({
            "type": "bar", "orientation": "h", "base": layer.starts, "x": lengths, "y": layer.ys, "width": layer.height,
            "customdata": layer.trials, "marker": {"color": layer.color, "opacity": layer.opacity, "line": {"width": 0}},
            "hovertemplate": format!("{trial}{name}%{{y}}<br>{x}: %{{base}} + %{{value}}<extra></extra>"),
        }),
        &layer.name,
    )
}

fn field(layer: &Field) -> Json {
    json!({
        "type": "contour", "x": layer.xs, "y": layer.ys, "z": layer.zs, "coloraxis": "coloraxis", "ncontours": 16,
        "line": {"width": 0.5}, "hoverinfo": "skip", "opacity": 0.75,
    })
}

/// Words stand beside marks, and are no marks themselves.
fn labels(layer: &Labels) -> Json {
    json!({
        "type": "scatter", "mode": "text", "x": layer.xs, "y": layer.ys, "text": layer.texts.iter().map(|text| short(text)).collect::<Vec<_>>(),
        "textposition": "middle right", "textfont": {"size": 10, "shadow": "auto"}, "hoverinfo": "skip", "showlegend": false, "cliponaxis": false,
    })
}

fn named(mut trace: Json, name: &str) -> Json {
    trace["name"] = escaped(name).into();
    trace["showlegend"] = (!name.is_empty()).into();
    trace
}
