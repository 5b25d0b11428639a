//! The branch view: the results of each variant of a choice.

use serde::Serialize;

use super::chart::{Axis, Chart, Color, Layer, Panel, Points, Spans, Symbol};
use super::colors::{SERIES, WEAK, of_state};
use super::sample::direction;
use crate::report::StudyView;
use crate::space::{Condition, Domain, Parameter, Value};
use crate::trial::{Direction, ParamId, State};

/// The maximum number of choices shown.
const MOST: usize = 8;

/// A kind of outcome: its name, its color, and the number of a variant's trials with it.
type StateCount = (&'static str, &'static str, fn(&Variant) -> u64);

/// The results of each variant of each choice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Branches {
    /// The name of the values.
    pub value: String,
    /// The direction of the objective.
    pub direction: Direction,
    /// The choices, outer ones before those nested in them.
    pub choices: Vec<Choice>,
    /// True if other parameters depend on these choices; false if they are only categorical
    /// parameters.
    pub are_branches: bool,
}

/// A choice among variants, with the results of each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// The path of the choice.
    pub path: String,
    /// The results of the variants, in the order of the space.
    pub variants: Vec<Variant>,
}

/// The results of one variant.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Variant {
    /// The name of the variant.
    pub name: String,
    /// The number of trials that chose it.
    pub trials: u64,
    /// The number of complete trials among them.
    pub complete: u64,
    /// The number of pruned trials among them.
    pub pruned: u64,
    /// The number of failed trials among them.
    pub failed: u64,
    /// The number of trials among them that have not ended.
    pub open: u64,
    /// The best finite value of the trials that keep their constraints; `None` if there is no such
    /// trial.
    pub best: Option<f64>,
    /// The quartiles of the finite values: a quarter lies below the first, half of them below the
    /// second. `None` if there are no finite values.
    pub quartiles: Option<[f64; 3]>,
}

impl Branches {
    /// Returns the results of the choices on which other parameters depend. If there are none, or
    /// the space is not known, returns those of all categorical parameters; `None` if there are
    /// none of these either.
    #[must_use]
    pub fn of(view: &StudyView<'_>, objective: usize) -> Option<Self> {
        let (mut ids, are_branches) = choices(view);
        ids.truncate(MOST);
        let direction = direction(view, objective);
        let choices: Vec<Choice> =
            ids.into_iter().map(|id| choice(view, objective, direction, id)).collect();
        let value = view.value_name(objective);
        (!choices.is_empty()).then_some(Self { value, direction, choices, are_branches })
    }

    /// Returns the chart that draws the choices: the values in the left column, the outcomes in the
    /// right one.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let panels = self.choices.iter().enumerate().flat_map(|(index, choice)| {
            [self.values(choice, index == 0), Self::counts(choice, index == 0)]
        });
        Chart {
            title: if self.are_branches { "Branches" } else { "Categories" }.to_owned(),
            notes: vec!["bars: the middle half of the values; line: median; star: best".to_owned()],
            panels: panels.collect(),
            columns: 2,
            color_bar: None,
        }
    }

    fn values(&self, choice: &Choice, has_names: bool) -> Panel {
        let positions = |value: &dyn Fn(&Variant) -> Option<f64>| -> (Vec<f64>, Vec<f64>) {
            choice
                .variants
                .iter()
                .enumerate()
                .filter_map(|(at, variant)| Some((value(variant)?, at as f64)))
                .unzip()
        };
        let name = |text: &str| if has_names { text.to_owned() } else { String::new() };
        let (starts, ys) = positions(&|variant| Some(variant.quartiles?[0]));
        let (ends, _) = positions(&|variant| Some(variant.quartiles?[2]));
        let spread = Spans {
            name: name("middle half"),
            ys,
            starts,
            ends,
            trials: Vec::new(),
            color: SERIES[0],
            opacity: 0.45,
            height: 0.55,
        };
        let points = |name: String,
                      (xs, ys): (Vec<f64>, Vec<f64>),
                      symbol: Symbol,
                      color: &'static str,
                      size: f64| {
            Layer::Points(Points {
                name,
                xs,
                ys,
                trials: Vec::new(),
                tint: Color::One(color),
                symbol,
                size,
            })
        };
        let medians = positions(&|variant| Some(variant.quartiles?[1]));
        Panel::new(Axis::new(self.value.clone()), choice.axis())
            .with(Layer::Spans(spread))
            .with(points(name("median"), medians, Symbol::Bar, SERIES[0], 16.0))
            .with(points(
                name("best"),
                positions(&|variant| variant.best),
                Symbol::Star,
                SERIES[1],
                11.0,
            ))
    }

    fn counts(choice: &Choice, has_names: bool) -> Panel {
        let mut panel = Panel::new(Axis::new("trials"), choice.axis());
        let mut starts = vec![0.0; choice.variants.len()];
        let counts: [StateCount; 4] = [
            ("complete", of_state(State::Complete), |variant| variant.complete),
            ("pruned", of_state(State::Pruned), |variant| variant.pruned),
            ("failed", of_state(State::Failed), |variant| variant.failed),
            ("not ended", WEAK, |variant| variant.open),
        ];
        for (name, color, count) in counts {
            let ends: Vec<f64> = choice
                .variants
                .iter()
                .zip(&starts)
                .map(|(variant, start)| start + count(variant) as f64)
                .collect();
            if ends != starts {
                panel.layers.push(Layer::Spans(Spans {
                    name: if has_names { name.to_owned() } else { String::new() },
                    ys: (0..ends.len()).map(|at| at as f64).collect(),
                    starts: starts.clone(),
                    ends: ends.clone(),
                    trials: Vec::new(),
                    color,
                    opacity: 1.0,
                    height: 0.55,
                }));
            }
            starts = ends;
        }
        panel
    }
}

