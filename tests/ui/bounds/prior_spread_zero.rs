use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0.0..=1.0, prior(center = 0.5, spread = 0))]
    number: f64,
}

fn main() {}
