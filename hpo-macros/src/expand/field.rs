//! The expansion of one field: its space, its reading and writing, and the layers (`Option`, `Vec`,
//! ...) around it.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::within::Within;
use crate::ast::{Container, Field, FieldDefault, Role};
use crate::kind::Layer;

/// Expands fields and collects the items that are placed beside the implementation.
pub(super) struct Expander<'a> {
    /// The type, and its name outside of the implementation.
    pub(super) itself: Itself<'a>,
    pub(super) items: Vec<TokenStream>,
    /// The lists of choices by the address of their field.
    pub(super) lists: Vec<(*const (), TokenStream)>,
    /// The functions of the fields' types that the expansion needs.
    within: Within,
}

/// The name of a type outside of its implementation.
#[derive(Clone)]
pub(super) struct Itself<'a> {
    pub(super) ident: &'a Ident,
    is_generic: bool,
    /// The names that only the implementation can use.
    parameters: Vec<String>,
}

impl Itself<'_> {
    /// Returns the tokens as valid outside of the implementation; `None` if they cannot be used
    /// there.
    pub(super) fn outside(&self, tokens: TokenStream) -> Option<TokenStream> {
        let tokens = tokens.into_iter().map(|token| match token {
            TokenTree::Group(group) => {
                let mut outside = Group::new(group.delimiter(), self.outside(group.stream())?);
                outside.set_span(group.span());
                Some(TokenTree::Group(outside))
            }
            TokenTree::Ident(ident) if ident == "Self" && !self.is_generic => {
                Some(Ident::new(&self.ident.to_string(), ident.span()).into())
            }
            TokenTree::Ident(ident) => {
                let is_inside = self.parameters.iter().any(|parameter| ident == parameter);
                (!is_inside).then(|| ident.into())
            }
            other => Some(other),
        });
        tokens.collect()
    }
}

impl<'a> Expander<'a> {
    pub(super) fn new(container: &Container<'a>) -> Self {
        let generics = container.generics;
        let types = generics.type_params().map(|parameter| parameter.ident.to_string());
        let consts = generics.const_params().map(|parameter| parameter.ident.to_string());
        let lifetimes = generics.lifetimes().map(|parameter| parameter.lifetime.ident.to_string());
        let generic = !generics.params.is_empty();
        let parameters =
            types.chain(consts).chain(lifetimes).chain(generic.then(|| "Self".to_owned()));
        let itself = Itself {
            ident: container.ident,
            is_generic: generic,
            parameters: parameters.collect(),
        };
        Self { itself, items: Vec::new(), lists: Vec::new(), within: Within::new(container) }
    }

