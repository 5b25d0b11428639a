//! Choices: their values, and their labels, which are constant data if the macro can evaluate them.

use proc_macro2::{Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, Lit, Type};

use super::field::Expander;
use super::rust;
use super::tokens::{count, float, index, int};
use crate::ast::{Field, FieldDefault};
use crate::check::choices;
use crate::kind::{Kind, ungrouped};
use crate::literal;
use crate::text::{last_segment, text};
use crate::value::bare;

impl Expander<'_> {
    /// Expands the space of a choice.
    pub(super) fn choices(&mut self, field: &Field) -> TokenStream {
        let Some(choices) = field.attrs.choices.get() else {
            return TokenStream::new();
        };
        let ordered = field.attrs.ordered.is_written();
        let default = match field.default_value() {
            FieldDefault::Value(default) => choices::index(choices, default),
            FieldDefault::Absent | FieldDefault::Off => None,
        };
        let default = index(default);
        let labels = seen_labels(choices).unwrap_or_else(|| {
            let list = self.list(field);
            labels(choices, &list)
        });
        let written = rust::choices(&self.itself, field, choices);
        quote!(__p::choices(#labels, #ordered, #default, &[#(#written),*]))
    }

    /// Expands the choices themselves, as an array.
    pub(super) fn list(&mut self, field: &Field) -> TokenStream {
        let key = std::ptr::from_ref(field).cast();
        if let Some((_, list)) = self.lists.iter().find(|(known, _)| *known == key) {
            return list.clone();
        }
        let Some(choices) = field.attrs.choices.get() else {
            return TokenStream::new();
        };
        let ty = field.shape.inner;
        let elements = choices.iter().map(|choice| element(choice, field.shape.kind, ty));
        let elements = quote!([#(#elements),*]);
        let list = match (self.outside(elements.clone()), self.outside(ty.to_token_stream())) {
            (Some(elements), Some(ty)) if !has_elided_lifetime(&ty) => {
                let (name, len) =
                    (format_ident!("__choices_{}", self.items.len()), count(choices.len()));
                self.items.push(quote!(fn #name() -> [#ty; #len] { #elements }));
                quote!(#name())
            }
            _ => elements,
        };
        self.lists.push((key, list.clone()));
        list
    }
}

/// Returns a choice as written, or converted to the text type of the field: `"a"` to `String`.
fn element(choice: &Expr, kind: Kind, ty: &Type) -> TokenStream {
    let literal = matches!(bare(choice), Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)));
    let borrowed = matches!(ungrouped(ty), Type::Reference(_));
    if !borrowed && (literal || kind == Kind::Text) {
        return quote!(<#ty as ::core::convert::From<_>>::from(#choice));
    }
    choice.to_token_stream()
}

/// Returns true if a lifetime is left out, as in `&str`, which a function cannot return.
fn has_elided_lifetime(ty: &TokenStream) -> bool {
    let mut tokens = ty.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let elided = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'')
            }
            TokenTree::Group(group) => has_elided_lifetime(&group.stream()),
            _ => false,
        };
        if elided {
            return true;
        }
    }
    false
}

/// Returns the labels, if all choices are literals.
fn seen_labels(choices: &[Expr]) -> Option<TokenStream> {
    let texts = choices.iter().map(|choice| match bare(choice) {
        Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)) => Some(literal),
        _ => None,
    });
    if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
        return Some(quote!(__p::texts(&[#(#texts),*])));
    }
    if let Some(integers) = choices.iter().map(literal::integer).collect::<Option<Vec<_>>>() {
        let integers = integers.into_iter().map(int);
        return Some(quote!(__p::ints(&[#(#integers),*])));
    }
    let floats = choices.iter().map(literal::real).collect::<Option<Vec<_>>>()?;
    let floats = floats.into_iter().map(float);
    Some(quote!(__p::floats(&[#(#floats),*])))
}

/// Returns labels by value or, for a value that is not a scalar, by the source.
fn labels(choices: &[Expr], list: &TokenStream) -> TokenStream {
    let short: Vec<_> = choices.iter().map(last_segment).collect();
    let names = choices.iter().enumerate().map(|(index, choice)| {
        let unique = short.iter().filter(|name| **name == short[index]).count() == 1;
        if unique { short[index].clone() } else { text(choice) }
    });
    let indices = (0..choices.len()).map(Literal::usize_unsuffixed);
    quote_spanned! {Span::mixed_site()=>
        {
            use __p::{ByText as _, ByValue as _};
            let __list = #list;
            ::std::vec![#((&__p::Named(&__list[#indices], #names)).label()),*]
        }
    }
}
