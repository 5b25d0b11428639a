//! The attribute that the user has to write over a field: the recorded one with one word changed.

use super::field::{Field, Role};
use crate::report::StudyView;
use crate::report::literal::{Literal, scalar};
use crate::space::{Domain, Label, OneOf, RustType, Space, Value};
use crate::trial::ParamId;

impl Field<'_> {
    /// Returns the name of the field's number type, or `None` if the field is not a number or its
    /// type is not recorded.
    pub(super) fn scalar(&self) -> Option<&str> {
        match (self.role, self.node?.rust().and_then(RustType::unboxed)?) {
            (Role::Length, _) => Some("usize"),
            (Role::Value, RustType::Scalar(name)) if name != "bool" => Some(name),
            _ => None,
        }
    }

    /// Returns the attribute with the bounds of `domain` and all its other words.
    pub(super) fn with_bounds(&self, domain: &Domain) -> Option<String> {
        let (low, high) = match domain {
            Domain::Float(float) => (Label::Float(float.low), Label::Float(float.high)),
            Domain::Int(int) => (Label::Int(int.low), Label::Int(int.high)),
            Domain::Categorical(_) => return None,
        };
        self.between(&low, &high, |_| true)
    }

    /// Returns the attribute that fixes the field to `value`, the value of `param` in trial
    /// `number`.
    pub(super) fn fixed(
        &self,
        view: &StudyView<'_>,
        number: u64,
        param: ParamId,
        value: Value,
    ) -> Option<String> {
        let space = self.node?;
        if self.is_single_param {
            self.location?;
            let path = &view.param(param).path;
            let path = match space.plain() {
                Space::OneOf(OneOf { tag: Some(tag), .. }) => {
                    path.strip_suffix(tag.as_str())?.trim_end_matches('.')
                }
                _ => path,
            };
            let value = Literal { view, number, is_flat: true }.of(space, path, 0)?;
            return Some(format!("#[search_space(fixed = {value})]"));
        }
        // Words about a range or about several choices mean nothing for a single value.
        let is_kept =
            |word: &str| ["len", "rename"].contains(&name(word)) || word == "default = None";
        match space.rust().and_then(RustType::unboxed)? {
            RustType::Choices(written) => {
                let choice = written
                    .get(usize::try_from(value.as_choice()?).ok()?)
                    .filter(|choice| !choice.is_empty())?;
                // The derive turns a literal into a `String`.
                let choice = choice.strip_suffix(".to_owned()").unwrap_or(choice);
                self.with(&format!("choices = [{choice}]"), is_kept)
            }
            RustType::Scalar(_) => {
                let label = view.label(param, value);
                self.between(&label, &label, is_kept)
            }
            _ => None,
        }
    }

    fn between(&self, low: &Label, high: &Label, is_kept: impl Fn(&str) -> bool) -> Option<String> {
        let word = if self.role == Role::Length { "len" } else { "range" };
        // The range of a `NonZeroU8` is written with bounds of type `u8`.
        let bounds = self.scalar()?.trim_start_matches("NonZero");
        self.with(
            &format!("{word} = {}..={}", scalar(bounds, low)?, scalar(bounds, high)?),
            is_kept,
        )
    }

    /// Returns the attribute with its word of the same name replaced by `changed`, and only those
    /// other words that `is_kept` accepts.
    fn with(&self, changed: &str, is_kept: impl Fn(&str) -> bool) -> Option<String> {
        let words = self.location?.words;
        let is_changed = |word: &str| name(word) == name(changed);
        words.iter().find(|word| is_changed(word))?;
        let words =
            words.iter().map(String::as_str).filter(|word| is_changed(word) || is_kept(word));
        let words: Vec<&str> =
            words.map(|word| if is_changed(word) { changed } else { word }).collect();
        Some(format!("#[search_space({})]", words.join(", ")))
    }
}

/// Returns the name of a word, without its value.
fn name(word: &str) -> &str {
    word.split([' ', '(']).next().unwrap_or(word)
}