impl Choice {
    fn axis(&self) -> Axis {
        Axis::names(self.path.clone(), self.variants.iter().map(|variant| variant.name.clone()))
    }
}

/// Returns the choices to show, and true if other parameters depend on them.
fn choices(view: &StudyView<'_>) -> (Vec<ParamId>, bool) {
    let used = view.params();
    let is_category = |id: &ParamId| matches!(&view.param(*id).domain, Domain::Categorical(_));
    let categories: Vec<ParamId> = used.into_iter().filter(is_category).collect();
    let Some(flat) = view.flat else {
        return (categories, false);
    };
    let parents: Vec<u32> = flat
        .iter()
        .filter_map(Parameter::parent)
        .filter(|parent| !matches!(parent.condition, Condition::LengthAbove(_)))
        .map(|parent| parent.parameter)
        .collect();
    let is_branch = |id: &ParamId| {
        flat.find(&view.param(*id).path).is_some_and(|parameter| parents.contains(&parameter))
    };
    let branches: Vec<ParamId> = categories.iter().copied().filter(is_branch).collect();
    if branches.is_empty() { (categories, false) } else { (branches, true) }
}

/// Returns the choices on which other parameters depend, or else the categorical parameters.
#[cfg(feature = "page")]
pub(crate) fn branches(view: &StudyView<'_>) -> Vec<ParamId> {
    let (ids, _) = choices(view);
    ids.into_iter().take(MOST).collect()
}

fn choice(view: &StudyView<'_>, objective: usize, direction: Direction, id: ParamId) -> Choice {
    let param = view.param(id);
    let names: Vec<String> = match &param.domain {
        Domain::Categorical(categorical) => {
            categorical.choices.iter().map(ToString::to_string).collect()
        }
        _ => Vec::new(),
    };
    let mut variants: Vec<Variant> =
        names.into_iter().map(|name| Variant { name, ..Variant::default() }).collect();
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); variants.len()];
    for number in 0..view.trials.len() {
        let Some(Value::Choice(index)) = view.value(number, id) else { continue };
        let Some(variant) = variants.get_mut(index as usize) else { continue };
        variant.count(view.trials.state(number));
        let value =
            view.trials.values(number).get(objective).copied().filter(|value| value.is_finite());
        if let Some(value) = value {
            values[index as usize].push(value);
            let is_best = variant.best.is_none_or(|best| direction.is_better(value, best));
            if is_best && view.trials.violation(number) <= 0.0 {
                variant.best = Some(value);
            }
        }
    }
    for (variant, values) in variants.iter_mut().zip(&mut values) {
        variant.quartiles = quartiles(values);
    }
    Choice { path: param.path.clone(), variants }
}

impl Variant {
    fn count(&mut self, state: Option<State>) {
        self.trials += 1;
        match state {
            Some(State::Complete) => self.complete += 1,
            Some(State::Pruned) => self.pruned += 1,
            Some(State::Failed) => self.failed += 1,
            _ => self.open += 1,
        }
    }
}

/// Returns the quartiles, with linear interpolation between values as in numpy's default.
fn quartiles(values: &mut [f64]) -> Option<[f64; 3]> {
    let last = values.len().checked_sub(1)?;
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let position = share * last as f64;
        let below = position.floor() as usize;
        let above = (below + 1).min(last);
        values[below] + (values[above] - values[below]) * (position - below as f64)
    };
    Some([at(0.25), at(0.5), at(0.75)])
}

#[cfg(test)]
mod tests {
    use super::quartiles;

    #[test]
    fn quartiles_lie_between_the_values() {
        assert_eq!(quartiles(&mut [4.0, 1.0, 3.0, 2.0]), Some([1.75, 2.5, 3.25]));
        assert_eq!(quartiles(&mut [7.0]), Some([7.0; 3]));
        assert_eq!(quartiles(&mut []), None);
    }
}
