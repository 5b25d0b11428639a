//! Text in HTML and XML.

/// Escapes a text for elements and attributes of HTML and XML. Control characters, which XML does
/// not allow, are left out.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in
        text.chars().filter(|letter| !letter.is_control() || ['\n', '\t'].contains(letter))
    {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            letter => safe.push(letter),
        }
    }
    safe
}
