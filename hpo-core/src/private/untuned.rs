//! What is recorded of a field that is not tuned: the label of its value, if it has one.

use std::cell::Cell;

use super::{Label, Labelled, SearchSpace, Writer};
use crate::space::{Params, Slots};

/// The value of a field that is not tuned, and may be of any type. The expansion calls `told` on it, and the compiler takes the
/// first of [`Told`] and [`Untold`] that fits.
#[derive(Debug)]
pub struct Untuned<T>(pub T);

/// A value that has a label.
pub trait Told {
    /// The label.
    fn told(self) -> Option<Label>;
}

/// Any other value.
pub trait Untold {
    /// None.
    fn told(self) -> Option<Label>;
}

impl<T: Labelled> Told for Untuned<T> {
    fn told(self) -> Option<Label> {
        // JSON, in which a space is kept, has no infinities and no NaN.
        Some(self.0.label()).filter(|label| !matches!(label, Label::Float(value) if !value.is_finite()))
    }
}

impl<T: SearchSpace> Told for &Untuned<T> {
    /// That of the only parameter, as of an enum without fields.
    fn told(self) -> Option<Label> {
        // The space of a type that contains itself would ask for this again, without an end.
        let is_within = IS_TELLING.replace(true);
        let space = (!is_within).then(T::space);
        IS_TELLING.set(is_within);
        let slots = Slots::new(&space?).ok().filter(|slots| slots.len() == 1)?;
        let mut writer = Writer::new();
        self.0.write(&mut writer).ok()?;
        Params::place(&slots, &writer.into_values()).ok()?.labels().next().map(|(_, label)| label)
    }
}

thread_local! {
    /// Whether the space of a fixed value is being asked for.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

impl<T> Untold for &mut Untuned<T> {
    fn told(self) -> Option<Label> {
        None
    }
}
