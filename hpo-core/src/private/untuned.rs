//! The recorded value of a field that is not tuned, if it has labels.

use std::cell::Cell;

use super::{Label, Labelled, SearchSpace, Writer};
use crate::space::{Params, Part, Slots, Space};

/// The value of a field that is not tuned, of any type. The expansion calls `told` on it, and the
/// compiler selects [`Told`] or [`Untold`], the first that fits.
#[derive(Debug)]
pub struct Untuned<T>(pub T);

/// A value that can be recorded.
pub trait Told {
    /// Returns the space in which every parameter is fixed at this value.
    fn told(self) -> Option<Space>;
}

/// A value that cannot be recorded.
pub trait Untold {
    /// Returns `None` for any value.
    fn told(self) -> Option<Space>;
}

impl<T: Labelled> Told for Untuned<T> {
    fn told(self) -> Option<Space> {
        fixed(&self.0)
    }
}

impl<T: SearchSpace> Told for &Untuned<T> {
    fn told(self) -> Option<Space> {
        // A type that contains itself would call this again without end.
        let is_within = IS_TELLING.replace(true);
        let space = (!is_within).then(T::space);
        IS_TELLING.set(is_within);
        let slots = Slots::new(&Space::All(vec![Part::new(FIELD, space?)])).ok()?;
        let mut writer = Writer::new();
        self.0.write(&mut writer).ok()?;
        let params = Params::place(&slots, &writer.into_values()).ok()?;
        let relative = |path: &str| path.strip_prefix(FIELD).unwrap_or(path).trim_start_matches('.').to_owned();
        let labels: Vec<_> = params.labels().map(|(path, label)| (relative(path), label)).collect();
        (!labels.is_empty()).then(|| tree(&labels))
    }
}

impl<T: Labelled> Told for &Untuned<Vec<T>> {
    fn told(self) -> Option<Space> {
        let elements = self.0.iter().zip(0..).map(|(value, index): (&T, u64)| Some((index.to_string(), fixed(value)?)));
        let mut parts = vec![Part::new("", Space::Fixed(Label::Int(self.0.len() as i128)))];
        for element in elements {
            let (name, space) = element?;
            parts.push(Part::new(name, space));
        }
        Some(Space::All(parts))
    }
}

impl<T> Untold for &mut Untuned<T> {
    fn told(self) -> Option<Space> {
        None
    }
}

/// The temporary name of the field while its paths are made.
const FIELD: &str = "field";

thread_local! {
    /// True while the space of a fixed value is being built.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Returns the fixed value. NaN and infinities give `None`: JSON, which stores spaces, cannot
/// represent them.
fn fixed(value: &impl Labelled) -> Option<Space> {
    let label = value.label();
    let is_finite = !matches!(label, Label::Float(value) if !value.is_finite());
    is_finite.then_some(Space::Fixed(label))
}

/// Converts labels by dotted path to nested parts; an empty path is the part itself.
fn tree(labels: &[(String, Label)]) -> Space {
    let split = |path: &str| {
        path.split_once('.').map_or((path.to_owned(), String::new()), |(a, b)| (a.to_owned(), b.to_owned()))
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = labels;
    while let Some((path, label)) = rest.first() {
        let (name, _) = split(path);
        if name.is_empty() {
            parts.push(Part::new("", Space::Fixed(label.clone())));
            rest = &rest[1..];
            continue;
        }
        let count = rest.iter().take_while(|(path, _)| split(path).0 == name).count();
        let within: Vec<_> = rest[..count].iter().map(|(path, label)| (split(path).1, label.clone())).collect();
        parts.push(Part::new(name, tree(&within)));
        rest = &rest[count..];
    }
    match parts.len() {
        1 if parts[0].name.is_empty() => parts.remove(0).space,
        _ => Space::All(parts),
    }
}
