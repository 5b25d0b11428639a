//! The expansion after an error: the errors, and an implementation that does nothing, so that one
//! mistake gives one error.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{DeriveInput, Error, Path};

use crate::expand::import;

pub(crate) fn expand(input: &DeriveInput, krate: Option<&Path>, error: &Error) -> TokenStream {
    let errors = error.to_compile_error();
    let import = import(krate);
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote_spanned! {Span::mixed_site()=>
        #errors
        #[doc(hidden)]
        const _: () = {
            #import
            #[automatically_derived]
            impl #impl_generics __p::SearchSpace for #ident #ty_generics #where_clause {
                fn space() -> __p::Space {
                    ::core::unreachable!()
                }
                fn read(_: &mut __p::Reader<'_>) -> __p::Read<Self> {
                    ::core::unreachable!()
                }
                fn write(&self, _: &mut __p::Writer) -> __p::Written {
                    ::core::unreachable!()
                }
            }
        };
    }
}
