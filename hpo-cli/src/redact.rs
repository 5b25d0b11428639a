//! Removal of passwords from URLs; every printed message goes through here.

use std::borrow::Cow;

use hpo_core::storage;

/// Returns a text without passwords. The typed arguments are known, so that even unusual characters
/// of a password are not taken for its end.
pub(crate) fn redacted(text: &str) -> String {
    let typed = std::env::args_os().skip(1).chain(std::env::var_os("HPO_STORAGE"));
    storage::redacted_text(&without(text, typed.map(|typed| typed.to_string_lossy().into_owned())))
}

/// Returns a text without the secrets of the typed arguments, or of the values after their `=`.
fn without(text: &str, typed: impl Iterator<Item = String>) -> Cow<'_, str> {
    typed.fold(text.into(), |text, argument| {
        let value = argument
            .strip_prefix("--")
            .and_then(|option| option.split_once('='))
            .map(|(_, value)| value);
        [Some(argument.as_str()), value].into_iter().flatten().fold(text, |text, typed| {
            let hidden = storage::redacted(typed);
            if hidden == typed { text } else { text.replace(typed, &hidden).into() }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_hidden_whatever_its_letters() {
        for (typed, text, shown) in [
            (
                "host=h password='a PW'",
                "invalid value 'host=h password='a PW'' for it",
                "invalid value 'host***' for it",
            ),
            (
                "--x=postgresql://u:p'W w@h/x",
                "no 'postgresql://u:p'W w@h/x' here",
                "no 'postgresql://u:***@h/x' here",
            ),
            (
                "postgresql:/u:PW@h/x",
                "unexpected 'postgresql:/u:PW@h/x'",
                "unexpected 'postgresql:***'",
            ),
            ("a.journal", "no study in a.journal", "no study in a.journal"),
        ] {
            assert_eq!(without(text, [typed.to_owned()].into_iter()), shown);
        }
    }
}
