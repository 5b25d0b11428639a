use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1e-5..=1.0, log, prior(center = 1e-3, spread = 0.5))]
    number: f64,
}

fn main() {}
