//! The items of `#[search_space(word, word = value, word(...))]`. Broken items are reported and
//! skipped.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Meta, Token, token};

use crate::ctxt::Ctxt;
use crate::symbol::SEARCH_SPACE;

/// An argument of the attribute, with its value.
pub(crate) struct Item {
    pub(crate) word: Ident,
    pub(crate) value: ItemValue,
}

/// The tokens that follow the name of an argument.
pub(crate) enum ItemValue {
    Empty,
    /// A value, `= value`.
    Value(Box<Expr>),
    /// A list in parentheses, `(...)`.
    List(TokenStream),
    /// Other tokens, for which an error was reported.
    Broken,
}

/// Returns the items of all `search_space` attributes in the list.
pub(crate) fn items(ctxt: &Ctxt, attributes: &[Attribute]) -> Vec<Item> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident(SEARCH_SPACE));
    ours.flat_map(|attribute| match &attribute.meta {
        Meta::List(list) => list_of(ctxt, list.tokens.clone()),
        Meta::Path(path) => {
            ctxt.error(
                path,
                "this attribute is empty: write `#[search_space(range = 1..=10)]`, say, or leave \
                 it out",
            );
            Vec::new()
        }
        Meta::NameValue(pair) => {
            ctxt.error(pair, "attributes go in parentheses: `#[search_space(range = 1..=10)]`");
            Vec::new()
        }
    })
    .collect()
}

/// Returns the items in parentheses.
pub(crate) fn list_of(ctxt: &Ctxt, tokens: TokenStream) -> Vec<Item> {
    let parser = |input: ParseStream| {
        let mut items = Vec::new();
        while !input.is_empty() {
            match item(ctxt, input) {
                Ok(item) => items.push(item),
                Err(error) => {
                    ctxt.add(error);
                    skip_to_comma(input)?;
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(items)
    };
    parser.parse2(tokens).unwrap_or_else(|error| {
        ctxt.add(error);
        Vec::new()
    })
}

fn item(ctxt: &Ctxt, input: ParseStream) -> syn::Result<Item> {
    let word = input.call(Ident::parse_any).map_err(|error| {
        syn::Error::new(error.span(), "expected an attribute, as in `range = 1..=10`")
    })?;
    let value = match item_value(input, &word) {
        Ok(value) => value,
        Err(error) => {
            ctxt.add(error);
            skip_to_comma(input)?;
            ItemValue::Broken
        }
    };
    Ok(Item { word, value })
}

fn item_value(input: ParseStream, word: &Ident) -> syn::Result<ItemValue> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(ItemValue::Empty);
    }
    if input.peek(token::Paren) {
        let list;
        syn::parenthesized!(list in input);
        return Ok(ItemValue::List(list.parse()?));
    }
    if input.peek(Token![:]) {
        return Err(input.error(format!("write `{word} = value`")));
    }
    if !input.peek(Token![=]) {
        return Err(input.error(format!("expected `,` or `=` after `{word}`")));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(word.span(), format!("`{word}` needs a value after the `=`")));
    }
    let value = input.parse::<Expr>().map_err(|error| {
        syn::Error::new(error.span(), format!("the value of `{word}` cannot be read here: {error}"))
    })?;
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(ItemValue::Value(Box::new(value)));
    }
    Err(input.error("expected `,` between attributes"))
}

fn skip_to_comma(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

impl Item {
    pub(crate) fn span(&self) -> Span {
        self.word.span()
    }
}
