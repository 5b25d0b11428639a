//! Values of the macro as tokens.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::number::Both;

pub(super) fn both(number: Both) -> TokenStream {
    let (float, int) = (float(number.float), int(number.int));
    quote!(__p::Both { float: #float, int: #int })
}

pub(super) fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

/// Returns a number as tokens; a signed literal takes two.
pub(super) fn float(value: f64) -> TokenStream {
    let literal = Literal::f64_unsuffixed(value.abs());
    if value.is_sign_negative() { quote!(-#literal) } else { quote!(#literal) }
}

pub(super) fn int(value: i128) -> TokenStream {
    let literal = Literal::u128_unsuffixed(value.unsigned_abs());
    if value < 0 { quote!(-#literal) } else { quote!(#literal) }
}

/// Returns a count without a suffix.
pub(super) fn count(count: usize) -> TokenStream {
    Literal::usize_unsuffixed(count).to_token_stream()
}

/// Returns an optional index as tokens.
pub(super) fn index(index: Option<usize>) -> TokenStream {
    option(index.map(count))
}
