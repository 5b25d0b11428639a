//! A search with progress that fails with a message of anybody's making: the subject of
//! `tests/terminal.rs`.
//!
//! Arguments: a file with the message, which is also the name of the study.

use hpo_core::prelude::*;
use hpo_core::study::Progress;

#[derive(Clone, Debug, SearchSpace)]
struct Point {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

fn main() -> hpo_core::Result<()> {
    let file = std::env::args().nth(1).expect("a file");
    let text = std::fs::read_to_string(file).expect("a message");
    let study = Study::<Point>::minimize()
        .name(&*text)
        .seed(1)
        .callback(Progress::new())
        .max_consecutive_failures(2);
    study.run(3, |_: Point| Err::<f64, _>(TrialError::failed(text.clone()))).map(drop)
}
