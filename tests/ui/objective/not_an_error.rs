use hpo_core::prelude::*;

#[derive(Debug, Clone, SearchSpace)]
struct Point {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

struct Broken;

fn loss(point: &Point) -> Result<f64, Broken> {
    if point.x > 0.5 { Err(Broken) } else { Ok(point.x) }
}

fn main() -> hpo_core::Result<()> {
    Study::<Point>::minimize().run(10, |point| loss(&point))?;
    Ok(())
}
