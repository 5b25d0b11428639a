//! The user's tokens as text, for messages and reports.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// Formats the tokens as a user would write them.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut quoted = Vec::new();
    let mut text = without_quoted(tokens.into_token_stream(), &mut quoted).to_string();
    for tight in ["::", "..=", "..", ".", "(", "[", "<", "!", "&"] {
        text = text.replace(&format!(" {tight}"), tight).replace(&format!("{tight} "), tight);
    }
    for after in [")", "]", ">", ",", "?", ":"] {
        text = text.replace(&format!(" {after}"), after);
    }
    let text = signed(&text);
    quoted
        .iter()
        .enumerate()
        .fold(text, |text, (index, literal)| text.replace(&stand_in(index), literal))
}

/// Returns the placeholder of a quoted literal, whose spaces must be kept.
fn stand_in(index: usize) -> String {
    format!("__quoted_{index}__")
}

/// Returns the tokens with a placeholder for each literal in quotes.
fn without_quoted(tokens: TokenStream, quoted: &mut Vec<String>) -> TokenStream {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            Group::new(group.delimiter(), without_quoted(group.stream(), quoted)).into()
        }
        TokenTree::Literal(literal) if literal.to_string().contains(['"', '\'']) => {
            quoted.push(literal.to_string());
            Ident::new(&stand_in(quoted.len() - 1), Span::call_site()).into()
        }
        other => other,
    });
    tokens.collect()
}
/// Removes the space after a minus that is a sign: one without an operand before it.
fn signed(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("- ") {
        out.push_str(&rest[..at]);
        let operand =
            out.trim_end().ends_with(|last: char| last.is_alphanumeric() || ")]_".contains(last));
        out.push_str(if operand { "- " } else { "-" });
        rest = &rest[at + 2..];
    }
    out + rest
}

/// Returns the last segment of a path, or of a call or literal by path: the name of a choice whose
/// value is not a label.
pub(crate) fn last_segment(tokens: impl ToTokens) -> String {
    let whole = text(tokens);
    let head = whole.find(['(', '{', '[']).unwrap_or(whole.len());
    let start = whole[..head].rfind("::").map_or(0, |at| at + 2);
    whole[start..].to_owned()
}
