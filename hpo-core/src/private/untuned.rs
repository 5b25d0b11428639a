//! The recorded value of a field that is not tuned, if it has labels.

use std::cell::Cell;
use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::{Label, Labelled, SearchSpace, Writer};
use crate::space::{FlatSpace, Params, Part, Space};

/// The value of a field that is not tuned. The field may be of any type; the value is made only if
/// it can be recorded. The derive macro's expansion calls `(&&&&&Untuned(..)).told()`, and the
/// compiler selects the first of the following implementations that fits.
pub struct Untuned<T, F: Fn() -> T>(F, PhantomData<T>);

impl<T, F: Fn() -> T> Untuned<T, F> {
    /// Wraps the function that makes the value.
    pub fn new(make: F) -> Self {
        Self(make, PhantomData)
    }
}

/// A value that may or may not be recordable.
pub trait Told {
    /// Returns the space in which every parameter is fixed at this value; `None` if the value
    /// cannot be recorded.
    fn told(&self) -> Option<Space>;
}

impl<T: Labelled, F: Fn() -> T> Told for &&&&Untuned<T, F> {
    fn told(&self) -> Option<Space> {
        Some(fixed(&(self.0)()))
    }
}

impl<T: SearchSpace, F: Fn() -> T> Told for &&&Untuned<T, F> {
    fn told(&self) -> Option<Space> {
        config(&|| (self.0)())
    }
}

impl<T: Labelled, F: Fn() -> Vec<T>> Told for &&Untuned<Vec<T>, F> {
    fn told(&self) -> Option<Space> {
        let values = (self.0)();
        let length = Part::new("", Space::Fixed(Label::Int(values.len() as i128)));
        parts(std::iter::once(Some(length)), values.iter().map(|value| Some(fixed(value))))
    }
}

impl<T: Labelled, F: Fn() -> [T; N], const N: usize> Told for &&Untuned<[T; N], F> {
    fn told(&self) -> Option<Space> {
        parts(std::iter::empty(), (self.0)().iter().map(|value| Some(fixed(value))))
    }
}

impl<T: SearchSpace, F: Fn() -> Vec<T>> Told for &Untuned<Vec<T>, F> {
    fn told(&self) -> Option<Space> {
        let values = (self.0)();
        let length = Part::new("", Space::Fixed(Label::Int(values.len() as i128)));
        parts(std::iter::once(Some(length)), values.iter().map(config_of))
    }
}

impl<T, F: Fn() -> T> Told for Untuned<T, F> {
    fn told(&self) -> Option<Space> {
        None
    }
}

/// The default of a skipped field, if its type has one and can be recorded. The derive macro's
/// expansion calls `(&&&Skipped::<T>::new()).told()`.
#[derive(Debug)]
pub struct Skipped<T>(PhantomData<T>);

impl<T> Skipped<T> {
    /// Returns the marker of the type `T`.
    #[allow(clippy::new_without_default, reason = "the expansion alone makes it")]
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Labelled + Default> Told for &&Skipped<T> {
    fn told(&self) -> Option<Space> {
        Some(fixed(&T::default()))
    }
}

impl<T: SearchSpace + Default> Told for &Skipped<T> {
    fn told(&self) -> Option<Space> {
        config(&T::default)
    }
}

impl<T> Told for Skipped<T> {
    fn told(&self) -> Option<Space> {
        None
    }
}

impl<T, F: Fn() -> T> Debug for Untuned<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Untuned(..)")
    }
}

/// Returns a space of the elements by their index, after the parts of `first`; `None` if one of
/// them cannot be recorded.
fn parts(
    first: impl Iterator<Item = Option<Part>>,
    elements: impl Iterator<Item = Option<Space>>,
) -> Option<Space> {
    let elements =
        elements.zip(0_usize..).map(|(space, index)| Some(Part::new(index.to_string(), space?)));
    first.chain(elements).collect::<Option<_>>().map(Space::All)
}

/// Returns the values of all parameters of a config. The guard ends the recursion of a type that
/// contains itself, whose space would call this again without end.
fn config<T: SearchSpace>(make: &dyn Fn() -> T) -> Option<Space> {
    if IS_RECORDING.replace(true) {
        return None;
    }
    let space = config_of(&make());
    IS_RECORDING.set(false);
    space
}

fn config_of<T: SearchSpace>(config: &T) -> Option<Space> {
    let flat = FlatSpace::new(&Space::All(vec![Part::new(FIELD, T::space())])).ok()?;
    let mut writer = Writer::new();
    config.write(&mut writer).ok()?;
    let params = Params::place(&flat, &writer.into_values()).ok()?;
    let relative =
        |path: &str| path.strip_prefix(FIELD).unwrap_or(path).trim_start_matches('.').to_owned();
    let labels: Vec<_> = params.labels().map(|(path, label)| (relative(path), label)).collect();
    (!labels.is_empty()).then(|| tree(&labels))
}

/// A placeholder for the name of the field, which is removed from the paths again.
const FIELD: &str = "field";

thread_local! {
    /// True while the space of a fixed value is being built.
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
}

/// Returns the space of one fixed value. JSON, in which a space is stored, has no infinities and no
/// NaN, so they become strings, which are not equal to any number.
fn fixed(value: &impl Labelled) -> Space {
    Space::Fixed(match value.label() {
        Label::Float(value) if !value.is_finite() => Label::from(value.to_string()),
        label => label,
    })
}

/// Converts labels by dotted path to nested parts. An empty path is the part itself.
fn tree(labels: &[(String, Label)]) -> Space {
    let split = |path: &str| {
        path.split_once('.')
            .map_or((path.to_owned(), String::new()), |(a, b)| (a.to_owned(), b.to_owned()))
    };
    let mut parts: Vec<Part> = Vec::new();
    let mut remaining = labels;
    while let Some((path, label)) = remaining.first() {
        let (name, _) = split(path);
        if name.is_empty() {
            parts.push(Part::new("", Space::Fixed(label.clone())));
            remaining = &remaining[1..];
            continue;
        }
        let count = remaining.iter().take_while(|(path, _)| split(path).0 == name).count();
        let within: Vec<_> =
            remaining[..count].iter().map(|(path, label)| (split(path).1, label.clone())).collect();
        parts.push(Part::new(name, tree(&within)));
        remaining = &remaining[count..];
    }
    match parts.len() {
        1 if parts[0].name.is_empty() => parts.remove(0).space,
        _ => Space::All(parts),
    }
}
