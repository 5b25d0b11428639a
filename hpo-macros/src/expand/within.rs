//! The functions that an expansion needs of the fields' types. They are requested once per type, so
//! that a type without a search space gives only one error.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{GenericParam, Generics, Index, Type};

use crate::ast::Container;
use crate::kind::leaf;

/// One function for each type at the bottom of `Option`, `Box` and the like, which returns the
/// functions of that type and of the types built from it. The compiler reports an error once if it
/// occurs in one function at one place.
pub(super) struct Within {
    groups: Vec<Group>,
    /// The name of the type itself, where `Self` cannot be used.
    itself: TokenStream,
    /// The tokens after the name of a function with the generics of the type.
    turbofish: Option<TokenStream>,
}

struct Group {
    leaf: String,
    span: Span,
    /// The types built from the leaf, by their spelling.
    types: Vec<(String, TokenStream)>,
}

impl Within {
    pub(super) fn new(container: &Container) -> Self {
        let (ident, generics) = (container.ident, container.generics);
        let (_, ty_generics, _) = generics.split_for_impl();
        // Lifetimes are inferred: those of a function cannot always be given.
        let arguments = generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        });
        let arguments: Vec<_> = arguments.collect();
        let turbofish = (!arguments.is_empty()).then(|| quote!(::<#(#arguments),*>));
        Self { groups: Vec::new(), itself: quote!(#ident #ty_generics), turbofish }
    }

    /// Returns the expression for the functions of a type.
    pub(super) fn of(&mut self, ty: &Type) -> TokenStream {
        let (spelling, leaf) = (ty.to_token_stream().to_string(), leaf(ty));
        let name_of_leaf = leaf.to_token_stream().to_string();
        let group =
            self.groups.iter().position(|group| group.leaf == name_of_leaf).unwrap_or_else(|| {
                self.groups.push(Group {
                    leaf: name_of_leaf,
                    span: type_span(leaf),
                    types: Vec::new(),
                });
                self.groups.len() - 1
            });
        let types = &mut self.groups[group].types;
        let index = types.iter().position(|(known, _)| *known == spelling).unwrap_or_else(|| {
            types.push((spelling, named(ty.to_token_stream(), &self.itself)));
            types.len() - 1
        });
        let (name, turbofish, index) = (name(group), &self.turbofish, Index::from(index));
        quote!(#name #turbofish().#index)
    }

    /// Returns the functions, with the generics of the implementation.
    pub(super) fn items(&self, generics: &Generics) -> TokenStream {
        let (parameters, _, bounds) = generics.split_for_impl();
        let parameters = named(parameters.to_token_stream(), &self.itself);
        let bounds = named(bounds.to_token_stream(), &self.itself);
        let items = self.groups.iter().enumerate().map(|(index, group)| {
            let name = name(index);
            let span = (group.types.len() > 1).then_some(group.span);
            let types: Vec<_> = group.types.iter().map(|(_, ty)| at(ty.clone(), span)).collect();
            quote! {
                fn #name #parameters() -> (#(__p::Within<#types>,)*) #bounds {
                    (#(__p::within::<#types>(),)*)
                }
            }
        });
        items.collect()
    }
}

/// Returns the span at which a type is named.
fn type_span(ty: &Type) -> Span {
    match ty {
        Type::Path(path) => {
            path.path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span())
        }
        other => other
            .to_token_stream()
            .into_iter()
            .next()
            .map_or_else(Span::call_site, |token| token.span()),
    }
}

fn name(index: usize) -> Ident {
    format_ident!("__within_{index}", span = Span::mixed_site())
}

/// Replaces `Self` in the tokens by the name of the type.
fn named(tokens: TokenStream, itself: &TokenStream) -> TokenStream {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => itself.clone(),
        TokenTree::Group(group) => {
            let span = group.span();
            regrouped(&group, named(group.stream(), itself), span).into()
        }
        other => other.into(),
    });
    tokens.collect()
}

/// Returns the tokens with all spans at one place.
fn at(tokens: TokenStream, span: Option<Span>) -> TokenStream {
    let Some(span) = span else { return tokens };
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => regrouped(&group, at(group.stream(), Some(span)), span),
        mut other => {
            other.set_span(span);
            other
        }
    });
    tokens.collect()
}

fn regrouped(group: &proc_macro2::Group, tokens: TokenStream, span: Span) -> TokenTree {
    let mut group = proc_macro2::Group::new(group.delimiter(), tokens);
    group.set_span(span);
    group.into()
}
