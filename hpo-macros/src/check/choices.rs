//! The checks of choices: all are different, and the default is among them.

use syn::{Expr, Lit, Type};

use crate::ast::{Field, FieldDefault, Role};
use crate::ctxt::Ctxt;
use crate::kind::{Kind, Layer, is_optional, peel, ungrouped};
use crate::literal::{self, Evaluated};
use crate::text::text;
use crate::value::bare;

pub(super) fn check(ctxt: &Ctxt, field: &Field) {
    let Some(choices) = field.attrs.choices.get().filter(|_| field.role == Role::Choice) else {
        return;
    };
    check_types(ctxt, field, choices);
    check_repeats(ctxt, choices);
    if let FieldDefault::Value(default) = field.default_value() {
        check_default(ctxt, choices, default);
    }
}

/// Checks that literals have the field's type, also within `Some(..)`, `Box::new(..)` and `[..]`.
fn check_types(ctxt: &Ctxt, field: &Field, choices: &[Expr]) {
    for choice in choices {
        check_type(ctxt, choice, field.shape.inner, false);
    }
}

fn check_type(ctxt: &Ctxt, choice: &Expr, ty: &Type, is_within: bool) {
    let kind = Kind::new(ungrouped(ty));
    match (peel(ungrouped(ty)), bare(choice)) {
        (Some((layer, within)), choice) => check_layer(ctxt, choice, &layer, within),
        (None, choice) if is_optional(choice) && kind != Kind::Other => {
            ctxt.error(
                choice,
                "the field is not an `Option`: write the value alone, or make the field an \
                 `Option`",
            );
        }
        (None, choice) => {
            if let Some(advice) = misfit(choice, ty, kind, is_within) {
                ctxt.error(choice, advice);
            }
        }
    }
}

/// Checks a choice whose type contains another one.
fn check_layer(ctxt: &Ctxt, choice: &Expr, layer: &Layer, within: &Type) {
    match (layer, choice) {
        (Layer::Option | Layer::Box, Expr::Call(call)) if call.args.len() == 1 => {
            check_type(ctxt, &call.args[0], within, true);
        }
        (Layer::Array(_), Expr::Array(array)) => {
            array.elems.iter().for_each(|element| check_type(ctxt, element, within, true));
        }
        (Layer::Option, Expr::Lit(_)) => {
            ctxt.error(choice, format!("the field is an `Option`: write `Some({})`", text(choice)));
        }
        _ => {}
    }
}

/// Returns the advice for a literal that does not have the field's type.
fn misfit(choice: &Expr, ty: &Type, kind: Kind, is_within: bool) -> Option<String> {
    let is_text = matches!(choice, Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)));
    // A text as a choice is converted to the field's type; a text within another value is not.
    if is_within && is_text && kind == Kind::Text && !matches!(ungrouped(ty), Type::Reference(_)) {
        return Some(format!("the field holds `String`s: write `{}.to_owned()`", text(choice)));
    }
    literal::misfit(choice, kind).or_else(|| match literal::evaluate(choice, kind) {
        Evaluated::Wrong(advice) => Some(advice),
        Evaluated::Number(number) if !number.float.is_finite() => {
            Some("a choice must be finite".to_owned())
        }
        _ => None,
    })
}

fn check_repeats(ctxt: &Ctxt, choices: &[Expr]) {
    for (index, choice) in choices.iter().enumerate() {
        if choices[..index].iter().any(|earlier| same(earlier, choice)) {
            ctxt.error(choice, format!("`{}` is listed twice: leave it out", text(choice)));
        }
    }
}

fn check_default(ctxt: &Ctxt, choices: &[Expr], default: &Expr) {
    if index(choices, default).is_some() {
        return;
    }
    let listed: Vec<_> = choices.iter().map(|choice| format!("`{}`", text(choice))).collect();
    ctxt.error(
        default,
        format!("the default must be one of the choices, written as there: {}", listed.join(", ")),
    );
}

/// Returns the index of the default among the choices.
pub(crate) fn index(choices: &[Expr], default: &Expr) -> Option<usize> {
    choices.iter().position(|choice| same(choice, default))
}

/// Returns true if two expressions have the same value, as far as the macro can see: `1e3` is
/// `1000.0`.
fn same(a: &Expr, b: &Expr) -> bool {
    if let (Some(a), Some(b)) = (literal::integer(a), literal::integer(b)) {
        return a == b;
    }
    match (literal::real(a), literal::real(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
        _ => text(bare(a)) == text(bare(b)),
    }
}
