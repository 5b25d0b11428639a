//! Slice plots: the value over each single parameter.

use serde::Serialize;

use super::chart::{
    Axis, Chart, Color, ColorBar, Colormap, Layer, Panel, Points, Symbol, bounded, extent,
};
use super::sample::{Shown, finite, value_phrase};
use super::scale::{Scale, left_out, selected_params};
use crate::report::StudyView;

/// The maximum number of parameters shown.
const MOST_PARAMS: usize = 24;
/// The maximum number of points in all panels together.
const MOST_POINTS: usize = 6_000;

/// The value over each single parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slice {
    /// The name of the values.
    pub value: String,
    /// The slice of each parameter that is shown.
    pub slices: Vec<ParamSlice>,
    /// The number of parameters of the study.
    pub params: usize,
    /// The number of trials shown, and of all trials.
    pub shown: Shown,
}

/// The value over one parameter, for the trials in which it is active.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParamSlice {
    /// The scale of the parameter.
    pub scale: Scale,
    /// The numbers of the trials.
    pub numbers: Vec<u64>,
    /// The value of the parameter in each trial, or the index of its choice.
    pub places: Vec<f64>,
    /// The objective value of each trial.
    pub values: Vec<f64>,
}

impl Slice {
    /// Returns the slices of the complete trials with a finite value. With more than 24 parameters,
    /// those in `asked` come first.
    #[must_use]
    pub fn of(view: &StudyView<'_>, objective: usize, requested: &[String]) -> Self {
        let (ids, params) = selected_params(view, requested, MOST_PARAMS);
        let most = (MOST_POINTS / ids.len().max(1)).clamp(250, 2_500);
        let (trials, shown) = finite(view, objective, most);
        let slices = ids.into_iter().map(|id| {
            let scale = Scale::of(view, id);
            let mut slice =
                ParamSlice { scale, numbers: Vec::new(), places: Vec::new(), values: Vec::new() };
            for (number, value) in &trials {
                if let Some(param_value) = view.value(*number, id) {
                    slice.numbers.push(*number);
                    slice.places.push(slice.scale.place(param_value));
                    slice.values.push(*value);
                }
            }
            slice
        });
        Self { value: view.value_name(objective), slices: slices.collect(), params, shown }
    }

    /// Returns the chart that draws the slices.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let values = || self.slices.iter().flat_map(|slice| &slice.values).copied();
        let range = extent(values()).filter(|(low, high)| high > low).map(|(low, high)| {
            let margin = (high / 2.0 - low / 2.0) * 0.1;
            bounded((low - margin, high + margin))
        });
        let panels = self.slices.iter().enumerate().map(|(index, slice)| {
            let columns = self.slices.len().min(4);
            let title = if index % columns == 0 { self.value.clone() } else { String::new() };
            Panel::new(slice.scale.axis(), Axis { range, ..Axis::new(title) }).with(Layer::Points(
                Points {
                    name: String::new(),
                    xs: slice.places.clone(),
                    ys: slice.values.clone(),
                    trials: slice.numbers.clone(),
                    tint: Color::Scale(slice.numbers.iter().map(|number| *number as f64).collect()),
                    symbol: Symbol::Circle,
                    size: 6.0,
                },
            ))
        });
        let last = self.slices.iter().filter_map(|slice| slice.numbers.last()).max();
        Chart {
            title: format!("Slices: {} over each parameter", value_phrase(&self.value)),
            notes: self
                .shown
                .notes()
                .into_iter()
                .chain(left_out(self.slices.len(), self.params))
                .collect(),
            panels: panels.collect(),
            columns: self.slices.len().min(4),
            color_bar: last.map(|last| ColorBar {
                title: "trial".to_owned(),
                ramp: Colormap::Age,
                ends: (0.0, *last as f64),
            }),
        }
    }
}
