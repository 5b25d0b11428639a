use hpo_core::prelude::*;

#[derive(Debug, Clone, SearchSpace)]
struct Point {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

fn main() -> hpo_core::Result<()> {
    let mut seen = Vec::new();
    let study = Study::<Point>::minimize().workers(2).open()?;
    study.optimize(10, |point, _| {
        seen.push(point.x);
        point.x
    })?;
    Ok(())
}
