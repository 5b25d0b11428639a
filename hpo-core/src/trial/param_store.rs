//! The parameters of all trials, packed into twelve bytes each; a pair of a number and a value
//! would take twenty-four.
//!
//! With hundreds of thousands of trials, memory dominates the cost of an ask and a tell: half the
//! memory takes half the time.

use super::param::ParamId;
use crate::space::Value;

/// Parameters in the order in which they came; those of one trial are contiguous.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    /// The number of each parameter, with the kind of its value in the top two bits.
    ids: Vec<u32>,
    words: Vec<u64>,
}

const KIND: u32 = 30;
const NUMBER: u32 = (1 << KIND) - 1;

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn push(&mut self, (id, value): (ParamId, Value)) {
        let (kind, word) = packed(value);
        self.ids.push(id.0 | kind << KIND);
        self.words.push(word);
    }

    pub(super) fn extend(&mut self, params: &[(ParamId, Value)]) {
        self.ids.reserve(params.len());
        self.words.reserve(params.len());
        for param in params {
            self.push(*param);
        }
    }

    pub(super) fn set(&mut self, place: usize, param: (ParamId, Value)) {
        let (kind, word) = packed(param.1);
        self.ids[place] = param.0.0 | kind << KIND;
        self.words[place] = word;
    }

    /// Appends a copy of a range of parameters.
    pub(super) fn repeat(&mut self, range: std::ops::Range<usize>) {
        self.ids.extend_from_within(range.clone());
        self.words.extend_from_within(range);
    }

    pub(super) fn slice(
        &self,
        range: std::ops::Range<usize>,
    ) -> impl ExactSizeIterator<Item = (ParamId, Value)> + Clone + '_ {
        let pairs = self.ids[range.clone()].iter().zip(&self.words[range]);
        pairs.map(|(id, word)| (ParamId(id & NUMBER), unpacked(id >> KIND, *word)))
    }
}

fn packed(value: Value) -> (u32, u64) {
    match value {
        Value::Float(float) => (0, float.to_bits()),
        Value::Int(integer) => (1, integer.cast_unsigned()),
        Value::Unsigned(integer) => (2, integer),
        Value::Choice(index) => (3, u64::from(index)),
    }
}

fn unpacked(kind: u32, word: u64) -> Value {
    match kind {
        0 => Value::Float(f64::from_bits(word)),
        1 => Value::Int(word.cast_signed()),
        2 => Value::Unsigned(word),
        _ => Value::Choice(word as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back() {
        let values = [
            Value::Float(-0.1),
            Value::Int(i64::MIN),
            Value::Int(-1),
            Value::Unsigned(u64::MAX),
            Value::Choice(u32::MAX),
        ];
        let params: Vec<_> =
            values.into_iter().zip(0..).map(|(value, id)| (ParamId(id), value)).collect();
        let mut arena = Arena::default();
        arena.extend(&params);
        assert_eq!(arena.slice(0..params.len()).collect::<Vec<_>>(), params);
    }
}
