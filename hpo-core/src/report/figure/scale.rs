//! The scale of a parameter: it maps values to places on an axis.

use serde::Serialize;

use super::chart::{Axis, bounded};
use crate::numeric;
use crate::report::StudyView;
use crate::space::{Domain, Value};
use crate::trial::ParamId;

/// The width of a range of integers below which each of them has a label.
const MOST_NAMED: f64 = 10.0;

/// The scale of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scale {
    /// The dotted path of the parameter.
    pub path: String,
    /// True for a logarithmic scale.
    pub log: bool,
    /// True if all values are integers.
    pub whole: bool,
    /// The labels of the choices; empty for a numerical parameter.
    pub choices: Vec<String>,
    /// The smallest possible value; 0 for choices.
    pub low: f64,
    /// The largest possible value; the last index for choices.
    pub high: f64,
}

impl Scale {
    /// Returns the scale of a parameter as it was last declared.
    #[must_use]
    pub fn of(view: &StudyView<'_>, id: ParamId) -> Self {
        let param = view.param(id);
        let choices: Vec<String> = match &param.domain {
            Domain::Categorical(categorical) => {
                categorical.choices.iter().map(ToString::to_string).collect()
            }
            _ => Vec::new(),
        };
        let last = choices.len().saturating_sub(1) as f64;
        let range = param.domain.range();
        let (log, low, high) =
            range.map_or((false, 0.0, last), |range| (range.is_log, range.low, range.high));
        let whole = range.is_some_and(|range| range.is_integer);
        // A study of another library may record a logarithmic range that is not positive.
        Self { path: param.path.clone(), log: log && low > 0.0, whole, choices, low, high }
    }

    /// Returns the place of a value: a number itself, or the index of a choice.
    #[must_use]
    pub fn place(&self, value: Value) -> f64 {
        value.number()
    }

    /// Returns a place as a share of the range, from 0 to 1.
    #[must_use]
    pub fn share(&self, place: f64) -> f64 {
        let at = |place: f64| if self.log { place.ln() } else { place };
        let (low, high) = (at(self.low), at(self.high));
        if high > low { numeric::share(at(place), low, high) } else { 0.5 }
    }

    /// Returns the place at a share of the range.
    #[must_use]
    pub fn at(&self, share: f64) -> f64 {
        if self.log {
            (self.low.ln() + share * (self.high.ln() - self.low.ln())).exp()
        } else {
            numeric::between(self.low, self.high, share)
        }
    }

    /// Returns the axis of the parameter. If there are few integers, each one gets a label, since
    /// no values lie between them.
    #[must_use]
    pub fn axis(&self) -> Axis {
        if !self.choices.is_empty() {
            return Axis::names(self.path.clone(), self.choices.iter().cloned());
        }
        let is_short = (1.0..MOST_NAMED).contains(&(self.high - self.low)) && self.low.abs() < 1e6;
        if self.whole && !self.log && is_short {
            let values = self.low as i64..=self.high as i64;
            let ticks = values.map(|value| (value as f64, value.to_string())).collect();
            let range = Some((self.low - 0.5, self.high + 0.5));
            return Axis { ticks: Some(ticks), range, ..Axis::new(self.path.clone()) };
        }
        let is_wide = self.high > self.low;
        let least = if self.log { f64::MIN_POSITIVE } else { f64::MIN };
        let range = is_wide.then(|| bounded((self.at(-0.04).max(least), self.at(1.04))));
        Axis { log: self.log, range, ..Axis::new(self.path.clone()) }
    }
}

/// Returns the parameters to show if there is no room for all, and the number of all parameters.
/// Those in `requested` come first, in that order. The remaining positions go to the parameters
/// that most trials have, in the order of the space.
pub(super) fn selected_params(
    view: &StudyView<'_>,
    requested: &[String],
    most: usize,
) -> (Vec<ParamId>, usize) {
    let all = view.params();
    let mut selected: Vec<ParamId> = requested
        .iter()
        .filter_map(|path| view.trials.param_id(path))
        .filter(|id| all.contains(id))
        .take(most)
        .collect();
    if all.len() <= most {
        selected.extend(
            all.iter()
                .copied()
                .filter(|id| !requested.iter().any(|path| *path == view.param(*id).path)),
        );
        return (selected, all.len());
    }
    let mut uses = vec![0_u64; view.trials.declared().len()];
    for number in view.trials.complete() {
        for (id, _) in view.trials.params(number) {
            uses[id.0 as usize] += 1;
        }
    }
    let mut others: Vec<ParamId> =
        all.iter().copied().filter(|id| !selected.contains(id)).collect();
    others.sort_by_key(|id| std::cmp::Reverse(uses[id.0 as usize]));
    others.truncate(most - selected.len());
    selected.extend(all.iter().copied().filter(|id| others.contains(id)));
    (selected, all.len())
}

/// Returns a note about parameters that are not shown.
pub(super) fn left_out(shown: usize, of: usize) -> Option<String> {
    (shown < of).then(|| {
        format!(
            "{shown} of {of} parameters shown: the requested or most important ones, then \
             those that most trials have"
        )
    })
}
