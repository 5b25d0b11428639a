use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0.0..=1.0, prior = 0.5)]
    number: f64,
}

fn main() {}
