//! The expansion of the tree into the implementation. Everything it calls is in
//! `hpo_core::__private`, where the logic is.
//!
//! All of it is in one `const _: () = {...}`, together with the assertions on the user's constants.
//! Names of locals are hygienic, so they are not visible to the user's expressions.

mod choice;
mod field;
mod generics;
mod number;
mod rust;
mod tokens;
mod within;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{DeriveInput, Path};

use crate::ast::{Body, Container, Content, Field, Style, Variant};
use crate::check;
use crate::ctxt::Ctxt;
use crate::fallback;
use field::{Expander, part_of, violation_of};

/// Expands the user's type into its implementation, with all stages.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let container = Container::new(&ctxt, input);
    if let Some(container) = &container {
        check::check(&ctxt, container);
    }
    match (ctxt.check(), &container) {
        (Ok(()), Some(container)) => expand(container),
        (Err(error), _) => {
            fallback::expand(input, container.as_ref().and_then(Container::krate), &error)
        }
        (Ok(()), None) => TokenStream::new(),
    }
}

/// Returns `use ::hpo_core::__private as __p;`, or the same through the crate that the user names.
pub(crate) fn import(krate: Option<&Path>) -> TokenStream {
    let krate = krate.map_or_else(|| quote!(::hpo_core), ToTokens::to_token_stream);
    quote!(use #krate::__private as __p;)
}

fn expand(container: &Container) -> TokenStream {
    let mut expander = Expander::new(container);
    let space = space(&mut expander, container);
    let read = read(&mut expander, container);
    let write = write(&mut expander, container);
    let violation = violation(&mut expander, container);
    let import = import(container.krate());
    let ident = container.ident;
    let generics = generics::bounded(container);
    let items = expander.items(&generics);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        #[allow(non_upper_case_globals, unused_variables, unused_mut, unused_qualifications)]
        const _: () = {
            #import
            #items
            #[automatically_derived]
            impl #impl_generics __p::SearchSpace for #ident #ty_generics #where_clause {
                fn space() -> __p::Space {
                    #space
                }
                fn read(__values: &mut __p::Reader<'_>) -> __p::Read<Self> {
                    #read
                }
                fn write(&self, __values: &mut __p::Writer) -> __p::Written {
                    #write
                }
                #violation
            }
        };
    }
}

