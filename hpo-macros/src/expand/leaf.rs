//! Numbers and choices: as plain data where the macro sees their values, else with assertions for the compiler.

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, Lit, Type};

use super::field::Expander;
use crate::ast::{Field, Guess};
use crate::check::choices;
use crate::kind::{Kind, ungrouped};
use crate::literal::{self, LENGTH};
use crate::number::{Both, Number};
use crate::rule::Said;
use crate::text::{last_segment, text};
use crate::value::bare;

impl Expander<'_> {
    /// The space of a number.
    pub(super) fn number(&mut self, field: &Field) -> TokenStream {
        let default = match field.guess() {
            Guess::Value(default) => Some(default),
            Guess::Absent | Guess::Off => None,
        };
        if let Some(number) = literal::number(&field.attrs, default, field.shape.kind) {
            return seen(&number);
        }
        match Said::of(&field.attrs, default) {
            Some(said) => {
                let number = self.asserted(&said, field.shape.inner);
                quote!(#number.leaf())
            }
            None => TokenStream::new(),
        }
    }

    /// The length of a list, as a `Number`.
    pub(super) fn length(&mut self, field: &Field) -> TokenStream {
        let Some(len) = field.attrs.len.get() else {
            return TokenStream::new();
        };
        match literal::bounds(len, LENGTH) {
            Some(number) => plain(&number),
            None => self.asserted(
                &Said::len(len),
                &syn::parse_quote!(::core::primitive::usize),
            ),
        }
    }

    /// A `Number` that the compiler evaluates and checks: an item, or in a generic type a `const` block.
    fn asserted(&mut self, said: &Said, ty: &Type) -> TokenStream {
        let number = asserted(said, ty);
        let Some(number) = self
            .outside(number.clone())
            .filter(|_| self.outside(ty.to_token_stream()).is_some())
        else {
            return quote!(const { #number });
        };
        let name = format_ident!("__number_{}", self.items.len());
        self.items.push(quote!(const #name: __p::Number = #number;));
        name.to_token_stream()
    }

    /// The tokens as they may stand outside of the implementation, if they may.
    fn outside(&self, tokens: TokenStream) -> Option<TokenStream> {
        let tokens = tokens.into_iter().map(|token| match token {
            TokenTree::Group(group) => {
                let mut outside = Group::new(group.delimiter(), self.outside(group.stream())?);
                outside.set_span(group.span());
                Some(TokenTree::Group(outside))
            }
            TokenTree::Ident(ident) => match self.itself {
                Some(itself) if ident == "Self" => {
                    Some(Ident::new(&itself.to_string(), ident.span()).into())
                }
                _ if self.parameters.iter().any(|parameter| ident == parameter) => None,
                _ => Some(ident.into()),
            },
            other => Some(other),
        });
        tokens.collect()
    }

    /// The space of a choice.
    pub(super) fn choices(&mut self, field: &Field) -> TokenStream {
        let Some(choices) = field.attrs.choices.get() else {
            return TokenStream::new();
        };
        let ordered = field.attrs.ordered.is_written();
        let default = match field.guess() {
            Guess::Value(default) => choices::index(choices, default),
            Guess::Absent | Guess::Off => None,
        };
        let default = index(default);
        let labels = seen_labels(choices).unwrap_or_else(|| {
            let list = self.list(field);
            labels(choices, &list)
        });
        quote!(__p::choices(#labels, #ordered, #default))
    }

    /// The choices themselves, as an array.
    pub(super) fn list(&mut self, field: &Field) -> TokenStream {
        let key = std::ptr::from_ref(field).cast();
        if let Some((_, list)) = self.lists.iter().find(|(known, _)| *known == key) {
            return list.clone();
        }
        let Some(choices) = field.attrs.choices.get() else {
            return TokenStream::new();
        };
        let ty = field.shape.inner;
        let elements = choices
            .iter()
            .map(|choice| element(choice, field.shape.kind, ty));
        let elements = quote!([#(#elements),*]);
        let list = match (
            self.outside(elements.clone()),
            self.outside(ty.to_token_stream()),
        ) {
            (Some(elements), Some(ty)) if !has_elided_lifetime(&ty) => {
                let (name, len) = (
                    format_ident!("__choices_{}", self.items.len()),
                    choices.len(),
                );
                self.items
                    .push(quote!(fn #name() -> [#ty; #len] { #elements }));
                quote!(#name())
            }
            _ => elements,
        };
        self.lists.push((key, list.clone()));
        list
    }
}

/// A choice as written, or turned into the text type of the field: `"a"` into `String`.
fn element(choice: &Expr, kind: Kind, ty: &Type) -> TokenStream {
    let literal = matches!(bare(choice), Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)));
    let borrowed = matches!(ungrouped(ty), Type::Reference(_));
    if !borrowed && (literal || kind == Kind::Text) {
        return quote!(<#ty as ::core::convert::From<_>>::from(#choice));
    }
    choice.to_token_stream()
}

/// `&str` without a lifetime cannot be what a function returns.
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

/// Labels of literals.
fn seen_labels(choices: &[Expr]) -> Option<TokenStream> {
    let texts = choices.iter().map(|choice| match bare(choice) {
        Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)) => Some(literal),
        _ => None,
    });
    if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
        return Some(quote!(__p::texts(&[#(#texts),*])));
    }
    if let Some(integers) = choices
        .iter()
        .map(literal::integer)
        .collect::<Option<Vec<_>>>()
    {
        let integers = integers.into_iter().map(int);
        return Some(quote!(__p::ints(&[#(#integers),*])));
    }
    let floats = choices
        .iter()
        .map(literal::real)
        .collect::<Option<Vec<_>>>()?;
    let floats = floats.into_iter().map(float);
    Some(quote!(__p::floats(&[#(#floats),*])))
}

/// Labels by value or, where that is no scalar, by the source.
fn labels(choices: &[Expr], list: &TokenStream) -> TokenStream {
    let short: Vec<_> = choices.iter().map(last_segment).collect();
    let names = choices.iter().enumerate().map(|(index, choice)| {
        let unique = short.iter().filter(|name| **name == short[index]).count() == 1;
        if unique {
            short[index].clone()
        } else {
            text(choice)
        }
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

/// The space of a number that the macro sees.
fn seen(number: &Number) -> TokenStream {
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

/// The number as a literal of its struct.
fn plain(number: &Number) -> TokenStream {
    let Number {
        float: real,
        nonzero,
        exclusive,
        log,
        ..
    } = number;
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

/// A block of the type `Number`, of expressions that only the compiler can evaluate. Each is given its type by a
/// `let`, so that one of another type is an error at the user's token.
fn asserted(said: &Said, ty: &Type) -> TokenStream {
    let bound =
        |name: &Ident, expr: &Expr| quote!(let #name: <#ty as __p::Numeric>::Bound = #expr;);
    let [low, high, step, default, center, number] =
        ["low", "high", "step", "default", "center", "number"]
            .map(|name| format_ident!("__{name}", span = Span::mixed_site()));
    let mut lets = vec![bound(&low, &said.range.low), bound(&high, &said.range.high)];
    lets.extend(said.step.map(|expr| bound(&step, expr)));
    lets.extend(said.default.map(|expr| bound(&default, expr)));
    let prior = said.prior.map(|prior| {
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
    let step = option(said.step.map(|_| read(&step)));
    let default = option(said.default.map(|_| read(&default)));
    let (exclusive, log) = (said.range.exclusive, said.log);
    let asserts = said.rules().into_iter().map(|rule| {
        let name = format_ident!("{}", format!("{rule:?}"));
        assert(
            &quote!(#number.obeys(__p::Rule::#name)),
            &said.message(rule),
            said.tokens(rule),
        )
    });
    quote! {{
        #(#lets)*
        let #number = __p::Number {
            float: <#ty as __p::Numeric>::FLOAT, nonzero: <#ty as __p::Numeric>::NONZERO,
            low: #low, high: #high, exclusive: #exclusive, log: #log, step: #step, default: #default, prior: #prior,
        };
        #(#asserts)*
        #number
    }}
}

/// `assert!` with the spans of the tokens at fault: the first token's for the path, the last one's for the
/// parentheses, so that the compiler underlines all between.
fn assert(condition: &TokenStream, message: &str, at: TokenStream) -> TokenStream {
    let spans: Vec<_> = at.into_iter().map(|token| token.span()).collect();
    let first = spans.first().copied().unwrap_or_else(Span::call_site);
    let last = spans.last().copied().unwrap_or(first);
    let mut arguments = Group::new(
        proc_macro2::Delimiter::Parenthesis,
        quote!(#condition, #message),
    );
    arguments.set_span(last);
    quote_spanned!(first=> ::core::assert! #arguments ;)
}

fn both(number: Both) -> TokenStream {
    let (float, int) = (float(number.float), int(number.int));
    quote!(__p::Both { float: #float, int: #int })
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

/// A signed literal takes two tokens.
fn float(value: f64) -> TokenStream {
    let literal = Literal::f64_unsuffixed(value.abs());
    if value.is_sign_negative() {
        quote!(-#literal)
    } else {
        quote!(#literal)
    }
}

fn int(value: i128) -> TokenStream {
    let literal = Literal::u128_unsuffixed(value.unsigned_abs());
    if value < 0 {
        quote!(-#literal)
    } else {
        quote!(#literal)
    }
}

/// A count without a suffix.
pub(super) fn count(count: usize) -> TokenStream {
    Literal::usize_unsuffixed(count).to_token_stream()
}

/// An index that may be absent.
pub(super) fn index(index: Option<usize>) -> TokenStream {
    option(index.map(count))
}
