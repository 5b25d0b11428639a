use hpo_core::prelude::*;

#[derive(Debug, Clone, SearchSpace)]
struct Point {
    #[search_space(range = 0.0..=1.0)]
    x: f64,
}

fn main() -> hpo_core::Result<()> {
    Study::<Point>::minimize().run(10, |point| format!("{}", point.x))?;
    Ok(())
}
