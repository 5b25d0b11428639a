//! Conflicts between attributes, or between an attribute and the type.

use proc_macro2::Span;

use super::called;
use crate::ast::{Field, Role};
use crate::ctxt::Ctxt;
use crate::kind::Kind;
use crate::text::text;

/// Checks the rules on one field. A violation skips the rules after it, except that on lengths.
pub(super) fn check(ctxt: &Ctxt, field: &Field) {
    let broken = check_untuned(ctxt, field)
        || check_either(ctxt, field)
        || check_kind(ctxt, field)
        || field.attrs.misread
        || check_needs(ctxt, field)
        || check_bare(ctxt, field);
    if !field.attrs.misread {
        check_len(ctxt, field);
    }
    if !broken {
        check_flatten(ctxt, field);
    }
}

/// Returns the attributes that modify a `range`.
fn on_a_range(field: &Field) -> Vec<(&'static str, Span)> {
    let all = field.attrs.written().into_iter();
    all.filter(|(word, _)| ["log", "step", "prior"].contains(word)).collect()
}

/// Checks that a field that is not tuned has no other attributes. Returns true if there is an
/// error.
fn check_untuned(ctxt: &Ctxt, field: &Field) -> bool {
    let words = field.attrs.written();
    let untuned =
        ["fixed", "skip"].into_iter().find(|word| words.iter().any(|(written, _)| written == word));
    let Some(untuned) = untuned else {
        return false;
    };
    // These tell which parameters a fixed value belongs to, should the field be tuned again.
    let is_allowed = |word: &str| {
        word == untuned || (["rename", "flatten"].contains(&word) && untuned == "fixed")
    };
    let others: Vec<_> = words.iter().filter(|(word, _)| !is_allowed(word)).collect();
    for (word, span) in &others {
        let message = match *word {
            "skip" => "a field is either `fixed` at a value or skipped, which takes its \
             `Default`: keep one"
                .to_owned(),
            word => format!(
                "`{untuned}` leaves the field untuned, so `{word}` has no effect: keep one of them"
            ),
        };
        ctxt.error_at(*span, message);
    }
    !others.is_empty()
}

/// Checks that a field has either a range or choices.
fn check_either(ctxt: &Ctxt, field: &Field) -> bool {
    let attrs = &field.attrs;
    let Some(span) = attrs.choices.span else {
        return false;
    };
    if attrs.range.is_written() {
        ctxt.error_at(span, "a field has a `range` or `choices`, not both: keep one");
        return true;
    }
    let words = on_a_range(field);
    for (word, span) in &words {
        let advice = match *word {
            "log" => "`choices` are listed one by one, so `log` has no effect: leave it out",
            "step" => "`choices` are listed one by one, so `step` has no effect: leave it out",
            _ => "`prior` needs a `range`: with `choices` the first guess is `default = choice`",
        };
        ctxt.error_at(*span, advice);
    }
    !words.is_empty()
}

/// Checks that ranges are used on numbers only.
fn check_kind(ctxt: &Ctxt, field: &Field) -> bool {
    let advice = match field.shape.kind {
        Kind::Bool => "a `bool` needs no attribute: it is `false` or `true`",
        Kind::Char => "for characters write `choices = ['a', 'b']`",
        Kind::Text => "for texts write `choices = [\"a\", \"b\"]`",
        _ => return false,
    };
    let words = field.attrs.written().into_iter();
    let words: Vec<_> =
        words.filter(|(word, _)| ["range", "log", "step", "prior"].contains(word)).collect();
    for (word, span) in &words {
        ctxt.error_at(*span, format!("`{word}` is for numbers; {advice}"));
    }
    !words.is_empty()
}

/// Checks that an attribute is present if another one requires it.
fn check_needs(ctxt: &Ctxt, field: &Field) -> bool {
    let attrs = &field.attrs;
    if let Some(span) = attrs.ordered.span.filter(|_| !attrs.choices.is_written()) {
        let message = if attrs.range.is_written() {
            "a `range` is always ordered: leave `ordered` out"
        } else {
            "`ordered` goes with `choices`: write `choices = [low, high], ordered`"
        };
        ctxt.error_at(span, message);
        return true;
    }
    if attrs.range.is_written() || attrs.choices.is_written() {
        return false;
    }
    let words = on_a_range(field);
    for (word, span) in &words {
        ctxt.error_at(
            *span,
            format!("`{word}` goes with a `range`: write `range = low..=high` as well"),
        );
    }
    !words.is_empty()
}

/// Checks that numbers, letters and texts have a range or choices.
fn check_bare(ctxt: &Ctxt, field: &Field) -> bool {
    let attrs = &field.attrs;
    if attrs.range.is_written()
        || attrs.choices.is_written()
        || !matches!(field.role, Role::Number | Role::Choice)
    {
        return false;
    }
    let write = match field.shape.kind {
        Kind::Float { .. } => "range = 0.0..=1.0",
        Kind::Char => "choices = ['a', 'b']",
        Kind::Text => "choices = [\"a\", \"b\"]",
        _ => "range = 1..=10",
    };
    ctxt.error(
        field.shape.inner,
        format!(
            "{} has no search space: write one, as in `#[search_space({write})]`, or write \
             `fixed = value` or `skip` if it is not tuned",
            called(field)
        ),
    );
    true
}

/// Checks that a list, and only a list, has a length; one attribute describes only one list.
fn check_len(ctxt: &Ctxt, field: &Field) {
    if !field.is_tuned() {
        return;
    }
    match (field.attrs.len.span, field.shape.vecs()) {
        (Some(span), 0) => {
            ctxt.error_at(
                span,
                format!(
                    "`len` is the length of a `Vec`, and {} has none: leave it out",
                    called(field)
                ),
            );
        }
        (None, 1..) => ctxt.error(
            field.ty,
            format!(
                "{} has no length: write one, as in `#[search_space(len = 1..=4)]`",
                called(field)
            ),
        ),
        (Some(_), 2..) => ctxt.error(
            field.ty,
            "`len` applies to one `Vec` only: put the inner one into a struct that derives \
             `SearchSpace`",
        ),
        _ => check_list_default(ctxt, field),
    }
}

/// Checks that a list has no default of its own: its elements share one space, and their default is
/// that of their type.
fn check_list_default(ctxt: &Ctxt, field: &Field) {
    let nested = matches!(field.role, Role::Nested | Role::Flag) && field.shape.vecs() == 1;
    if let Some(default) = field.attrs.default.get().filter(|_| nested) {
        ctxt.error(
            default,
            format!(
                "the elements share one default: write it within `{}`",
                text(field.shape.inner)
            ),
        );
    }
}

/// Checks `flatten`: only parts with names of their own can be placed among their siblings.
fn check_flatten(ctxt: &Ctxt, field: &Field) {
    let Some(span) = field.attrs.flatten.span else {
        return;
    };
    if let Some(rename) = field.attrs.rename.span {
        ctxt.error_at(rename, "`flatten` takes the field's name away: leave one of them out");
    } else if !field.attrs.fixed.is_written()
        && (field.role != Role::Nested || !field.shape.layers.is_empty())
    {
        ctxt.error_at(
            span,
            format!(
                "`flatten` is for a field that is itself a struct; {} has no fields: leave it out",
                called(field)
            ),
        );
    }
}
