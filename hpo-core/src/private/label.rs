//! Scalars as labels of choices.

use std::borrow::Cow;

use super::Label;

/// A scalar, which is its own label.
pub trait Labelled {
    /// Returns the scalar as a label.
    fn label(&self) -> Label;
}

macro_rules! labelled {
    ($($scalar:ty),+) => {$(
        impl Labelled for $scalar {
            fn label(&self) -> Label {
                Label::from(*self)
            }
        }
    )+};
}
labelled!(bool, char, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64, &'static str);

macro_rules! labelled_nonzero {
    ($($integer:ty),+) => {$(
        impl Labelled for std::num::NonZero<$integer> {
            fn label(&self) -> Label {
                Label::from(self.get())
            }
        }
    )+};
}
labelled_nonzero!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl Labelled for String {
    fn label(&self) -> Label {
        Label::from(self.clone())
    }
}

impl Labelled for Cow<'static, str> {
    fn label(&self) -> Label {
        Label::Text(self.clone())
    }
}

impl<T: Labelled> Labelled for Box<T> {
    fn label(&self) -> Label {
        T::label(self)
    }
}

impl<T: Labelled> Labelled for Option<T> {
    fn label(&self) -> Label {
        self.as_ref().map_or(Label::Null, T::label)
    }
}
