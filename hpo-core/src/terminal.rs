//! Escapes of untrusted texts for a terminal.
//!
//! Names, messages and choices come from storages that anyone may have written. Letters that would
//! move a terminal's cursor, change its title or reverse the direction of a line are written as
//! `\u001b`, which JSON reads as the same letter.

use std::fmt::{Display, Write as _};

/// Returns true if a letter is not visible by itself: a control code (C0, C1, DEL), or a letter
/// that reverses, joins or separates its neighbours.
///
/// ```
/// use hpo_core::terminal::is_hidden;
///
/// assert!(is_hidden('\u{1b}') && is_hidden('\u{202e}') && is_hidden('\n'));
/// assert!(!is_hidden('é') && !is_hidden(' '));
/// ```
#[must_use]
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Returns the text with hidden letters escaped, except line ends and tabs.
///
/// ```
/// use hpo_core::terminal::escaped;
///
/// assert_eq!(escaped("red\u{1b}[31m\n"), "red\\u001b[31m\n");
/// assert_eq!(escaped("\u{e0041}"), "\\udb40\\udc41");
/// ```
#[must_use]
pub fn escaped(text: &str) -> String {
    escaped_but(text, |letter| matches!(letter, '\n' | '\t'))
}

/// Formats a value on one line: line ends and tabs become spaces, other hidden letters are escaped.
///
/// ```
/// use hpo_core::terminal::one_line;
///
/// assert_eq!(one_line("two\nlines\u{7}"), "two lines\\u0007");
/// ```
#[must_use]
pub fn one_line(said: impl Display) -> String {
    escaped_but(&said.to_string().replace(['\n', '\r', '\t'], " "), |_| false)
}

fn escaped_but(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) && !is_kept(letter) {
            // Use JSON's escapes, in UTF-16, since JSON is shown too.
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(letter);
        }
    }
    shown
}
