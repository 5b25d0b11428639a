//! The values of attributes. Each function converts an item to the type that its attribute needs,
//! or reports an error with the remedy.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprRange, ExprUnary, Lit, LitStr, Path, RangeLimits, UnOp};

use crate::case::{CASES, Case};
use crate::ctxt::Ctxt;
use crate::item::{Item, ItemValue, list_of};
use crate::text::text;

/// A range, `A..=B` or `A..B`.
pub(crate) struct Range {
    pub(crate) low: Expr,
    pub(crate) high: Expr,
    pub(crate) exclusive: bool,
    /// The whole range as written.
    pub(crate) source: Expr,
}

/// A prior, `prior(center = V, spread = W)`.
pub(crate) struct Prior {
    pub(crate) center: Expr,
    pub(crate) spread: Expr,
}

/// Returns the value after `word =`; `example` is shown in the error.
fn expression<'a>(ctxt: &Ctxt, item: &'a Item, example: &str) -> Option<&'a Expr> {
    let word = &item.word;
    match &item.value {
        ItemValue::Value(value) => return Some(bare(value)),
        ItemValue::Empty => {
            ctxt.error(word, format!("`{word}` needs a value: write `{example}`"));
        }
        ItemValue::List(_) => ctxt.error(word, format!("`{word}` takes `=`: write `{example}`")),
        ItemValue::Broken => {}
    }
    None
}

/// Returns the expression without parentheses and invisible groups (of `macro_rules`) around it.
pub(crate) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) => bare(&paren.expr),
        Expr::Group(group) => bare(&group.expr),
        expr => expr,
    }
}

/// Parses an attribute without a value.
pub(crate) fn flag(ctxt: &Ctxt, item: &Item) -> Option<()> {
    let word = &item.word;
    match &item.value {
        ItemValue::Empty => return Some(()),
        ItemValue::Value(value) => match bare(value) {
            Expr::Lit(ExprLit { lit: Lit::Bool(no), .. }) if !no.value => {
                ctxt.error(value, format!("leave `{word}` out to turn it off"));
            }
            _ => ctxt.error(value, format!("`{word}` takes no value: write just `{word}`")),
        },
        ItemValue::List(list) => {
            ctxt.error(list, format!("`{word}` takes no value: write just `{word}`"));
        }
        ItemValue::Broken => {}
    }
    None
}

/// Parses any expression as a value.
pub(crate) fn any(ctxt: &Ctxt, item: &Item) -> Option<Expr> {
    expression(ctxt, item, &format!("{} = value", item.word)).cloned()
}

/// Parses the size of a step.
pub(crate) fn step(ctxt: &Ctxt, item: &Item) -> Option<Expr> {
    expression(ctxt, item, "step = 2").cloned()
}

/// Parses a range, `A..=B` or `A..B`.
pub(crate) fn range(ctxt: &Ctxt, item: &Item) -> Option<Range> {
    let word = &item.word;
    let example = if word == "len" { "1..=4" } else { "1..=10" };
    let value = expression(ctxt, item, &format!("{word} = {example}"))?;
    match value {
        Expr::Range(range) => return bounds(ctxt, &word.to_string(), range),
        Expr::Tuple(pair) if pair.elems.len() == 2 => {
            ctxt.error(
                value,
                format!("write `{word} = {}..={}`", text(&pair.elems[0]), text(&pair.elems[1])),
            );
        }
        Expr::Array(pair) if pair.elems.len() == 2 => {
            let (low, high) = (text(&pair.elems[0]), text(&pair.elems[1]));
            ctxt.error(
                value,
                format!(
                    "write `{word} = {low}..={high}`, or `choices = [{low}, \
                {high}]`"
                ),
            );
        }
        Expr::Lit(ExprLit { lit: Lit::Str(string), .. }) => {
            ctxt.error(value, format!("without the quotes: `{word} = {}`", string.value()));
        }
        Expr::Path(_) => ctxt.error(
            value,
            format!(
                "`{word}` needs both ends written out: write `{word} = LOW..=HIGH`, with constants \
                if you like"
            ),
        ),
        _ => ctxt.error(value, format!("`{word}` needs both ends: write `{word} = {example}`")),
    }
    None
}

fn bounds(ctxt: &Ctxt, word: &str, range: &ExprRange) -> Option<Range> {
    let dots = match range.limits {
        RangeLimits::HalfOpen(_) => "..",
        RangeLimits::Closed(_) => "..=",
    };
    match (&range.start, &range.end) {
        (Some(low), Some(high)) => Some(Range {
            low: bare(low).clone(),
            high: bare(high).clone(),
            exclusive: dots == "..",
            source: Expr::Range(range.clone()),
        }),
        (Some(low), None) => {
            let low = text(low);
            ctxt.error(
                range,
                format!("`{word}` needs an upper end: write `{word} = {low}..=high`"),
            );
            None
        }
        (None, Some(high)) => {
            let high = text(high);
            ctxt.error(
                range,
                format!("`{word}` needs a lower end: write `{word} = low{dots}{high}`"),
            );
            None
        }
        (None, None) => {
            ctxt.error(range, format!("`{word}` needs both ends: write `{word} = low..=high`"));
            None
        }
    }
}

