//! The trials of a study as numerical columns, the input of all measures of importance.

use super::ImportanceError;
use crate::numeric::interval::fraction;
use crate::numeric::ordinary::Ordinary;
use crate::report::StudyView;
use crate::space::{Domain, NumericRange, ParamKind, Value};
use crate::trial::{Direction, ParamId};

/// The complete trials with a finite value of one objective. Absurd values (`numeric/ordinary.rs`)
/// are left out like failed trials: they are no evidence.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    pub(crate) objective: usize,
    pub(crate) direction: Direction,
    /// The numbers of the trials, one per row.
    pub(crate) numbers: Vec<u64>,
    /// The losses, one per row: the values with their sign changed if the objective is maximized.
    pub(crate) losses: Vec<f64>,
    pub(crate) columns: Vec<ParamColumn>,
    pub(crate) complete: u64,
    pub(crate) infinite: u64,
}

/// The values of one parameter in all trials.
#[derive(Clone, Debug)]
pub(crate) struct ParamColumn {
    pub(crate) id: ParamId,
    pub(crate) path: String,
    pub(crate) scale: ParamScale,
    /// One number per trial on the scale of the parameter, or the index of a choice; `None` where
    /// the parameter is inactive.
    pub(crate) values: Vec<Option<f64>>,
    /// The path of the parameter that decides if this one is active.
    pub(crate) parent: Option<String>,
}

/// The kind and the range of the numbers in a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ParamScale {
    /// Numbers of a range, on its scale: logarithms of the values if the scale is logarithmic.
    Number(NumericRange),
    /// Indices of this number of choices.
    Choices(u32),
}

impl Data {
    pub(crate) fn of(view: &StudyView<'_>, objective: usize) -> Result<Self, ImportanceError> {
        let count = view.directions.len();
        let direction = *view
            .directions
            .get(objective)
            .ok_or(ImportanceError::NoSuchObjective { objective, count })?;
        let complete: Vec<(u64, f64)> = view.complete(objective).collect();
        let losses: Vec<f64> = complete.iter().map(|(_, value)| direction.loss(*value)).collect();
        let ordinary = Ordinary::of(&losses);
        let is_kept = |loss: f64| ordinary.is_some_and(|ordinary| ordinary.holds(loss));
        let kept = || complete.iter().zip(&losses).filter(|(_, loss)| is_kept(**loss));
        let mut data = Self {
            objective,
            direction,
            numbers: kept().map(|((number, _), _)| *number).collect(),
            losses: kept().map(|(_, loss)| *loss).collect(),
            columns: Vec::new(),
            complete: complete.len() as u64,
            infinite: (complete.len() - kept().count()) as u64,
        };
        data.read(view);
        Ok(data)
    }

    /// Reads the parameters in one pass over the trials.
    fn read(&mut self, view: &StudyView<'_>) {
        let params = view.params();
        let mut column_of = vec![usize::MAX; view.trials.declared().len()];
        for (index, id) in params.iter().enumerate() {
            column_of[id.0 as usize] = index;
        }
        let rows = self.numbers.len();
        self.columns = params.into_iter().map(|id| ParamColumn::new(view, id, rows)).collect();
        for (row, number) in self.numbers.iter().enumerate() {
            for (id, value) in view.trials.params(*number) {
                let column = &mut self.columns[column_of[id.0 as usize]];
                column.values[row] = Some(column.scale.number(value));
            }
        }
        self.columns.retain(|column| column.active() > 0);
    }

    /// Returns an error if importance cannot be measured with these trials.
    pub(super) fn check(&self, needed: u64) -> Result<(), ImportanceError> {
        let (found, infinite) = (self.losses.len() as u64, self.infinite);
        if found < needed {
            return Err(ImportanceError::TooFewTrials { found, infinite, needed });
        }
        if self.columns.iter().all(ParamColumn::is_constant) {
            return Err(ImportanceError::NoParameters);
        }
        if self.losses.iter().all(|loss| *loss == self.losses[0]) {
            // The direction, applied twice, gives the original value.
            return Err(ImportanceError::Constant {
                trials: found,
                value: self.direction.loss(self.losses[0]),
            });
        }
        Ok(())
    }

    /// Returns, for each column, the indices of its descendants: the columns of parameters whose
    /// activity it decides directly or indirectly.
    pub(crate) fn descendants(&self) -> Vec<Vec<usize>> {
        let column = |path: &String| self.columns.iter().position(|column| column.path == *path);
        let parents: Vec<Option<usize>> =
            self.columns.iter().map(|own| own.parent.as_ref().and_then(column)).collect();
        let mut below = vec![Vec::new(); parents.len()];
        for index in 0..parents.len() {
            let mut above = parents[index];
            while let Some(parent) = above {
                below[parent].push(index);
                above = parents[parent];
            }
        }
        below
    }

