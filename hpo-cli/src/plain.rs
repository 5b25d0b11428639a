//! Texts of others, so that a terminal shows them as they are.
//!
//! Names, messages and choices come from files that anybody may have written. What would move a terminal's cursor, change its title
//! or turn the direction of a line stands as `\u001b`, which JSON reads as the same letter.

use std::fmt::Write as _;

pub(crate) use hpo_core::space::counted;

/// Whether a letter is no mark of its own: a control code, or one that turns or joins what stands around it.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The text with an escape for each hidden letter, but for ends of lines and tabs.
pub(crate) fn escaped(text: &str) -> String {
    escaped_but(text, |letter| matches!(letter, '\n' | '\t'))
}

/// The same on one line: ends of lines and tabs are spaces.
pub(crate) fn one_line(text: &str) -> String {
    escaped_but(&text.replace(['\n', '\r', '\t'], " "), |_| false)
}

fn escaped_but(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) && !is_kept(letter) {
            // Writing to a text does not fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_or_turns_is_escaped() {
        for letter in
            ['\u{1b}', '\u{7}', '\u{7f}', '\u{9b}', '\u{85}', '\u{202e}', '\u{2066}', '\u{200f}', '\u{2028}', '\r']
        {
            let text = escaped(&format!("a{letter}b\tc\n"));
            assert_eq!(text, format!("a\\u{:04x}b\tc\n", u32::from(letter)));
            let json: String = serde_json::from_str(&format!("\"{}\"", escaped(&letter.to_string()))).unwrap();
            assert_eq!(json, letter.to_string(), "JSON reads it as the same");
        }
        assert_eq!(one_line("a\nb\tc"), "a b c");
        assert_eq!(escaped("é漢🙂 – ok"), "é漢🙂 – ok");
    }
}