/// Parses a list of choices, `[a, b, c]`.
pub(crate) fn choices(ctxt: &Ctxt, item: &Item) -> Option<Vec<Expr>> {
    let value = expression(ctxt, item, "choices = [a, b]")?;
    let list = match value {
        Expr::Array(array) => array,
        Expr::Reference(reference) if matches!(bare(&reference.expr), Expr::Array(_)) => {
            ctxt.error(value, "leave out the `&`: `choices = [a, b]`");
            return None;
        }
        Expr::Range(range) => {
            ctxt.error(
                value,
                format!(
                    "a range of numbers is `range = {}`; choices are listed: `[a, b]`",
                    text(range)
                ),
            );
            return None;
        }
        _ => {
            ctxt.error(value, "list the choices here: `choices = [a, b]`");
            return None;
        }
    };
    if list.elems.is_empty() {
        ctxt.error(value, "there must be a choice: `choices = [a, b]`");
        return None;
    }
    Some(list.elems.iter().map(|choice| bare(choice).clone()).collect())
}

/// Parses `prior(center = V, spread = W)`.
pub(crate) fn prior(ctxt: &Ctxt, item: &Item) -> Option<Prior> {
    const SHAPE: &str = "write `prior(center = value, spread = width)`";
    let ItemValue::List(tokens) = &item.value else {
        if !matches!(item.value, ItemValue::Broken) {
            ctxt.error(&item.word, format!("`prior` needs a center and a spread: {SHAPE}"));
        }
        return None;
    };
    let (mut center, mut spread, mut sound) = (None, None, true);
    for part in list_of(ctxt, tokens.clone()) {
        let parameter = match part.word.to_string().as_str() {
            "center" => &mut center,
            "spread" => &mut spread,
            other => {
                ctxt.error(&part.word, format!("`prior` has no `{other}`: {SHAPE}"));
                sound = false;
                continue;
            }
        };
        if parameter.is_some() {
            ctxt.error(&part.word, format!("`{}` is given twice", part.word));
        }
        *parameter = any(ctxt, &part);
        sound &= parameter.is_some();
    }
    match (center, spread) {
        (Some(center), Some(spread)) => Some(Prior { center, spread }),
        (None, _) if sound => missing(ctxt, item.span(), "center", SHAPE),
        (_, None) if sound => missing(ctxt, item.span(), "spread", SHAPE),
        _ => None,
    }
}

fn missing<T>(ctxt: &Ctxt, span: Span, word: &str, shape: &str) -> Option<T> {
    ctxt.error_at(span, format!("`prior` has no `{word}`: {shape}"));
    None
}

/// Parses a name: text that can be a segment of a dotted path.
pub(crate) fn name(ctxt: &Ctxt, item: &Item) -> Option<LitStr> {
    let word = &item.word;
    let value = expression(ctxt, item, &format!("{word} = \"name\""))?;
    let Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) = value else {
        ctxt.error(value, format!("a name is text: `{word} = \"{}\"`", text(value)));
        return None;
    };
    if name.value().is_empty() {
        ctxt.error(name, "a name cannot be empty");
        return None;
    }
    if name.value().contains('.') {
        let instead = name.value().replace('.', "_");
        ctxt.error(
            name,
            format!(
                "a name cannot contain `.`, which separates the names of a path: write \
                 \"{instead}\""
            ),
        );
        return None;
    }
    Some(name.clone())
}

/// Parses the name of a case.
pub(crate) fn case(ctxt: &Ctxt, item: &Item) -> Option<Case> {
    let name = name(ctxt, item)?;
    let case = Case::named(&name.value());
    if case.is_none() {
        let known: Vec<_> = CASES.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        ctxt.error(&name, format!("there is no such case; the cases are {}", known.join(", ")));
    }
    case
}

/// Parses the path of a crate or a function.
pub(crate) fn path(ctxt: &Ctxt, item: &Item) -> Option<Path> {
    let word = &item.word;
    let example =
        if word == "crate" { "crate = my_crate::hpo_core" } else { "constraint = is_feasible" };
    match expression(ctxt, item, example)? {
        Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
        Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => {
            ctxt.error(path, format!("without the quotes: `{word} = {}`", path.value()));
            None
        }
        other => {
            let advice = match other {
                Expr::Closure(_) => "write a function instead of a closure, and its name here",
                _ => "this must be the path of a function",
            };
            ctxt.error(
                other,
                if word == "crate" { "this must be the path of a crate" } else { advice },
            );
            None
        }
    }
}

/// Returns the expression after a minus sign, if there is one.
pub(crate) fn negated(expr: &Expr) -> Option<&Expr> {
    match bare(expr) {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => Some(bare(expr)),
        _ => None,
    }
}

/// Returns the span of the first token, for attributes without a value.
pub(crate) fn span(tokens: impl ToTokens) -> Span {
    tokens.into_token_stream().span()
}
