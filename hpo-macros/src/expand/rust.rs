//! The Rust side of the type, as data for reports: the names of its fields, their attributes, and
//! the expressions of their choices.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, Lit, Member, Type};

use super::field::Itself;
use crate::ast::{Body, Field, Role, Style, Variant};
use crate::attr::FieldAttrs;
use crate::kind::{Kind, ungrouped};
use crate::text::text;
use crate::value::bare;

/// Adds the Rust type of a struct to its space.
pub(super) fn of_struct(itself: &Itself, body: &Body, space: &TokenStream) -> TokenStream {
    let (name, fields) = (itself.ident.to_string(), fields(itself, body));
    quote!(__p::of_struct(#space, #name, #fields))
}

/// Adds the Rust type of an enum to its space.
pub(super) fn of_enum(itself: &Itself, variants: &[Variant], space: &TokenStream) -> TokenStream {
    let name = itself.ident.to_string();
    let variants = variants.iter().map(|variant| {
        let (name, fields) = (variant.ident.to_string(), fields(itself, &variant.body));
        quote!((#name, #fields))
    });
    quote!(__p::of_enum(#space, #name, &[#(#variants),*]))
}

fn fields(itself: &Itself, body: &Body) -> TokenStream {
    let fields = body.fields.iter().map(|field| {
        let name = match &field.member {
            Member::Named(ident) => ident.to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        let spec = field_spec(itself, field);
        quote!((#name, #spec))
    });
    match body.style {
        Style::Unit => quote!(__p::Fields::Unit),
        Style::Named => quote!(__p::Fields::Named(&[#(#fields),*])),
        Style::Tuple => quote!(__p::Fields::Tuple(&[#(#fields),*])),
    }
}

fn field_spec(itself: &Itself, field: &Field) -> TokenStream {
    match (field.role, field.attrs.fixed.get()) {
        (Role::Fixed, Some(value)) => {
            let value = outside(itself, value);
            quote!(__p::FieldSpec::Fixed(#value))
        }
        (Role::Fixed | Role::Skip, _) => quote!(__p::FieldSpec::Skipped),
        _ => {
            let words = words(&field.attrs);
            quote!(__p::FieldSpec::Tuned(&[#(#words),*]))
        }
    }
}

/// Returns the attributes of a tuned field, as written.
fn words(attrs: &FieldAttrs) -> Vec<String> {
    let choices = |choices: &Vec<Expr>| choices.iter().map(text).collect::<Vec<_>>().join(", ");
    let words = [
        attrs.len.get().map(|range| format!("len = {}", text(&range.source))),
        attrs.range.get().map(|range| format!("range = {}", text(&range.source))),
        attrs.choices.get().map(|list| format!("choices = [{}]", choices(list))),
        attrs.log.get().map(|()| "log".to_owned()),
        attrs.ordered.get().map(|()| "ordered".to_owned()),
        attrs.step.get().map(|step| format!("step = {}", text(step))),
        attrs.default.get().map(|default| format!("default = {}", text(default))),
        attrs.prior.get().map(|prior| {
            format!("prior(center = {}, spread = {})", text(&prior.center), text(&prior.spread))
        }),
        attrs.rename.get().map(|name| format!("rename = {}", text(name))),
        attrs.flatten.get().map(|()| "flatten".to_owned()),
    ];
    words.into_iter().flatten().collect()
}

/// Returns the expression of each choice of a field, as it is written in a config.
pub(super) fn choices(itself: &Itself, field: &Field, choices: &[Expr]) -> Vec<String> {
    choices
        .iter()
        .map(|choice| {
            written(choice, field.shape.kind, field.shape.inner, &outside(itself, choice))
        })
        .collect()
}

/// Returns the source of a choice, converted to the type of the field as [`element`](super::choice)
/// does.
fn written(choice: &Expr, kind: Kind, ty: &Type, source: &str) -> String {
    if source.is_empty() {
        return String::new();
    }
    let is_literal =
        matches!(bare(choice), Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)));
    match (is_literal, kind) {
        _ if matches!(ungrouped(ty), Type::Reference(_)) => source.to_owned(),
        (true, Kind::Text) => format!("{source}.to_owned()"),
        (true, _) => format!("{source}.into()"),
        (false, Kind::Text) => format!("String::from({source})"),
        (false, _) => source.to_owned(),
    }
}

/// Returns an expression as valid outside of the type's implementation; empty if it cannot be used
/// there.
fn outside(itself: &Itself, expr: &Expr) -> String {
    itself.outside(expr.to_token_stream()).map(text).unwrap_or_default()
}
