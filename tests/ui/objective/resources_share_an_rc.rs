use std::rc::Rc;

use hpo_core::prelude::*;
use hpo_core::study::Resources;

#[derive(Debug, Clone, SearchSpace)]
struct Point {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

fn main() -> hpo_core::Result<()> {
    let offset = Rc::new(1.0);
    Study::<Point>::minimize().resources_per_trial(Resources::new()).run(10, |point| point.x + *offset)?;
    Ok(())
}
