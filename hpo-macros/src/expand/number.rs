//! Numbers: constant data if the macro can evaluate them, else assertions for the compiler.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, Type};

use super::field::Expander;
use super::tokens::{both, float, int, option};
use crate::ast::{Field, FieldDefault};
use crate::literal::{self, LENGTH};
use crate::number::Number;
use crate::rule::NumberSpec;

impl Expander<'_> {
    /// Expands the space of a number, with its type.
    pub(super) fn number(&mut self, field: &Field) -> TokenStream {
        let (ty, space) = (field.shape.inner, self.untyped_number(field));
        quote!(__p::scalar(<#ty as __p::Numeric>::NAME, #space))
    }

    fn untyped_number(&mut self, field: &Field) -> TokenStream {
        let default = match field.default_value() {
            FieldDefault::Value(default) => Some(default),
            FieldDefault::Absent | FieldDefault::Off => None,
        };
        if let Some(number) = literal::number(&field.attrs, default, field.shape.kind) {
            return literal_number(&number);
        }
        match NumberSpec::of(&field.attrs, default, field.shape.kind) {
            Some(spec) => {
                let number = self.asserted(&spec, field.shape.inner);
                quote!(#number.leaf())
            }
            None => TokenStream::new(),
        }
    }

    /// Expands the length of a list, as a `Number`.
    pub(super) fn length(&mut self, field: &Field) -> TokenStream {
        let Some(len) = field.attrs.len.get() else {
            return TokenStream::new();
        };
        match literal::bounds(len, LENGTH) {
            Some(number) => plain(&number),
            None => self.asserted(
                &NumberSpec::only("len", len, LENGTH),
                &syn::parse_quote!(::core::primitive::usize),
            ),
        }
    }

    /// Expands a `Number` that the compiler evaluates and checks: an item, or a `const` block in a
    /// generic type.
    fn asserted(&mut self, spec: &NumberSpec, ty: &Type) -> TokenStream {
        let number = evaluated(spec, ty);
        let Some(number) = self.outside(number.clone()) else {
            let name = Ident::new("__number", Span::mixed_site());
            let asserts = asserts(spec, &name);
            return quote!(const { let #name = #number; #(#asserts)* #name });
        };
        let name = format_ident!("__number_{}", self.items.len());
        let asserts = asserts(spec, &name);
        // The assertions are separate, so that the number itself compiles where it is used and each
        // error is reported once.
        self.items.push(quote! {
            const #name: __p::Number = #number;
            const _: () = { #(#asserts)* };
        });
        name.to_token_stream()
    }
}

/// Expands the space of a number that the macro can evaluate.
fn literal_number(number: &Number) -> TokenStream {
    let simple = number.step.is_none() && number.default.is_none() && number.prior.is_none();
    let log = number.log;
    if simple && number.float {
        let (low, high) = (float(number.low.float), float(number.high.float));
        return quote!(__p::float(#low, #high, #log));
    }
    if simple {
        let (low, high) = (int(number.low.int), int(number.last()));
        return quote!(__p::int(#low, #high, #log));
    }
    let number = plain(number);
    quote!(#number.leaf())
}

/// Expands the number as a literal of its struct.
fn plain(number: &Number) -> TokenStream {
    let Number { float: real, nonzero, exclusive, log, .. } = number;
    let [low, high] = [number.low, number.high].map(both);
    let [step, default] = [number.step, number.default].map(|number| option(number.map(both)));
    let prior = option(number.prior.map(|(center, spread)| {
        let (center, spread) = (float(center), float(spread));
        quote!((#center, #spread))
    }));
    quote! {
        __p::Number {
            float: #real, nonzero: #nonzero, low: #low, high: #high, exclusive: #exclusive, log: #log,
            step: #step, default: #default, prior: #prior,
        }
    }
}

/// Expands a block of type `Number` from expressions that only the compiler can evaluate. A `let`
/// gives each its type, so that an expression of another type is an error at the user's token.
fn evaluated(spec: &NumberSpec, ty: &Type) -> TokenStream {
    let bound =
        |name: &Ident, expr: &Expr| quote!(let #name: <#ty as __p::Numeric>::Bound = #expr;);
    let [low, high, step, default, center] = ["low", "high", "step", "default", "center"]
        .map(|name| format_ident!("__{name}", span = Span::mixed_site()));
    let mut lets = vec![bound(&low, &spec.range.low), bound(&high, &spec.range.high)];
    lets.extend(spec.step.map(|expr| bound(&step, expr)));
    lets.extend(spec.default.map(|expr| bound(&default, expr)));
    let prior = spec.prior.map(|prior| {
        let center = literal::real(&prior.center).map_or_else(
            || {
                lets.push(bound(&center, &prior.center));
                quote!(#center as ::core::primitive::f64)
            },
            float,
        );
        let spread =
            literal::real(&prior.spread).map_or_else(|| prior.spread.to_token_stream(), float);
        quote!((#center, #spread))
    });
    let read = |name: &Ident| quote!(__p::Both { float: #name as ::core::primitive::f64, int: #name as ::core::primitive::i128 });
    let (low, high, prior) = (read(&low), read(&high), option(prior));
    let step = option(spec.step.map(|_| read(&step)));
    let default = option(spec.default.map(|_| read(&default)));
    let (exclusive, log) = (spec.range.exclusive, spec.log);
    quote! {{
        #(#lets)*
        __p::Number {
            float: <#ty as __p::Numeric>::FLOAT, nonzero: <#ty as __p::Numeric>::NONZERO,
            low: #low, high: #high, exclusive: #exclusive, log: #log, step: #step, default: #default, prior: #prior,
        }
    }}
}

/// Expands the assertions that the number obeys every rule on its attributes.
fn asserts(spec: &NumberSpec, number: &Ident) -> Vec<TokenStream> {
    let asserts = spec.rules().into_iter().map(|rule| {
        let name = format_ident!("{}", format!("{rule:?}"));
        let condition = quote!(#number.obeys(__p::Rule::#name));
        assert(&condition, &spec.message(rule, None), spec.tokens(rule))
    });
    asserts.collect()
}

/// Expands `assert!` with the spans of the tokens at fault: the first token's for the path, the
/// last one's for the parentheses, so that the compiler underlines everything in between.
fn assert(condition: &TokenStream, message: &str, at: TokenStream) -> TokenStream {
    let spans: Vec<_> = at.into_iter().map(|token| token.span()).collect();
    let first = spans.first().copied().unwrap_or_else(Span::call_site);
    let last = spans.last().copied().unwrap_or(first);
    let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#condition, #message));
    arguments.set_span(last);
    quote_spanned!(first=> ::core::assert! #arguments ;)
}