    pub(super) fn itself(&self) -> Itself<'a> {
        self.itself.clone()
    }

    /// Returns the tokens as valid outside of the implementation; `None` if they cannot be used
    /// there.
    pub(super) fn outside(&self, tokens: TokenStream) -> Option<TokenStream> {
        self.itself.outside(tokens)
    }

    /// Returns a function of the trait for the type of a field.
    pub(super) fn nested(&mut self, ty: &syn::Type, function: &str) -> TokenStream {
        let function = Ident::new(function, Span::mixed_site());
        let within = self.within.of(ty);
        quote!((#within.#function))
    }

    /// Returns the items beside the implementation. `generics` are those of the implementation.
    pub(super) fn items(&self, generics: &syn::Generics) -> TokenStream {
        let (items, within) = (&self.items, self.within.items(generics));
        quote!(#(#items)* #within)
    }

    /// Expands the space of the field.
    pub(super) fn space(&mut self, field: &Field) -> TokenStream {
        let inner = self.space_within(field);
        let off = matches!(field.default_value(), FieldDefault::Off);
        let has_value = matches!(field.default_value(), FieldDefault::Value(_));
        let layers = field.shape.layers.iter().enumerate().rev();
        layers.fold(inner, |inner, (depth, layer)| match layer {
            Layer::Box => quote!(__p::boxed(#inner)),
            Layer::Option => {
                let default = match depth {
                    0 if off => quote!(::core::option::Option::Some(false)),
                    0 if has_value => quote!(::core::option::Option::Some(true)),
                    _ => quote!(::core::option::Option::None),
                };
                quote!(__p::option(#inner, #default))
            }
            Layer::Vec => {
                let len = self.length(field);
                quote!(__p::list(&#len, #inner))
            }
            Layer::Array(len) => quote!(__p::array(#len, &#inner)),
        })
    }

    fn space_within(&mut self, field: &Field) -> TokenStream {
        let ty = field.shape.inner;
        let default = field.attrs.default.get();
        match (field.role, default) {
            (Role::Number, _) => self.number(field),
            (Role::Choice, _) => self.choices(field),
            (Role::Flag, None) => quote!(__p::flag(::core::option::Option::None)),
            (Role::Flag, Some(default)) => {
                quote!(__p::flag(::core::option::Option::Some(#default)))
            }
            (_, Some(default)) => {
                let within = self.within.of(ty);
                quote!(__p::preset::<#ty>(&#within, #default))
            }
            (_, None) => {
                let space = self.nested(ty, "space");
                quote!(#space())
            }
        }
    }

    /// Expands the value after `field:` where the config is built.
    pub(super) fn read_field(&mut self, field: &Field) -> TokenStream {
        match (field.role, field.attrs.fixed.get()) {
            (Role::Fixed, Some(value)) => value.to_token_stream(),
            (Role::Fixed | Role::Skip, _) => {
                let ty = field.ty;
                quote!(<#ty as ::core::default::Default>::default())
            }
            _ => {
                let read = self.read(field);
                quote!(#read?)
            }
        }
    }

    fn read(&mut self, field: &Field) -> TokenStream {
        let name = &field.name;
        let values = Ident::new("__values", Span::mixed_site());
        let inner = self.read_within(field);
        field.shape.layers.iter().rev().fold(inner, |inner, layer| match layer {
            Layer::Box => quote!(#inner.map(::std::boxed::Box::new)),
            Layer::Option => quote!(__p::read_option(#values, #name, |#values| #inner)),
            Layer::Vec => quote!(__p::read_list(#values, #name, |#values| #inner)),
            Layer::Array(_) => quote!(__p::read_array(#values, |#values| #inner)),
        })
    }

    fn read_within(&mut self, field: &Field) -> TokenStream {
        let (ty, name) = (field.shape.inner, &field.name);
        let values = Ident::new("__values", Span::mixed_site());
        match field.role {
            Role::Number => quote!(<#ty as __p::Numeric>::read(#values, #name)),
            Role::Choice => {
                let list = self.list(field);
                quote!(__p::read_choice::<#ty>(#values, #name, &#list))
            }
            Role::Flag => quote!(__p::read_flag(#values, #name)),
            _ => {
                let read = self.nested(ty, "read");
                quote!(#read(#values))
            }
        }
    }

    /// Expands the statement that writes the field; `value` is an expression of type `&T`.
    pub(super) fn write_field(
        &mut self,
        field: &Field,
        value: &TokenStream,
    ) -> Option<TokenStream> {
        field.is_tuned().then(|| {
            let write = self.write(field, &field.shape.layers, value);
            quote!(#write?;)
        })
    }

    fn write(&mut self, field: &Field, layers: &[Layer], value: &TokenStream) -> TokenStream {
        let (values, part) =
            (Ident::new("__values", Span::mixed_site()), Ident::new("__part", Span::mixed_site()));
        let Some((layer, within)) = layers.split_first() else {
            return self.write_within(field, value);
        };
        if let Layer::Box = layer {
            return self.write(field, within, &quote!(&**(#value)));
        }
        let inner = self.write(field, within, &quote!(#part));
        match layer {
            Layer::Option => {
                quote!(__p::write_option(#values, ::core::option::Option::as_ref(#value), |#values, #part| #inner))
            }
            Layer::Vec => quote!(__p::write_list(#values, #value, |#values, #part| #inner)),
            _ => quote!(__p::write_array(#values, #value, |#values, #part| #inner)),
        }
    }

    fn write_within(&mut self, field: &Field, value: &TokenStream) -> TokenStream {
        let (ty, name) = (field.shape.inner, &field.name);
        let values = Ident::new("__values", Span::mixed_site());
        match field.role {
            Role::Number => quote!(<#ty as __p::Numeric>::write(#value, #values, #name)),
            Role::Choice => {
                let list = self.list(field);
                quote!(__p::write_choice::<#ty>(#values, #name, &#list, #value))
            }
            Role::Flag => quote!(<#ty as __p::SearchSpace>::write(#value, #values)),
            _ => {
                let write = self.nested(ty, "write");
                quote!(#write(#value, #values))
            }
        }
    }
}

/// Returns the type within the field that may have constraints.
pub(super) fn part_of<'a>(field: &Field<'a>) -> Option<&'a syn::Type> {
    (field.role == Role::Nested).then_some(field.shape.inner)
}

/// Expands the violation of the field, if it may have one.
pub(super) fn violation_of(
    expander: &mut Expander,
    field: &Field,
    value: &TokenStream,
) -> Option<TokenStream> {
    let nested = field.role == Role::Nested;
    nested.then(|| violation(expander, &field.shape.layers, field.shape.inner, value))
}

fn violation(
    expander: &mut Expander,
    layers: &[Layer],
    ty: &syn::Type,
    value: &TokenStream,
) -> TokenStream {
    match layers.split_first() {
        None => {
            let violation = expander.nested(ty, "violation");
            quote!(#violation(#value))
        }
        Some((Layer::Box, within)) => violation(expander, within, ty, &quote!(&**(#value))),
        Some((_, within)) => {
            let part = Ident::new("__part", Span::mixed_site());
            let inner = violation(expander, within, ty, &quote!(#part));
            quote!(__p::violations(#value, |#part| #inner))
        }
    }
}
