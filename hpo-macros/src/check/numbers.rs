//! The checks of numbers whose attributes are literals. The expansion asserts the rules on other
//! expressions.

use syn::Expr;

use crate::ast::{Field, FieldDefault, Role};
use crate::ctxt::Ctxt;
use crate::kind::Kind;
use crate::literal::{self, Evaluated, LENGTH};
use crate::number::{Number, Rule};
use crate::rule::NumberSpec;
use crate::text::text;
use crate::value::Range;

pub(super) fn check(ctxt: &Ctxt, field: &Field) {
    if let Some(len) = field.attrs.len.get() {
        check_length(ctxt, len);
    }
    if field.role != Role::Number || field.attrs.choices.is_written() {
        return;
    }
    let kind = field.shape.kind;
    let Some(range) = field.attrs.range.get() else {
        return;
    };
    let default = match field.default_value() {
        FieldDefault::Value(default) => Some(default),
        FieldDefault::Absent | FieldDefault::Off => None,
    };
    let sound = check_dots(ctxt, range, kind);
    let said = [Some(&range.low), Some(&range.high), field.attrs.step.get(), default];
    let typed = check_types(ctxt, &said, kind) & check_prior_types(ctxt, field);
    let said = NumberSpec::of(&field.attrs, default, kind);
    if let (true, Some(said), Some(number)) =
        (sound && typed, said, literal::number(&field.attrs, default, kind))
    {
        check_rules(ctxt, &said, &number);
    } else if let (true, Some(number)) = (sound && typed, literal::bounds(range, kind)) {
        // Other attributes are constants, so the expansion asserts all rules. Report a range that
        // is wrong in itself here.
        check_rules(ctxt, &NumberSpec::only("range", range, kind), &number);
    }
}

fn check_length(ctxt: &Ctxt, len: &Range) {
    if check_types(ctxt, &[Some(&len.low), Some(&len.high)], LENGTH)
        && let Some(number) = literal::bounds(len, LENGTH)
    {
        check_rules(ctxt, &NumberSpec::only("len", len, LENGTH), &number);
    }
}

/// Checks that a range of real numbers includes its end, because there is no last number before it.
fn check_dots(ctxt: &Ctxt, range: &Range, kind: Kind) -> bool {
    let wrong = range.exclusive && matches!(kind, Kind::Float { .. });
    if wrong {
        let (low, high) = (text(&range.low), text(&range.high));
        ctxt.error(
            &range.source,
            format!("a range of real numbers includes its ends: write `range = {low}..={high}`"),
        );
    }
    !wrong
}

/// Checks that literals have the field's type. Returns true if they do.
fn check_types(ctxt: &Ctxt, said: &[Option<&Expr>], kind: Kind) -> bool {
    let mut sound = true;
    for expr in said.iter().flatten() {
        if let Evaluated::Wrong(advice) = literal::evaluate(expr, kind) {
            ctxt.error(expr, advice);
            sound = false;
        }
    }
    sound
}

fn check_prior_types(ctxt: &Ctxt, field: &Field) -> bool {
    let Some(prior) = field.attrs.prior.get() else {
        return true;
    };
    let mut sound = true;
    for expr in [&prior.center, &prior.spread] {
        if matches!(expr, Expr::Lit(_)) && literal::real(expr).is_none() {
            ctxt.error(expr, "this must be a number");
            sound = false;
        }
    }
    sound
}

/// Checks the rules on the range first, because the others depend on it.
fn check_rules(ctxt: &Ctxt, said: &NumberSpec, number: &Number) {
    let (range, others): (Vec<_>, Vec<_>) = said.rules().into_iter().partition(|rule| {
        matches!(rule, Rule::Finite | Rule::Fits | Rule::Ordered | Rule::NonZero | Rule::Positive)
    });
    let broken = |rule: &Rule| !number.obeys(*rule);
    if let Some(rule) = range.into_iter().find(broken) {
        ctxt.error(said.tokens(rule), said.message(rule, Some(number)));
        return;
    }
    for rule in others.into_iter().filter(broken) {
        ctxt.error(said.tokens(rule), said.message(rule, Some(number)));
    }
}
