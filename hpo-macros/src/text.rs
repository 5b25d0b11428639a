//! The user's tokens as text, to quote in messages.

use quote::ToTokens;

/// The tokens as a user would write them.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut text = tokens.into_token_stream().to_string();
    for tight in ["::", "..=", "..", ".", "(", "[", "<", "!", "&"] {
        text = text.replace(&format!(" {tight}"), tight).replace(&format!("{tight} "), tight);
    }
    for after in [")", "]", ">", ",", "?"] {
        text = text.replace(&format!(" {after}"), after);
    }
    signed(&text)
}

/// Without the space after a minus that is a sign: one with nothing, or no operand, before it.
fn signed(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("- ") {
        out.push_str(&rest[..at]);
        let operand = out.trim_end().ends_with(|last: char| last.is_alphanumeric() || ")]_".contains(last));
        out.push_str(if operand { "- " } else { "-" });
        rest = &rest[at + 2..];
    }
    out + rest
}

/// The end of a path, or of a call or literal by path: how a choice is called if its value does not say.
pub(crate) fn last_segment(tokens: impl ToTokens) -> String {
    let whole = text(tokens);
    let head = whole.find(['(', '{', '[']).unwrap_or(whole.len());
    let start = whole[..head].rfind("::").map_or(0, |at| at + 2);
    whole[start..].to_owned()
}