fn space(expander: &mut Expander, container: &Container) -> TokenStream {
    let itself = expander.itself();
    let variants = match &container.content {
        Content::Struct(body) => {
            return all(expander, body, |parts| rust::of_struct(&itself, body, parts));
        }
        Content::Enum(variants) => variants,
    };
    let tag = container.attrs.tag.get();
    let tag = tag.map_or_else(
        || quote!(::core::option::Option::None),
        |tag| quote!(::core::option::Option::Some(#tag)),
    );
    let default = variants.iter().position(|variant| variant.attrs.default.is_written());
    let default = tokens::index(default);
    let pushes = variants.iter().map(|variant| {
        let (name, space) =
            (&variant.name, all(expander, &variant.body, ToTokens::to_token_stream));
        quote_spanned!(Span::mixed_site()=> __variants.push(#name, { #space });)
    });
    let pushes: Vec<_> = pushes.collect();
    let one_of = quote_spanned!(Span::mixed_site()=> __variants.one_of(#tag, #default));
    let one_of = rust::of_enum(&itself, variants, &one_of);
    quote_spanned! {Span::mixed_site()=>
        let mut __variants = __p::Parts::new();
        #(#pushes)*
        #one_of
    }
}

/// Expands the parts of a struct or a variant; `of` converts the list of them to a space.
fn all(
    expander: &mut Expander,
    body: &Body,
    of: impl Fn(&TokenStream) -> TokenStream,
) -> TokenStream {
    let newtype = body.is_newtype();
    let pushes = body.fields.iter().map(|field| {
        let name = if field.attrs.flatten.is_written() { "" } else { field.name.as_str() };
        if let Some(value) = field.attrs.fixed.get() {
            let recorded = recorded_space(field, &value.to_token_stream());
            return quote_spanned!(Span::mixed_site()=> __parts.fixed(#name, #recorded););
        }
        if !field.is_tuned() {
            let ty = field.ty;
            return quote_spanned!(Span::mixed_site()=> __parts.skipped(#name, {
                #[allow(unused_imports, clippy::needless_borrow)]
                use __p::Told as _;
                (&&&__p::Skipped::<#ty>::new()).told()
            }););
        }
        let space = expander.space(field);
        if field.attrs.flatten.is_written() {
            quote_spanned!(Span::mixed_site()=> __parts.push("", #space);)
        } else if newtype {
            quote_spanned!(Span::mixed_site()=> __parts.newtype(#space);)
        } else {
            quote_spanned!(Span::mixed_site()=> __parts.push(#name, #space);)
        }
    });
    let pushes: Vec<_> = pushes.collect();
    if pushes.is_empty() {
        return of(&quote!(__p::Parts::new().all()));
    }
    let all = of(&quote_spanned!(Span::mixed_site()=> __parts.all()));
    quote_spanned! {Span::mixed_site()=>
        let mut __parts = __p::Parts::new();
        #(#pushes)*
        #all
    }
}

/// Returns the record of a field that is not tuned.
fn recorded_space(field: &Field, value: &TokenStream) -> TokenStream {
    let ty = field.ty;
    quote_spanned!(Span::mixed_site()=> {
        #[allow(unused_imports, clippy::needless_borrow)]
        use __p::Told as _;
        (&&&&&__p::Untuned::<#ty, _>::new(|| #value)).told()
    })
}

fn read(expander: &mut Expander, container: &Container) -> TokenStream {
    match &container.content {
        Content::Struct(body) => {
            let fields = read_fields(expander, body);
            quote_spanned!(Span::mixed_site()=> ::core::result::Result::Ok(Self { #fields }))
        }
        Content::Enum(variants) => {
            let count = tokens::count(variants.len());
            let name = container.ident.to_string();
            let last = variants.len() - 1;
            let arms = variants.iter().enumerate().map(|(index, variant)| {
                let (ident, fields) = (variant.ident, read_fields(expander, &variant.body));
                let index = if index == last { quote!(_) } else { tokens::count(index) };
                quote_spanned!(Span::mixed_site()=> #index => Self::#ident { #fields },)
            });
            let arms: Vec<_> = arms.collect();
            quote_spanned! {Span::mixed_site()=>
                ::core::result::Result::Ok(match __values.choice(#name, #count)? { #(#arms)* })
            }
        }
    }
}

fn read_fields(expander: &mut Expander, body: &Body) -> TokenStream {
    let fields = body.fields.iter().map(|field| {
        let (member, value) = (&field.member, expander.read_field(field));
        quote!(#member: #value)
    });
    let fields: Vec<_> = fields.collect();
    quote!(#(#fields),*)
}

fn write(expander: &mut Expander, container: &Container) -> TokenStream {
    let statements = match &container.content {
        Content::Struct(body) => {
            let writes: Vec<_> = body
                .fields
                .iter()
                .filter_map(|field| expander.write_field(field, &of_self(field)))
                .collect();
            quote!(#(#writes)*)
        }
        Content::Enum(variants) => {
            let arms = variants.iter().enumerate().map(|(index, variant)| {
                let index = tokens::count(index);
                let tuned: Vec<_> = variant.body.fields.iter().filter(|field| field.is_tuned()).collect();
                let pattern = pattern(variant, &tuned);
                let writes: Vec<_> =
                    tuned.iter().filter_map(|field| expander.write_field(field, &binding(field))).collect();
                quote_spanned!(Span::mixed_site()=> #pattern => { __values.choice(#index); #(#writes)* })
            });
            let arms: Vec<_> = arms.collect();
            quote_spanned!(Span::mixed_site()=> match self { #(#arms)* })
        }
    };
    quote_spanned! {Span::mixed_site()=>
        #statements
        ::core::result::Result::Ok(())
    }
}

/// Expands `fn violation` and `fn is_constrained`, if there is a constraint or a part that may have
/// one.
fn violation(expander: &mut Expander, container: &Container) -> Option<TokenStream> {
    let own = container.attrs.constraint.get().map(constraint_call);
    let mut nested = match &container.content {
        Content::Struct(body) => body
            .fields
            .iter()
            .filter_map(|field| violation_of(expander, field, &of_self(field)))
            .collect(),
        Content::Enum(variants) => {
            violation_of_variants(expander, variants).into_iter().collect::<Vec<_>>()
        }
    };
    if own.is_none() && nested.is_empty() {
        return None;
    }
    let is_constrained = is_constrained(expander, container, own.is_some());
    nested.splice(0..0, own);
    Some(quote_spanned! {Span::mixed_site()=>
        fn violation(&self) -> f64 {
            __p::total(&[#(#nested),*])
        }
        fn is_constrained() -> bool {
            #is_constrained
        }
    })
}

fn is_constrained(expander: &mut Expander, container: &Container, own: bool) -> TokenStream {
    if own {
        return quote!(true);
    }
    let bodies: Vec<&Body> = match &container.content {
        Content::Struct(body) => vec![body],
        Content::Enum(variants) => variants.iter().map(|variant| &variant.body).collect(),
    };
    let parts = bodies.iter().flat_map(|body| &body.fields).filter_map(part_of);
    let parts = parts.map(|ty| {
        let is_constrained = expander.nested(ty, "is_constrained");
        quote!(#is_constrained())
    });
    let parts: Vec<_> = parts.collect();
    quote!(#(#parts)||*)
}

/// Calls the user's function on the config. The call has the span of the function's path, for
/// errors about its return type.
fn constraint_call(path: &Path) -> TokenStream {
    let config = quote_spanned!(Span::mixed_site()=> self);
    let last = path.segments.last().map_or_else(Span::call_site, |last| last.ident.span());
    let call = quote_spanned!(last=> #path(#config));
    quote!(__p::ConstraintValue::violation(#call))
}

fn violation_of_variants(expander: &mut Expander, variants: &[Variant]) -> Option<TokenStream> {
    let mut some = false;
    let arms = variants.iter().map(|variant| {
        let fields = variant.body.fields.iter();
        let found = fields
            .filter_map(|field| Some((field, violation_of(expander, field, &binding(field))?)));
        let (fields, violations): (Vec<_>, Vec<_>) = found.unzip();
        some |= !fields.is_empty();
        let pattern = pattern(variant, &fields);
        quote!(#pattern => __p::total(&[#(#violations),*]),)
    });
    let arms: Vec<_> = arms.collect();
    some.then(|| quote_spanned!(Span::mixed_site()=> match self { #(#arms)* }))
}

/// Returns the pattern `Self::Variant { a: __a, 1: __1, .. }`.
fn pattern(variant: &Variant, fields: &[&Field]) -> TokenStream {
    let ident = variant.ident;
    let bindings = fields.iter().map(|field| {
        let (member, binding) = (&field.member, binding(field));
        quote!(#member: #binding)
    });
    let rest = (variant.body.style != Style::Unit && fields.len() < variant.body.fields.len())
        .then(|| quote!(..));
    quote!(Self::#ident { #(#bindings,)* #rest })
}

fn binding(field: &Field) -> TokenStream {
    let name = match &field.member {
        syn::Member::Named(ident) => quote::format_ident!("__{}", ident, span = Span::mixed_site()),
        syn::Member::Unnamed(index) => {
            quote::format_ident!("__{}", index.index, span = Span::mixed_site())
        }
    };
    quote!(#name)
}

fn of_self(field: &Field) -> TokenStream {
    let member = &field.member;
    quote_spanned!(Span::mixed_site()=> &self.#member)
}
