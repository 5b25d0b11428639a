//! The kind of a type by its spelling: the layers around it, and whether it is a number, text or a
//! flag.
//!
//! A spelling can mislead in one direction only: an alias may hide a number. The compiler checks
//! such a field through the traits of `hpo-core`, so the result is still correct, and only the
//! message differs.

use syn::{Expr, GenericArgument, PathArguments, PathSegment, Type};

use crate::attr::FieldAttrs;
use crate::value::bare;

/// The kind of a type, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Float { single: bool },
    Int(Integer),
    Bool,
    Char,
    Text,
    Other,
}

/// An integer type with its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Integer {
    pub(crate) min: i128,
    pub(crate) max: i128,
    pub(crate) nonzero: bool,
}

/// A type around the one that the attribute describes.
#[derive(Clone)]
pub(crate) enum Layer<'a> {
    Option,
    Box,
    Vec,
    Array(&'a Expr),
}

/// A type as layers, outermost first, around the type that the attribute describes.
pub(crate) struct Shape<'a> {
    pub(crate) layers: Vec<Layer<'a>>,
    pub(crate) inner: &'a Type,
    pub(crate) kind: Kind,
}

impl<'a> Shape<'a> {
    /// Removes the layers around the type that the attribute describes.
    pub(crate) fn new(ty: &'a Type, attrs: &FieldAttrs) -> Self {
        let (mut layers, mut inner) = (Vec::new(), ungrouped(ty));
        while let Some((layer, within)) =
            peel(inner).filter(|(layer, _)| !choices_describe(layer, attrs))
        {
            layers.push(layer);
            inner = ungrouped(within);
        }
        Self { layers, inner, kind: Kind::new(inner) }
    }

    pub(crate) fn vecs(&self) -> usize {
        self.layers.iter().filter(|layer| matches!(layer, Layer::Vec)).count()
    }

    pub(crate) fn is_optional(&self) -> bool {
        matches!(self.layers.first(), Some(Layer::Option))
    }
}

/// Returns true if the choices describe the layer itself, as in `choices = [None, Some(1)]`.
fn choices_describe(layer: &Layer, attrs: &FieldAttrs) -> bool {
    let Some(choices) = attrs.choices.get() else {
        return false;
    };
    choices.iter().map(bare).any(|choice| match layer {
        Layer::Option => is_optional(choice),
        Layer::Array(_) => matches!(choice, Expr::Array(_) | Expr::Repeat(_)),
        Layer::Vec => !attrs.len.is_written(),
        Layer::Box => matches!(choice, Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if named(&path.path.segments, "new"))),
    })
}

/// Returns true for `None` and `Some(..)`.
pub(crate) fn is_optional(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Path(path) => named(&path.path.segments, "None"),
        Expr::Call(call) => {
            matches!(bare(&call.func), Expr::Path(path) if named(&path.path.segments, "Some"))
        }
        _ => false,
    }
}

fn named<'a>(segments: impl IntoIterator<Item = &'a PathSegment>, name: &str) -> bool {
    segments.into_iter().last().is_some_and(|segment| segment.ident == name)
}

pub(crate) fn peel(ty: &Type) -> Option<(Layer<'_>, &Type)> {
    match ty {
        Type::Array(array) => Some((Layer::Array(&array.len), &array.elem)),
        Type::Path(path) => {
            let segment = path.path.segments.last()?;
            let within = only_argument(segment)?;
            match segment.ident.to_string().as_str() {
                "Option" => Some((Layer::Option, within)),
                "Vec" => Some((Layer::Vec, within)),
                "Box" if !is_unsized(within) => Some((Layer::Box, within)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Returns the innermost type of options, boxes, lists and arrays.
pub(crate) fn leaf(ty: &Type) -> &Type {
    let ty = ungrouped(ty);
    peel(ty).map_or(ty, |(_, within)| leaf(within))
}

/// Returns true for types such as `str`: `Box<str>` is a value of its own.
fn is_unsized(ty: &Type) -> bool {
    matches!(ty, Type::Slice(_) | Type::TraitObject(_))
        || matches!(ty, Type::Path(path) if path.path.is_ident("str"))
}

fn only_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

/// Returns the type without parentheses and invisible groups (of `macro_rules`).
pub(crate) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => ungrouped(&paren.elem),
        Type::Group(group) => ungrouped(&group.elem),
        ty => ty,
    }
}

impl Kind {
    pub(crate) fn new(ty: &Type) -> Self {
        match ty {
            Type::Reference(reference) => match &*reference.elem {
                Type::Path(path) if path.path.is_ident("str") => Kind::Text,
                _ => Kind::Other,
            },
            Type::Path(path) if path.qself.is_none() => {
                let Some(segment) = path.path.segments.last() else {
                    return Kind::Other;
                };
                Self::of(segment, path.path.segments.len() == 1)
            }
            _ => Kind::Other,
        }
    }

    fn of(segment: &PathSegment, alone: bool) -> Self {
        let name = segment.ident.to_string();
        if let Some(integer) = name.strip_prefix("NonZero") {
            let integer = match only_argument(segment) {
                Some(Type::Path(path)) => path.path.get_ident().map(ToString::to_string),
                _ => Some(integer.to_lowercase()),
            };
            let integer = integer.and_then(|name| Integer::named(&name));
            return integer
                .map_or(Kind::Other, |integer| Kind::Int(Integer { nonzero: true, ..integer }));
        }
        match name.as_str() {
            "String" => Kind::Text,
            _ if !alone => Kind::Other,
            "f64" => Kind::Float { single: false },
            "f32" => Kind::Float { single: true },
            "bool" => Kind::Bool,
            "char" => Kind::Char,
            name => Integer::named(name).map_or(Kind::Other, Kind::Int),
        }
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Kind::Float { .. } | Kind::Int(_))
    }
}

impl Integer {
    /// Returns true if it holds values beyond `i64` and `u64`.
    pub(crate) fn is_wide(self) -> bool {
        self.min < i64::MIN.into() || self.max > u64::MAX.into()
    }

    fn named(name: &str) -> Option<Self> {
        let (min, max) = match name {
            "i8" => (i8::MIN.into(), i8::MAX.into()),
            "i16" => (i16::MIN.into(), i16::MAX.into()),
            "i32" => (i32::MIN.into(), i32::MAX.into()),
            "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
            "i128" => (i128::MIN, i128::MAX),
            "u8" => (0, u8::MAX.into()),
            "u16" => (0, u16::MAX.into()),
            "u32" => (0, u32::MAX.into()),
            "u64" | "usize" => (0, u64::MAX.into()),
            "u128" => (0, i128::MAX),
            _ => return None,
        };
        Some(Self { min, max, nonzero: false })
    }
}
