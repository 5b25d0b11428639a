//! The arguments of `#[search_space(...)]`, and the messages for unknown ones.

/// The name of the attribute.
pub(crate) const SEARCH_SPACE: &str = "search_space";

/// The kind of item that an argument is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Container,
    Variant,
    Field,
}

impl Level {
    /// Returns the name of the kind for messages.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Level::Container => "a struct or an enum",
            Level::Variant => "a variant",
            Level::Field => "a field",
        }
    }
}

use Level::{Container, Field, Variant};

/// All arguments, with the kinds of item that they are allowed on.
pub(crate) const WORDS: [(&str, &[Level]); 16] = [
    ("range", &[Field]),
    ("log", &[Field]),
    ("step", &[Field]),
    ("choices", &[Field]),
    ("ordered", &[Field]),
    ("default", &[Field, Variant]),
    ("prior", &[Field]),
    ("len", &[Field]),
    ("fixed", &[Field]),
    ("skip", &[Field]),
    ("rename", &[Field, Variant]),
    ("rename_all", &[Container, Variant]),
    ("tag", &[Container]),
    ("flatten", &[Field]),
    ("constraint", &[Container]),
    ("crate", &[Container]),
];

/// The names in other libraries, with the advice for this one.
const OTHER_LIBRARIES: [(&[&str], &str); 8] = [
    (
        &["low", "high", "min", "max", "lower", "upper", "bounds"],
        "write both bounds as `range = low..=high`",
    ),
    (&["values", "options", "one_of", "categorical", "list"], "write `choices = [a, b]`"),
    (&["log_scale", "logarithmic", "log_uniform", "scale"], "write `log`"),
    (&["quantize", "q", "increment"], "write `step = size`"),
    (&["nested", "dive"], "a type that derives `SearchSpace` needs no attribute"),
    (&["name"], "write `rename = \"name\"`"),
    (&["constant", "value"], "write `fixed = value`"),
    (&["ignore", "skipped"], "write `skip`"),
];

/// Returns the message for an argument that is not allowed here.
pub(crate) fn unknown(word: &str, level: Level) -> String {
    if let Some((_, levels)) = WORDS.iter().find(|(known, _)| *known == word) {
        let allowed: Vec<_> = levels.iter().map(|level| level.description()).collect();
        return format!(
            "`{word}` belongs on {}, not on {}",
            allowed.join(" or "),
            level.description()
        );
    }
    if let Some((_, advice)) = OTHER_LIBRARIES.iter().find(|(words, _)| words.contains(&word)) {
        return format!("there is no attribute `{word}`: {advice}");
    }
    let here =
        || WORDS.iter().filter(|(_, levels)| levels.contains(&level)).map(|(known, _)| *known);
    let nearest = here().min_by_key(|known| distance(word, known));
    if let Some(known) = nearest.filter(|known| distance(word, known) <= known.len().div_ceil(3)) {
        return format!("there is no attribute `{word}`: did you mean `{known}`?");
    }
    let known: Vec<_> = here().map(|known| format!("`{known}`")).collect();
    format!("there is no attribute `{word}`; {} takes {}", level.description(), known.join(", "))
}

/// Returns the number of letters that must be added, dropped, changed or swapped with their
/// neighbour (Damerau, restricted). It is written out, since each dependency of a derive macro
/// delays every build.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
