//! Suggestions for mistyped names.

/// Returns the name nearest to the typed one, if it is near: at most a third of its letters differ.
pub(crate) fn nearest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let far = |name: &str| strsim::damerau_levenshtein(&typed.to_lowercase(), &name.to_lowercase());
    let (far, name) =
        names.into_iter().map(|name| (far(name), name)).min_by_key(|(far, _)| *far)?;
    (far <= (typed.chars().count() / 3).max(1)).then_some(name)
}

/// Returns ", did you mean `x`?", or a list of the names.
pub(crate) fn hint<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let names: Vec<&str> = names.into_iter().collect();
    if let Some(near) = nearest(typed, names.iter().copied()) {
        return format!(", did you mean `{near}`?");
    }
    let listed: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(MOST) {
        0 => format!("; there is {}", listed.join(", ")),
        more => format!("; there is {} and {more} more", listed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(nearest("irsi", ["iris", "wine"]), Some("iris"));
        assert_eq!(nearest("Iris", ["iris", "wine"]), Some("iris"));
        assert_eq!(nearest("digits", ["iris", "wine"]), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!(hint("digits", ["iris", "wine"]), "; there is `iris`, `wine`");
    }
}
