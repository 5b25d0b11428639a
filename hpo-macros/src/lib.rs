//! `#[derive(SearchSpace)]` for `hpo-core`: annotated structs and enums become compile-time checked
//! search spaces.
//!
//! Use it through `hpo_core::SearchSpace`; that page documents all attributes. The files are the
//! stages: tokens are parsed into attributes (`item`, `value`, `attr`), these with the user's type
//! into a tree (`ast`), which is checked (`check`) and expanded into an implementation (`expand`)
//! or, after an error, into a stub (`fallback`). Each stage continues after an error and records it
//! in the `ctxt`, so that all errors are reported at once.

mod ctxt;
mod symbol;

mod case;
mod item;
mod text;
mod value;

mod attr;
mod kind;

mod ast;

mod literal;
// Shared with `hpo-core`, where it is public.
#[allow(dead_code, unreachable_pub)]
mod number;
mod rule;

mod check;

mod expand;
mod fallback;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives a search space for a struct or an enum. See `hpo_core::SearchSpace` for the reference.
#[proc_macro_derive(SearchSpace, attributes(search_space))]
pub fn derive_search_space(input: TokenStream) -> TokenStream {
    expand::derive(&parse_macro_input!(input as DeriveInput)).into()
}
