//! A small sorted set of trial numbers, such as the waiting or the running trials.
//!
//! Numbers nearly always enter at the end and leave at the front, which costs a push and a shift of
//! the start. A tree would cost more than the rest of an ask and a tell.

/// A set of numbers in ascending order.
#[derive(Clone, Debug, Default)]
pub(super) struct SortedIds {
    list: Vec<u64>,
    /// The number of entries at the front that were removed.
    gone: usize,
}

impl SortedIds {
    pub(super) fn as_slice(&self) -> &[u64] {
        &self.list[self.gone..]
    }

    pub(super) fn insert(&mut self, number: u64) {
        match self.as_slice().last() {
            Some(&last) if last >= number => {
                if let Err(place) = self.as_slice().binary_search(&number) {
                    self.list.insert(self.gone + place, number);
                }
            }
            _ => self.list.push(number),
        }
    }

    pub(super) fn remove(&mut self, number: u64) {
        let Ok(place) = self.as_slice().binary_search(&number) else {
            return;
        };
        if place > 0 {
            self.list.remove(self.gone + place);
            return;
        }
        self.gone += 1;
        // At most half of the list is removed entries, so each number is moved once on average.
        if self.gone * 2 >= self.list.len() {
            self.list.drain(..self.gone);
            self.gone = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SortedIds;

    #[test]
    fn behaves_as_a_sorted_set() {
        let mut numbers = SortedIds::default();
        for number in [5, 1, 9, 1, 7] {
            numbers.insert(number);
        }
        assert_eq!(numbers.as_slice(), [1, 5, 7, 9]);
        for number in [1, 7, 8, 5] {
            numbers.remove(number);
        }
        assert_eq!(numbers.as_slice(), [9]);
        numbers.insert(3);
        assert_eq!(numbers.as_slice(), [3, 9]);
    }
}