    /// Keeps only the given rows.
    pub(crate) fn retain_rows(&mut self, rows: &[usize]) {
        let selected = |values: &[Option<f64>]| rows.iter().map(|row| values[*row]).collect();
        for column in &mut self.columns {
            column.values = selected(&column.values);
        }
        self.losses = rows.iter().map(|row| self.losses[*row]).collect();
        self.numbers = rows.iter().map(|row| self.numbers[*row]).collect();
    }
}

impl ParamColumn {
    fn new(view: &StudyView<'_>, id: ParamId, rows: usize) -> Self {
        let param = view.param(id);
        let (path, scale) = (param.path.clone(), ParamScale::of(&param.domain));
        Self { id, path, scale, values: vec![None; rows], parent: parent(view, &param.path) }
    }

    /// Returns true if the parameter had only one value wherever it was active, and so cannot have
    /// made a difference.
    pub(crate) fn is_constant(&self) -> bool {
        let mut values = self.values.iter().flatten();
        let first = values.next();
        self.scale.is_single() || values.all(|value| Some(value) == first)
    }

    /// Returns the number of trials in which the parameter was active.
    pub(crate) fn active(&self) -> usize {
        self.values.iter().flatten().count()
    }
}

/// Returns the path of the parent in the space. If no space is recorded, this is the parameter with
/// the longest path that is a prefix of `path`.
fn parent(view: &StudyView<'_>, path: &str) -> Option<String> {
    if let Some(flat) = view.flat
        && let Some(parameter) = flat.find(path)
    {
        return flat
            .parameter(parameter)
            .parent()
            .map(|parent| flat.parameter(parent.parameter).path().to_owned());
    }
    let continues =
        |above: &&str| path.strip_prefix(*above).is_some_and(|rest| rest.starts_with('.'));
    let declared = view.trials.declared().iter().map(|param| param.path.as_str());
    declared.filter(continues).max_by_key(|above| above.len()).map(str::to_owned)
}

impl ParamScale {
    /// Returns the scale of a domain as it was last declared.
    pub(crate) fn of(domain: &Domain) -> Self {
        let choices = match domain {
            Domain::Categorical(categorical) => categorical.choices.len() as u32,
            _ => 0,
        };
        domain.range().map_or(ParamScale::Choices(choices), ParamScale::Number)
    }

    pub(crate) fn kind(self) -> ParamKind {
        match self {
            ParamScale::Number(_) => ParamKind::Number,
            ParamScale::Choices(count) => ParamKind::Choices(count),
        }
    }

    /// Returns true if there is only one possible value.
    pub(crate) fn is_single(self) -> bool {
        match self {
            ParamScale::Number(range) => {
                range.low >= range.high || range.step_count().is_some_and(|levels| levels < 2.0)
            }
            ParamScale::Choices(count) => count < 2,
        }
    }

    /// Returns a value as a number on this scale.
    pub(crate) fn number(self, value: Value) -> f64 {
        match self {
            ParamScale::Number(range) => range.scaled(value.number()),
            ParamScale::Choices(_) => value.number(),
        }
    }

    /// Returns the position of a number in `[0, 1]`, with each level in the middle of its share.
    /// For a choice, returns its index.
    pub(crate) fn position(self, number: f64) -> f64 {
        match self {
            ParamScale::Number(range) => {
                let (low, high) = range.ends();
                fraction(number, low, high)
            }
            ParamScale::Choices(count) => number.min(f64::from(count) - 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Float, Int};

    #[test]
    fn levels_lie_in_the_middle_of_their_shares_and_bounds_at_the_ends() {
        let float = ParamScale::of(&Domain::Float(Float { log: true, ..Float::new(1e-4, 1.0) }));
        assert!((float.position(float.number(Value::Float(1e-2))) - 0.5).abs() < 1e-12);
        assert_eq!(float.position(float.number(Value::Float(1.0))), 1.0);
        let int = ParamScale::of(&Domain::Int(Int::new(0, 4)));
        assert!((int.position(int.number(Value::Int(0))) - 0.1).abs() < 1e-12);
        for one in [
            Domain::Float(Float::new(0.5, 0.5)),
            Domain::Float(Float { log: true, ..Float::new(2.0, 2.0) }),
        ] {
            assert_eq!(ParamScale::of(&one).position(0.5), 0.5);
        }
        let widest = ParamScale::of(&Domain::Float(Float::new(-f64::MAX, f64::MAX)));
        assert_eq!(widest.position(0.0), 0.5);
    }
}
