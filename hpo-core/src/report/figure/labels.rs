//! Names that fit: long ones are shortened in the middle, since both ends are informative, and stay
//! distinct.

/// Returns the name with at most `most` letters, with an ellipsis in the middle if it was
/// shortened.
pub(crate) fn short(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.to_owned();
    }
    let kept = most.saturating_sub(1);
    let head = kept.div_ceil(2);
    joined([&letters[..head], &letters[letters.len() - (kept - head)..]])
}

/// Returns shortened names that stay distinct. Where two would become equal, the middle shows the
/// place at which they begin to differ.
pub(crate) fn shortened(names: &[&str], most: usize) -> Vec<String> {
    let plain: Vec<String> = names.iter().map(|name| short(name, most)).collect();
    let apart = |(index, name): (usize, &&str)| {
        let rivals =
            names.iter().zip(&plain).filter(|(other, cut)| **cut == plain[index] && other != &name);
        match rivals.map(|(other, _)| common(name, other)).min() {
            Some(differs) => around(name, differs, most),
            None => plain[index].clone(),
        }
    };
    let mut labels: Vec<String> = names.iter().enumerate().map(apart).collect();
    // Some names may still be equal, for example three names that differ in two places. These get a
    // number.
    for index in 1..labels.len() {
        let is_taken = |labels: &[String], own: &str| {
            (0..index).any(|other| labels[other] == own && names[other] != names[index])
        };
        let (own, mut number) = (labels[index].clone(), 2);
        while is_taken(&labels, &labels[index]) {
            let mark = number.to_string();
            let room = own.chars().count().saturating_sub(mark.len());
            labels[index] = own.chars().take(room).collect::<String>() + &mark;
            number += 1;
        }
    }
    labels
}

/// Returns the length of the common prefix of two names, in letters.
fn common(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// Returns the beginning of a name, and the part around a place in it.
fn around(name: &str, place: usize, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    let head = (most / 4).min(place);
    let room = most.saturating_sub(head + 2);
    let from = place.saturating_sub(2).clamp(head, letters.len().saturating_sub(room).max(head));
    let to = (from + room).min(letters.len());
    if to == letters.len() {
        return joined([&letters[..head], &letters[from..to]]);
    }
    joined([&letters[..head], &letters[from..to], &[]])
}

fn joined<const N: usize>(parts: [&[char]; N]) -> String {
    parts.map(|part| part.iter().collect::<String>()).join("…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(short("learning_rate", 13), "learning_rate");
        assert_eq!(short("learning_rate", 9), "lear…rate");
        assert_eq!(short("größe_über_alles", 6), "grö…es");
        assert_eq!(short("abc", 1), "…");
    }

    #[test]
    fn names_stay_apart() {
        let names =
            ["google/bert-base-whole-word-masking", "google/bert-large-whole-word-masking", "adam"];
        assert_eq!(shortened(&names, 18), ["goog…t-base-whole…", "goog…t-large-whol…", "adam"]);
        let ends = [
            "the_same_beginning_but_for_one_at_the_end_1",
            "the_same_beginning_but_for_one_at_the_end_2",
        ];
        assert_eq!(shortened(&ends, 12), ["the_sa…end_1", "the_sa…end_2"]);
        for most in 6..40 {
            let cut = shortened(&names, most);
            assert!(cut.iter().all(|name| name.chars().count() <= most), "{most}: {cut:?}");
            assert_ne!(cut[0], cut[1], "{most}");
        }
    }

    #[test]
    fn three_names_that_differ_in_two_places_stay_apart() {
        let long =
            |first: char, last: char| format!("{first}_quite_a_long_name_of_a_choice_{last}");
        let names = [long('x', '2'), long('y', '2'), long('x', '7'), long('x', '8')];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for most in [6, 12, 20] {
            let labels = shortened(&names, most);
            let different: std::collections::BTreeSet<&String> = labels.iter().collect();
            assert_eq!(different.len(), 4, "{labels:?}");
            assert!(labels.iter().all(|name| name.chars().count() <= most), "{labels:?}");
        }
    }
}
