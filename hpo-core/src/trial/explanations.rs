//! Explanations: the sampler that chose the parameters of each trial, and its reason, in the
//! sampler's own words.
//!
//! Most samplers give only their name. A name is stored once for all trials, and each trial refers
//! to it by one byte, so that trials without a longer explanation cost almost nothing.

use std::collections::HashMap;

/// The explanations of all trials of a study.
#[derive(Clone, Debug, Default)]
pub(super) struct Explanations {
    names: Vec<String>,
    /// For each trial, the index of its name, counted from 1; 0 for none.
    named: Vec<u8>,
    /// Explanations that are more than a name, by trial.
    texts: HashMap<u64, String>,
}

impl Explanations {
    /// Stores a trial's explanation; an empty one is ignored.
    pub(super) fn record(&mut self, number: u64, text: &str) {
        if text.is_empty() {
            return;
        }
        let Some(name) = self.name(text) else {
            self.texts.insert(number, text.to_owned());
            return;
        };
        let index = number as usize;
        if self.named.len() <= index {
            self.named.resize(index + 1, 0);
        }
        self.named[index] = name;
    }

    pub(super) fn of(&self, number: u64) -> Option<&str> {
        if let Some(text) = self.texts.get(&number) {
            return Some(text);
        }
        let name = self.named.get(number as usize)?.checked_sub(1)?;
        Some(&self.names[name as usize])
    }

    /// Returns the number of a name, from 1; `None` for a sentence, and for names beyond the first
    /// 255.
    fn name(&mut self, text: &str) -> Option<u8> {
        let known = self.names.iter().position(|name| name == text);
        if known.is_none() && !text.contains([' ', ':']) && self.names.len() < usize::from(u8::MAX)
        {
            self.names.push(text.to_owned());
            return Some(self.names.len() as u8);
        }
        known.map(|index| index as u8 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sentences_come_back() {
        let mut explanations = Explanations::default();
        explanations.record(2, "random");
        explanations.record(0, "gp: 57 results");
        explanations.record(4, "random");
        explanations.record(3, "");
        let found = [0, 1, 2, 3, 4, 5].map(|number| explanations.of(number));
        assert_eq!(
            found,
            [Some("gp: 57 results"), None, Some("random"), None, Some("random"), None]
        );
        assert_eq!(explanations.names, ["random"]);
    }

    #[test]
    fn names_beyond_the_count_are_kept_all_the_same() {
        let mut explanations = Explanations::default();
        let name = |number: u64| format!("sampler-{number}");
        for number in 0..300 {
            explanations.record(number, &name(number));
        }
        assert!((0..300).all(|number| explanations.of(number) == Some(&name(number))));
    }
}
