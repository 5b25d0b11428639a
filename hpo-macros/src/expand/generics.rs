//! The bounds of a generic type: as in serde, on the parameters that the fields use, according to
//! the fields' roles.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Generics, Ident, parse_quote};

use crate::ast::{Container, Field, Role};

/// Returns the generics with the bounds of the implementation.
pub(super) fn bounded(container: &Container) -> Generics {
    let mut generics = container.generics.clone();
    let fields = container.fields();
    for parameter in generics.type_params_mut() {
        let uses = |role: Role| {
            fields.iter().any(|field| field.role == role && mentions(field, &parameter.ident))
        };
        let [nested, choice, skip] = [Role::Nested, Role::Choice, Role::Skip].map(uses);
        if nested {
            parameter.bounds.push(parse_quote!(__p::SearchSpace));
        }
        if choice {
            parameter.bounds.push(parse_quote!(::core::clone::Clone));
            parameter.bounds.push(parse_quote!(::core::cmp::PartialEq));
        }
        if skip {
            parameter.bounds.push(parse_quote!(::core::default::Default));
        }
    }
    generics
}

/// Returns true if the field's type contains the parameter. `PhantomData<T>` requires nothing of
/// `T`.
fn mentions(field: &Field, parameter: &Ident) -> bool {
    let written = field.role != Role::Skip || field.attrs.skip.is_written();
    written && contains(field.ty.to_token_stream(), parameter)
}

fn contains(tokens: TokenStream, parameter: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *parameter,
        TokenTree::Group(group) => contains(group.stream(), parameter),
        _ => false,
    })
}
