//! Choices: all different, and the default among them.

use syn::Expr;

use crate::ast::{Field, Guess, Role};
use crate::ctxt::Ctxt;
use crate::literal::{self, Seen};
use crate::text::text;
use crate::value::bare;

pub(super) fn check(ctxt: &Ctxt, field: &Field) {
    let Some(choices) = field.attrs.choices.get().filter(|_| field.role == Role::Choice) else {
        return;
    };
    check_types(ctxt, field, choices);
    check_repeats(ctxt, choices);
    if let Guess::Value(default) = field.guess() {
        check_default(ctxt, choices, default);
    }
}

/// Literals must be of the field's type.
fn check_types(ctxt: &Ctxt, field: &Field, choices: &[Expr]) {
    for choice in choices {
        if let Some(advice) = literal::misfit(choice, field.shape.kind) {
            ctxt.error(choice, advice);
            continue;
        }
        match literal::see(choice, field.shape.kind) {
            Seen::Wrong(advice) => ctxt.error(choice, advice),
            Seen::Number(number) if !number.float.is_finite() => {
                ctxt.error(choice, "a choice must be finite");
            }
            _ => {}
        }
    }
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
    ctxt.error(default, format!("the default must be one of the choices, written as there: {}", listed.join(", ")));
}

/// Which of the choices it is.
pub(crate) fn index(choices: &[Expr], default: &Expr) -> Option<usize> {
    choices.iter().position(|choice| same(choice, default))
}

/// Whether two expressions are one value, as far as can be seen: `1e3` is `1000.0`.
fn same(a: &Expr, b: &Expr) -> bool {
    if let (Some(a), Some(b)) = (literal::integer(a), literal::integer(b)) {
        return a == b;
    }
    match (literal::real(a), literal::real(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
        _ => text(bare(a)) == text(bare(b)),
    }
}
