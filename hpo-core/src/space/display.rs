//! Domains and spaces as text, for errors and summaries.

use std::fmt;

use super::domain::{Categorical, Domain, Prior};
use super::flat_space::{Condition, FlatSpace};
use crate::terminal::one_line;

/// Formats a count with its noun: `1 trial`, `2 trials`.
///
/// ```
/// use hpo_core::space::counted;
///
/// assert_eq!(counted(1, "trial"), "1 trial");
/// assert_eq!(counted(0, "config that failed"), "0 configs that failed");
/// ```
#[must_use]
pub fn counted(count: impl fmt::Display, noun: &str) -> String {
    let count = count.to_string();
    if count == "1" {
        return format!("{count} {noun}");
    }
    // The first word is the noun that takes the plural.
    let (first, rest) = noun.split_at(noun.find(' ').unwrap_or(noun.len()));
    format!("{count} {first}s{rest}")
}

impl fmt::Display for Domain {
    /// Writes the domain as in `1e-5..=0.1, log`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Float(float) => {
                write!(f, "{:?}..={:?}", float.low, float.high)?;
                details(f, float.log, float.step.as_ref(), float.default.as_ref(), float.prior)
            }
            Domain::Int(int) => {
                write!(f, "{}..={}", int.low, int.high)?;
                details(f, int.log, int.step.as_ref(), int.default.as_ref(), int.prior)
            }
            Domain::Categorical(categorical) => {
                for (index, choice) in categorical.choices.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { " | " }, one_line(choice))?;
                }
                if categorical.ordered {
                    f.write_str(", ordered")?;
                }
                match categorical.default.and_then(|index| categorical.choices.get(index as usize))
                {
                    Some(default) => write!(f, ", default {}", one_line(default)),
                    None => Ok(()),
                }
            }
        }
    }
}

fn details<T: fmt::Debug>(
    f: &mut fmt::Formatter<'_>,
    log: bool,
    step: Option<&T>,
    default: Option<&T>,
    prior: Option<Prior>,
) -> fmt::Result {
    if log {
        f.write_str(", log")?;
    }
    if let Some(step) = step {
        write!(f, ", step {step:?}")?;
    }
    if let Some(default) = default {
        write!(f, ", default {default:?}")?;
    }
    match prior {
        Some(Prior { center, spread }) => write!(f, ", prior {center:?} ± {spread:?}"),
        None => Ok(()),
    }
}

/// Returns the choices that satisfy a condition: `gbtree | dart`.
pub(super) fn among(condition: Condition, categorical: &Categorical) -> String {
    let matching = categorical.choices.iter().zip(0..).filter(|(_, index)| condition.holds(*index));
    matching.map(|(choice, _)| one_line(choice)).collect::<Vec<_>>().join(" | ")
}

impl fmt::Display for FlatSpace {
    /// Writes one line per parameter: its path, its domain, and the condition under which it is
    /// active.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<String> = self.iter().map(|parameter| one_line(parameter.path())).collect();
        let width = paths.iter().map(|path| path.chars().count()).max().unwrap_or(0);
        for (parameter, path) in self.iter().zip(&paths) {
            write!(f, "{path:width$}  {}", parameter.domain())?;
            if let Some(parent) = parameter.parent() {
                let deciding = self.parameter(parent.parameter);
                let path = one_line(deciding.path());
                match (parent.condition, deciding.domain()) {
                    (Condition::Equals(index), Domain::Categorical(categorical)) => {
                        write!(
                            f,
                            "  if {path} = {}",
                            one_line(&categorical.choices[index as usize])
                        )?;
                    }
                    (condition @ Condition::OneOf(_), Domain::Categorical(categorical)) => {
                        write!(f, "  if {path} = {}", among(condition, categorical))?;
                    }
                    (Condition::LengthAbove(index), _) => write!(f, "  if {path} > {index}")?,
                    (Condition::Equals(_) | Condition::OneOf(_), _) => {}
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
