//! The data of the examples, which lie in `examples/data` with their origins.

/// Pictures of handwritten digits and what they show.
#[derive(Clone, Debug, Default)]
pub struct Digits {
    /// 64 shades each, from 0 (paper) to 1 (ink).
    pub pictures: Vec<[f32; 64]>,
    /// 0 to 9.
    pub labels: Vec<u8>,
}

impl Digits {
    /// All 1,797 pictures, in the order of the file.
    ///
    /// # Panics
    /// If the file in this repository was changed into something else.
    #[must_use]
    pub fn read() -> Self {
        let lines = include_str!("../data/digits.csv").lines().skip(1);
        let rows = lines.map(|line| {
            line.split(',').map(|cell| cell.parse().expect("a number")).collect::<Vec<u8>>()
        });
        rows.fold(Self::default(), |mut all, row| {
            all.pictures.push(std::array::from_fn(|pixel| f32::from(row[pixel]) / 16.0));
            all.labels.push(row[64]);
            all
        })
    }

    /// All of their rows.
    #[must_use]
    pub fn rows(&self) -> Vec<usize> {
        (0..self.labels.len()).collect()
    }

    /// The pictures from `first` on, `count` of them.
    #[must_use]
    pub fn part(&self, first: usize, count: usize) -> Self {
        let rows = first..first + count;
        Self { pictures: self.pictures[rows.clone()].to_vec(), labels: self.labels[rows].to_vec() }
    }
}

/// The monthly mean numbers of sunspots since January 1749.
///
/// # Panics
/// If the file in this repository was changed into something else.
#[must_use]
pub fn sunspots() -> Vec<f32> {
    let lines = include_str!("../data/sunspots_monthly.csv").lines().skip(1);
    lines
        .map(|line| {
            line.split_once(',').and_then(|(_, spots)| spots.parse().ok()).expect("month,number")
        })
        .collect()
}

/// The Psalms, a verse each.
#[must_use]
pub fn psalms() -> Vec<&'static str> {
    include_str!("../data/psalms.txt").lines().collect()
}
