//! The rules on a whole type: on several attributes, on several fields, or on an attribute and a
//! type.
//!
//! Errors in a single value are reported where it is parsed (`value.rs`).

pub(crate) mod choices;
mod conflicts;
mod numbers;

use std::collections::HashSet;

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Member, Type};

use crate::ast::{Body, Container, Content, Field, Role, Style, Variant};
use crate::ctxt::Ctxt;
use crate::kind::{Kind, ungrouped};
use crate::{literal, value};

/// Checks all rules on the type.
pub(crate) fn check(ctxt: &Ctxt, container: &Container) {
    check_container_words(ctxt, container);
    match &container.content {
        Content::Struct(body) => check_names(ctxt, body),
        Content::Enum(variants) => {
            check_variants(ctxt, container, variants);
            check_variant_names(ctxt, container, variants);
            check_variant_defaults(ctxt, variants);
        }
    }
    for field in container.fields() {
        conflicts::check(ctxt, field);
        check_finite(ctxt, container, field);
        check_generic(ctxt, container, field);
        check_flag(ctxt, field);
        numbers::check(ctxt, field);
        choices::check(ctxt, field);
    }
}

/// Checks the attributes of a struct: it has no alternatives to tag, and only named fields and
/// variants are renamed by case.
fn check_container_words(ctxt: &Ctxt, container: &Container) {
    let Content::Struct(body) = &container.content else {
        return;
    };
    if let Some(span) = container.attrs.tag.span {
        ctxt.error_at(
            span,
            "`tag` names the choice among the variants of an enum: leave it out on a struct",
        );
    }
    check_rename_all(ctxt, container.attrs.rename_all.span, body);
}

fn check_rename_all(ctxt: &Ctxt, span: Option<Span>, body: &Body) {
    if let Some(span) = span.filter(|_| body.style != Style::Named) {
        ctxt.error_at(span, "`rename_all` finds no named field here: leave it out");
    }
}

/// Checks that an enum has a variant to choose.
fn check_variants(ctxt: &Ctxt, container: &Container, variants: &[Variant]) {
    if variants.is_empty() {
        ctxt.error(
            container.ident,
            "an enum without variants has nothing to choose: add a variant, or make it a struct",
        );
    }
    for variant in variants {
        check_rename_all(ctxt, variant.attrs.rename_all.span, &variant.body);
        check_names(ctxt, &variant.body);
    }
}

/// Checks that names differ: they are paths in storages and reports.
fn check_names(ctxt: &Ctxt, body: &Body) {
    let mut seen = HashSet::new();
    let is_named = |field: &&Field| field.is_tuned() || field.attrs.fixed.is_written();
    for field in
        body.fields.iter().filter(is_named).filter(|field| !field.attrs.flatten.is_written())
    {
        if !seen.insert(field.name.as_str()) {
            let message = format!("two fields are called \"{}\": rename one of them", field.name);
            match field.attrs.rename.get() {
                Some(name) => ctxt.error(name, message),
                None => ctxt.error(&field.member, message),
            }
        }
    }
}

/// Checks that the names of variants differ from each other and from the tag.
fn check_variant_names(ctxt: &Ctxt, container: &Container, variants: &[Variant]) {
    let mut seen = HashSet::new();
    for variant in variants {
        let tokens = match variant.attrs.rename.get() {
            Some(name) => name.to_token_stream(),
            None => variant.ident.to_token_stream(),
        };
        if !seen.insert(variant.name.as_str()) {
            ctxt.error(
                &tokens,
                format!("two variants are called \"{}\": rename one of them", variant.name),
            );
        }
        if container.attrs.tag.get().is_some_and(|tag| tag.value() == variant.name) {
            ctxt.error(
                tokens,
                format!(
                    "this variant and the `tag` are both called \"{}\": rename one",
                    variant.name
                ),
            );
        }
    }
}

/// Checks that at most one variant is the default.
fn check_variant_defaults(ctxt: &Ctxt, variants: &[Variant]) {
    let mut defaults = variants.iter().filter(|variant| variant.attrs.default.is_written());
    let Some(first) = defaults.next() else {
        return;
    };
    for variant in defaults {
        let span = variant.attrs.default.span.unwrap_or_else(|| value::span(variant.ident));
        ctxt.error_at(
            span,
            format!("the default is `{}` already: an enum has only one", first.ident),
        );
    }
}

/// Checks that a type does not contain itself, which would be an infinite tree.
fn check_finite(ctxt: &Ctxt, container: &Container, field: &Field) {
    let mut inner = field.shape.inner;
    while let Some(within) = first_argument(inner) {
        inner = within;
    }
    let Type::Path(path) = ungrouped(inner) else {
        return;
    };
    let itself = path.path.is_ident("Self") || path.path.get_ident() == Some(container.ident);
    let last = path
        .path
        .segments
        .last()
        .is_some_and(|last| path.path.segments.len() == 1 && last.ident == *container.ident);
    if field.role == Role::Nested && (itself || last) {
        let message = format!(
            "`{}` contains itself, so its search space is infinite: use a type without this field, \
             or `skip` it",
            container.ident
        );
        ctxt.error(field.ty, message);
    }
}

/// Returns the type within `Option<T>`, `Box<T>`, `Vec<T>` or `[T; N]`.
fn first_argument(ty: &Type) -> Option<&Type> {
    match ungrouped(ty) {
        Type::Array(array) => Some(&array.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return None;
            };
            let ours = ["Option", "Box", "Vec"].iter().any(|name| last.ident == name);
            match arguments.args.first() {
                Some(syn::GenericArgument::Type(ty)) if ours => Some(ty),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Checks that the default of a flag is a flag.
fn check_flag(ctxt: &Ctxt, field: &Field) {
    if let (Role::Flag, Some(default)) = (field.role, field.attrs.default.get())
        && let Some(advice) = literal::misfit(default, Kind::Bool)
    {
        ctxt.error(default, advice);
    }
}

/// Checks that a type parameter has no range: bounds are checked before its type is known.
fn check_generic(ctxt: &Ctxt, container: &Container, field: &Field) {
    let Type::Path(path) = ungrouped(field.shape.inner) else {
        return;
    };
    let parameter =
        container.generics.type_params().any(|parameter| path.path.is_ident(&parameter.ident));
    if parameter && field.role == Role::Number {
        let name = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
        ctxt.error(
            field.ty,
            format!(
                "`range` needs to know the type, and `{name}` may be any: write the number's \
                type, or leave the range out and have `{name}` derive `SearchSpace`"
            ),
        );
    }
}

/// Returns the name of the field for messages.
pub(crate) fn called(field: &Field) -> String {
    match &field.member {
        Member::Named(ident) => format!("`{ident}`"),
        Member::Unnamed(index) => format!("field {}", index.index),
    }
}
